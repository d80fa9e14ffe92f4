"""All SQL of the catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from core.work import Work
from domain.catalog.models import (
    Category,
    Product,
    ProductStatus,
    ProductVariant,
    SearchPosting,
    SearchWord,
    Store,
    Synonym,
    Unit,
)

VariantRow = tuple[ProductVariant, Product, Unit, str | None]

IS_SOLD: ColumnElement[bool] = and_(
    Product.status == ProductStatus.ACTIVE, ProductVariant.is_active, ProductVariant.price > Decimal(0)
)


_WORKSPACE = bindparam("workspace", type_=Uuid)
_VARIANTS = (
    select(ProductVariant, Product, Unit, Category.name)
    .join(Product, and_(Product.workspace_id == _WORKSPACE, Product.id == ProductVariant.product_id))
    .join(Unit, and_(Unit.workspace_id == _WORKSPACE, Unit.code == Product.unit))
    .outerjoin(Category, and_(Category.workspace_id == _WORKSPACE, Category.id == Product.category_id))
    .where(ProductVariant.workspace_id == _WORKSPACE)
)


async def _rows(work: Work, query: Select[ProductVariant, Product, Unit, str]) -> Sequence[VariantRow]:
    """What a narrower form of `_VARIANTS` finds."""
    rows = await work.session.execute(query, {"workspace": work.workspace_id})
    return [(variant, product, unit, category) for variant, product, unit, category in rows]


async def variants(work: Work, ids: Iterable[UUID]) -> Sequence[VariantRow]:
    """The variants with these ids, sold or not."""
    return await _rows(work, _VARIANTS.where(ProductVariant.id.in_(list(ids))))


async def variant_by_sku(work: Work, sku: str) -> VariantRow | None:
    """The variant with this SKU, in whatever case it is written."""
    found = await _rows(
        work, _VARIANTS.where(ProductVariant.sku.in_({sku, sku.upper(), sku.lower()})).order_by(ProductVariant.sku)
    )
    return next((row for row in found if row[0].sku == sku), found[0] if found else None)


async def variants_by_sku(work: Work, skus: Iterable[str]) -> Sequence[VariantRow]:
    """The variants with exactly these SKUs."""
    return await _rows(work, _VARIANTS.where(ProductVariant.sku.in_(list(skus))))


async def variants_of(work: Work, product_id: UUID) -> Sequence[VariantRow]:
    """The variants of one product in their order."""
    query = _VARIANTS.where(ProductVariant.product_id == product_id)
    return await _rows(work, query.order_by(ProductVariant.position, ProductVariant.id))


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


async def expansions(work: Work, keys: Iterable[str]) -> Sequence[tuple[str, str]]:
    """What the phrases with these keys stand for."""
    query = select(Synonym.key, Synonym.expansion).where(
        Synonym.workspace_id == work.workspace_id, Synonym.key.in_(list(keys)), Synonym.expansion.is_not(None)
    )
    rows = await work.session.execute(query.order_by(Synonym.key, Synonym.expansion))
    return [(key, expansion) for key, expansion in rows if expansion is not None]


async def words_under(work: Work, keys: Iterable[str], limit: int) -> Sequence[tuple[str, str]]:
    """The known words under these keys, with the key that found them; words that only begin alike come last."""
    query = select(SearchWord.key, SearchWord.word).where(
        SearchWord.workspace_id == work.workspace_id, SearchWord.key.in_(list(keys))
    )
    query = query.order_by(SearchWord.key.startswith("p:"), SearchWord.key, SearchWord.word).limit(limit)
    return [(key, word) for key, word in await work.session.execute(query)]


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
)


async def variants_with_words(work: Work, weighted: Sequence[tuple[str, int, float]], limit: int) -> Sequence[UUID]:
    """The variants on sale that hold most of the given words: (word, place in the phrase, weight)."""
    parameters = {
        "workspace": work.workspace_id,
        "words": [word for word, _, _ in weighted],
        "places": [place for _, place, _ in weighted],
        "weights": [weight for _, _, weight in weighted],
        "limit": limit,
    }
    return list(await work.session.scalars(_MATCHING, parameters))


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


async def stores(work: Work) -> Sequence[Store]:
    """The active stores by name."""
    query = select(Store).where(Store.workspace_id == work.workspace_id, Store.is_active)
    return (await work.session.scalars(query.order_by(Store.name, Store.id))).all()


async def find_store(work: Work, *, code: str | None = None, store_id: UUID | None = None) -> Store | None:
    """A store by code or id, active or not."""
    query = select(Store).where(Store.workspace_id == work.workspace_id, or_(Store.code == code, Store.id == store_id))
    return (await work.session.scalars(query)).one_or_none()
