"""Goods that go back to their supplier: never more than was taken in, and each return once."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.purchasing import repository
from domain.purchasing._views import digest, return_views
from domain.purchasing.errors import ReceiptNotFound, ReturnExceedsReceipt
from domain.purchasing.models import GoodsReceiptLine, PurchaseOrderLine, SupplierReturnLine
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import NewSupplierReturn, SupplierReturnView
from domain.stock import documents
from domain.stock.errors import ProductRepeated
from domain.stock.schemas import cents

SCOPE = "supplier_return"


async def return_goods(work: Work, receipt_id: UUID, command: NewSupplierReturn) -> SupplierReturnView:
    """Send goods of a receipt back to its supplier, who owes what they had cost. The same key twice is one.

    Raises ReturnExceedsReceipt, StockPromised if orders hold the goods, KeyReused.
    """
    work.require(PurchasesPermission.RECEIVE)
    receipt = await repository.lock_receipt(work, receipt_id)
    if receipt is None:
        raise ReceiptNotFound
    known = await repository.return_by_key(work, receipt.store_id, command.key)
    if known is not None:
        if known.digest != digest(command, receipt_id):
            raise KeyReused(scope=SCOPE)
        return (await return_views(work, [known]))[0]
    ordered = await _locked_order_lines(work, receipt.purchase_order_id)
    rows = {row.variant_id: row for row in await repository.receipt_lines(work, [receipt.id])}
    quantities = _within(command, rows)
    return_id = await repository.begin_return(
        work,
        receipt_id=receipt.id,
        supplier_id=receipt.supplier_id,
        store_id=receipt.store_id,
        number=await documents.next_number(work, SCOPE),
        key=command.key,
        digest=digest(command, receipt_id),
        reason=storable(command.reason),
        sent_at=work.now,
    )
    if return_id is None:  # the key was used for another receipt meanwhile
        raise KeyReused(scope=SCOPE)
    moved = await documents.send_back(work, receipt.store_id, quantities, return_id, command.reason)
    worth = {movement.variant_id: -movement.value for movement in moved}
    for variant_id, quantity in quantities.items():
        row = rows[variant_id]
        if row.purchase_order_line_id is not None:
            ordered[row.purchase_order_line_id].returned += quantity
        _give_back(work, return_id, row, quantity, worth[variant_id])
    return await _recorded(work, receipt.store_id, command)


async def _locked_order_lines(work: Work, order_id: UUID | None) -> Mapping[UUID, PurchaseOrderLine]:
    """The lines of the order that the goods were of, which is locked before the stock, as an arrival does."""
    if order_id is None:
        return {}
    await repository.lock(work, order_id)
    return {line.id: line for line in await repository.lines_of(work, [order_id])}


def _within(command: NewSupplierReturn, rows: Mapping[UUID, GoodsReceiptLine]) -> dict[UUID, Decimal]:
    """What goes back of each product; raises ReturnExceedsReceipt for more than is left of what was taken in."""
    quantities = {line.variant_id: line.quantity for line in command.lines}
    if len(quantities) != len(command.lines):
        raise ProductRepeated(field="lines")
    for variant_id, quantity in quantities.items():
        row = rows.get(variant_id)
        left = row.quantity - row.rejected - row.returned if row is not None else 0
        if quantity > left:
            raise ReturnExceedsReceipt(variant_id=variant_id, quantity=quantity, left=left)
    return quantities


def _give_back(work: Work, return_id: UUID, row: GoodsReceiptLine, quantity: Decimal, worth: Decimal) -> None:
    accepted = row.quantity - row.rejected
    # By the difference of two totals the cents of many returns add up to what all of it had cost.
    first, last = (cents(row.value * pieces / accepted) for pieces in (row.returned, row.returned + quantity))
    row.returned += quantity
    work.session.add(
        SupplierReturnLine(
            workspace_id=work.workspace_id,
            id=new_id(),
            return_id=return_id,
            receipt_line_id=row.id,
            variant_id=row.variant_id,
            quantity=quantity,
            credit=last - first,
            value=worth,
        )
    )


async def _recorded(work: Work, store_id: UUID, command: NewSupplierReturn) -> SupplierReturnView:
    await work.session.flush()
    row = await repository.return_by_key(work, store_id, command.key)
    assert row is not None, "it was just written"
    view = (await return_views(work, [row]))[0]
    after = view.model_dump(mode="json", exclude={"id", "reason"})
    events.record(work, EventType.SUPPLIER_RETURN_SENT, subject=row.id, reason=command.reason, after=after)
    return view
