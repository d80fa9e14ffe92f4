"""Suppliers: who the shop buys from, and what they sell."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.suppliers import service as suppliers
from domain.suppliers.permissions import SuppliersPermission
from domain.suppliers.schemas import (
    ChangeSupplier,
    NewSupplier,
    SupplierProductInput,
    SupplierProductView,
    SupplierView,
    TaxId,
)

router = noun("suppliers")

Reader = Annotated[Principal, may(SuppliersPermission.READ)]
Writer = Annotated[Write, may_write(SuppliersPermission.WRITE)]


@router.get("/suppliers")
async def list_(
    caller: Reader,
    paging: Paged,
    search: Annotated[str | None, Query(max_length=100, description="Part of a name or of a tax id.")] = None,
    is_active: bool | None = None,
) -> Page[SupplierView]:
    """List suppliers by name."""
    async with open_work(caller) as work:
        found = await suppliers.list_suppliers(work, search=search, is_active=is_active, after=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.get("/tax-ids/{country}/{number}")
async def check_tax_id(caller: Reader, country: str, number: str) -> TaxId:
    """Check a tax id of a country, and show it as it is stored."""
    async with open_work(caller) as work:
        return await suppliers.check_tax_id(work, number, country.upper())


@router.post("/suppliers", status_code=201)
async def create(write: Writer, body: NewSupplier, response: Response) -> SupplierView:
    """Create a supplier."""
    made = await write.once(SupplierView, lambda work: suppliers.create(work, body))
    tell(response, made.version)
    return made


@router.get("/suppliers/{supplier_id}")
async def get(caller: Reader, supplier_id: UUID, response: Response) -> SupplierView:
    """Show a supplier."""
    async with open_work(caller) as work:
        found = await suppliers.get(work, supplier_id)
    tell(response, found.version)
    return found


@router.patch("/suppliers/{supplier_id}")
async def change(write: Writer, seen: SeenVersion, supplier_id: UUID, body: ChangeSupplier, response: Response) -> SupplierView:
    """Change a supplier."""
    changed = await write.once(SupplierView, lambda work: suppliers.change(work, supplier_id, body, version=seen))
    tell(response, changed.version)
    return changed


@router.get("/suppliers/{supplier_id}/products")
async def list_products(caller: Reader, supplier_id: UUID) -> Page[SupplierProductView]:
    """List what a supplier sells."""
    async with open_work(caller) as work:
        await suppliers.get(work, supplier_id)
        return Page(data=await suppliers.products(work, supplier_id), has_more=False, next_cursor=None)


@router.put("/suppliers/{supplier_id}/products")
async def set_product(write: Writer, supplier_id: UUID, body: SupplierProductInput) -> SupplierProductView:
    """Say what a supplier sells, in which packs and at what cost."""
    return await write.once(SupplierProductView, lambda work: suppliers.set_product(work, supplier_id, body))


@router.delete("/suppliers/{supplier_id}/products/{variant_id}", status_code=204)
async def remove_product(write: Writer, supplier_id: UUID, variant_id: UUID) -> None:
    """Say that a supplier sells something no more."""
    await write.run(lambda work: suppliers.remove_product(work, supplier_id, variant_id))
