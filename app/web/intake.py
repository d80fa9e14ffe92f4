"""Stores what came in at the door: webhooks that arrive while a transaction runs share the next one.

A lone webhook waits for nobody. Each workspace has one transaction at a time in this process; under load one commit
(with its flush to disk, its notification and its row locks) serves many webhooks, so that the door bends instead of
breaking.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from channels.base import RawEvent
from core import arrivals, db
from core.access import Principal
from core.arrivals import NewEvent
from core.errors import CommitOutcomeUnknown
from core.tables import new_id
from core.work import open_work

BATCH_EVENTS: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The events of one webhook, and the promise that they are stored: the ids of those that were new."""

    connection_id: UUID
    correlation_id: str
    events: Sequence[tuple[UUID, RawEvent]]
    stored: "asyncio.Future[set[UUID]]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


async def store(workspace_id: UUID, batches: Sequence[Batch]) -> set[UUID]:
    """Store events and announce their ingest, in one transaction of their workspace; the ids of those that were new."""
    rows = [
        NewEvent(
            event_id,
            batch.connection_id,
            event.kind,
            event.dedupe_key,
            event.sender_key,
            event.position,
            event.body,
            batch.correlation_id,
        )
        for batch in batches
        for event_id, event in batch.events
    ]
    async with open_work(Principal.system(workspace_id)) as work:
        return await arrivals.store(work, rows)


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
