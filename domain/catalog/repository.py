"""All SQL of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from core.work import Work
from domain.catalog.models import (
    Category,
    Product,
    ProductStatus,
    ProductVariant,
    SearchPosting,
    Store,
    Synonym,
    Unit,
)


class VariantRow(NamedTuple):
    """A variant with its product, unit and category: plain columns, because a search reads very many of them."""

    variant_id: UUID
    product_id: UUID
    sku: str
    product_name: str
    label: str
    brand: str | None
    category: str | None
    unit: str
    precision: int
    step: Decimal | None
    price: Decimal
    is_sold: bool
    position: int
    barcode: str | None
    image_url: str | None
    content_quantity: Decimal | None
    content_unit: str | None


IS_SOLD: ColumnElement[bool] = and_(
    Product.status == ProductStatus.ACTIVE, ProductVariant.is_active, ProductVariant.price > Decimal(0)
)

# What every turn asks is built once: building a statement costs more than Postgres needs to answer it.
_WORKSPACE = bindparam("workspace", type_=Uuid)
_VARIANTS: Select[*tuple[Any, ...]] = (
    select(
        ProductVariant.id,
        ProductVariant.product_id,
        ProductVariant.sku,
        Product.name,
        ProductVariant.label,
        Product.brand,
        Category.name,
        Unit.code,
        Unit.precision,
        Product.step,
        ProductVariant.price,
        IS_SOLD,
        ProductVariant.position,
        ProductVariant.barcode,
        Product.image_url,
        Product.content_quantity,
        Product.content_unit,
    )
    .join(Product, and_(Product.workspace_id == _WORKSPACE, Product.id == ProductVariant.product_id))
    .join(Unit, and_(Unit.workspace_id == _WORKSPACE, Unit.code == Product.unit))
    .outerjoin(Category, and_(Category.workspace_id == _WORKSPACE, Category.id == Product.category_id))
    .where(ProductVariant.workspace_id == _WORKSPACE)
)
_BY_ID = _VARIANTS.where(ProductVariant.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_BY_SKU = _VARIANTS.where(ProductVariant.sku == any_(bindparam("skus", type_=ARRAY(String))))
_OF_PRODUCT = _VARIANTS.where(ProductVariant.product_id == bindparam("product", type_=Uuid)).order_by(
    ProductVariant.position, ProductVariant.id
)


async def _rows(work: Work, query: Select[*tuple[Any, ...]], **parameters: object) -> Sequence[VariantRow]:
    """What a narrower form of `_VARIANTS` finds."""
    rows = await work.session.execute(query, {"workspace": work.workspace_id, **parameters})
    return [VariantRow._make(row) for row in rows]


async def variants(work: Work, ids: Iterable[UUID]) -> Sequence[VariantRow]:
    """The variants with these ids, sold or not."""
    return await _rows(work, _BY_ID, ids=list(ids))


async def variant_by_sku(work: Work, sku: str) -> VariantRow | None:
    """The variant with this SKU, in whatever case it is written."""
    found = {row.sku: row for row in await variants_by_sku(work, cases(sku))}
    return found.get(sku) or (found[min(found)] if found else None)


def cases(sku: str) -> list[str]:
    """The ways to write an SKU that are taken for it."""
    return list({sku, sku.upper(), sku.lower()})


async def variants_by_sku(work: Work, skus: Iterable[str]) -> Sequence[VariantRow]:
    """The variants with exactly these SKUs."""
    return await _rows(work, _BY_SKU, skus=list(skus))


async def variants_of(work: Work, product_id: UUID) -> Sequence[VariantRow]:
    """The variants of one product in their order."""
    return await _rows(work, _OF_PRODUCT, product=product_id)


async def variant_rows_of(work: Work, product_id: UUID) -> Sequence[ProductVariant]:
    """The variants of one product in their order, as rows that can be written."""
    query = select(ProductVariant).where(
        ProductVariant.workspace_id == work.workspace_id, ProductVariant.product_id == product_id
    )
    return (await work.session.scalars(query.order_by(ProductVariant.position, ProductVariant.id))).all()


async def list_variants(
    work: Work, categories: Sequence[UUID] | None, after: tuple[str, int, UUID] | None, limit: int
) -> Sequence[VariantRow]:
    """Variants on sale by name, from a place on."""
    query = _VARIANTS.where(IS_SOLD)
    if categories is not None:
        query = query.where(Product.category_id.in_(categories))
    place = tuple_(Product.name, ProductVariant.position, ProductVariant.id)
    if after is not None:
        query = query.where(place > after)
    return await _rows(work, query.order_by(Product.name, ProductVariant.position, ProductVariant.id).limit(limit))


async def synonyms_of(work: Work, product_ids: Iterable[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """The other names of products."""
    query = select(Synonym.product_id, Synonym.phrase).where(
        Synonym.workspace_id == work.workspace_id, Synonym.product_id.in_(list(product_ids))
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for product_id, phrase in await work.session.execute(query.order_by(Synonym.phrase)):
        if product_id is not None:
            found[product_id] = (*found.get(product_id, ()), phrase)
    return found


class Known(NamedTuple):
    """What the catalogue knows of a typed phrase: codes, categories, phrases that stand for others, and its words."""

    skus: frozenset[str]
    categories: tuple[str, ...]
    expansions: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]


_KNOWN = text(
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
    for kind, key, value in await work.session.execute(_KNOWN, parameters):
        found[kind].append((key, value))
    return Known(
        skus=frozenset(sku for sku, _ in found["sku"]),
        categories=tuple(name for _, name in sorted(found["category"])),
        expansions=tuple(sorted(found["expansion"])),
        words=tuple(found["word"]),
    )


_MATCHING = text(
    """
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
     WHERE v.is_active AND v.price > 0 AND p.status = 'active'
     ORDER BY found.weight DESC, length(p.name), p.name, v.position, v.id
     LIMIT :limit
    """
).bindparams(_WORKSPACE)
_OTHER_NAMES = (
    select(func.array_agg(aggregate_order_by(Synonym.phrase, Synonym.phrase)))
    .where(Synonym.workspace_id == _WORKSPACE, Synonym.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)
_WITH_WORDS = _VARIANTS.where(ProductVariant.id.in_(_MATCHING.columns(id=Uuid).scalar_subquery())).add_columns(_OTHER_NAMES)


async def variants_with_words(
    work: Work, weighted: Sequence[tuple[str, int, float]], limit: int
) -> Sequence[tuple[VariantRow, tuple[str, ...]]]:
    """The variants on sale that hold most of the given words, and their other names.

    A word is given as (word, place in the phrase, weight).
    """
    parameters = {
        "workspace": work.workspace_id,
        "words": [word for word, _, _ in weighted],
        "places": [place for _, place, _ in weighted],
        "weights": [weight for _, _, weight in weighted],
        "limit": limit,
    }
    rows = await work.session.execute(_WITH_WORDS, parameters)
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
).bindparams(_WORKSPACE)
_NEAR_WORDS = _VARIANTS.where(ProductVariant.id.in_(_NEAR.columns(id=Uuid).scalar_subquery())).add_columns(_OTHER_NAMES)


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


async def file_words(work: Work, keys: Mapping[str, Iterable[str]], postings: Mapping[UUID, Iterable[str]]) -> None:
    """File known words under their keys, and replace the words under which the variants are found."""
    # Sorted, so that two writers of the same words wait for each other and never both ways.
    filed = sorted((key, word) for word, word_keys in keys.items() for key in word_keys)
    for start in range(0, len(filed), _AT_ONCE):
        some = filed[start : start + _AT_ONCE]
        parameters = {"workspace": work.workspace_id, "keys": [k for k, _ in some], "words": [w for _, w in some]}
        await work.session.execute(_FILE_WORDS, parameters)
    await work.session.execute(
        delete(SearchPosting).where(
            SearchPosting.workspace_id == work.workspace_id, SearchPosting.variant_id.in_(list(postings))
        )
    )
    rows = [(variant_id, word) for variant_id, words in postings.items() for word in words]
    for start in range(0, len(rows), _AT_ONCE):
        some_rows = rows[start : start + _AT_ONCE]
        variants_and_words = {"variants": [v for v, _ in some_rows], "words": [w for _, w in some_rows]}
        await work.session.execute(_POST_WORDS, {"workspace": work.workspace_id, **variants_and_words})


async def product_by_code(work: Work, code: str) -> Product | None:
    """The product with this code."""
    query = select(Product).where(Product.workspace_id == work.workspace_id, Product.code == code)
    return (await work.session.scalars(query)).one_or_none()


async def lock_product(work: Work, code: str) -> Product | None:
    """The product with this code, locked against other writers."""
    query = select(Product).where(Product.workspace_id == work.workspace_id, Product.code == code)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def lock_variant(work: Work, sku: str) -> ProductVariant | None:
    """The variant with this SKU, locked against other writers."""
    query = select(ProductVariant).where(ProductVariant.workspace_id == work.workspace_id, ProductVariant.sku == sku)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def replace_synonyms(work: Work, product_id: UUID, phrases: Mapping[str, str]) -> None:
    """Give a product other names: phrase to key."""
    await work.session.execute(
        delete(Synonym).where(Synonym.workspace_id == work.workspace_id, Synonym.product_id == product_id)
    )
    work.session.add_all(
        Synonym(workspace_id=work.workspace_id, phrase=phrase, key=key, product_id=product_id)
        for phrase, key in phrases.items()
    )
    await work.session.flush()


async def add_expansion(work: Work, synonym: Synonym) -> bool:
    """File a word that stands for other words; False if it is there already."""
    statement = insert(Synonym).values(
        workspace_id=work.workspace_id,
        id=synonym.id,
        phrase=synonym.phrase,
        key=synonym.key,
        expansion=synonym.expansion,
    )
    added = await work.session.execute(statement.on_conflict_do_nothing().returning(Synonym.id))
    return added.first() is not None


async def units(work: Work) -> Sequence[Unit]:
    """All units by code."""
    query = select(Unit).where(Unit.workspace_id == work.workspace_id).order_by(Unit.code)
    return (await work.session.scalars(query)).all()


async def categories(work: Work) -> Sequence[Category]:
    """All active categories by path."""
    query = select(Category).where(Category.workspace_id == work.workspace_id, Category.is_active)
    return (await work.session.scalars(query.order_by(Category.path))).all()


async def products_per_category(work: Work) -> Mapping[UUID, int]:
    """How many active products lie in each category itself."""
    query = (
        select(Product.category_id, func.count())
        .where(
            Product.workspace_id == work.workspace_id,
            Product.status == ProductStatus.ACTIVE,
            Product.category_id.is_not(None),
        )
        .group_by(Product.category_id)
    )
    return {id: count for id, count in await work.session.execute(query) if id is not None}


async def category_by_path(work: Work, path: str) -> Category | None:
    """The category at this path."""
    query = select(Category).where(Category.workspace_id == work.workspace_id, Category.path == path)
    return (await work.session.scalars(query)).one_or_none()


_STORES = select(Store).where(Store.workspace_id == _WORKSPACE, Store.is_active).order_by(Store.name, Store.id)


async def stores(work: Work) -> Sequence[Store]:
    """The active stores by name."""
    return (await work.session.scalars(_STORES, {"workspace": work.workspace_id})).all()


async def find_store(work: Work, *, code: str | None = None, store_id: UUID | None = None) -> Store | None:
    """A store by code or id, active or not."""
    query = select(Store).where(Store.workspace_id == work.workspace_id, or_(Store.code == code, Store.id == store_id))
    return (await work.session.scalars(query)).one_or_none()
