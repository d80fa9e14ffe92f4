"""Stores what came in at the door: webhooks that arrive while a transaction runs share the next one.

A lone webhook waits for nobody. Each workspace has one transaction at a time in this process; under load one commit
(with its flush to disk, its notification and its row locks) serves many webhooks, so that the door bends instead of
breaking.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Interval, LargeBinary, Text, Uuid, bindparam, text

from channels.base import RawEvent
from core import db
from core.access import Principal
from core.errors import CommitOutcomeUnknown
from core.tables import new_id
from core.work import open_work

BATCH_EVENTS: Final = 500

COLLECT: Final = timedelta(milliseconds=250)
"""How long reports of a connection are collected before they are read in together."""

COMMIT: Final = timedelta(milliseconds=50)
"""A ring that is due sooner may come before this transaction has committed, so it does not count."""

# Sorted by key, so that two deliveries of the same batch take the same rows in the same order and cannot deadlock.
_STORE = text(
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


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The events of one webhook, and the promise that they are stored: the ids of those that were new."""

    connection_id: UUID
    correlation_id: str
    events: Sequence[tuple[UUID, RawEvent]]
    stored: "asyncio.Future[set[UUID]]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def storable(key: str, limit: int) -> str:
    """A key that Postgres accepts; one that is too long or holds what no text may hold is replaced by its digest."""
    encoded = key.encode("utf-8", "surrogatepass")
    if len(key) <= limit and "\x00" not in key and encoded == key.encode("utf-8", "ignore"):
        return key
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


async def store(workspace_id: UUID, batches: Sequence[Batch]) -> set[UUID]:
    """Store events and announce their ingest, in one transaction of their workspace; the ids of those that were new."""
    rows = [(batch, event_id, event) for batch in batches for event_id, event in batch.events]
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "ids": [event_id for _, event_id, _ in rows],
        "outbox_ids": [new_id() for _ in rows],
        "connections": [batch.connection_id for batch, _, _ in rows],
        "kinds": [event.kind for _, _, event in rows],
        "keys": [storable(event.dedupe_key, 300) for _, _, event in rows],
        "senders": [event.sender_key and storable(event.sender_key, 200) for _, _, event in rows],
        "positions": [event.position for _, _, event in rows],
        "bodies": [event.body for _, _, event in rows],
        "correlations": [batch.correlation_id for batch, _, _ in rows],
        "collect": COLLECT,
        "commit": COMMIT,
    }
    async with open_work(Principal.system(workspace_id)) as work:
        return set((await work.session.scalars(_STORE, values)).all())


class Intake:
    """What waits to be stored in this process, by workspace."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, list[Batch]] = defaultdict(list)
        self._writers: dict[UUID, asyncio.Task[None]] = {}

    async def put(
        self, workspace_id: UUID, connection_id: UUID, correlation_id: str, events: Sequence[RawEvent]
    ) -> list[RawEvent]:
        """Store the events of one webhook; returns, once they are committed, those that were new."""
        batch = Batch(connection_id, correlation_id, [(new_id(), event) for event in events])
        self._waiting[workspace_id].append(batch)
        writer = self._writers.get(workspace_id)
        if writer is None or writer.done():
            self._writers[workspace_id] = asyncio.create_task(self._write(workspace_id))
        new = await batch.stored
        return [event for event_id, event in batch.events if event_id in new]

    async def _write(self, workspace_id: UUID) -> None:
        while batches := self._take(workspace_id):
            try:
                new = await store(workspace_id, batches)
            except Exception as error:
                if len(batches) == 1 or db.is_outage(error) or isinstance(error, CommitOutcomeUnknown):
                    _fail(batches, error)
                else:
                    await self._write_singly(workspace_id, batches)
            else:
                for batch in batches:
                    if not batch.stored.done():
                        batch.stored.set_result(new)

    async def _write_singly(self, workspace_id: UUID, batches: list[Batch]) -> None:
        """One webhook that the database refuses must not cost its neighbours theirs."""
        for batch in batches:
            try:
                new = await store(workspace_id, [batch])
            except Exception as error:
                _fail([batch], error)
            else:
                if not batch.stored.done():
                    batch.stored.set_result(new)

    def _take(self, workspace_id: UUID) -> list[Batch]:
        waiting = self._waiting[workspace_id]
        count = events = 0
        while count < len(waiting) and (count == 0 or events + len(waiting[count].events) <= BATCH_EVENTS):
            events += len(waiting[count].events)
            count += 1
        taken = waiting[:count]
        del waiting[:count]
        return taken


def _fail(batches: Sequence[Batch], error: Exception) -> None:
    for batch in batches:
        if not batch.stored.done():
            batch.stored.set_exception(error)
