"""Goods on their way from one store to another: asked for, approved, sent, and then every piece of them accounted for.

What has left one store and is in no other stands on the transfer, with its value, until somebody says that it arrived,
came back or is lost; it never just vanishes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import StoreNotFound
from domain.stock import _documents, repository
from domain.stock._ledger import Cause, move, require_free
from domain.stock.errors import (
    NotInStore,
    ProductRepeated,
    ReasonMissing,
    TransferExceeded,
    TransferNotFound,
    TransferNotReady,
    TransferWithinStore,
)
from domain.stock.kinds import MovementType, TransferOutcome, TransferStatus
from domain.stock.models import StockItem, StockMovement, StockTransfer, StockTransferLine, StockTransferStep
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import (
    NewTransfer,
    QuantityLine,
    TransferLineView,
    TransferPage,
    TransferStep,
    TransferView,
    cents,
)

TRANSFER = "transfer"
"""The source of movements that follow from a transfer; the reference is the transfer's id, or that of one of its steps."""

MOST_ITEMS = 100


async def _views(work: Work, rows: Sequence[StockTransfer]) -> list[TransferView]:
    await work.session.flush()
    lines: dict[UUID, list[TransferLineView]] = {row.id: [] for row in rows}
    for line in await _documents.transfer_lines(work, lines):
        lines[line.transfer_id].append(TransferLineView.model_validate(line))
    fields = [name for name in TransferView.model_fields if name != "lines"]
    return [
        TransferView.model_validate({name: getattr(row, name) for name in fields} | {"lines": lines[row.id]}) for row in rows
    ]


async def _lock(work: Work, transfer_id: UUID, *statuses: TransferStatus) -> StockTransfer:
    transfer = await _documents.lock_transfer(work, transfer_id)
    if transfer is None:
        raise TransferNotFound
    if transfer.status not in statuses:
        raise TransferNotReady(number=transfer.number, status=transfer.status)
    return transfer


def _quantities(lines: Sequence[QuantityLine]) -> dict[UUID, Decimal]:
    quantities = {line.variant_id: line.quantity for line in lines}
    if len(quantities) != len(lines):
        raise ProductRepeated(field="lines")
    return quantities


async def request_transfer(work: Work, command: NewTransfer) -> TransferView:
    """Ask for goods of another store."""
    work.require(StockPermission.TRANSFER)
    if command.from_store_id == command.to_store_id:
        raise TransferWithinStore(field="to_store_id")
    stores = {store.id for store in await catalog.stores(work)}
    for store_id in (command.from_store_id, command.to_store_id):
        if store_id not in stores:
            raise StoreNotFound(store=store_id)
    quantities = _quantities(command.lines)
    await require_quantities(work, quantities, sale=False)
    transfer = StockTransfer(
        workspace_id=work.workspace_id,
        id=new_id(),
        from_store_id=command.from_store_id,
        to_store_id=command.to_store_id,
        number=await _documents.next_number(work, "stock_transfer"),
        status=TransferStatus.REQUESTED,
        reason=storable(command.reason),
    )
    work.session.add(transfer)
    await work.session.flush()
    for position, (variant_id, quantity) in enumerate(quantities.items()):
        work.session.add(
            StockTransferLine(
                workspace_id=work.workspace_id,
                id=new_id(),
                transfer_id=transfer.id,
                variant_id=variant_id,
                position=position,
                requested=quantity,
            )
        )
    after = command.model_dump(mode="json", exclude={"reason"})
    events.record(work, EventType.STOCK_TRANSFER_REQUESTED, subject=transfer.id, reason=transfer.reason, after=after)
    return (await _views(work, [transfer]))[0]


async def approve_transfer(work: Work, transfer_id: UUID) -> TransferView:
    """Let the goods be sent. Once more changes nothing."""
    work.require(StockPermission.ADJUST)
    transfer = await _lock(work, transfer_id, TransferStatus.REQUESTED, TransferStatus.APPROVED)
    if transfer.status == TransferStatus.REQUESTED:
        transfer.status = TransferStatus.APPROVED
        events.record(work, EventType.STOCK_TRANSFER_APPROVED, subject=transfer.id, after={"number": transfer.number})
    return (await _views(work, [transfer]))[0]


async def cancel_transfer(work: Work, transfer_id: UUID, reason: str) -> TransferView:
    """Give up a transfer of which nothing was sent. Once more changes nothing."""
    work.require(StockPermission.TRANSFER)
    statuses = (TransferStatus.REQUESTED, TransferStatus.APPROVED, TransferStatus.CANCELLED)
    transfer = await _lock(work, transfer_id, *statuses)
    if transfer.status != TransferStatus.CANCELLED:
        before = transfer.status
        transfer.status, transfer.ended_at = TransferStatus.CANCELLED, work.now
        events.record(
            work,
            EventType.STOCK_TRANSFER_CANCELLED,
            subject=transfer.id,
            reason=reason,
            before={"status": before},
            after={"status": transfer.status},
        )
    return (await _views(work, [transfer]))[0]


async def send_transfer(work: Work, transfer_id: UUID, lines: Sequence[QuantityLine] | None = None) -> TransferView:
    """Send the goods of an approved transfer, or less of them; they leave the store now. Once more changes nothing.

    Raises TransferExceeded, NotInStore, and StockPromised if less would be left than orders hold.
    """
    work.require(StockPermission.TRANSFER)
    statuses = (TransferStatus.APPROVED, TransferStatus.IN_TRANSIT, TransferStatus.RECEIVED)
    transfer = await _lock(work, transfer_id, *statuses)
    if transfer.status != TransferStatus.APPROVED:
        return (await _views(work, [transfer]))[0]
    rows = {row.variant_id: row for row in await _documents.transfer_lines(work, [transfer.id])}
    sent = _quantities(lines) if lines is not None else {row.variant_id: row.requested for row in rows.values()}
    for variant_id, quantity in sent.items():
        asked = rows[variant_id].requested if variant_id in rows else Decimal(0)
        if quantity > asked:
            raise TransferExceeded(variant_id=variant_id, quantity=quantity, left=asked)
    await require_quantities(work, sent, sale=False)
    levels = await _levels(work, [transfer.from_store_id], sent)
    if missing := sent.keys() - {variant_id for _, variant_id in levels}:
        raise NotInStore(variant_id=min(missing))
    require_free((levels[(transfer.from_store_id, variant_id)], quantity) for variant_id, quantity in sent.items())
    moved = []
    for number, (variant_id, quantity) in enumerate(sent.items()):
        cause = Cause(TRANSFER, str(transfer.id), number)
        level = levels[(transfer.from_store_id, variant_id)]
        line = move(work, level, MovementType.TRANSFER, -quantity, cause, reason=transfer.reason)
        rows[variant_id].sent, rows[variant_id].value = quantity, -line.value
        moved.append(line)
    transfer.status, transfer.sent_at = TransferStatus.IN_TRANSIT, work.now
    await work.session.flush()
    _record(work, EventType.STOCK_SENT, moved, transfer.reason)
    after = {"sent": {str(variant_id): quantity for variant_id, quantity in sent.items()}}
    events.record(work, EventType.STOCK_TRANSFER_SENT, subject=transfer.id, after=after)
    return (await _views(work, [transfer]))[0]


async def _levels(
    work: Work, store_ids: Sequence[UUID], variant_ids: Mapping[UUID, Decimal]
) -> dict[tuple[UUID, UUID], StockItem]:
    """The levels of these products in these stores, locked together in id order."""
    ids = [id for store_id in store_ids for id in await repository.item_ids(work, store_id, variant_ids)]
    return {(item.store_id, item.variant_id): item for item in (await repository.lock_items(work, ids)).values()}


def _record(work: Work, type: EventType, lines: Sequence[StockMovement], reason: str | None) -> None:
    for line in lines:
        after = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        before = {"on_hand": line.quantity_after - line.delta}
        events.record(work, type, subject=line.stock_item_id, reason=reason, before=before, after=after)


async def settle_transfer(work: Work, transfer_id: UUID, command: TransferStep) -> TransferView:
    """Say what became of goods on their way: they arrived, came back, or are lost. The same key twice is one step.

    Raises TransferExceeded for more than is on its way, KeyReused. When all of it is accounted for, it is received.
    """
    work.require(StockPermission.TRANSFER)
    transfer = await _lock(work, transfer_id, TransferStatus.IN_TRANSIT, TransferStatus.RECEIVED)
    digest = hashlib.sha256(command.model_dump_json().encode()).hexdigest()
    known = await _documents.transfer_step(work, transfer.id, command.key)
    if known is not None:
        if known.digest != digest:
            raise KeyReused(scope=TRANSFER)
        return (await _views(work, [transfer]))[0]
    if command.outcome is TransferOutcome.LOST:
        work.require(StockPermission.ADJUST)
        if command.reason is None:
            raise ReasonMissing(field="reason")
    rows = {row.variant_id: row for row in await _documents.transfer_lines(work, [transfer.id])}
    quantities = _quantities(command.lines)
    for variant_id, quantity in quantities.items():
        left = _on_the_way(rows[variant_id]) if variant_id in rows else Decimal(0)
        if quantity > left:
            raise TransferExceeded(variant_id=variant_id, quantity=quantity, left=left)
    await require_quantities(work, quantities, sale=False)
    step_id = new_id()
    work.session.add(
        StockTransferStep(
            workspace_id=work.workspace_id,
            id=step_id,
            transfer_id=transfer.id,
            key=command.key,
            digest=digest,
            outcome=command.outcome,
            reason=storable(command.reason),
        )
    )
    await _book(work, transfer, step_id, command, [(rows[id], quantity) for id, quantity in quantities.items()])
    if all(_on_the_way(row) == 0 for row in rows.values()):
        transfer.status, transfer.ended_at = TransferStatus.RECEIVED, work.now
    after = command.model_dump(mode="json", exclude={"reason", "key"}) | {"status": transfer.status}
    events.record(work, EventType.STOCK_TRANSFER_SETTLED, subject=transfer.id, reason=command.reason, after=after)
    return (await _views(work, [transfer]))[0]


def _on_the_way(row: StockTransferLine) -> Decimal:
    return row.sent - row.received - row.returned - row.lost


async def _book(
    work: Work,
    transfer: StockTransfer,
    step_id: UUID,
    command: TransferStep,
    settled: Sequence[tuple[StockTransferLine, Decimal]],
) -> None:
    """Put goods on a shelf again. What is lost is entered where it was awaited and written off there, under its name."""
    returns = command.outcome is TransferOutcome.RETURNED
    store_id = transfer.from_store_id if returns else transfer.to_store_id
    variants = {row.variant_id: quantity for row, quantity in settled}
    await repository.ensure_items(work, store_id, variants)
    levels = await _levels(work, [store_id], variants)
    arrived, lost = [], []
    for number, (row, quantity) in enumerate(settled):
        level, way = levels[(store_id, row.variant_id)], _on_the_way(row)
        value = cents(row.value * quantity / way)
        cause = Cause(TRANSFER, str(step_id), 2 * number)
        arrived.append(move(work, level, MovementType.TRANSFER, quantity, cause, reason=command.reason, value=value))
        row.value -= value
        if command.outcome is TransferOutcome.LOST:
            cause = Cause(TRANSFER, str(step_id), 2 * number + 1)
            lost.append(move(work, level, MovementType.ADJUSTMENT, -quantity, cause, reason=command.reason))
            row.lost += quantity
        elif returns:
            row.returned += quantity
        else:
            row.received += quantity
    await work.session.flush()
    _record(work, EventType.STOCK_ARRIVED, arrived, command.reason)
    _record(work, EventType.STOCK_LOST, lost, command.reason)


async def get_transfer(work: Work, transfer_id: UUID) -> TransferView:
    """One transfer."""
    work.require(StockPermission.READ)
    transfer = await _documents.transfer(work, transfer_id)
    if transfer is None:
        raise TransferNotFound
    return (await _views(work, [transfer]))[0]


async def list_transfers(
    work: Work,
    *,
    statuses: Sequence[TransferStatus] | None = None,
    store_id: UUID | None = None,
    before: int | None = None,
    limit: int = 20,
) -> TransferPage:
    """Transfers from or to a store, newest first; `before` is the cursor of the page before."""
    work.require(StockPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await _documents.transfers(work, statuses=statuses, store_id=store_id, before=before, limit=limit + 1)
    items = tuple(await _views(work, rows[:limit]))
    return TransferPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)
