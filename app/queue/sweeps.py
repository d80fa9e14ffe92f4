"""The sweeps: whatever stayed unhandled, for whatever reason, is found in the tables and its bell is rung again.

Queues may lose or repeat anything because of this. Each room declares its own sweeps (`core.jobs.Sweep`); what runs
out of time is settled by services (`app.queue.deadlines`), in a Work of the workspace concerned.
"""

import asyncio
import time
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from app.queue import deadlines
from app.queue.broker import RedisBells
from app.queue.jobs import SWEEPS, Ring
from core import observability
from core.jobs import Sweep
from core.work import open_system_work

LIMIT: Final = 500
FIRST_PAUSE_SECONDS: Final = 4.0
LONGEST_PAUSE_SECONDS: Final = 60.0

LONG_QUEUE: Final = 50
"""With so many bells waiting in its queue, a row's own is probably among them."""

log = observability.log(__name__)


@dataclass(frozen=True, slots=True)
class Unhandled:
    """Something that was left unhandled: the bell to be rung for it, and since when nobody has worked on it."""

    ring: Ring
    since: datetime | None

    @property
    def key(self) -> Hashable:
        """What it is: the job, its subject, and its last change."""
        return (self.ring.job, *self.ring.arguments.values(), self.since)


class Backoff:
    """Leaves a row alone for a while after its bell was rung, and longer each time.

    Its ring may just be waiting, and ringing every two seconds would make the queue longer still; behind a long queue
    nothing is rung for before the longest pause is over. A row that somebody has worked on meanwhile is another matter,
    or one whose workers die again and again would wait a minute.
    """

    def __init__(self) -> None:
        self._rung: dict[Hashable, tuple[float, float]] = {}

    def allows(self, key: Hashable, queued: int) -> bool:
        """Whether the bell may be rung now, beside those that are queued; if so, the next time is further away."""
        now = time.monotonic()
        not_before, pause = self._rung.setdefault(key, (now, FIRST_PAUSE_SECONDS))
        if now < not_before + (LONGEST_PAUSE_SECONDS if queued >= LONG_QUEUE else 0):
            return False
        self._rung[key] = (now + pause, min(pause * 2, LONGEST_PAUSE_SECONDS))
        return True

    def forget_old(self) -> None:
        """Drop what has not been found for two longest pauses: it was handled."""
        horizon = time.monotonic() - 2 * LONGEST_PAUSE_SECONDS
        self._rung = {key: entry for key, entry in self._rung.items() if entry[0] > horizon}


class Sweeper:
    """Runs all sweeps over one broker."""

    def __init__(self, broker: RedisBells) -> None:
        self._broker = broker
        self._backoff = Backoff()

    async def sweep(self) -> int:
        """Settle what ran out of time, then ring for everything that was left unhandled; how many bells were rung."""
        await deadlines.settle_all(LIMIT)
        found = [one for sweep in SWEEPS for one in await unhandled(sweep)]
        depths = await asyncio.to_thread(self._broker.depths) if found else {}
        due = [one.ring for one in found if self._backoff.allows(one.key, queued=depths[one.ring.queue])]
        self._backoff.forget_old()
        if due:
            await asyncio.to_thread(self._broker.ring, due)
            log.info("sweep.rang", jobs={job: sum(ring.job == job for ring in due) for job in {r.job for r in due}})
        return len(due)


async def unhandled(sweep: Sweep) -> list[Unhandled]:
    """What one sweep finds."""
    async with open_system_work() as session:
        rows = (await session.execute(sweep.found, {"limit": LIMIT})).all()
    return [_unhandled(sweep, row) for row in rows]


def _unhandled(sweep: Sweep, row: Row[Any]) -> Unhandled:
    owner = {"workspace_id": str(row.workspace_id)} if hasattr(row, "workspace_id") else {}
    return Unhandled(Ring(sweep.job, {**owner, sweep.argument: str(row.id)}), row.since)
