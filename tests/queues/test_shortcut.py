"""A worker goes on by itself with what is due at once: after the commit, while it has room, and never instead of a row
for later.
"""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.queue.shortcut import AT_ONCE, Shortcut
from app.queue.worker import PERFORM
from core import observability, outbox
from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView

DELIVER = "message.deliver"


class Ran:
    """Jobs that note that they were begun, and end when they are let."""

    def __init__(self) -> None:
        self.begun: list[tuple[str | None, dict[str, str]]] = []
        self.may_end = asyncio.Event()
        self.shortcut = Shortcut(dict.fromkeys(PERFORM, self._perform))

    async def _perform(self, correlation_id: str | None, **arguments: str) -> None:
        self.begun.append((correlation_id, arguments))
        await self.may_end.wait()


@pytest.fixture
async def ran() -> Ran:
    """A process that runs jobs itself."""
    return Ran()


@pytest.fixture(autouse=True)
def taken(ran: Ran) -> Iterator[None]:
    """The process takes the shortcut while a test runs."""
    outbox.take_shortcut(ran.shortcut)
    yield
    outbox.take_shortcut(None)


async def rows(workspace: WorkspaceView) -> int:
    """How many jobs the outbox of the workspace announces."""
    async with open_work(Principal.system(workspace.id)) as work:
        return int(await work.session.scalar(text("SELECT count(*) FROM outbox_messages")) or 0)


async def announce(workspace: WorkspaceView, actor: str, later: timedelta = timedelta(0)) -> UUID:
    """Commit a work that makes one job due."""
    conversation_id = new_id()
    async with open_work(Principal.system(workspace.id)) as work:
        outbox.enqueue(work, actor, due_at=work.system_time + later, conversation_id=conversation_id)
    return conversation_id


async def test_what_is_due_at_once_is_run_after_the_commit_and_leaves_no_row(workspace: WorkspaceView, ran: Ran) -> None:
    conversation_id = new_id()
    with observability.correlated("trace-7"):
        async with open_work(Principal.system(workspace.id)) as work:
            outbox.enqueue(work, DELIVER, conversation_id=conversation_id)
            await work.session.execute(text("SELECT 1"))
            assert ran.begun == []
    ran.may_end.set()
    await ran.shortcut.drain(5)
    assert ran.begun == [("trace-7", {"workspace_id": str(workspace.id), "conversation_id": str(conversation_id)})]
    assert await rows(workspace) == 0


async def test_what_is_due_later_or_answers_nobody_goes_the_long_way(workspace: WorkspaceView, ran: Ran) -> None:
    await announce(workspace, DELIVER, timedelta(seconds=1))
    await announce(workspace, "notification.send")
    await asyncio.sleep(0)
    assert (ran.begun, await rows(workspace)) == ([], 2)


async def test_a_work_that_fails_runs_nothing(workspace: WorkspaceView, ran: Ran) -> None:
    async def fail() -> None:
        async with open_work(Principal.system(workspace.id)) as work:
            outbox.enqueue(work, DELIVER, conversation_id=new_id())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await asyncio.sleep(0)
    assert (ran.begun, await rows(workspace)) == ([], 0)


async def test_a_worker_that_is_full_leaves_the_rest_to_the_queue(workspace: WorkspaceView, ran: Ran) -> None:
    for _ in range(AT_ONCE + 3):
        await announce(workspace, DELIVER)
    assert await rows(workspace) == 3
    ran.may_end.set()
    await ran.shortcut.drain(5)
    assert len(ran.begun) == AT_ONCE
    # And takes more as soon as it has room again
    await announce(workspace, DELIVER)
    await ran.shortcut.drain(5)
    assert (len(ran.begun), await rows(workspace)) == (AT_ONCE + 1, 3)
