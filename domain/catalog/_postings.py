"""SQL of the catalogue's search: what is known of typed words, the variants that hold them, and the words on file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from core.prepared import Prepared
from core.work import WORKSPACE, Work, own
from domain.catalog.models import Product, ProductVariant, SearchPosting, Synonym
from domain.catalog.repository import VARIANTS, VariantRow


class Known(NamedTuple):
    """What the catalogue knows of a typed phrase: codes, categories, phrases that stand for others, and its words."""

    skus: frozenset[str]
    categories: tuple[str, ...]
    expansions: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]


_KNOWN: Prepared[str, str, str] = Prepared(
    text(
        """
    SELECT 'sku' AS kind, sku AS key, '' AS found FROM product_variants
     WHERE workspace_id = :workspace AND sku = ANY(CAST(:skus AS text[]))
    UNION ALL
    SELECT 'category', path, name FROM categories
     WHERE workspace_id = :workspace AND is_active AND parent_id IS NULL AND CAST(:with_categories AS boolean)
    UNION ALL
    SELECT 'expansion', key, expansion FROM synonyms
     WHERE workspace_id = :workspace AND key = ANY(CAST(:phrases AS text[])) AND expansion IS NOT NULL
    UNION ALL
    (SELECT 'word', key, word FROM search_words
      WHERE workspace_id = :workspace AND key = ANY(CAST(:keys AS text[]))
      ORDER BY key LIKE 'p:%', key, word
      LIMIT :limit)
    """
    )
)


async def known(
    work: Work,
    *,
    keys: Iterable[str],
    limit: int,
    phrases: Iterable[str] = (),
    skus: Iterable[str] = (),
    with_categories: bool = False,
) -> Known:
    """All that a typed phrase may be, in one question.

    Words that only begin alike are the first to be left out if there are more than `limit`.
    """
    parameters = {
        "workspace": work.workspace_id,
        "skus": list(skus),
        "with_categories": with_categories,
        "phrases": list(phrases),
        "keys": list(keys),
        "limit": limit,
    }
    found: dict[str, list[tuple[str, str]]] = {"sku": [], "category": [], "expansion": [], "word": []}
    for kind, key, value in await _KNOWN.all(work.session, parameters):
        found[kind].append((key, value))
    return Known(
        skus=frozenset(sku for sku, _ in found["sku"]),
        categories=tuple(name for _, name in sorted(found["category"])),
        expansions=tuple(sorted(found["expansion"])),
        words=tuple(found["word"]),
    )


_MATCHING_SQL = """
    SELECT v.id
      FROM (SELECT variant_id, sum(weight) AS weight
              FROM (SELECT p.variant_id, w.place, max(w.weight) AS weight
                      FROM unnest(CAST(:words AS text[]), CAST(:places AS int[]), CAST(:weights AS float8[]))
                           AS w(word, place, weight)
                      JOIN search_postings p ON p.workspace_id = :workspace AND p.word = w.word
                     GROUP BY p.variant_id, w.place) AS places
             GROUP BY variant_id
             ORDER BY 2 DESC
             LIMIT 1000) AS found
      JOIN product_variants v ON v.workspace_id = :workspace AND v.id = found.variant_id
      JOIN products p ON p.workspace_id = :workspace AND p.id = v.product_id
     {where}
     ORDER BY found.weight DESC, length(p.name), p.name, v.position, v.id
     LIMIT :limit
    """
_ON_SALE = "WHERE v.is_active AND v.price > 0 AND p.status = 'active'"
_OTHER_NAMES = (
    select(func.array_agg(aggregate_order_by(Synonym.phrase, Synonym.phrase)))
    .where(own(Synonym), Synonym.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)


def _with_words(where: str) -> Select[*tuple[Any, ...]]:
    matching = text(_MATCHING_SQL.format(where=where)).bindparams(WORKSPACE).columns(id=Uuid)
    return VARIANTS.where(ProductVariant.id.in_(matching.scalar_subquery())).add_columns(_OTHER_NAMES)


_WITH_WORDS = {True: Prepared(_with_words(_ON_SALE)), False: Prepared(_with_words(""))}


async def variants_with_words(
    work: Work, weighted: Sequence[tuple[str, int, float]], limit: int, *, on_sale: bool = True
) -> Sequence[tuple[VariantRow, tuple[str, ...]]]:
    """The variants on sale, or all of them, that hold most of the given words, and their other names.

    A word is given as (word, place in the phrase, weight).
    """
    parameters = {
        "workspace": work.workspace_id,
        "words": [word for word, _, _ in weighted],
        "places": [place for _, place, _ in weighted],
        "weights": [weight for _, _, weight in weighted],
        "limit": limit,
    }
    rows = await _WITH_WORDS[on_sale].all(work.session, parameters)
    return [(VariantRow._make(columns), tuple(names or ())) for *columns, names in rows]


_NEAR = text(
    """
    SELECT DISTINCT id FROM (
      SELECT v.id, row_number() OVER (PARTITION BY found.place ORDER BY found.total DESC, found.weight DESC, v.id) AS rank
        FROM (SELECT variant_id, place, weight, sum(weight) OVER (PARTITION BY variant_id) AS total
                FROM (SELECT p.variant_id, w.place, max(w.weight) AS weight
                        FROM unnest(CAST(:words AS text[]), CAST(:places AS int[]), CAST(:weights AS float8[]))
                             AS w(word, place, weight)
                        JOIN search_postings p ON p.workspace_id = :workspace AND p.word = w.word
                       GROUP BY p.variant_id, w.place) AS places) AS found
        JOIN product_variants v ON v.workspace_id = :workspace AND v.id = found.variant_id
        JOIN products p ON p.workspace_id = :workspace AND p.id = v.product_id
       WHERE v.is_active AND v.price > 0 AND p.status = 'active') AS ranked
     WHERE rank <= :each
     LIMIT :limit
    """
).bindparams(WORKSPACE)
_NEAR_WORDS = VARIANTS.where(ProductVariant.id.in_(_NEAR.columns(id=Uuid).scalar_subquery())).add_columns(_OTHER_NAMES)


async def variants_near_words(
    work: Work, weighted: Sequence[tuple[str, int, float]], each: int, limit: int
) -> Sequence[tuple[VariantRow, tuple[str, ...]]]:
    """The variants on sale that hold any of the given words, with their other names: at most `each` for one place.

    Of those that share a place the ones that hold most of the other words come first.
    """
    parameters = {
        "workspace": work.workspace_id,
        "words": [word for word, _, _ in weighted],
        "places": [place for _, place, _ in weighted],
        "weights": [weight for _, _, weight in weighted],
        "each": each,
        "limit": limit,
    }
    rows = await work.session.execute(_NEAR_WORDS, parameters)
    return [(VariantRow._make(columns), tuple(names or ())) for *columns, names in rows]


_FILE_WORDS = text(
    """
    INSERT INTO search_words (workspace_id, key, word)
    SELECT :workspace, k.key, k.word FROM unnest(CAST(:keys AS text[]), CAST(:words AS text[])) AS k(key, word)
    ON CONFLICT DO NOTHING
    """
)
_POST_WORDS = text(
    """
    INSERT INTO search_postings (workspace_id, variant_id, word)
    SELECT :workspace, p.variant, p.word
      FROM unnest(CAST(:variants AS uuid[]), CAST(:words AS text[])) AS p(variant, word)
    """
)
_AT_ONCE = 20_000


async def forget_words(work: Work, variant_ids: Iterable[UUID]) -> None:
    """Take the variants out of the file."""
    of_variants = SearchPosting.variant_id == any_(literal(list(variant_ids), ARRAY(Uuid)))
    await work.session.execute(delete(SearchPosting).where(own(SearchPosting, work), of_variants))


async def file_words(work: Work, keys: Mapping[str, Iterable[str]], postings: Mapping[UUID, Iterable[str]]) -> None:
    """File known words under their keys, and the words under which the variants are found."""
    # Sorted, so that two writers of the same words wait for each other and never both ways.
    filed = sorted((key, word) for word, word_keys in keys.items() for key in word_keys)
    for start in range(0, len(filed), _AT_ONCE):
        some = filed[start : start + _AT_ONCE]
        parameters = {"workspace": work.workspace_id, "keys": [k for k, _ in some], "words": [w for _, w in some]}
        await work.session.execute(_FILE_WORDS, parameters)
    rows = [(variant_id, word) for variant_id, words in postings.items() for word in words]
    for start in range(0, len(rows), _AT_ONCE):
        some_rows = rows[start : start + _AT_ONCE]
        variants_and_words = {"variants": [v for v, _ in some_rows], "words": [w for _, w in some_rows]}
        await work.session.execute(_POST_WORDS, {"workspace": work.workspace_id, **variants_and_words})
