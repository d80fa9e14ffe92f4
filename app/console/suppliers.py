"""Suppliers: from whom the shop buys, what they sell, and on which terms."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import SUPPLIERS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import open_work
from domain.catalog import service as catalog
from domain.purchasing import service as purchasing
from domain.purchasing.permissions import PurchasesPermission
from domain.suppliers import service as suppliers
from domain.suppliers.permissions import SuppliersPermission
from domain.suppliers.schemas import ChangeSupplier, NewSupplier, SupplierProductInput, SupplierProductView, SupplierView

router = APIRouter(prefix="/console/@{workspace}/suppliers")

Reader = Annotated[Visit, may(SUPPLIERS.permission)]
Writer = Annotated[Visit, may(SuppliersPermission.WRITE)]

TERMS: Final = ("tax_id", "contact_name", "phone", "email", "address", "payment_terms", "lead_time_days", "notes")
_RECENT: Final = 5


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, search: filters.Words = "") -> Response:
    """Show the suppliers by name."""
    after = UUID(paging.place) if paging.place else None
    async with open_work(visit.principal) as work:
        found = await suppliers.list_suppliers(work, search=search or None, after=after, limit=paging.limit)
    return page(
        request,
        "suppliers.html",
        visit,
        current=SUPPLIERS,
        paged=paging.page(found.items, str(found.next_cursor) if found.next_cursor else None),
        search=search,
        terms=TERMS,
        query=filters.query({"search": search}),
        is_first=paging.place is None,
        may_write=visit.principal.may(SuppliersPermission.WRITE),
    )


@router.post("")
async def create(request: Request, visit: Writer) -> Response:
    """Add a supplier."""
    command = await forms.part(request, NewSupplier)
    made = await deeds.once(request, visit, SupplierView, lambda work: suppliers.create(work, command))
    return RedirectResponse(visit.at(f"suppliers/{made.id}"), 303)


@router.get("/{supplier_id}")
async def show_supplier(
    request: Request, visit: Reader, supplier_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a supplier, what they sell, and what was ordered of them last."""
    async with open_work(visit.principal) as work:
        supplier = await suppliers.get(work, supplier_id)
        sold = await suppliers.products(work, supplier_id)
        products = await goods.named(work, (each.variant_id for each in sold))
        stores = await catalog.stores(work)
        orders = None
        if visit.principal.may(PurchasesPermission.READ):
            orders = (await purchasing.list_orders(work, supplier_id=supplier_id, limit=_RECENT)).items
    return page(
        request,
        "supplier.html",
        visit,
        current=SUPPLIERS,
        supplier=supplier,
        sold=sold,
        products=products,
        stores=stores,
        orders=orders,
        terms=TERMS,
        said=said,
        may_write=visit.principal.may(SuppliersPermission.WRITE),
        may_buy=supplier.is_active and visit.principal.may(PurchasesPermission.WRITE),
    )


@router.post("/{supplier_id}")
async def change(request: Request, visit: Writer, supplier_id: UUID) -> Response:
    """Change a supplier; what was emptied is empty."""
    command = await forms.part(request, ChangeSupplier, **await forms.emptied(request, *TERMS))
    seen = await forms.seen(request)
    await deeds.once(request, visit, SupplierView, lambda work: suppliers.change(work, supplier_id, command, version=seen))
    return RedirectResponse(visit.at(f"suppliers/{supplier_id}?said=saved"), 303)


@router.post("/{supplier_id}/products")
async def set_product(request: Request, visit: Writer, supplier_id: UUID) -> Response:
    """Say what the supplier sells, in which packs and at what cost."""
    sku = (await forms.part(request, goods.Coded)).sku
    async with open_work(visit.principal) as work:
        (product,) = await goods.coded(work, [{"sku": sku}])
    command = await forms.part(request, SupplierProductInput, **product)
    await deeds.once(request, visit, SupplierProductView, lambda work: suppliers.set_product(work, supplier_id, command))
    return RedirectResponse(visit.at(f"suppliers/{supplier_id}?said=saved"), 303)


@router.post("/{supplier_id}/products/{variant_id}/remove")
async def remove_product(request: Request, visit: Writer, supplier_id: UUID, variant_id: UUID) -> Response:
    """Say that the supplier sells something no more."""
    await deeds.run(request, visit, lambda work: suppliers.remove_product(work, supplier_id, variant_id))
    return RedirectResponse(visit.at(f"suppliers/{supplier_id}?said=saved"), 303)
