"""Taking over a ledger from elsewhere: many movements at once, in the order in which they happened."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from core import events
from core.errors import Conflict
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.stock import repository
from domain.stock.models import StockItem
from domain.stock.permissions import StockPermission
from domain.stock.schemas import LedgerLine, Limits, Place, cents

POS: Final = "pos"
"""The source of what a till has sold, in a ledger that was taken over."""


class LedgerNotEmpty(Conflict):
    """These levels have a history already."""

    code = "ledger_not_empty"


async def import_ledger(work: Work, lines: Sequence[LedgerLine], limits: Mapping[Place, Limits]) -> int:
    """Create the levels that `limits` names with this history, valued at their cost.

    Raises LedgerNotEmpty if one of them has one, and Conflict through Postgres if the history makes a level negative or
    names a cause twice.
    """
    work.require(StockPermission.ADJUST)
    if await repository.has_levels(work, limits):
        raise LedgerNotEmpty
    on_hand: dict[Place, Decimal] = dict.fromkeys(limits, Decimal(0))
    booked: list[tuple[LedgerLine, Decimal, Decimal]] = []
    for line in lines:
        cost, before = limits[line.place].unit_cost, on_hand[line.place]
        after = on_hand[line.place] = before + line.delta
        booked.append((line, after, cents(after * cost) - cents(before * cost)))
    items = {
        place: StockItem(
            workspace_id=work.workspace_id,
            id=new_id(),
            store_id=place.store_id,
            variant_id=place.variant_id,
            on_hand=on_hand[place],
            held=Decimal(0),
            min_stock=limit.min_stock,
            max_stock=limit.max_stock,
            unit_cost=limit.unit_cost,
            value=cents(on_hand[place] * limit.unit_cost),
        )
        for place, limit in limits.items()
    }
    work.session.add_all(items.values())
    await work.session.flush()
    ids = {place: item.id for place, item in items.items()}
    await repository.add_movements(work, [(ids[line.place], after, value, line) for line, after, value in booked])
    first = next(iter(items.values()), None)
    if first is not None:
        events.record(work, EventType.STOCK_IMPORTED, subject=first.id, after={"levels": len(items), "movements": len(lines)})
    return len(lines)
