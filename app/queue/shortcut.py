"""The shortcut: a worker goes on by itself with what its own job has made due, without outbox, relay and queue."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from app.queue.jobs import JOBS

TAKEN: Final = frozenset({"conversation.turn", "message.deliver"})
"""The jobs that a customer waits for, each of which the sweeps find again within seconds if this process dies."""

AT_ONCE: Final = 64
"""More than these wait in the queues, where any worker may take them."""

Perform = Callable[..., Awaitable[None]]


class Shortcut:
    """The jobs that this process runs for itself, on its event loop."""

    def __init__(self, perform: Mapping[str, Perform]) -> None:
        """Take what runs each job: it is given the correlation id and the job's arguments."""
        self._perform = perform
        self._running: set[asyncio.Task[None]] = set()

    def has_room_for(self, actor: str) -> bool:
        """Whether one more job of this kind is taken."""
        return actor in TAKEN and len(self._running) < AT_ONCE

    def run(self, actor: str, arguments: dict[str, str], correlation_id: str | None) -> None:
        """Start a job."""
        task = asyncio.create_task(self._run(actor, arguments, correlation_id))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, actor: str, arguments: dict[str, str], correlation_id: str | None) -> None:
        try:
            async with asyncio.timeout(JOBS[actor].time_limit()):
                await self._perform[actor](correlation_id, **arguments)
        except Exception:
            # It is logged. The sweeps ring again, and what fails in the queue as well becomes a dead letter there.
            return

    async def drain(self, seconds: float) -> None:
        """Wait for what runs, at most some seconds."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
