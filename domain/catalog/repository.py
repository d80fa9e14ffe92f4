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
)
from sqlalchemy.dialects.postgresql import insert

from core.paging import part
from core.prepared import Prepared
from core.work import Work, own
from domain.catalog.kinds import ProductStatus
from domain.catalog.models import Category, Product, ProductVariant, Store, Synonym, Unit


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
VARIANTS: Select[*tuple[Any, ...]] = (
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
    .join(Product, and_(own(Product), Product.id == ProductVariant.product_id))
    .join(Unit, and_(own(Unit), Unit.code == Product.unit))
    .outerjoin(Category, and_(own(Category), Category.id == Product.category_id))
    .where(own(ProductVariant))
)
_BY_ID = VARIANTS.where(ProductVariant.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_BY_SKU = VARIANTS.where(ProductVariant.sku == any_(bindparam("skus", type_=ARRAY(String))))


async def _rows(work: Work, query: Select[*tuple[Any, ...]], **parameters: object) -> Sequence[VariantRow]:
    """What a narrower form of `VARIANTS` finds."""
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


async def variant_rows_of(work: Work, product_id: UUID) -> Sequence[ProductVariant]:
    """The variants of one product in their order, as rows that can be written."""
    query = select(ProductVariant).where(own(ProductVariant, work), ProductVariant.product_id == product_id)
    return (await work.session.scalars(query.order_by(ProductVariant.position, ProductVariant.id))).all()


async def list_variants(
    work: Work, categories: Sequence[UUID] | None, after: tuple[str, int, UUID] | None, limit: int
) -> Sequence[VariantRow]:
    """Variants on sale by name, from a place on."""
    query = VARIANTS.where(IS_SOLD)
    if categories is not None:
        query = query.where(Product.category_id.in_(categories))
    return await _rows(work, part(query, [Product.name, ProductVariant.position, ProductVariant.id], after, limit))


async def synonyms_of(work: Work, product_ids: Iterable[UUID]) -> Mapping[UUID, tuple[str, ...]]:
    """The other names of products."""
    query = select(Synonym.product_id, Synonym.phrase).where(own(Synonym, work), Synonym.product_id.in_(list(product_ids)))
    found: dict[UUID, tuple[str, ...]] = {}
    for product_id, phrase in await work.session.execute(query.order_by(Synonym.phrase)):
        if product_id is not None:
            found[product_id] = (*found.get(product_id, ()), phrase)
    return found


async def product_by_code(work: Work, code: str) -> Product | None:
    """The product with this code."""
    query = select(Product).where(own(Product, work), Product.code == code)
    return (await work.session.scalars(query)).one_or_none()


async def lock_product(work: Work, code: str) -> Product | None:
    """The product with this code, locked against other writers."""
    query = select(Product).where(own(Product, work), Product.code == code)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def replace_synonyms(work: Work, product_id: UUID, phrases: Mapping[str, str]) -> None:
    """Give a product other names: phrase to key."""
    await work.session.execute(delete(Synonym).where(own(Synonym, work), Synonym.product_id == product_id))
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
    query = select(Unit).where(own(Unit, work)).order_by(Unit.code)
    return (await work.session.scalars(query)).all()


async def categories(work: Work) -> Sequence[Category]:
    """All active categories by path."""
    query = select(Category).where(own(Category, work), Category.is_active)
    return (await work.session.scalars(query.order_by(Category.path))).all()


async def products_per_category(work: Work) -> Mapping[UUID, int]:
    """How many active products lie in each category itself."""
    query = (
        select(Product.category_id, func.count())
        .where(
            own(Product, work),
            Product.status == ProductStatus.ACTIVE,
            Product.category_id.is_not(None),
        )
        .group_by(Product.category_id)
    )
    return {id: count for id, count in await work.session.execute(query) if id is not None}


async def category_by_path(work: Work, path: str) -> Category | None:
    """The category at this path."""
    query = select(Category).where(own(Category, work), Category.path == path)
    return (await work.session.scalars(query)).one_or_none()


_STORES = Prepared(select(Store).where(own(Store), Store.is_active).order_by(Store.name, Store.id))


async def stores(work: Work) -> Sequence[Store]:
    """The active stores by name."""
    return [row for (row,) in await _STORES.all(work.session, {"workspace": work.workspace_id})]


async def all_stores(work: Work) -> Sequence[Store]:
    """All stores by name."""
    query = select(Store).where(own(Store, work))
    return (await work.session.scalars(query.order_by(Store.name, Store.id))).all()


async def find_store(work: Work, *, code: str | None = None, store_id: UUID | None = None) -> Store | None:
    """A store by code or id, active or not."""
    query = select(Store).where(own(Store, work), or_(Store.code == code, Store.id == store_id))
    return (await work.session.scalars(query)).one_or_none()


async def lock_store(work: Work, store_id: UUID) -> Store | None:
    """A store by id, locked against other writers."""
    query = select(Store).where(own(Store, work), Store.id == store_id)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()
