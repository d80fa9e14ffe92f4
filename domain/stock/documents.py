"""Goods that move on a document other than an order: back to a supplier, back from a customer, or in exchange."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.stock import _documents, repository
from domain.stock._ledger import Cause, move, require_free
from domain.stock.errors import NotInStore
from domain.stock.holds import costs_of
from domain.stock.kinds import MovementType
from domain.stock.models import StockMovement
from domain.stock.permissions import StockPermission
from domain.stock.quantities import require_quantities
from domain.stock.schemas import MovementView, cents

SUPPLIER_RETURN = "supplier_return"
"""The source of movements that give goods back to a supplier; the reference is the return's id."""


CUSTOMER_RETURN = "customer_return"
"""The source of movements that take goods back of a customer; the reference is the arrival's id."""

EXCHANGE = "exchange"
"""The source of movements that give a customer other goods; the reference is the credit note's id."""


async def next_number(work: Work, kind: str, count: int = 1) -> int:
    """The first of `count` numbers of a kind of document of goods; whoever else needs one waits for this transaction."""
    work.require(StockPermission.READ)
    return await _documents.next_number(work, kind, count)


async def send_back(
    work: Work, store_id: UUID, quantities: Mapping[UUID, Decimal], return_id: UUID, reason: str
) -> list[MovementView]:
    """Give goods back to their supplier; they leave at their average cost, whatever the supplier credits.

    The same return twice is one. Raises NotInStore, and StockPromised if less would be left than orders hold.
    """
    work.require(StockPermission.ADJUST)
    await require_quantities(work, quantities, sale=False)
    lines = await _move_out(work, store_id, quantities, MovementType.RETURN, (SUPPLIER_RETURN, str(return_id)), {}, reason)
    return await _told(work, EventType.STOCK_SENT_BACK, lines, reason)


async def hand_out(
    work: Work,
    store_id: UUID,
    quantities: Mapping[UUID, Decimal],
    prices: Mapping[UUID, Decimal],
    note_id: UUID,
    reason: str,
) -> list[MovementView]:
    """Give a customer goods in exchange for others, at these prices a piece. The same note twice is one.

    Raises NotInStore, and StockPromised if less would be left than orders hold.
    """
    work.require(StockPermission.HOLD)
    await require_quantities(work, quantities)
    lines = await _move_out(work, store_id, quantities, MovementType.SALE, (EXCHANGE, str(note_id)), prices, reason)
    return await _told(work, EventType.STOCK_SOLD, lines, reason)


async def _move_out(
    work: Work,
    store_id: UUID,
    quantities: Mapping[UUID, Decimal],
    type: MovementType,
    cause: tuple[str, str],
    prices: Mapping[UUID, Decimal],
    reason: str,
) -> list[StockMovement]:
    """Take goods off the shelf, unless the cause has done so already."""
    locked = await repository.lock_items(work, await repository.item_ids(work, store_id, quantities))
    if await repository.movements_of(work, *cause):
        return []
    items = {item.variant_id: item for item in locked.values()}
    if missing := quantities.keys() - items.keys():
        raise NotInStore(variant_id=min(missing))
    require_free((items[id], quantity) for id, quantity in quantities.items())
    return [
        move(work, items[id], type, -quantity, Cause(*cause, number), reason=reason, unit_price=prices.get(id))
        for number, (id, quantity) in enumerate(quantities.items())
    ]


async def take_back(
    work: Work, store_id: UUID, order_id: UUID, quantities: Mapping[UUID, Decimal], arrival_id: UUID, reason: str
) -> list[MovementView]:
    """Put goods of an order that its customer brought back on the shelf, at what they had cost. An arrival counts once."""
    work.require(StockPermission.HOLD)
    await require_quantities(work, quantities, sale=False)
    await repository.ensure_items(work, store_id, quantities)
    items = await repository.lock_items(work, await repository.item_ids(work, store_id, quantities))
    cause = (CUSTOMER_RETURN, str(arrival_id))
    if await repository.movements_of(work, *cause):
        return []
    costs = await costs_of(work, order_id)
    lines = []
    for number, item in enumerate(items.values()):
        quantity, cost = quantities[item.variant_id], costs.get(item.variant_id, item.unit_cost)
        value = cents(quantity * cost)
        lines.append(move(work, item, MovementType.RETURN, quantity, Cause(*cause, number), reason=reason, value=value))
    return await _told(work, EventType.STOCK_TAKEN_BACK, lines, reason)


async def _told(work: Work, type: EventType, lines: Sequence[StockMovement], reason: str) -> list[MovementView]:
    """Record what was moved, and show it."""
    await work.session.flush()
    for line in lines:
        after = {"movement_id": line.id, "delta": line.delta, "on_hand": line.quantity_after}
        before = {"on_hand": line.quantity_after - line.delta}
        events.record(work, type, subject=line.stock_item_id, reason=reason, before=before, after=after)
    return [MovementView.model_validate(line) for line in lines]
