"""Live: a web process hears from Postgres of a conversation that has changed, or of new events, and wakes whoever looks.

A notice carries no content, so one that is lost, comes twice or comes late costs nothing: whoever is woken reads what stands,
and everybody is woken when the line to Postgres was down.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.web.limits import TooManyRequests
from core import notices

MOST_OF_ONE: Final = 20
"""So many pages and sockets one person or key may keep open in a process: each is woken by every change, and reads anew."""

RETRY_SECONDS: Final = 10


@dataclass(eq=False, slots=True)
class Watcher:
    """Somebody who looks at a workspace: which conversations have changed since they looked, and whether all may have."""

    hears_events: bool = False
    """Whether it is woken by events of the stream as well, not by conversations alone."""

    only: UUID | None = None
    """The one conversation whose changes wake it; None for all of the workspace."""

    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: set[UUID] = field(default_factory=set)
    _is_all: bool = False

    def ring(self, conversation_id: UUID | None) -> None:
        """Wake the watcher; None stands for everything."""
        if conversation_id is None:
            self._is_all = True
        else:
            self._changed.add(conversation_id)
        self._bell.set()

    async def changed(self, seconds: float) -> set[UUID] | None:
        """Wait for a change: the conversations, an empty set when any may have changed, None when nothing did in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return None
        self._bell.clear()
        changed = set() if self._is_all else self._changed
        self._changed, self._is_all = set(), False
        return changed


class Live:
    """The watchers of this process, and the one connection on which it listens for them."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._watchers: dict[UUID, set[Watcher]] = {}
        self._open: Counter[UUID] = Counter()

    def admit(self, caller_id: UUID) -> None:
        """Raise TooManyRequests if the caller keeps as many lines open as one may."""
        if self._open[caller_id] >= MOST_OF_ONE:
            raise TooManyRequests(retry_after=RETRY_SECONDS)

    @contextlib.contextmanager
    def watching(self, workspace_id: UUID, caller_id: UUID, *, events: bool = False) -> Iterator[Watcher]:
        """Be woken by conversations of a workspace that change, from now on, and by its events if they are wanted.

        Raises TooManyRequests if the caller keeps as many lines open as one may.
        """
        self.admit(caller_id)
        watcher = Watcher(events)
        self._open[caller_id] += 1
        self._watchers.setdefault(workspace_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._open[caller_id] -= 1
            if not self._open[caller_id]:
                del self._open[caller_id]
            self._watchers[workspace_id].discard(watcher)
            if not self._watchers[workspace_id]:
                del self._watchers[workspace_id]

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen as long as this lasts."""
        task = asyncio.create_task(
            notices.listen(self._database_url, notices.LIVE, "nexova-web-listen", heard=self._hear, opened=self._wake_all)
        )
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _hear(self, payload: str) -> None:
        workspace, _, conversation = payload.partition(" ")
        changed = UUID(conversation) if conversation else None
        for watcher in self._watchers.get(UUID(workspace), ()):
            # A shop may have thousands of visitors: a change of one conversation wakes those who look at it.
            if watcher.hears_events if changed is None else watcher.only in (None, changed):
                watcher.ring(changed)

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.ring(None)
