"""What is said to a visitor while their page is open: a stream that begins at the number of the last change the page saw.

A process that dies ends its streams; the pages go on at any other, from where they were.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from app.web.chat import visits
from app.web.chat.origins import PREFIX, line_of
from app.web.chat.shown import ShownPage, shown
from app.web.chat.visits import OpenStreams, Visit, Visited
from app.web.live import Live
from core.errors import DomainError
from core.work import open_work
from domain.conversations import visitor_thread

router = APIRouter(prefix=PREFIX)

QUIET_SECONDS: Final = 20.0
"""A stream says at least this often that it lives, and looks whether its visitor may still read."""

SHORTEST_PAUSE_SECONDS: Final = 0.1
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


@router.get("/{slug}/stream")
async def follow(
    request: Request, visit: Visited, after: Annotated[int | None, Query(ge=0, le=2**62)] = None
) -> StreamingResponse:
    """Tell what is said, as it is said."""
    await visits.count(request, "read", str(visit.key), visits.READS_PER_MINUTE)
    streams: OpenStreams = request.app.state.chat_streams
    live: Live = request.app.state.live
    streams.admit(visit.network)
    live.admit(visit.key)
    told = _tell(request, visit, streams, live, after)
    return StreamingResponse(told, media_type="text/event-stream", headers=_HEADERS)


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


async def _tell(request: Request, visit: Visit, streams: OpenStreams, live: Live, after: int | None) -> AsyncIterator[str]:
    number, conversation_id, was_answering = after, None, None
    with streams.one(visit.network), live.watching(visit.line.workspace_id, visit.key) as watcher:
        while True:
            try:
                visits.held(request, await line_of(request.app.state.door, visit.line.slug))
            except DomainError as error:
                yield _event("ended", error.code)
                return
            conversation_id, page = await _fresh(visit, conversation_id, number)
            if page is not None and (page.messages or page.is_answering != was_answering):
                number, was_answering = page.number, page.is_answering
                yield _event("page", page.model_dump_json())
            else:
                yield _event("quiet", "")
            watcher.only = conversation_id
            await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
            await watcher.changed(QUIET_SECONDS)


async def _fresh(visit: Visit, conversation_id: UUID | None, number: int | None) -> tuple[UUID | None, ShownPage | None]:
    """The visitor's conversation, once there is one, and what has changed in it since."""
    async with open_work(visit.principal) as work:
        conversation_id = conversation_id or await visitor_thread.find(work, visit.line, visit.visitor.id)
        if conversation_id is None:
            return None, None
        return conversation_id, await shown(work, await visitor_thread.read(work, conversation_id, number))
