"""`GET /api/v1/realtime`: a WebSocket that tells what happens in a workspace, to each by their rights, from where they were.

A frame carries ids and no values: whoever hears of something reads it by the API, which asks for their rights again. The socket
reads what it tells from the event stream, so any web process can go on where another one was killed. Messages are no events;
those behind the moment at which the reader's last event was written are told too, and one may be told twice after a reconnect.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from app.web.api.callers import WorkspaceMissing
from app.web.api.routing import PREFIX
from app.web.limits import Buckets, TooManyRequests, network_of
from app.web.live import Live, Watcher
from core import news, observability
from core.access import Principal
from core.errors import DomainError, NotPermitted
from core.news import Topic
from core.settings import Settings
from core.work import Work, open_work
from domain.accounts import entry
from domain.conversations import desk
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import NewMessage
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission
from domain.stock.permissions import StockPermission

router = APIRouter()

TOPICS: Final = (
    Topic("handoff", ConversationsPermission.READ, "handoffs", "conversation_id"),
    Topic("session", ConversationsPermission.READ, "agent_sessions", "conversation_id"),
    Topic("conversation", ConversationsPermission.READ, "conversations", "id"),
    Topic("message", ConversationsPermission.READ, "messages", "conversation_id"),
    Topic("order", OrdersPermission.READ, "orders", "conversation_id"),
    Topic("payment", PaymentsPermission.READ, "payments", "conversation_id", parent=("orders", "order_id")),
    Topic("stock", StockPermission.READ, "stock_items"),
)
"""Of what is told. Everything else is in `/events`, for those who run the house."""

MOST_AT_ONCE: Final = 500
"""Whoever is further behind reads anew, which is cheaper than so many frames."""

MOST_REMEMBERED: Final = 10_000
"""Messages of the last minute that a socket remembers, so as to tell none twice."""

QUIET_SECONDS: Final = 15.0
"""A socket says at least this often where it stands, and looks whether its reader may still listen."""

SHORTEST_PAUSE_SECONDS: Final = 0.1
HELLO_SECONDS: Final = 10.0
SLOW_SECONDS: Final = 5.0
"""Who does not take a frame for so long is sent away: they come back when they can, and go on from where they were."""

OVERLAP: Final = timedelta(seconds=60)
"""The longest that a message may take from being written to being visible; so far back is looked for each time."""

REFUSED: Final = 4000
"""A refusal closes the socket with this and the status that HTTP has for it: 4401 when the token is good no more."""

MALFORMED: Final = REFUSED + 400
SILENT: Final = REFUSED + 408
SLOW: Final = 1013
RESTARTED: Final = 1012

log = observability.log(__name__)


class Hello(BaseModel):
    """What a client says first, unless its headers have said it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: str = Field(min_length=1, max_length=4096, repr=False)
    workspace_id: UUID | None = None
    store_id: UUID | None = None
    after: int | None = Field(None, ge=0, le=2**62)


class TooSlow(Exception):
    """The reader does not take what it is sent."""


@dataclass(slots=True)
class Place:
    """Where a reader stands: the last event, the moment up to which messages were looked for, and those told since."""

    position: int
    moment: datetime
    told: dict[UUID, datetime] = field(default_factory=dict)


@router.websocket(f"{PREFIX}/realtime")
async def listen(socket: WebSocket) -> None:
    """Tell what happens until the reader goes, loses the right to hear it, or falls behind."""
    try:
        # Counted before anything is said: a line that is held open without a greeting costs as much as one that greets.
        await _admit(socket)
    except TooManyRequests as refused:
        told = {"retry-after": str(refused.fields["retry_after"])}
        await socket.send_denial_response(Response(status_code=refused.http_status, headers=told))
        return
    await socket.accept()
    try:
        hello = await _hello(socket)
        principal = await _enter(socket, hello)
        live: Live = socket.app.state.live
        with live.watching(principal.workspace_id, principal.id or principal.workspace_id, events=True) as watcher:
            code = await _until_gone(socket, _tell(hello, principal, watcher))
    except TimeoutError:
        code = SILENT
    except ValidationError:
        code = MALFORMED
    except WebSocketDisconnect:
        return
    except DomainError as error:
        code = REFUSED + error.http_status if error.http_status < 500 else RESTARTED
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(SLOW_SECONDS):
            await socket.close(code)


async def _admit(socket: WebSocket) -> None:
    """Count a line for the address from which it comes; raises TooManyRequests."""
    buckets: Buckets = socket.app.state.buckets
    settings: Settings = socket.app.state.settings
    await buckets.require("address", network_of(socket.client.host if socket.client else None), settings.requests_per_minute)


async def _hello(socket: WebSocket) -> Hello:
    """What the headers and the query say, or else the first message. A token in an address would stand in logs: it is none."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        named = {"workspace_id": socket.headers.get("x-workspace-id"), **socket.query_params}
        return Hello.model_validate({**named, "token": token})
    async with asyncio.timeout(HELLO_SECONDS):
        said = await socket.receive()
    if said["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    return Hello.model_validate_json(said.get("text") or said.get("bytes") or b"")


async def _enter(socket: WebSocket, hello: Hello) -> Principal:
    principal = await _principal(hello)
    buckets: Buckets = socket.app.state.buckets
    settings: Settings = socket.app.state.settings
    await buckets.require("user", str(principal.id), settings.api_requests_per_minute)
    return principal


async def _principal(hello: Hello) -> Principal:
    """Who listens, with the rights of this moment, in the one store if one was named."""
    if hello.workspace_id is None and not hello.token.startswith(f"{entry.KEY_PREFIX}_"):
        raise WorkspaceMissing
    found = await entry.staff(hello.token, hello.workspace_id)
    if hello.store_id is None:
        return found
    if found.stores is not None and hello.store_id not in found.stores:
        raise NotPermitted("another store", store_id=str(hello.store_id))
    return replace(found, stores=frozenset({hello.store_id}))


async def _until_gone(socket: WebSocket, frames: AsyncIterator[list[dict[str, Any]]]) -> int:
    """Send frames until the reader goes or is too slow; the code with which the socket is to be closed."""

    async def gone() -> None:
        # What a reader says after its greeting is nothing to us; that it has gone is.
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass

    async def send() -> None:
        async for batch in frames:
            for frame in batch:
                try:
                    async with asyncio.timeout(SLOW_SECONDS):
                        await socket.send_json(frame)
                except TimeoutError as error:
                    raise TooSlow from error

    going, sending = asyncio.create_task(gone()), asyncio.create_task(send())
    try:
        await asyncio.wait({going, sending}, return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            raise WebSocketDisconnect
        sending.result()
    except TooSlow:
        log.info("realtime.slow")
        return SLOW
    finally:
        for task in (going, sending):
            task.cancel()
        await asyncio.gather(going, sending, return_exceptions=True)
    return RESTARTED


async def _tell(hello: Hello, principal: Principal, watcher: Watcher) -> AsyncIterator[list[dict[str, Any]]]:
    """Frames, as there are any; the rights are asked anew before each part."""
    async with open_work(principal) as work:
        place, frames = await _begin(work, hello.after)
    yield frames
    while True:
        async with open_work(await _principal(hello)) as work:
            frames = await _fresh(work, place)
        yield [*frames, _frame("position", place.position)]
        await asyncio.sleep(SHORTEST_PAUSE_SECONDS)
        await watcher.changed(QUIET_SECONDS)


async def _begin(work: Work, after: int | None) -> tuple[Place, list[dict[str, Any]]]:
    """Where a reader goes on: from the event that it names, or from now, having been told to read anew if that leaves a gap."""
    last = await news.newest(work)
    if after is None:
        return await _now(work, last), [_frame("ready", last)]
    began = await news.began_at(work, after) if after else None
    if began is None or not 0 <= last - after <= MOST_AT_ONCE or not await news.is_whole(work, after, last):
        return await _now(work, last), [_frame("reload", last)]
    return Place(after, began), [_frame("ready", after)]


async def _now(work: Work, last: int) -> Place:
    """The place of somebody who has read what stands."""
    place = Place(last, work.system_time)
    for each in await _messages(work, place, MOST_REMEMBERED):
        place.told[each.id] = each.created_at
    return place


async def _messages(work: Work, place: Place, limit: int) -> list[NewMessage]:
    if not work.principal.may(ConversationsPermission.READ):
        return []
    return await desk.messages_since(work, place.moment - OVERLAP, limit, besides=place.told)


async def _fresh(work: Work, place: Place) -> list[dict[str, Any]]:
    """What has happened since, and where the reader stands then."""
    last = await news.newest(work)
    new = await _messages(work, place, MOST_AT_ONCE + 1)
    if last - place.position > MOST_AT_ONCE or len(new) > MOST_AT_ONCE:
        now = await _now(work, last)
        place.position, place.moment, place.told = now.position, now.moment, now.told
        return [_frame("reload", last)]
    happened = await news.between(work, TOPICS, place.position, last)
    place.position, place.moment = last, work.system_time
    told = place.told | {each.id: each.created_at for each in new}
    place.told = {each: at for each, at in told.items() if at >= place.moment - OVERLAP}
    frames = [
        _frame(
            _name(each.type),
            each.position,
            at=each.at.isoformat(),
            event=each.type,
            id=str(each.subject_id),
            conversation_id=str(each.conversation_id) if each.conversation_id else None,
        )
        for each in happened
    ]
    written = [
        _frame("message:new", last, at=each.created_at.isoformat(), id=str(each.id), conversation_id=str(each.conversation_id))
        for each in new
    ]
    return [*frames, *written]


def _name(type: str) -> str:
    """The name of a frame: the event's own, and one name for all that changes how a conversation stands."""
    kind, _, happened = type.partition(".")
    is_about_standing = kind in ("session", "conversation") or (kind == "handoff" and happened != "requested")
    return "session:updated" if is_about_standing else f"{kind}:{happened}"


def _frame(type: str, number: int, **values: str | None) -> dict[str, Any]:
    return {"type": type, "number": number, **values}
