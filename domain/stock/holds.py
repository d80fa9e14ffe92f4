"""Promising stock to orders: all lines or none, one row of the level locked at a time in id order.

A hold ends only here, by a change of status under the lock of its level. Its time running out permits that end and
does not bring it about: until someone ends it, it can be extended or consumed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core import audit
from core.access import Permission
from core.tables import new_id
from core.work import Work, open_system_work
from domain.stock import repository
from domain.stock.errors import HoldsLost, OutOfStock
from domain.stock.ledger import Cause, move
from domain.stock.models import HoldStatus, MovementType, StockHold, StockItem
from domain.stock.quantities import require_quantities
from domain.stock.schemas import HoldLine, HoldView, MovementView, Shortage

ORDER = "order"
"""The source of movements that follow from an order; the reference is the order's id."""

ORDER_UNDONE = "order_undone"
"""The source of movements that put back what an order had taken."""

_NOTHING = Decimal(0)


def _view(row: StockHold) -> HoldView:
    return HoldView.model_validate(row)


def _end(work: Work, item: StockItem, row: StockHold, status: HoldStatus, reason: str) -> None:
    item.held -= row.quantity
    row.status, row.ended_at, row.end_reason = status.value, work.now, reason[:255]


async def hold(work: Work, order_id: UUID, store_id: UUID, lines: Sequence[HoldLine], expires_at: datetime) -> list[HoldView]:
    """Promise exactly these lines to the order, in place of what it holds now; all of them or none.

    Raises OutOfStock with what there is; then nothing has changed for this order. Calling it again with other lines
    moves the difference, and a line that stays keeps its place.
    """
    work.require(Permission.STOCK_HOLD)
    wanted = _sum(lines)
    await require_quantities(work, wanted)
    items = await repository.lock_items(work, await repository.item_ids(work, store_id, wanted, order_id))
    held = {row.stock_item_id: row for row in await repository.active_holds(work, order_id)}
    if any(item_id not in items for item_id in held):
        # The order took stock elsewhere between the two reads; only a second transaction of the same order can do so.
        raise HoldsLost
    here = {item.variant_id: item for item in items.values() if item.store_id == store_id}
    if _shortages(wanted, here, held):
        await _sweep(work, items, except_order=order_id)
        shortages = _shortages(wanted, here, held)
        if shortages:
            raise OutOfStock(shortages)
    kept = {here[variant_id].id for variant_id in wanted}
    for item_id, row in held.items():
        if item_id not in kept:
            _end(work, items[item_id], row, HoldStatus.RELEASED, "the order changed")
    rows = []
    for variant_id, quantity in wanted.items():
        item = here[variant_id]
        rows.append(_promise(work, item, held.get(item.id), order_id, quantity, expires_at))
    await work.session.flush()
    for row in rows:
        audit.record(work, "stock.held", target=row, after={"order_id": str(order_id), "quantity": row.quantity})
    return [_view(row) for row in rows]


def _sum(lines: Sequence[HoldLine]) -> dict[UUID, Decimal]:
    wanted: dict[UUID, Decimal] = {}
    for line in lines:
        wanted[line.variant_id] = wanted.get(line.variant_id, _NOTHING) + line.quantity
    return wanted


def _promise(
    work: Work, item: StockItem, row: StockHold | None, order_id: UUID, quantity: Decimal, expires_at: datetime
) -> StockHold:
    if row is None:
        row = StockHold(
            workspace_id=work.workspace_id,
            id=new_id(),
            order_id=order_id,
            stock_item_id=item.id,
            store_id=item.store_id,
            variant_id=item.variant_id,
            quantity=quantity,
            status=HoldStatus.ACTIVE.value,
            expires_at=expires_at,
            pinned=False,
        )
        work.session.add(row)
        item.held += quantity
    else:
        item.held += quantity - row.quantity
        row.quantity, row.expires_at = quantity, max(row.expires_at, expires_at)
    return row


def _shortages(
    wanted: Mapping[UUID, Decimal], here: Mapping[UUID, StockItem], held: Mapping[UUID, StockHold]
) -> list[Shortage]:
    short = []
    for variant_id, quantity in wanted.items():
        item = here.get(variant_id)
        own = held[item.id].quantity if item is not None and item.id in held else _NOTHING
        available = item.on_hand - item.held + own if item is not None else _NOTHING
        if quantity > available:
            short.append(Shortage(variant_id=variant_id, wanted=quantity, available=available))
    return short


async def _sweep(work: Work, items: Mapping[UUID, StockItem], except_order: UUID | None = None) -> list[StockHold]:
    """End the holds on these locked levels whose time is over."""
    due = await repository.due_holds_on(work, items, except_order)
    for row in due:
        _end(work, items[row.stock_item_id], row, HoldStatus.EXPIRED, "its time was over")
        audit.record(work, "stock.hold_expired", target=row, after={"order_id": str(row.order_id)})
    return list(due)


async def _locked(work: Work, order_id: UUID) -> tuple[Mapping[UUID, StockItem], Sequence[StockHold]]:
    ids = await repository.item_ids_of_order(work, order_id)
    if not ids:
        return {}, []
    items = await repository.lock_items(work, ids)
    rows = [row for row in await repository.active_holds(work, order_id) if row.stock_item_id in items]
    return items, rows


async def holds_of(work: Work, order_id: UUID) -> list[HoldView]:
    """All holds of an order, whatever became of them, oldest first."""
    return [_view(row) for row in await repository.holds_of_order(work, order_id)]


async def extend_holds(work: Work, order_id: UUID, until: datetime) -> int:
    """Let the order's active holds last at least until then; how many there are."""
    _, rows = await _locked(work, order_id)
    for row in rows:
        row.expires_at = max(row.expires_at, until)
    return len(rows)


async def pin(work: Work, order_id: UUID) -> int:
    """Keep the order's active holds from expiring, because a payment was claimed; how many there are."""
    _, rows = await _locked(work, order_id)
    for row in rows:
        row.pinned = True
    return len(rows)


async def unpin(work: Work, order_id: UUID, until: datetime) -> int:
    """Let the order's active holds expire again, at `until` at the earliest."""
    _, rows = await _locked(work, order_id)
    for row in rows:
        row.pinned, row.expires_at = False, max(row.expires_at, until)
    return len(rows)


async def release(work: Work, order_id: UUID, reason: str = "the order let go of it") -> int:
    """End the order's active holds, pinned ones too, so that others can buy; how many there were."""
    work.require(Permission.STOCK_HOLD)
    items, rows = await _locked(work, order_id)
    for row in rows:
        _end(work, items[row.stock_item_id], row, HoldStatus.RELEASED, reason)
        audit.record(work, "stock.released", target=row, reason=reason, after={"order_id": str(order_id)})
    await work.session.flush()
    return len(rows)


async def consume(work: Work, order_id: UUID, prices: Mapping[UUID, Decimal] | None = None) -> list[MovementView]:
    """Turn the order's holds into sales; a second call returns the same sales and moves nothing.

    `prices` are per variant, for the ledger. Raises HoldsLost if there is nothing held and nothing sold.
    """
    work.require(Permission.STOCK_HOLD)
    items, rows = await _locked(work, order_id)
    sold = await repository.movements_of(work, ORDER, str(order_id))
    if not rows:
        if not sold:
            raise HoldsLost(order_id=order_id)
        return [MovementView.model_validate(line) for line in sold]
    lines = []
    for number, row in enumerate(rows, start=len(sold)):
        item = items[row.stock_item_id]
        _end(work, item, row, HoldStatus.CONSUMED, "sold")
        price = (prices or {}).get(row.variant_id)
        cause = Cause(ORDER, str(order_id), number)
        lines.append(move(work, item, MovementType.SALE, -row.quantity, cause, unit_price=price))
    await work.session.flush()
    for line in lines:
        audit.record(work, "stock.sold", target=line, after={"order_id": str(order_id), "quantity": -line.delta})
    return [MovementView.model_validate(line) for line in (*sold, *lines)]


async def put_back(work: Work, order_id: UUID, reason: str) -> list[MovementView]:
    """Put back what the order had sold (it was cancelled); a second call puts back nothing more."""
    work.require(Permission.STOCK_HOLD)
    sold = await repository.movements_of(work, ORDER, str(order_id))
    items = await repository.lock_items(work, {line.stock_item_id for line in sold})
    done = {line.line: line for line in await repository.movements_of(work, ORDER_UNDONE, str(order_id))}
    lines = []
    for sale in sold:
        if sale.line in done:
            continue
        line = move(
            work,
            items[sale.stock_item_id],
            MovementType.RETURN,
            -sale.delta,
            Cause(ORDER_UNDONE, str(order_id), sale.line),
            reason=reason,
            unit_price=sale.unit_price,
        )
        lines.append(line)
    await work.session.flush()
    for line in lines:
        audit.record(work, "stock.put_back", target=line, reason=reason, after={"order_id": str(order_id)})
    return [MovementView.model_validate(line) for line in (*done.values(), *lines)]


async def expire_due(work: Work, limit: int = 100) -> list[UUID]:
    """End holds whose time is over on at most `limit` levels; the orders that lost one."""
    items = await repository.lock_items(work, await repository.items_with_due_holds(work, limit))
    ended = await _sweep(work, items)
    await work.session.flush()
    return list(dict.fromkeys(row.order_id for row in ended))


async def workspaces_with_due_holds() -> list[UUID]:
    """The workspaces in which a sweep has something to do, found by the system role."""
    async with open_system_work() as session:
        return list(await repository.workspaces_with_due_holds(session))
