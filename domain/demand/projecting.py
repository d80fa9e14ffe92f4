"""Keeping the projection of demand: made anew from the ledger for whatever the stream of events says has changed.

The days of a variant in a store are always made whole, so that an event that is read twice changes nothing.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core import events
from core.event_types import EventType
from core.events import Wanted
from core.work import Work
from domain.accounts import service as accounts
from domain.demand import repository

_OF_LEVELS: Final = frozenset(
    {
        EventType.STOCK_ADJUSTED,
        EventType.STOCK_RECEIVED,
        EventType.STOCK_COUNTED,
        EventType.STOCK_SENT,
        EventType.STOCK_ARRIVED,
        EventType.STOCK_LOST,
        EventType.STOCK_SENT_BACK,
        EventType.STOCK_TAKEN_BACK,
        EventType.STOCK_SOLD,
        EventType.STOCK_PUT_BACK,
    }
)
"""What moves goods of the one level that it names."""

_OF_ALL: Final = frozenset({EventType.STOCK_IMPORTED, EventType.SALES_RECORDED, EventType.SALES_TAKEN_BACK})
"""What changes the past of many at once, or names none."""

_LOW: Final = frozenset({EventType.STOCK_LOW})

MOST_PLACES: Final = 5_000
"""Changed series from which on all are made anew."""


@dataclass(frozen=True, slots=True)
class Projected:
    """What one look at the stream came to: the position up to which it was read, the days made, and what it told of."""

    position: int
    days: int
    has_sold: bool
    has_past: bool
    """Whether anything was sold before today, so that there is something to learn from."""
    is_low: bool


async def project(work: Work, position: int | None) -> Projected:
    """Read what has happened since a position, all if there is none, and make the days that changed anew."""
    work.require_runtime()
    last = await events.last_position(work)
    workspace = await accounts.get_workspace(work)
    timezone, today = workspace.timezone, workspace.today(work.now)
    if position is None:
        days = await repository.project_all(work, timezone)
        return Projected(last, days, True, await repository.has_sold_before(work, today), is_low=True)
    levels: set[UUID] = set()
    types: set[str] = set()
    wanted = Wanted(types=[*_OF_LEVELS, *_OF_ALL, *_LOW])
    while found := await events.page(work, after=position, limit=events.LONGEST_PAGE, wanted=wanted):
        position = found[-1].position
        types |= {event.type for event in found}
        levels |= {event.subject_id for event in found if event.type in _OF_LEVELS}
    days = await _made_anew(work, timezone, levels, is_all=not types.isdisjoint(_OF_ALL))
    has_sold = not types.isdisjoint({EventType.STOCK_SOLD, *_OF_ALL})
    has_past = has_sold and await repository.has_sold_before(work, today)
    return Projected(max(position, last), days, has_sold, has_past, is_low=not types.isdisjoint(_LOW))


async def _made_anew(work: Work, timezone: str, levels: set[UUID], *, is_all: bool) -> int:
    if is_all or len(levels) > MOST_PLACES:
        return await repository.project_all(work, timezone)
    places = await repository.places_of_levels(work, levels) if levels else set()
    return await repository.project_some(work, timezone, places) if places else 0
