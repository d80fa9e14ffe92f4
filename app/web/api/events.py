"""Events: the one stream of what happened, which is also the audit trail."""

from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from core import event_replay, events
from core.access import OperationsPermission, Principal, PrincipalKind
from core.db import to_json
from core.event_replay import Replayed
from core.events import EventView, Wanted
from core.work import open_work
from domain.imports.sheets.writing import CsvFile, Value

router = noun("events")

Reader = Annotated[Principal, may(OperationsPermission.MANAGE)]

END: Final = 2**62
"""Behind the last position of any stream."""

CSV: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
"""How the document says that an answer is a file."""

COLUMNS: Final = tuple(EventView.model_fields)


class Order(StrEnum):
    """From which end the stream is read."""

    OLDEST = "oldest"
    NEWEST = "newest"


async def _wanted(
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=50, description="`order.confirmed` and the like.")
    ] = None,
    subject_kind: Annotated[str | None, Query(max_length=50)] = None,
    subject_id: UUID | None = None,
    actor_kind: PrincipalKind | None = None,
    actor_id: UUID | None = None,
    since: Annotated[AwareDatetime | None, Query(description="From this moment on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Up to this moment, without it.")] = None,
) -> Wanted:
    return Wanted(tuple(types or ()), subject_kind, subject_id, actor_kind, actor_id, since, until)


Filters = Annotated[Wanted, Depends(_wanted)]


@router.get("/events")
async def list_(
    caller: Reader,
    paging: Paged,
    wanted: Filters,
    order: Order = Order.OLDEST,
    after: Annotated[int, Query(ge=0, description="Behind this position; whoever follows the stream gives the last one.")] = 0,
) -> Page[EventView]:
    """Show what happened, by whom, from where and why, in the order of the stream."""
    async with open_work(caller) as work:
        if order is Order.NEWEST:
            rows = await events.page(work, before=paging.number or END, after=after, limit=paging.limit + 1, wanted=wanted)
        else:
            rows = await events.page(
                work, after=after if paging.number is None else paging.number, limit=paging.limit + 1, wanted=wanted
            )
    shown = rows[: paging.limit]
    return paging.page(shown, shown[-1].position if len(rows) > paging.limit else None)


@router.get("/events/{subject_kind}/{subject_id}/replay")
async def replay(
    caller: Reader,
    subject_kind: Annotated[str, Path(pattern=r"^[a-z_]{1,50}$")],
    subject_id: UUID,
    number: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="After this event of the subject; else its last.")
    ] = None,
) -> Replayed:
    """Show how something stood after one of its events: each value that was told, with the event that told it last."""
    async with open_work(caller) as work:
        return await event_replay.replay(work, subject_kind, subject_id, number)


@router.get(
    "/events/export",
    response_class=StreamingResponse,
    response_model=None,
    responses=CSV,
)
async def export(caller: Reader, wanted: Filters) -> StreamingResponse:
    """Write what happened to a CSV, the oldest first."""
    return as_csv(caller, wanted, "events.csv")


def as_csv(caller: Principal, wanted: Wanted, name: str) -> StreamingResponse:
    """The events that are wanted as a file, the oldest first."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}
    return StreamingResponse(_lines(caller, wanted), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(caller: Principal, wanted: Wanted) -> AsyncIterator[bytes]:
    """The file in pieces; each page has a transaction of its own, so that nobody's slow line holds one open."""
    lines, after = CsvFile(COLUMNS), 0
    yield lines.head
    while True:
        async with open_work(caller) as work:
            rows = await events.page(work, after=after, limit=events.LONGEST_PAGE, wanted=wanted)
        yield lines.lines([_cell(getattr(row, name)) for name in COLUMNS] for row in rows)
        if len(rows) < events.LONGEST_PAGE:
            return
        after = rows[-1].position


def _cell(value: object) -> Value:
    if value is None or isinstance(value, int | str | datetime):
        return value
    return to_json(value) if isinstance(value, dict) else str(value)
