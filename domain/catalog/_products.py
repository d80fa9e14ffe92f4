"""SQL of the staff's list of products."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, column, func, select, table

from core.paging import part
from core.work import Work, own
from domain.catalog.kinds import ProductStatus
from domain.catalog.listed import ProductFilter, ProductSort
from domain.catalog.models import Category, Product, ProductVariant


class ListedRow(NamedTuple):
    """A product with what lists show of its default variant and its category."""

    id: UUID
    code: str
    name: str
    brand: str | None
    category: str | None
    unit: str
    status: ProductStatus
    price: Decimal
    wholesale_price: Decimal | None
    cost: Decimal | None
    barcode: str | None
    image_url: str | None
    variants: int
    version: int
    updated_at: datetime


_OF_PRODUCT = ProductVariant.__table__.alias("of_product")
_VARIANTS = (
    select(func.count())
    .select_from(_OF_PRODUCT)
    .where(_OF_PRODUCT.c.workspace_id == Product.workspace_id, _OF_PRODUCT.c.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)
_LISTED: Select[*tuple[Any, ...]] = (
    select(
        Product.id, Product.code, Product.name, Product.brand, Category.path, Product.unit, Product.status,
        ProductVariant.price, ProductVariant.wholesale_price, ProductVariant.cost, ProductVariant.barcode,
        Product.image_url, _VARIANTS, Product.version, Product.updated_at,
    )
    .join(
        ProductVariant,
        and_(
            ProductVariant.workspace_id == Product.workspace_id,
            ProductVariant.product_id == Product.id,
            ProductVariant.is_default,
        ),
    )
    .outerjoin(Category, and_(Category.workspace_id == Product.workspace_id, Category.id == Product.category_id))
)  # fmt: skip

_SORTED: dict[str, ColumnElement[Any]] = {
    "name": Product.name.expression,
    "code": Product.code.expression,
    "price": ProductVariant.price.expression,
    "updated_at": Product.updated_at.expression,
}

_READ: dict[str, Callable[[str], Any]] = {"name": str, "code": str, "price": Decimal, "updated_at": datetime.fromisoformat}
"""How a sorted value is read back out of a place."""

# Stock is another noun's. Its table is looked at here, because a page cannot be filtered after it was cut.
_LEVELS = table(
    "stock_items", column("workspace_id"), column("variant_id"), column("store_id"), column("on_hand"), column("held")
)


def _narrowed(
    work: Work, wanted: ProductFilter, categories: Sequence[UUID] | None, ids: Sequence[UUID] | None
) -> Select[*tuple[Any, ...]]:
    query = _LISTED.where(own(Product, work))
    query = query.where(Product.status.in_(wanted.statuses) if wanted.statuses else Product.status != ProductStatus.ARCHIVED)
    if categories is not None:
        query = query.where(Product.category_id.in_(categories))
    if ids is not None:
        query = query.where(Product.id.in_(ids))
    if wanted.brand is not None:
        query = query.where(Product.brand == wanted.brand)
    if wanted.price_from is not None:
        query = query.where(ProductVariant.price >= wanted.price_from)
    if wanted.price_to is not None:
        query = query.where(ProductVariant.price <= wanted.price_to)
    if wanted.store_id is not None or wanted.is_in_stock is not None:
        query = query.where(_kept(wanted))
    return query


def _kept(wanted: ProductFilter) -> ColumnElement[bool]:
    """Whether a store keeps the product, or whether there is any of it, in that store or anywhere."""
    levels = (
        select(_LEVELS.c.variant_id)
        .join(_OF_PRODUCT, and_(_OF_PRODUCT.c.workspace_id == _LEVELS.c.workspace_id, _OF_PRODUCT.c.id == _LEVELS.c.variant_id))
        .where(_OF_PRODUCT.c.workspace_id == Product.workspace_id, _OF_PRODUCT.c.product_id == Product.id)
        .correlate(Product)
    )
    if wanted.store_id is not None:
        levels = levels.where(_LEVELS.c.store_id == wanted.store_id)
    if wanted.is_in_stock is None:
        return levels.exists()
    found = levels.where(_LEVELS.c.on_hand > _LEVELS.c.held).exists()
    return found if wanted.is_in_stock else ~found


async def page(
    work: Work,
    wanted: ProductFilter,
    categories: Sequence[UUID] | None,
    ids: Sequence[UUID] | None,
    sort: ProductSort,
    after: tuple[str, UUID] | None,
    limit: int,
    skip: int,
) -> list[ListedRow]:
    """Products that fit, in their order, behind a place or beyond so many."""
    by = _SORTED[sort.column]
    query = _narrowed(work, wanted, categories, ids)
    place = None if after is None else (_READ[sort.column](after[0]), after[1])
    rows = await work.session.execute(part(query, [by, Product.id], place, limit, falls=sort.is_descending).offset(skip))
    return [ListedRow._make(row) for row in rows]


async def count(
    work: Work, wanted: ProductFilter, categories: Sequence[UUID] | None, ids: Sequence[UUID] | None, most: int
) -> int:
    """How many products fit, looking at no more than so many."""
    some = _narrowed(work, wanted, categories, ids).with_only_columns(Product.id).limit(most).subquery()
    return await work.session.scalar(select(func.count()).select_from(some)) or 0
