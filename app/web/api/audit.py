"""The audit trail: the stream of events as whoever looks into something reads it, the newest first and with a search."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from app.web.api.events import CSV, END, Filters, Reader, as_csv
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from core import events
from core.events import EventView, Wanted
from core.work import open_work

router = noun("audit")


async def _looked_for(
    wanted: Filters,
    text: Annotated[
        str | None, Query(min_length=2, max_length=100, description="What stands in the reason or in a value, in any case.")
    ] = None,
    ip: Annotated[str | None, Query(max_length=45, description="From which address of the network.")] = None,
    request_id: Annotated[str | None, Query(max_length=64, description="What one request has done.")] = None,
) -> Wanted:
    return replace(wanted, text=text, ip=ip, correlation_id=request_id)


LookedFor = Annotated[Wanted, Depends(_looked_for)]


@router.get("/audit")
async def list_(caller: Reader, paging: Paged, wanted: LookedFor) -> Page[EventView]:
    """Show who did what, from where, why, and with which values before and after; the newest first."""
    async with open_work(caller) as work:
        rows = await events.page(work, before=paging.number or END, limit=paging.limit + 1, wanted=wanted)
    shown = rows[: paging.limit]
    return paging.page(shown, shown[-1].position if len(rows) > paging.limit else None)


@router.get("/audit/export", response_class=StreamingResponse, response_model=None, responses=CSV)
async def export(caller: Reader, wanted: LookedFor) -> StreamingResponse:
    """Write what was looked for to a CSV, the oldest first."""
    return as_csv(caller, wanted, "audit.csv")
