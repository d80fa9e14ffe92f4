"""The door: a webhook is authenticated, taken apart and stored, and only then answered with 200.

Nothing is understood here. Each result of a body becomes one InboundEvent with one outbox row, all in one short
transaction; what cannot be read is stored as well, so that no content is ever refused. A line that is told of more than
any provider sends is answered with 429 and asked to come back; only what has proved to be authentic counts.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from app.web.bodies import BodyTooLarge
from app.web.intake import Intake
from app.web.limits import Buckets
from channels import registry
from channels.base import Channel, RawEvent
from core import observability
from core.errors import CommitOutcomeUnknown, DomainError
from core.inbound import EventKind
from core.settings import Settings
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
        return [RawEvent(EventKind.UNREADABLE, f"oversized:{hashlib.sha256(body).hexdigest()}", None, 0, body)]
    return events


def _count(events: Sequence[RawEvent], new: Sequence[RawEvent]) -> None:
    fresh = Counter(event.kind for event in new)
    for kind, count in Counter(event.kind for event in events).items():
        observability.INBOUND_EVENTS.labels(kind=kind, result="stored").inc(fresh[kind])
        observability.INBOUND_EVENTS.labels(kind=kind, result="duplicate").inc(count - fresh[kind])


class Door:
    """What the door of this process keeps: the lines it knows and the storage it shares."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.intake = Intake()


@router.post(registry.WEBHOOK_PATH + "/{connection}")
async def receive(connection: str, request: Request) -> Response:
    """Take one webhook of Infobip: 200 once its events are stored, 401, 404, 413, or 429 and 503 to be called again."""
    door: Door = request.app.state.door
    try:
        async with asyncio.timeout(STORE_SECONDS):
            line = await door.lines.find(connection)
            body = await _body(request)
            line.channel.authenticate(request.headers, request.query_params, body)
            buckets: Buckets = request.app.state.buckets
            settings: Settings = request.app.state.settings
            await buckets.require("webhooks", str(line.connection.id), settings.webhooks_per_minute)
            events = _events(line.channel, body)
            correlation_id = observability.correlation_id()
            assert correlation_id is not None, "RequestFrame has bound one"
            owner = line.connection
            new = await door.intake.put(owner.workspace_id, owner.id, correlation_id, events) if events else []
    except (SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError) as error:
        log.error("webhook.refused", connection=connection, error=f"{type(error).__name__}: {error}"[:300])
        raise DoorUnavailable from error
    _count(events, new)
    log.info("webhook.stored", connection=connection, events=len(events), new=len(new))
    return Response(status_code=200)
