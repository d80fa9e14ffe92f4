"""SQL of lists of products: many looked up at once, and the whole catalogue page by page."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, literal, select

from core import bulk
from core.paging import part
from core.work import Work, own
from domain.catalog.models import Category, Product, ProductVariant

_WITH_PRODUCT = (Product.workspace_id == ProductVariant.workspace_id) & (Product.id == ProductVariant.product_id)


async def with_products(work: Work, skus: Iterable[str], *, lock: bool) -> Sequence[tuple[ProductVariant, Product]]:
    """The variants with these SKUs and their products, which are locked first, in id order, for whoever changes them."""
    query = (
        select(ProductVariant, Product)
        .join(Product, _WITH_PRODUCT)
        .where(own(ProductVariant, work), ProductVariant.sku == any_(literal(list(skus), ARRAY(String))))
        .order_by(ProductVariant.id)
    )
    if lock:
        of_them = select(ProductVariant.product_id).where(
            own(ProductVariant, work), ProductVariant.sku == any_(literal(list(skus), ARRAY(String)))
        )
        locked = select(Product.id).where(own(Product, work), Product.id.in_(of_them))
        await work.session.execute(locked.order_by(Product.id).with_for_update(key_share=True))
        query = query.execution_options(populate_existing=True)
    return [(variant, product) for variant, product in await work.session.execute(query)]


async def add(work: Work, products: Sequence[dict[str, Any]], variants: Sequence[dict[str, Any]]) -> None:
    """Write new products and their variants."""
    await bulk.add_rows(work, Product, products)
    await bulk.add_rows(work, ProductVariant, variants)


async def owners_of_barcodes(work: Work, barcodes: Iterable[str]) -> dict[str, UUID]:
    """The variants that have these barcodes."""
    query = select(ProductVariant.barcode, ProductVariant.id).where(
        own(ProductVariant, work), ProductVariant.barcode == any_(literal(list(barcodes), ARRAY(String)))
    )
    return {str(barcode): id for barcode, id in await work.session.execute(query)}


async def known_skus(work: Work, skus: Iterable[str]) -> Sequence[str]:
    """Those of the SKUs that something has."""
    query = select(ProductVariant.sku).where(
        own(ProductVariant, work), ProductVariant.sku == any_(literal(list(skus), ARRAY(String)))
    )
    return (await work.session.scalars(query)).all()


async def skus_of(work: Work, ids: Iterable[UUID]) -> Sequence[str]:
    """The SKUs of variants."""
    query = select(ProductVariant.sku).where(
        own(ProductVariant, work), ProductVariant.id == any_(literal(list(ids), ARRAY(Uuid)))
    )
    return (await work.session.scalars(query)).all()


async def variant_ids(work: Work, skus: Iterable[str], barcodes: Iterable[str]) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """The variants by SKU and by barcode."""
    query = select(ProductVariant.sku, ProductVariant.id).where(
        own(ProductVariant, work), ProductVariant.sku == any_(literal(list(skus), ARRAY(String)))
    )
    found = {row.sku: row.id for row in await work.session.execute(query)}
    return found, await owners_of_barcodes(work, barcodes)


async def lock_by_id(work: Work, product_id: UUID) -> Product | None:
    """A product, locked against other writers."""
    query = select(Product).where(own(Product, work), Product.id == product_id)
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def page(work: Work, after: str | None, limit: int) -> list[dict[str, Any]]:
    """A page of the catalogue by SKU, behind one."""
    query = (
        select(
            ProductVariant.sku.label("code"), Product.name, ProductVariant.label, ProductVariant.price,
            ProductVariant.wholesale_price, ProductVariant.cost, ProductVariant.barcode, Product.description,
            Category.name.label("category"), Product.brand, Product.model,
            Product.unit, Product.status,
        )
        .join(Product, _WITH_PRODUCT)
        .outerjoin(Category, (Category.workspace_id == Product.workspace_id) & (Category.id == Product.category_id))
        .where(own(ProductVariant, work))
    )  # fmt: skip
    listed = part(query, [ProductVariant.sku], None if after is None else (after,), limit)
    return [dict(row._mapping) for row in await work.session.execute(listed)]
