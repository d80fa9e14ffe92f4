"""The names under which subscribers know some events, beside our own: one name for all that changes a level, and so on."""

from collections.abc import Collection, Mapping
from typing import Final

from core.event_types import EventType

STOCK_UPDATED: Final = frozenset(
    {
        EventType.STOCK_ADJUSTED,
        EventType.STOCK_RECEIVED,
        EventType.STOCK_COUNTED,
        EventType.STOCK_SENT,
        EventType.STOCK_ARRIVED,
        EventType.STOCK_LOST,
        EventType.STOCK_IMPORTED,
        EventType.STOCK_SENT_BACK,
        EventType.STOCK_TAKEN_BACK,
        EventType.STOCK_HELD,
        EventType.STOCK_HOLD_EXPIRED,
        EventType.STOCK_RELEASED,
        EventType.STOCK_SOLD,
        EventType.STOCK_PUT_BACK,
    }
)
"""Whatever changes how much of a level is there, or is free."""

NAMES: Final[Mapping[str, frozenset[EventType]]] = {
    "stock.updated": STOCK_UPDATED,
    "inventory.stock.updated": STOCK_UPDATED,
    "inventory.stock.low": frozenset({EventType.STOCK_LOW}),
    "sale.completed": frozenset({EventType.ORDER_DELIVERED}),
    "sales.sale.completed": frozenset({EventType.ORDER_DELIVERED}),
}
"""A sale is completed when the customer has the goods."""


def name_for(patterns: Collection[str], type_: str) -> str | None:
    """The name under which somebody who wants these is told of an event, None if they do not want it.

    Who asked for it by another name is told by that name.
    """
    for name in patterns:
        if type_ in NAMES.get(name, ()):
            return name
    wanted = not {"*", type_, f"{type_.partition('.')[0]}.*"}.isdisjoint(patterns)
    return type_ if wanted else None
