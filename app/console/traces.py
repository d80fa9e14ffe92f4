"""Traces: how the agent came to what it said, turn by turn."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from agent import traces
from app.console.catalogue import TRACES
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import open_work
from domain.conversations import desk

router = APIRouter(prefix="/console/@{workspace}/traces")

Reader = Annotated[Visit, may(TRACES.permission)]


@router.get("")
async def show(
    request: Request, visit: Reader, paging: Paged, conversation: Annotated[UUID | None, Query()] = None
) -> Response:
    """List the turns, of a conversation or of all, the newest first."""
    async with open_work(visit.principal) as work:
        found = await traces.turns(work, conversation, paging.limit, paging.place)
        talk = await desk.get_entry(work, conversation) if conversation is not None else None
    paged = paging.page(found.items, found.next_cursor)
    query = [("conversation", str(conversation))] if conversation is not None else []
    return page(
        request, "traces.html", visit, current=TRACES, paged=paged, query=query, is_first=paging.place is None, talk=talk
    )


@router.get("/{turn_id}")
async def show_one(request: Request, visit: Reader, turn_id: UUID) -> Response:
    """Show one turn step by step."""
    async with open_work(visit.principal) as work:
        found = await traces.trace(work, turn_id)
        talk = await desk.get_entry(work, found.conversation_id)
    return page(request, "trace.html", visit, current=TRACES, turn=found, talk=talk)
