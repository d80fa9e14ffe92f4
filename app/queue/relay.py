"""The relay process: turns outbox rows into rings on the queues, and sweeps up whatever stayed unhandled.

Any number of relays may run. Each takes different rows, pushes them outside of any transaction and then marks them;
one that dies in between makes a bell ring twice, never not at all.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable

import uvloop

from app.processes import pulse, reloading
from app.queue import retention
from app.queue.broker import QueueUnavailable, RedisBells, open_broker
from app.queue.jobs import JOBS, Ring
from app.queue.sweeps import Sweeper
from core import collector, db, notices, observability, outbox_rows
from core.outbox import CHANNEL
from core.outbox_rows import TakenRow
from core.settings import Settings, get_settings

BATCH = 200
WATCH_SECONDS = 5.0
CLEAN_UP_SECONDS = 3600.0
BLIND_LOOKS = 3
LONGEST_PAUSE_SECONDS = 5.0
SHORTEST_ROUND_SECONDS = 0.02
"""A bell that rings soon after the last round waits this long: the first is served at once, a storm in batches."""


log = observability.log(__name__)


class Relay:
    """One relay: four loops over the same broker, each of which outlives any error."""

    def __init__(self, settings: Settings, broker: RedisBells) -> None:
        self._settings = settings
        self._broker = broker
        self._bell = asyncio.Event()
        self._sweeper = Sweeper(broker)
        self._blind_looks = 0
        self._stopping = False
        self._not_before = 0.0

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until told to stop; what is taken at that moment is still pushed and marked."""
        publishing = asyncio.create_task(self._forever("publish", self._publish_and_wait, 0))
        others = [
            asyncio.create_task(
                notices.listen(
                    self._settings.database_url or "",
                    CHANNEL,
                    "nexova-relay-listen",
                    heard=lambda _: self._bell.set(),
                    opened=self._bell.set,
                )
            ),
            asyncio.create_task(self._forever("sweep", self._sweeper.sweep, self._settings.sweep_seconds)),
            asyncio.create_task(self._forever("watch", self.watch, WATCH_SECONDS)),
            asyncio.create_task(self._forever("clean_up", self._clean_up, CLEAN_UP_SECONDS)),
        ]
        await stopping.wait()
        self._stopping = True
        self._bell.set()
        for task in others:
            task.cancel()
        await asyncio.wait([publishing], timeout=LONGEST_PAUSE_SECONDS)
        publishing.cancel()
        await asyncio.gather(publishing, *others, return_exceptions=True)

    async def _forever(self, name: str, step: Callable[[], Awaitable[object]], pause: float) -> None:
        failures = 0
        while not self._stopping:
            try:
                await step()
                failures = 0
            except Exception as error:
                failures += 1
                log.warning("relay.step_failed", step=name, failures=failures, error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, 0.1 * 2**failures) if failures else pause)

    async def _publish_and_wait(self) -> None:
        """Push everything that is due, then wait for the bell, the next due time or the poll, whichever is first."""
        await asyncio.sleep(self._not_before - time.monotonic())
        self._not_before = time.monotonic() + SHORTEST_ROUND_SECONDS
        self._bell.clear()
        count, next_due = await self.publish()
        if count == BATCH:
            return
        poll = self._settings.outbox_poll_seconds
        wait = poll if next_due is None else max(0.0, min(poll, next_due))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._bell.wait()

    async def publish(self) -> tuple[int, float | None]:
        """Push one batch of due rows: how many there were, and when the next is due.

        Raises QueueUnavailable after giving the rows back.
        """
        rows, next_due = await outbox_rows.take(BATCH)
        if rows:
            await self._push(rows)
        return len(rows), next_due

    async def _push(self, rows: list[TakenRow]) -> None:
        known = [row for row in rows if row.actor in JOBS]
        unknown = [row for row in rows if row.actor not in JOBS]
        if unknown:
            log.error("outbox.parked", actors=sorted({row.actor for row in unknown}))
            await outbox_rows.park(unknown, [f"no queue carries {row.actor}" for row in unknown])
        if not known:
            return
        try:
            await asyncio.to_thread(self._broker.ring, [Ring(row.actor, row.arguments, row.correlation_id) for row in known])
        except QueueUnavailable:
            await outbox_rows.release(known)
            raise
        await outbox_rows.mark_published(known)

    async def watch(self) -> None:
        """Measure outbox and queues, and raise the alarm when rows wait that this role cannot see."""
        backlog = await outbox_rows.backlog()
        observability.OUTBOX_PENDING.set(backlog.pending)
        observability.OUTBOX_AGE.set(backlog.oldest_seconds)
        self._blind_looks = self._blind_looks + 1 if await outbox_rows.is_blind() else 0
        if self._blind_looks >= BLIND_LOOKS:
            log.critical("relay.blind", hint="the outbox holds rows that the system role is not allowed to see")
        with contextlib.suppress(QueueUnavailable):
            for queue, depth in (await asyncio.to_thread(self._broker.depths)).items():
                observability.QUEUE_DEPTH.labels(queue=queue).set(depth)

    async def _clean_up(self) -> None:
        await retention.forget_all(self._settings)


async def _run(settings: Settings) -> None:
    assert settings.database_url is not None, "main() has checked it"
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    db.connect(settings.database_url, pool_size=5)
    broker = open_broker(settings)
    try:
        async with pulse.beating(settings, "relay"):
            log.info("process.started")
            await Relay(settings, broker).run(stopping)
    finally:
        broker.close()
        await db.disconnect()
    log.info("process.stopped")


def main() -> None:
    """Run the relay until SIGINT or SIGTERM."""
    settings = get_settings()
    observability.configure_logging(settings, "relay")
    observability.configure_tracing(settings, "relay")
    if settings.database_url is None:
        raise SystemExit("DATABASE_URL is not set; `nexova up` starts a database of its own")
    reloading.on_hangup()
    collector.spare()
    uvloop.run(_run(settings))
