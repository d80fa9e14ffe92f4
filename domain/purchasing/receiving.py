"""What arrives of purchases, and what goes back: each arrival and each return moves the stock once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.errors import StoreNotFound
from domain.purchasing import repository
from domain.purchasing._status import end
from domain.purchasing._views import digest, receipt_views
from domain.purchasing.errors import (
    CostChanged,
    NotOrdered,
    OverDelivered,
    PackOfOrder,
    PurchaseOrderNotFound,
    PurchaseOrderNotReady,
    RejectedExceedsReceived,
)
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.models import GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import GoodsReceiptView, NewPurchase, NewReceipt, ReceiptLineInput
from domain.stock import documents, quantities
from domain.stock import service as stock
from domain.stock.errors import ProductRepeated
from domain.stock.schemas import HoldLine, cents
from domain.suppliers import service as suppliers

RECEIPT = "goods_receipt"
"""The source of movements that follow from a receipt; the reference is the receipt's id."""


class _Arrived(NamedTuple):
    """What came of one product in pieces, and what the accepted ones cost, if anybody knows."""

    line: ReceiptLineInput
    ordered: PurchaseOrderLine | None
    quantity: Decimal
    accepted: Decimal
    value: Decimal | None


async def receive(work: Work, order_id: UUID, command: NewReceipt) -> GoodsReceiptView:
    """Take in goods of a purchase order: all of it or a part, in one or many arrivals. The same key twice is one.

    Raises NotOrdered, OverDelivered and CostChanged, which a reason in the command answers; KeyReused if the key came with
    another request. The order is closed when all of it was accepted.
    """
    work.require(PurchasesPermission.RECEIVE)
    order = await repository.lock(work, order_id)
    if order is None:
        raise PurchaseOrderNotFound
    known = await _known(work, command, order.store_id, order.id)
    if known is not None:
        return known
    if order.status not in (PurchaseStatus.SUBMITTED, PurchaseStatus.PARTLY_RECEIVED):
        raise PurchaseOrderNotReady(number=order.number, status=order.status)
    rows = {row.variant_id: row for row in await repository.lines_of(work, [order.id])}
    arrived = []
    for line in _each_once(command.lines):
        if line.variant_id not in rows:
            raise NotOrdered(variant_id=line.variant_id)
        arrived.append(_of_order(line, rows[line.variant_id]))
    await _require_agreed(work, command, arrived)
    view = await _book(work, command, arrived, order.supplier_id, order.store_id, order)
    _proceed(work, order, list(rows.values()), view)
    await work.session.flush()
    return view


async def buy(work: Work, command: NewPurchase) -> GoodsReceiptView:
    """Take in goods that nobody had ordered here. The same key twice is one."""
    work.require(PurchasesPermission.RECEIVE)
    known = await _known(work, command, command.store_id, None)
    if known is not None:
        return known
    await suppliers.get(work, command.supplier_id)
    if command.store_id not in {store.id for store in await catalog.stores(work)}:
        raise StoreNotFound(store=command.store_id)
    sold = {product.variant_id: product for product in await suppliers.products(work, command.supplier_id)}
    arrived = []
    for line in _each_once(command.lines):
        product = sold.get(line.variant_id)
        size = line.pack_size or (product.pack_size if product else Decimal(1))
        cost = line.pack_cost
        if cost is None and product is not None and product.pack_size == size:
            cost = product.pack_cost
        quantity, accepted = _pieces(line, size)
        value = None if cost is None else cents(accepted * cost / size)
        arrived.append(_Arrived(line, None, quantity, accepted, value))
    return await _book(work, command, arrived, command.supplier_id, command.store_id, None)


async def _known(work: Work, command: NewReceipt, store_id: UUID, order_id: UUID | None) -> GoodsReceiptView | None:
    row = await repository.receipt_by_key(work, store_id, command.key)
    if row is None:
        return None
    if row.digest != digest(command, *([order_id] if order_id else [])):
        raise KeyReused(scope=RECEIPT)
    return (await receipt_views(work, [row]))[0]


def _each_once(lines: Sequence[ReceiptLineInput]) -> Sequence[ReceiptLineInput]:
    if len({line.variant_id for line in lines}) != len(lines):
        raise ProductRepeated(field="lines")
    return lines


def _pieces(line: ReceiptLineInput, size: Decimal) -> tuple[Decimal, Decimal]:
    """How many pieces came, and how many of them were taken in."""
    quantity = line.quantity if line.quantity is not None else (line.packs or Decimal(0)) * size
    if line.rejected > quantity:
        raise RejectedExceedsReceived(field="rejected")
    return quantity, quantity - line.rejected


def _of_order(line: ReceiptLineInput, row: PurchaseOrderLine) -> _Arrived:
    if line.pack_size is not None and line.pack_size != row.pack_size:
        raise PackOfOrder(field="pack_size")
    quantity, accepted = _pieces(line, row.pack_size)
    if line.pack_cost is not None:
        return _Arrived(line, row, quantity, accepted, cents(accepted * line.pack_cost / row.pack_size))
    if row.pack_cost is None:
        return _Arrived(line, row, quantity, accepted, None)
    # By the difference of two totals the cents of many arrivals add up to those of one.
    before = row.received - row.rejected
    first, last = (cents(pieces * row.pack_cost / row.pack_size) for pieces in (before, before + accepted))
    return _Arrived(line, row, quantity, accepted, last - first)


async def _require_agreed(work: Work, command: NewReceipt, arrived: Sequence[_Arrived]) -> None:
    """More than was ordered, and another cost, are asked about; what the shop tolerates is not."""
    settings = (await accounts.get_workspace(work)).settings
    for came in arrived:
        row = came.ordered
        assert row is not None, "only arrivals of an order are compared with it"
        ordered, taken = row.packs * row.pack_size, row.received - row.rejected + came.accepted
        if command.over_delivery_reason is None and taken * 100 > ordered * (100 + settings.over_delivery_percent):
            raise OverDelivered(variant_id=row.variant_id, ordered=ordered, accepted=taken)
        cost, agreed = came.line.pack_cost, row.pack_cost
        if command.cost_reason is not None or cost is None or agreed is None:
            continue
        if abs(cost - agreed) * 100 > agreed * settings.cost_change_percent:
            raise CostChanged(variant_id=row.variant_id, agreed=agreed, cost=cost)


async def _book(
    work: Work,
    command: NewReceipt,
    arrived: Sequence[_Arrived],
    supplier_id: UUID,
    store_id: UUID,
    order: PurchaseOrder | None,
) -> GoodsReceiptView:
    """Write the receipt and put the accepted goods on the shelf."""
    await quantities.require_quantities(work, {came.line.variant_id: came.quantity for came in arrived}, sale=False)
    reasons = [reason for reason in (command.over_delivery_reason, command.cost_reason) if reason]
    receipt_id = await repository.begin_receipt(
        work,
        supplier_id=supplier_id,
        store_id=store_id,
        purchase_order_id=order.id if order else None,
        number=await documents.next_number(work, "goods_receipt"),
        key=command.key,
        digest=digest(command, *([order.id] if order else [])),
        document=storable(command.document),
        reason=storable("; ".join(dict.fromkeys(reasons)))[:500] or None,
        received_at=command.received_at or work.now,
    )
    if receipt_id is None:  # written while this one waited
        known = await _known(work, command, store_id, order.id if order else None)
        assert known is not None, "receipts are never deleted"
        return known
    accepted = [came for came in arrived if came.accepted > 0]
    movements = await stock.receive(
        work,
        store_id,
        [HoldLine(variant_id=came.line.variant_id, quantity=came.accepted) for came in accepted],
        values={came.line.variant_id: came.value for came in accepted if came.value is not None},
        source=RECEIPT,
        source_ref=str(receipt_id),
        reason=command.document,
        occurred_at=command.received_at,
    )
    values = {movement.variant_id: movement.value for movement in movements}
    _write_lines(work, receipt_id, arrived, values)
    await work.session.flush()
    row = await repository.receipt(work, receipt_id)
    assert row is not None, "it was just written"
    view = (await receipt_views(work, [row]))[0]
    events.record(
        work,
        EventType.GOODS_RECEIPT_BOOKED,
        subject=row.id,
        reason=row.reason,
        after=view.model_dump(mode="json", exclude={"id", "key"}),
    )
    return view


def _write_lines(work: Work, receipt_id: UUID, arrived: Sequence[_Arrived], values: Mapping[UUID, Decimal]) -> None:
    for position, came in enumerate(arrived):
        work.session.add(
            GoodsReceiptLine(
                workspace_id=work.workspace_id,
                id=new_id(),
                receipt_id=receipt_id,
                purchase_order_line_id=came.ordered.id if came.ordered else None,
                variant_id=came.line.variant_id,
                position=position,
                quantity=came.quantity,
                rejected=came.line.rejected,
                reject_reason=storable(came.line.reject_reason),
                returned=Decimal(0),
                value=values.get(came.line.variant_id, Decimal(0)),
            )
        )
        if came.ordered is not None:
            came.ordered.received += came.quantity
            came.ordered.rejected += came.line.rejected


def _proceed(work: Work, order: PurchaseOrder, rows: Sequence[PurchaseOrderLine], receipt: GoodsReceiptView) -> None:
    """Let the order say what has come of it."""
    before = order.status
    order.status = PurchaseStatus.PARTLY_RECEIVED
    order.version += 1
    after = {"status": order.status, "receipt_id": receipt.id}
    events.record(work, EventType.PURCHASE_ORDER_RECEIVED, subject=order.id, before={"status": before}, after=after)
    if all(row.received - row.rejected >= row.packs * row.pack_size for row in rows):
        end(work, order, PurchaseStatus.CLOSED, None)
