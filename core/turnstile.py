"""Who may open the next transaction of this process: whoever began first.

Under load a process has far more jobs at hand than it can serve. If their transactions took turns, all of them would
advance a little, none would finish, and leases and patience would run out. So what was begun first is finished first.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

_began: ContextVar[float | None] = ContextVar("began", default=None)
"""When the job of this context began, on the clock of `time.monotonic`; a job inherits it from the one that caused it."""


@contextmanager
def job() -> Iterator[None]:
    """Count everything that the block does, and whatever it starts, as begun now, unless it is part of a job already."""
    token = _began.set(_began.get() or time.monotonic())
    try:
        yield
    finally:
        _began.reset(token)


class Turnstile:
    """Lets a number of passengers through at once; those who wait pass in the order in which their jobs began."""

    def __init__(self, places: int) -> None:
        self._places = self._free = places
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @property
    def is_crowded(self) -> bool:
        """Whether more wait than fit through at once."""
        return len(self._waiting) > self._places

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Hold a place for the length of the block."""
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._free:
            self._free -= 1
            return
        called = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (_began.get() or time.monotonic(), next(self._arrivals), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()  # the place was given, and nobody takes it
            raise

    def _leave(self) -> None:
        while self._waiting:
            *_, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
