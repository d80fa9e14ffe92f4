"""Live: a web process hears from Postgres which conversation has changed, and wakes whoever looks at its workspace.

A notice carries no content, so one that is lost, comes twice or comes late costs nothing: whoever is woken reads what stands,
and everybody is woken when the line to Postgres was down.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from core import notices

CHANNEL: Final = "nexova_live"


@dataclass(eq=False, slots=True)
class Watcher:
    """Somebody who looks at a workspace: which conversations have changed since they looked, and whether all may have."""

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

    @contextlib.contextmanager
    def watching(self, workspace_id: UUID) -> Iterator[Watcher]:
        """Be woken by what changes in a workspace, from now on."""
        watcher = Watcher()
        self._watchers.setdefault(workspace_id, set()).add(watcher)
        try:
            yield watcher
        finally:
            self._watchers[workspace_id].discard(watcher)
            if not self._watchers[workspace_id]:
                del self._watchers[workspace_id]

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen as long as this lasts."""
        task = asyncio.create_task(
            notices.listen(self._database_url, CHANNEL, "nexova-web-listen", heard=self._hear, opened=self._wake_all)
        )
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _hear(self, payload: str) -> None:
        workspace, _, conversation = payload.partition(" ")
        for watcher in self._watchers.get(UUID(workspace), ()):
            watcher.ring(UUID(conversation))

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.ring(None)
