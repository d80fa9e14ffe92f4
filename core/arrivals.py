"""How events of providers are stored at the door, many webhooks at once, and the reading of them announced."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Interval, LargeBinary, Text, Uuid, bindparam, text

from core.inbound import EventKind
from core.prepared import Prepared
from core.tables import new_id
from core.work import Work

COLLECT: Final = timedelta(milliseconds=250)
"""How long reports of a connection are collected before they are read in together."""

COMMIT: Final = timedelta(milliseconds=50)
"""A ring that is due sooner may come before this transaction has committed, so it does not count."""

# Sorted by key, so that two deliveries of the same batch take the same rows in the same order and cannot deadlock.
_STORE_SQL = text(
    """
    WITH given AS (
        SELECT * FROM unnest(:ids, :outbox_ids, :connections, :kinds, :keys, :senders, :positions, :bodies, :correlations)
            AS given (id, outbox_id, connection_id, kind, dedupe_key, sender_key, position, body, correlation_id)
    ), stored AS (
        INSERT INTO inbound_events (workspace_id, id, connection_id, kind, dedupe_key, sender_key, position, body,
                                    correlation_id, attempts, next_try_at)
        SELECT :workspace, id, connection_id, kind, dedupe_key, sender_key, position, body,
               correlation_id, 0, clock_timestamp()
        FROM given ORDER BY connection_id, dedupe_key, position
        ON CONFLICT (workspace_id, connection_id, dedupe_key) DO NOTHING
        RETURNING id
    ), announced AS (
        INSERT INTO outbox_messages (workspace_id, id, actor, arguments, correlation_id, due_at, attempts)
        SELECT :workspace, given.outbox_id, 'inbound.ingest', jsonb_build_object('event_id', given.id),
               given.correlation_id, clock_timestamp(), 0
        FROM stored JOIN given USING (id) WHERE given.kind NOT IN ('delivery', 'seen')
    ), collected AS (
        INSERT INTO outbox_messages (workspace_id, id, actor, arguments, correlation_id, due_at, attempts)
        SELECT :workspace, (array_agg(given.outbox_id))[1], 'inbound.reports',
               jsonb_build_object('connection_id', given.connection_id), NULL, clock_timestamp() + :collect, 0
        FROM stored JOIN given USING (id) WHERE given.kind IN ('delivery', 'seen')
        GROUP BY given.connection_id
        HAVING NOT EXISTS (
            SELECT FROM outbox_messages AS waiting
            WHERE waiting.published_at IS NULL AND waiting.parked_reason IS NULL AND waiting.workspace_id = :workspace
              AND waiting.actor = 'inbound.reports' AND waiting.due_at > clock_timestamp() + :commit
              AND waiting.arguments = jsonb_build_object('connection_id', given.connection_id)
        )
    )
    SELECT id FROM stored
    """
).bindparams(
    bindparam("workspace", type_=Uuid),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("outbox_ids", type_=ARRAY(Uuid)),
    bindparam("connections", type_=ARRAY(Uuid)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("keys", type_=ARRAY(Text)),
    bindparam("senders", type_=ARRAY(Text)),
    bindparam("positions", type_=ARRAY(Integer)),
    bindparam("bodies", type_=ARRAY(LargeBinary)),
    bindparam("correlations", type_=ARRAY(Text)),
    bindparam("collect", type_=Interval),
    bindparam("commit", type_=Interval),
)
_STORE: Prepared[UUID] = Prepared(_STORE_SQL)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as a provider sent it: the message's or report's own key, whose it is, and where it stood in its batch."""

    id: UUID
    connection_id: UUID
    kind: EventKind
    dedupe_key: str
    sender_key: str | None
    position: int
    body: bytes
    correlation_id: str


def storable(key: str, limit: int) -> str:
    """A key that Postgres accepts; one that is too long or holds what no text may hold is replaced by its digest."""
    encoded = key.encode("utf-8", "surrogatepass")
    if len(key) <= limit and "\x00" not in key and encoded == key.encode("utf-8", "ignore"):
        return key
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


async def store(work: Work, events: Sequence[NewEvent]) -> set[UUID]:
    """Store events and announce their ingest; the ids of those that were new."""
    values: dict[str, Any] = {
        "workspace": work.workspace_id,
        "ids": [event.id for event in events],
        "outbox_ids": [new_id() for _ in events],
        "connections": [event.connection_id for event in events],
        "kinds": [event.kind.value for event in events],
        "keys": [storable(event.dedupe_key, 300) for event in events],
        "senders": [event.sender_key and storable(event.sender_key, 200) for event in events],
        "positions": [event.position for event in events],
        "bodies": [event.body for event in events],
        "correlations": [event.correlation_id for event in events],
        "collect": COLLECT,
        "commit": COMMIT,
    }
    return {event_id for (event_id,) in await _STORE.all(work.session, values)}
