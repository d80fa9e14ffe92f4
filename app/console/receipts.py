"""Receipts of goods, and what of them goes back to the supplier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import RECEIPTS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import open_work
from domain.catalog import service as catalog
from domain.purchasing import returning
from domain.purchasing import service as purchasing
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import NewSupplierReturn, SupplierReturnView
from domain.suppliers import service as suppliers

router = APIRouter(prefix="/console/@{workspace}/receipts")

Reader = Annotated[Visit, may(RECEIPTS.permission)]
Receiver = Annotated[Visit, may(PurchasesPermission.RECEIVE)]


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, store: filters.Word = "") -> Response:
    """Show receipts of goods, newest first."""
    only = filters.identified(store)
    async with open_work(visit.principal) as work:
        before = int(paging.place) if paging.place else None
        found = await purchasing.list_receipts(work, store_id=only, before=before, limit=paging.limit)
        names = {id: (await suppliers.get(work, id)).name for id in {receipt.supplier_id for receipt in found.items}}
        stores = await catalog.all_stores(work)
    return page(
        request,
        "receipts.html",
        visit,
        current=RECEIPTS,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        names=names,
        stores=stores,
        store=only,
        query=filters.query({"store": store}),
        is_first=paging.place is None,
    )


@router.get("/{receipt_id}")
async def show_receipt(
    request: Request, visit: Reader, receipt_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show what came, at what cost, and what of it went back."""
    async with open_work(visit.principal) as work:
        receipt = await purchasing.get_receipt(work, receipt_id)
        returns = await purchasing.returns_of(work, receipt_id)
        products = await goods.named(work, (line.variant_id for line in receipt.lines))
        supplier = await suppliers.get(work, receipt.supplier_id)
        store = await catalog.get_store_by_id(work, receipt.store_id)
    return page(
        request,
        "receipt.html",
        visit,
        current=RECEIPTS,
        receipt=receipt,
        returns=returns,
        products=products,
        supplier=supplier,
        store=store,
        said=said,
        may_return=visit.principal.may(PurchasesPermission.RECEIVE),
    )


@router.post("/{receipt_id}/returns")
async def return_goods(request: Request, visit: Receiver, receipt_id: UUID) -> Response:
    """Send goods of a receipt back to their supplier."""
    lines = await forms.goods_said(request, "quantity")
    command = await forms.part(request, NewSupplierReturn, lines=lines, key=await forms.key_of(request))
    await deeds.once(request, visit, SupplierReturnView, lambda work: returning.return_goods(work, receipt_id, command))
    return RedirectResponse(visit.at(f"receipts/{receipt_id}?said=returned"), 303)
