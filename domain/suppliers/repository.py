"""All SQL of suppliers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, literal, or_, select, true, update

from core import bulk
from core.paging import part
from core.work import Work, own
from domain.suppliers.models import Supplier, SupplierProduct


async def get(work: Work, supplier_id: UUID) -> Supplier | None:
    """One supplier."""
    query = select(Supplier).where(own(Supplier, work), Supplier.id == supplier_id)
    return (await work.session.scalars(query)).one_or_none()


async def lock(work: Work, supplier_id: UUID) -> Supplier | None:
    """One supplier, locked and read afresh."""
    query = select(Supplier).where(own(Supplier, work), Supplier.id == supplier_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def by_ids(work: Work, ids: Iterable[UUID]) -> Sequence[Supplier]:
    """The suppliers with these ids."""
    query = select(Supplier).where(own(Supplier, work), Supplier.id.in_(set(ids)))
    return (await work.session.scalars(query)).all()


async def by_keys(work: Work, keys: Iterable[str]) -> Sequence[Supplier]:
    """The suppliers with these names, as names are compared."""
    query = select(Supplier).where(own(Supplier, work), Supplier.name_key.in_(set(keys)))
    return (await work.session.scalars(query)).all()


async def by_tax_id(work: Work, country: str, number: str) -> Supplier | None:
    """The supplier with this tax id."""
    query = select(Supplier).where(own(Supplier, work), Supplier.country == country, Supplier.tax_id == number)
    return (await work.session.scalars(query)).one_or_none()


async def page(
    work: Work, *, search: str | None, is_active: bool | None, after: Supplier | None, limit: int
) -> Sequence[Supplier]:
    """Suppliers by name behind one of them; `search` is part of a name as it is compared, or of a tax id."""
    query = select(Supplier).where(
        own(Supplier, work),
        true() if is_active is None else Supplier.is_active.is_(is_active),
    )
    if search:
        of_tax_id = Supplier.tax_id.icontains(search, autoescape=True)
        query = query.where(or_(Supplier.name_key.contains(search, autoescape=True), of_tax_id))
    place = None if after is None else (after.name_key, after.id)
    return (await work.session.scalars(part(query, [Supplier.name_key, Supplier.id], place, limit))).all()


async def products_of(work: Work, supplier_id: UUID) -> Sequence[SupplierProduct]:
    """What a supplier sells."""
    query = select(SupplierProduct).where(own(SupplierProduct, work), SupplierProduct.supplier_id == supplier_id)
    return (await work.session.scalars(query.order_by(SupplierProduct.id))).all()


async def sources_of(work: Work, variant_ids: Iterable[UUID]) -> Sequence[SupplierProduct]:
    """Who sells these variants, the preferred ones first."""
    query = select(SupplierProduct).where(own(SupplierProduct, work), SupplierProduct.variant_id.in_(set(variant_ids)))
    return (await work.session.scalars(query.order_by(SupplierProduct.is_preferred.desc(), SupplierProduct.id))).all()


async def product(work: Work, supplier_id: UUID, variant_id: UUID) -> SupplierProduct | None:
    """One thing that a supplier sells, locked."""
    query = select(SupplierProduct).where(
        own(SupplierProduct, work),
        SupplierProduct.supplier_id == supplier_id,
        SupplierProduct.variant_id == variant_id,
    )
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def prefer_nobody(work: Work, variant_id: UUID) -> None:
    """Take the preference from whoever has it."""
    await work.session.execute(
        update(SupplierProduct)
        .where(
            own(SupplierProduct, work),
            SupplierProduct.variant_id == variant_id,
            SupplierProduct.is_preferred,
        )
        .values(is_preferred=False)
    )


async def remove_product(work: Work, supplier_id: UUID, variant_id: UUID) -> bool:
    """Forget that a supplier sells something; whether they did."""
    removed = await work.session.execute(
        delete(SupplierProduct)
        .where(
            own(SupplierProduct, work),
            SupplierProduct.supplier_id == supplier_id,
            SupplierProduct.variant_id == variant_id,
        )
        .returning(SupplierProduct.id)
    )
    return removed.first() is not None


async def lock_products(work: Work, pairs: Collection[tuple[UUID, UUID]]) -> Sequence[SupplierProduct]:
    """What is known of these suppliers selling these variants, locked in id order."""
    query = (
        select(SupplierProduct)
        .where(
            own(SupplierProduct, work),
            SupplierProduct.supplier_id.in_({supplier_id for supplier_id, _ in pairs}),
            SupplierProduct.variant_id == any_(literal([variant_id for _, variant_id in pairs], ARRAY(Uuid))),
        )
        .order_by(SupplierProduct.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return [row for row in await work.session.scalars(query) if (row.supplier_id, row.variant_id) in pairs]


async def add_products(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down many things that suppliers sell."""
    await bulk.add_rows(work, SupplierProduct, rows)
