"""The door: a webhook is authenticated, taken apart and stored, and only then answered with 200.

Nothing is understood here. Each result of a body becomes one InboundEvent with one outbox row, all in one statement of
one short transaction; what cannot be read is stored as well, so that no content is ever refused.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import ARRAY, Integer, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from channels import registry
from channels.base import Channel, RawEvent
from core import observability
from core.access import Principal
from core.errors import CommitOutcomeUnknown, DomainError
from core.tables import new_id
from core.work import open_work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView

BODY_LIMIT: Final = 1024 * 1024
STORE_SECONDS: Final = 8.0
"""After this the provider is told to come back; it repeats, and the keys make the repetition harmless."""

EVENTS_LIMIT: Final = 2_000
"""The provider's own limit of results per request; a body that claims more is kept whole and not taken apart."""

CACHE_SECONDS: Final = 15.0
MISS_SECONDS: Final = 2.0
CACHE_SIZE: Final = 1_000

router = APIRouter()
log = observability.log(__name__)

# Sorted by key, so that two deliveries of the same batch take the same rows in the same order and cannot deadlock.
_STORE = text(
    """
    WITH given AS (
        SELECT * FROM unnest(:ids, :outbox_ids, :kinds, :keys, :senders, :positions, :bodies)
            AS given (id, outbox_id, kind, dedupe_key, sender_key, position, body)
    ), stored AS (
        INSERT INTO inbound_events (workspace_id, id, connection_id, kind, dedupe_key, sender_key, position, body,
                                    correlation_id, attempts, next_try_at)
        SELECT :workspace, id, :connection, kind, dedupe_key, sender_key, position, body,
               :correlation, 0, clock_timestamp()
        FROM given ORDER BY dedupe_key, position
        ON CONFLICT (workspace_id, connection_id, dedupe_key) DO NOTHING
        RETURNING id, kind
    ), announced AS (
        INSERT INTO outbox_messages (workspace_id, id, actor, arguments, correlation_id, due_at, attempts)
        SELECT :workspace, given.outbox_id, 'inbound.ingest', jsonb_build_object('event_id', stored.id),
               :correlation, clock_timestamp(), 0
        FROM stored JOIN given USING (id)
    )
    SELECT kind FROM stored
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("outbox_ids", type_=ARRAY(Uuid)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("senders", type_=ARRAY(Text)),
    bindparam("positions", type_=ARRAY(Integer)),
    bindparam("bodies", type_=ARRAY(LargeBinary)),
    bindparam("workspace", type_=Uuid),
    bindparam("connection", type_=Uuid),
)


class BodyTooLarge(DomainError):
    """The webhook's body is larger than any that the provider makes."""

    code = "body_too_large"
    http_status = 413


class DoorUnavailable(DomainError):
    """The event could not be stored; the provider must deliver it again."""

    code = "door_unavailable"
    http_status = 503


@dataclass(frozen=True, slots=True)
class Line:
    """A connection and its channel, ready to take webhooks."""

    connection: ConnectionView
    channel: Channel


class Lines:
    """The connections that webhooks came for lately, so that the database is not asked each time.

    A change of a connection is seen within fifteen seconds.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Line | None]] = {}

    async def find(self, slug: str) -> Line:
        """The line behind a webhook's address; raises ConnectionNotFound."""
        now = time.monotonic()
        cached = self._known.get(slug)
        if cached is None or cached[0] <= now:
            line = await self._look_up(slug)
            cached = (now + (CACHE_SECONDS if line else MISS_SECONDS), line)
            if len(self._known) >= CACHE_SIZE:
                self._known.clear()
            self._known[slug] = cached
        if cached[1] is None:
            raise connections.ConnectionNotFound
        return cached[1]

    async def _look_up(self, slug: str) -> Line | None:
        try:
            connection = await connections.find_by_slug(slug)
        except connections.ConnectionNotFound:
            return None
        return Line(connection, registry.open_channel(connection))


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise BodyTooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _events(channel: Channel, body: bytes) -> list[RawEvent]:
    events = channel.split(body)
    if len(events) > EVENTS_LIMIT:
        return [RawEvent("unreadable", f"oversized:{hashlib.sha256(body).hexdigest()}", None, 0, body)]
    return events


def _storable(key: str, limit: int) -> str:
    """A key that Postgres accepts; one that is too long or holds what no text may hold is replaced by its digest."""
    encoded = key.encode("utf-8", "surrogatepass")
    if len(key) <= limit and "\x00" not in key and encoded == key.encode("utf-8", "ignore"):
        return key
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


async def store(connection: ConnectionView, events: Sequence[RawEvent], correlation_id: str) -> list[str]:
    """Store events and announce their ingest, in one transaction; the kinds of those that were new."""
    values: dict[str, Any] = {
        "workspace": connection.workspace_id,
        "connection": connection.id,
        "correlation": correlation_id,
        "ids": [new_id() for _ in events],
        "outbox_ids": [new_id() for _ in events],
        "kinds": [event.kind for event in events],
        "keys": [_storable(event.dedupe_key, 300) for event in events],
        "senders": [event.sender_key and _storable(event.sender_key, 200) for event in events],
        "positions": [event.position for event in events],
        "bodies": [event.body for event in events],
    }
    async with open_work(Principal.system(connection.workspace_id)) as work:
        return list((await work.session.scalars(_STORE, values)).all())


def _count(events: Sequence[RawEvent], stored: Sequence[str]) -> None:
    for kind in {event.kind for event in events}:
        new = stored.count(kind)
        known = sum(event.kind == kind for event in events) - new
        observability.INBOUND_EVENTS.labels(kind=kind, result="stored").inc(new)
        observability.INBOUND_EVENTS.labels(kind=kind, result="duplicate").inc(known)


lines = Lines()


@router.post("/api/v1/webhooks/infobip/{connection}")
async def receive(connection: str, request: Request) -> Response:
    """Take one webhook of Infobip: 200 once its events are stored, 401, 404, 413, or 503 to be called again."""
    try:
        async with asyncio.timeout(STORE_SECONDS):
            line = await lines.find(connection)
            body = await _body(request)
            line.channel.authenticate(request.headers, request.query_params, body)
            events = _events(line.channel, body)
            correlation_id = observability.correlation_id()
            assert correlation_id is not None, "RequestFrame has bound one"
            stored = await store(line.connection, events, correlation_id) if events else []
    except (SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError) as error:
        log.error("webhook.refused", connection=connection, error=f"{type(error).__name__}: {error}"[:300])
        raise DoorUnavailable from error
    _count(events, stored)
    log.info("webhook.stored", connection=connection, events=len(events), new=len(stored))
    return Response(status_code=200)
