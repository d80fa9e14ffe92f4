"""Promising stock to orders: all lines or none, one row of the level locked at a time in id order.

A hold ends only here, by a change of status under the lock of its level. Its time running out permits that end and
does not bring it about: until someone ends it, it can be extended or consumed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.catalog import service as catalog
from domain.stock import repository
from domain.stock._ledger import Cause, move
from domain.stock.errors import HoldsLost, OutOfStock
from domain.stock.kinds import HoldStatus, MovementType
from domain.stock.models import StockHold, StockItem, StockMovement
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import HoldLine, HoldView, MovementView, Shortage, cents

ORDER = "order"
"""The source of movements that follow from an order; the reference is the order's id."""

ORDER_UNDONE = "order_undone"
"""The source of movements that put back what an order had taken."""

_NOTHING = Decimal(0)


def _view(row: StockHold) -> HoldView:
    return HoldView.model_validate(row)


def _told(row: StockHold) -> dict[str, Any]:
    """What an event says about a hold."""
    return {"hold_id": row.id, "order_id": row.order_id, "quantity": row.quantity}


def _end(work: Work, item: StockItem, row: StockHold, status: HoldStatus, reason: str) -> None:
    item.held -= row.quantity
    row.status, row.ended_at, row.end_reason = status, work.now, reason[:255]


async def hold(work: Work, order_id: UUID, store_id: UUID, lines: Sequence[HoldLine], expires_at: datetime) -> list[HoldView]:
    """Promise exactly these lines to the order, in place of what it holds now; all of them or none.

    Raises OutOfStock with what there is; then nothing has changed for this order. Calling it again with other lines
    moves the difference, and a line that stays keeps its place.
    """
    work.require(StockPermission.HOLD)
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
            if not items:
                await catalog.get_store_by_id(work, store_id)  # an empty shelf is one thing, a store that is none another
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
        events.record(work, EventType.STOCK_HELD, subject=row.stock_item_id, after=_told(row))
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
            status=HoldStatus.ACTIVE,
            expires_at=expires_at,
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
        events.record(work, EventType.STOCK_HOLD_EXPIRED, subject=row.stock_item_id, after=_told(row))
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
    work.require(StockPermission.READ)
    return [_view(row) for row in await repository.holds_of_order(work, order_id)]


async def extend_holds(work: Work, order_id: UUID, until: datetime) -> int:
    """Let the order's active holds last at least until then; how many there are."""
    work.require(StockPermission.HOLD)
    _, rows = await _locked(work, order_id)
    for row in rows:
        row.expires_at = max(row.expires_at, until)
    return len(rows)


async def hold_until(work: Work, order_id: UUID, until: datetime) -> int:
    """Let the order's active holds last until then and no longer; how many there are."""
    work.require(StockPermission.HOLD)
    _, rows = await _locked(work, order_id)
    for row in rows:
        row.expires_at = until
    return len(rows)


async def release(work: Work, order_id: UUID, reason: str = "the order let go of it") -> int:
    """End the order's active holds, so that others can buy; how many there were."""
    work.require(StockPermission.HOLD)
    items, rows = await _locked(work, order_id)
    for row in rows:
        _end(work, items[row.stock_item_id], row, HoldStatus.RELEASED, reason)
        events.record(work, EventType.STOCK_RELEASED, subject=row.stock_item_id, reason=reason, after=_told(row))
    await work.session.flush()
    return len(rows)


async def consume(work: Work, order_id: UUID, prices: Mapping[UUID, Decimal] | None = None) -> list[MovementView]:
    """Turn the order's holds into sales; a second call returns the same sales and moves nothing.

    `prices` are per variant, for the ledger. Raises HoldsLost if there is nothing held and nothing sold.
    """
    work.require(StockPermission.HOLD)
    items, rows = await _locked(work, order_id)
    sold = await repository.movements_of(work, ORDER, str(order_id))
    if not rows:
        if not sold:
            raise HoldsLost(order_id=order_id)
        return [MovementView.model_validate(line) for line in sold]
    lines = _sell(work, items, rows, order_id, len(sold), prices or {})
    await work.session.flush()
    _record_sales(work, lines, order_id)
    return [MovementView.model_validate(line) for line in (*sold, *lines)]


def _sell(
    work: Work,
    items: Mapping[UUID, StockItem],
    rows: Sequence[StockHold],
    order_id: UUID,
    start: int,
    prices: Mapping[UUID, Decimal],
) -> list[StockMovement]:
    """End these holds as sales to the order, whose ledger lines go on at `start`."""
    lines = []
    for number, row in enumerate(rows, start=start):
        item = items[row.stock_item_id]
        _end(work, item, row, HoldStatus.CONSUMED, "sold")
        cause = Cause(ORDER, str(order_id), number)
        lines.append(move(work, item, MovementType.SALE, -row.quantity, cause, unit_price=prices.get(row.variant_id)))
    return lines


def _record_sales(work: Work, lines: Sequence[StockMovement], order_id: UUID) -> None:
    for line in lines:
        after = {"movement_id": line.id, "order_id": order_id, "quantity": -line.delta}
        events.record(work, EventType.STOCK_SOLD, subject=line.stock_item_id, after=after)


async def use_up(work: Work, holder_id: UUID, source: str, reason: str) -> list[MovementView]:
    """Take what is held for work of the house off the shelf: it is used, and nobody has bought it."""
    work.require(StockPermission.ADJUST)
    items, rows = await _locked(work, holder_id)
    lines = []
    for number, row in enumerate(rows):
        item = items[row.stock_item_id]
        _end(work, item, row, HoldStatus.CONSUMED, "used")
        cause = Cause(source, str(holder_id), number)
        lines.append(move(work, item, MovementType.ADJUSTMENT, -row.quantity, cause, reason=reason))
    await work.session.flush()
    for line in lines:
        after = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        events.record(work, EventType.STOCK_ADJUSTED, subject=line.stock_item_id, reason=reason, after=after)
    return [MovementView.model_validate(line) for line in lines]


async def put_back(work: Work, order_id: UUID, reason: str) -> list[MovementView]:
    """Put back what the order has taken (it was cancelled); a second call puts back nothing more."""
    work.require(StockPermission.HOLD)
    taken = await _taken(work, order_id)
    items = await repository.lock_items(work, taken.sales)
    lines = _return(work, items, taken, taken.quantities, order_id, reason)
    await work.session.flush()
    _record_returns(work, lines, order_id, reason)
    return [MovementView.model_validate(line) for line in (*taken.returned, *lines)]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What an order has taken: the newest sale, the quantity that is not given back and what it had cost, by level."""

    sales: Mapping[UUID, StockMovement]
    quantities: Mapping[UUID, Decimal]
    values: Mapping[UUID, Decimal]
    sold: Sequence[StockMovement]
    returned: Sequence[StockMovement]


async def _taken(work: Work, order_id: UUID) -> _Taken:
    sold = await repository.movements_of(work, ORDER, str(order_id))
    returned = await repository.movements_of(work, ORDER_UNDONE, str(order_id))
    quantities: dict[UUID, Decimal] = {}
    values: dict[UUID, Decimal] = {}
    for line in (*sold, *returned):
        quantities[line.stock_item_id] = quantities.get(line.stock_item_id, _NOTHING) - line.delta
        values[line.stock_item_id] = values.get(line.stock_item_id, _NOTHING) - line.value
    return _Taken({line.stock_item_id: line for line in sold}, quantities, values, sold, returned)


def _return(
    work: Work,
    items: Mapping[UUID, StockItem],
    taken: _Taken,
    surplus: Mapping[UUID, Decimal],
    order_id: UUID,
    reason: str,
) -> list[StockMovement]:
    """Put this much of each level back on the shelf, at what it had cost when it was sold."""
    given = [(item_id, quantity) for item_id, quantity in surplus.items() if quantity > 0]
    return [
        move(
            work,
            items[item_id],
            MovementType.RETURN,
            quantity,
            Cause(ORDER_UNDONE, str(order_id), number),
            reason=reason,
            value=cents(taken.values[item_id] * quantity / taken.quantities[item_id]),
            unit_price=taken.sales[item_id].unit_price,
        )
        for number, (item_id, quantity) in enumerate(given, start=len(taken.returned))
    ]


def _record_returns(work: Work, lines: Sequence[StockMovement], order_id: UUID, reason: str) -> None:
    for line in lines:
        after = {"movement_id": line.id, "order_id": order_id, "quantity": line.delta}
        events.record(work, EventType.STOCK_PUT_BACK, subject=line.stock_item_id, reason=reason, after=after)


async def taken_by(work: Work, order_id: UUID) -> dict[tuple[UUID, UUID], Decimal]:
    """What a placed order has taken from the shelves and not given back, by store and variant."""
    work.require(StockPermission.READ)
    taken = await _taken(work, order_id)
    return {
        (sale.store_id, sale.variant_id): taken.quantities[item_id]
        for item_id, sale in taken.sales.items()
        if taken.quantities[item_id] > 0
    }


async def costs_of(work: Work, order_id: UUID) -> dict[UUID, Decimal]:
    """What a piece of each product that an order has taken had cost, unrounded."""
    work.require(StockPermission.READ)
    taken = await _taken(work, order_id)
    quantities: dict[UUID, Decimal] = {}
    values: dict[UUID, Decimal] = {}
    for item_id, sale in taken.sales.items():
        quantities[sale.variant_id] = quantities.get(sale.variant_id, _NOTHING) + taken.quantities[item_id]
        values[sale.variant_id] = values.get(sale.variant_id, _NOTHING) + taken.values[item_id]
    return {id: values[id] / quantity for id, quantity in quantities.items() if quantity > 0}


async def lock_levels(work: Work, variant_ids: Iterable[UUID]) -> None:
    """Lock the levels of these products in all stores at once, before steps that would lock them one after another."""
    work.require(StockPermission.HOLD)
    await repository.lock_items(work, await repository.items_of_variants(work, variant_ids))


async def exchange(
    work: Work,
    order_id: UUID,
    holder_id: UUID,
    wanted: Mapping[tuple[UUID, UUID], Decimal],
    prices: Mapping[UUID, Decimal],
    reason: str,
) -> list[MovementView]:
    """Change what a placed order has taken to exactly `wanted` (by store and variant).

    What it takes beyond must be held by `holder_id`, and becomes a sale; what it wants no longer goes back.
    Raises HoldsLost if the holds are not the very difference.
    """
    work.require(StockPermission.HOLD)
    taken = await _taken(work, order_id)
    items, rows = await _locked(work, holder_id)
    items = await repository.lock_items(work, {*items, *taken.sales})
    held = {(row.store_id, row.variant_id): row.quantity for row in rows}
    places = {(sale.store_id, sale.variant_id): item_id for item_id, sale in taken.sales.items()}
    had = {place: taken.quantities[item_id] for place, item_id in places.items()}
    if any(max(wanted.get(p, _NOTHING) - had.get(p, _NOTHING), _NOTHING) != held.get(p, _NOTHING) for p in {*wanted, *held}):
        raise HoldsLost(order_id=order_id)
    surplus = {
        item_id: had[place] + held.get(place, _NOTHING) - wanted.get(place, _NOTHING) for place, item_id in places.items()
    }
    lines = _sell(work, items, rows, order_id, len(taken.sold), prices)
    returned = _return(work, items, taken, surplus, order_id, reason)
    await work.session.flush()
    _record_sales(work, lines, order_id)
    _record_returns(work, returned, order_id, reason)
    return [MovementView.model_validate(line) for line in (*lines, *returned)]


async def expire_due(work: Work, limit: int = 100) -> list[UUID]:
    """End holds whose time is over on at most `limit` levels; the orders that lost one."""
    work.require_runtime()
    items = await repository.lock_items(work, await repository.items_with_due_holds(work, limit))
    ended = await _sweep(work, items)
    await work.session.flush()
    return list(dict.fromkeys(row.order_id for row in ended))
