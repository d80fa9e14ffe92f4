"""Purchases: orders to suppliers, from the draft to what came of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import PURCHASES
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from app.web.api.purchases import OpenDraft, Reason, SetLines, Submit
from core.work import open_work
from domain.catalog import service as catalog
from domain.purchasing import ordering, receiving
from domain.purchasing import service as purchasing
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import GoodsReceiptView, NewReceipt, PurchaseOrderView
from domain.suppliers import service as suppliers

router = APIRouter(prefix="/console/@{workspace}/purchases")

Reader = Annotated[Visit, may(PURCHASES.permission)]
Writer = Annotated[Visit, may(PurchasesPermission.WRITE)]
Receiver = Annotated[Visit, may(PurchasesPermission.RECEIVE)]

_COMING = (PurchaseStatus.SUBMITTED, PurchaseStatus.PARTLY_RECEIVED)


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, status: filters.Word = "", store: filters.Word = "") -> Response:
    """Show purchase orders, newest first."""
    wanted, only = filters.chosen(PurchaseStatus, status), filters.identified(store)
    async with open_work(visit.principal) as work:
        found = await purchasing.list_orders(
            work,
            statuses=[wanted] if wanted else None,
            store_id=only,
            before=int(paging.place) if paging.place else None,
            limit=paging.limit,
        )
        names = {id: (await suppliers.get(work, id)).name for id in {order.supplier_id for order in found.items}}
        stores = await catalog.all_stores(work)
    return page(
        request,
        "purchases.html",
        visit,
        current=PURCHASES,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        names=names,
        stores=stores,
        store=only,
        chosen=wanted,
        statuses=list(PurchaseStatus),
        query=filters.query({"status": status, "store": store}),
        is_first=paging.place is None,
    )


@router.post("")
async def begin(request: Request, visit: Writer) -> Response:
    """Begin a purchase order, or go on with the draft that the supplier and store have."""
    said = await forms.part(request, OpenDraft)
    draft = await deeds.once(
        request, visit, PurchaseOrderView, lambda work: ordering.open_draft(work, said.supplier_id, said.store_id)
    )
    return RedirectResponse(visit.at(f"purchases/{draft.id}"), 303)


@router.get("/{order_id}")
async def show_order(
    request: Request, visit: Reader, order_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a purchase order and what came of it."""
    async with open_work(visit.principal) as work:
        order = await purchasing.get(work, order_id)
        receipts = (await purchasing.list_receipts(work, purchase_order_id=order_id, limit=100)).items
        products = await goods.named(work, (line.variant_id for line in order.lines))
        supplier = await suppliers.get(work, order.supplier_id)
        store = await catalog.get_store_by_id(work, order.store_id)
    may_write = visit.principal.may(PurchasesPermission.WRITE)
    is_draft = order.status is PurchaseStatus.DRAFT
    return page(
        request,
        "purchase.html",
        visit,
        current=PURCHASES,
        order=order,
        receipts=receipts,
        products=products,
        supplier=supplier,
        store=store,
        said=said,
        may_edit=may_write and is_draft,
        may_cancel=may_write and order.status in (PurchaseStatus.DRAFT, PurchaseStatus.SUBMITTED),
        may_close=may_write and order.status is PurchaseStatus.PARTLY_RECEIVED,
        may_receive=order.status in _COMING and visit.principal.may(PurchasesPermission.RECEIVE),
    )


@router.post("/{order_id}/lines")
async def set_lines(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Set what the draft orders; zero packs take a product out."""
    async with open_work(visit.principal) as work:
        lines = await goods.coded(work, await forms.rows(request, "sku", "packs", "pack_cost"))
    said = await forms.part(request, SetLines, lines=lines)
    seen = await forms.seen(request)
    await deeds.once(
        request, visit, PurchaseOrderView, lambda work: ordering.set_lines(work, order_id, said.lines, version=seen)
    )
    return RedirectResponse(visit.at(f"purchases/{order_id}"), 303)


@router.post("/{order_id}/submit")
async def submit(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Send the order."""
    said = await forms.part(request, Submit)
    await deeds.once(
        request,
        visit,
        PurchaseOrderView,
        lambda work: ordering.submit(work, order_id, below_minimum_reason=said.below_minimum_reason),
    )
    return RedirectResponse(visit.at(f"purchases/{order_id}?said=sent"), 303)


@router.post("/{order_id}/cancel")
async def cancel(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Give up an order of which nothing has come."""
    reason = (await forms.part(request, Reason)).reason
    await deeds.once(request, visit, PurchaseOrderView, lambda work: ordering.cancel(work, order_id, reason))
    return RedirectResponse(visit.at(f"purchases/{order_id}?said=cancelled"), 303)


@router.post("/{order_id}/close")
async def close(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Wait no longer for the rest of an order."""
    reason = (await forms.part(request, Reason)).reason
    await deeds.once(request, visit, PurchaseOrderView, lambda work: ordering.close(work, order_id, reason))
    return RedirectResponse(visit.at(f"purchases/{order_id}?said=closed"), 303)


@router.post("/{order_id}/receive")
async def receive(request: Request, visit: Receiver, order_id: UUID) -> Response:
    """Take in goods of the order, at the cost of their invoice."""
    typed = await forms.goods_said(request, "quantity", "rejected", "pack_cost")
    came = [{name: value for name, value in row.items() if value} for row in typed]
    command = await forms.part(request, NewReceipt, lines=came, key=await forms.key_of(request))
    made = await deeds.once(request, visit, GoodsReceiptView, lambda work: receiving.receive(work, order_id, command))
    return RedirectResponse(visit.at(f"receipts/{made.id}?said=received"), 303)
