"""Purchases: orders to suppliers, what arrives of them, and what goes back."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.fields import expanding
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import Work, open_work
from domain.purchasing import ordering, receiving, returning
from domain.purchasing import service as purchasing
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import (
    GoodsReceiptView,
    NewPurchase,
    NewReceipt,
    NewSupplierReturn,
    OrderLineInput,
    PurchaseOrderView,
    SupplierReturnView,
)
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import SupplierView

router = noun("purchases")

Reader = Annotated[Principal, may(PurchasesPermission.READ)]
Expand = Annotated[frozenset[str], expanding("supplier")]
Writer = Annotated[Write, may_write(PurchasesPermission.WRITE)]
Receiver = Annotated[Write, may_write(PurchasesPermission.RECEIVE)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenDraft(_Body):
    """Whose draft is meant."""

    supplier_id: UUID
    store_id: UUID


class SetLines(_Body):
    """How many packs of each product the draft shall have."""

    lines: list[OrderLineInput] = Field(min_length=1, max_length=500)


class Submit(_Body):
    """Why an order that is below the supplier's minimum is sent all the same."""

    below_minimum_reason: str | None = Field(None, min_length=1, max_length=500)


class Reason(_Body):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class ShownPurchase(PurchaseOrderView):
    """A purchase order, with of whom it is ordered where that was asked for."""

    supplier: SupplierView | None = Field(None, description="With `expand=supplier`.")


async def _expanded(work: Work, found: Sequence[PurchaseOrderView], expand: frozenset[str]) -> list[ShownPurchase]:
    """Purchase orders with what is wanted of what their ids stand for."""
    known = await suppliers.views(work, {each.supplier_id for each in found}) if "supplier" in expand else {}
    return [ShownPurchase(**each.model_dump(), supplier=known.get(each.supplier_id)) for each in found]


@router.get("/purchase-orders")
async def list_orders(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[PurchaseStatus] | None, Query(max_length=5)] = None,
    supplier_id: UUID | None = None,
    store_id: UUID | None = None,
    expand: Expand = frozenset(),
) -> Page[ShownPurchase]:
    """List purchase orders, newest first."""
    async with open_work(caller) as work:
        found = await purchasing.list_orders(
            work,
            statuses=status,
            supplier_id=supplier_id,
            store_id=store_id,
            before=paging.number,
            limit=paging.limit,
        )
        shown = await _expanded(work, found.items, expand)
    return paging.page(shown, found.next_cursor)


@router.post("/purchase-orders")
async def open_draft(write: Writer, body: OpenDraft, response: Response) -> PurchaseOrderView:
    """Begin a purchase order, or go on with the draft that the supplier and store have."""
    draft = await write.once(PurchaseOrderView, lambda work: ordering.open_draft(work, body.supplier_id, body.store_id))
    tell(response, draft.version)
    return draft


@router.get("/purchase-orders/{order_id}")
async def get_order(caller: Reader, order_id: UUID, response: Response, expand: Expand = frozenset()) -> ShownPurchase:
    """Show a purchase order."""
    async with open_work(caller) as work:
        (found,) = await _expanded(work, [await purchasing.get(work, order_id)], expand)
    tell(response, found.version)
    return found


@router.patch("/purchase-orders/{order_id}/lines")
async def set_lines(write: Writer, seen: SeenVersion, order_id: UUID, body: SetLines, response: Response) -> PurchaseOrderView:
    """Set what a draft orders; a product that is not named stays as it is, zero packs take it out."""
    changed = await write.once(PurchaseOrderView, lambda work: ordering.set_lines(work, order_id, body.lines, version=seen))
    tell(response, changed.version)
    return changed


@router.post("/purchase-orders/{order_id}/submit")
async def submit(write: Writer, order_id: UUID, body: Submit) -> PurchaseOrderView:
    """Send a purchase order."""
    return await write.once(
        PurchaseOrderView,
        lambda work: ordering.submit(work, order_id, below_minimum_reason=body.below_minimum_reason),
    )


@router.post("/purchase-orders/{order_id}/cancel")
async def cancel(write: Writer, order_id: UUID, body: Reason) -> PurchaseOrderView:
    """Give up a purchase order of which nothing has come."""
    return await write.once(PurchaseOrderView, lambda work: ordering.cancel(work, order_id, body.reason))


@router.post("/purchase-orders/{order_id}/close")
async def close(write: Writer, order_id: UUID, body: Reason) -> PurchaseOrderView:
    """Wait no longer for the rest of a purchase order."""
    return await write.once(PurchaseOrderView, lambda work: ordering.close(work, order_id, body.reason))


@router.post("/purchase-orders/{order_id}/receive", status_code=201)
async def receive(write: Receiver, order_id: UUID, body: NewReceipt) -> GoodsReceiptView:
    """Take in goods of a purchase order."""
    return await write.once(GoodsReceiptView, lambda work: receiving.receive(work, order_id, body))


@router.get("/goods-receipts")
async def list_receipts(
    caller: Reader,
    paging: Paged,
    purchase_order_id: UUID | None = None,
    supplier_id: UUID | None = None,
    store_id: UUID | None = None,
) -> Page[GoodsReceiptView]:
    """List receipts of goods, newest first."""
    async with open_work(caller) as work:
        found = await purchasing.list_receipts(
            work,
            purchase_order_id=purchase_order_id,
            supplier_id=supplier_id,
            store_id=store_id,
            before=paging.number,
            limit=paging.limit,
        )
    return paging.page(found.items, found.next_cursor)


@router.post("/goods-receipts", status_code=201)
async def buy(write: Receiver, body: NewPurchase) -> GoodsReceiptView:
    """Take in goods that nobody had ordered here."""
    return await write.once(GoodsReceiptView, lambda work: receiving.buy(work, body))


@router.get("/goods-receipts/{receipt_id}")
async def get_receipt(caller: Reader, receipt_id: UUID) -> GoodsReceiptView:
    """Show a receipt of goods."""
    async with open_work(caller) as work:
        return await purchasing.get_receipt(work, receipt_id)


@router.get("/goods-receipts/{receipt_id}/returns")
async def list_returns(caller: Reader, receipt_id: UUID) -> Page[SupplierReturnView]:
    """List what of a receipt went back to the supplier."""
    async with open_work(caller) as work:
        await purchasing.get_receipt(work, receipt_id)
        return Page(data=await purchasing.returns_of(work, receipt_id), has_more=False, next_cursor=None)


@router.post("/goods-receipts/{receipt_id}/returns", status_code=201)
async def return_goods(write: Receiver, receipt_id: UUID, body: NewSupplierReturn) -> SupplierReturnView:
    """Send goods of a receipt back to their supplier."""
    return await write.once(SupplierReturnView, lambda work: returning.return_goods(work, receipt_id, body))
