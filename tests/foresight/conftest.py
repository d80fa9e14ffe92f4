"""Fixtures: a shop, and running a routine of it."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.queue import deadlines
from app.queue.actors import routines as runner
from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.repository import find
from tests.factories.shop import Shop, open_shop

Run = Callable[[RoutineName], Coroutine[Any, Any, None]]


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with three products and nothing on the shelf."""
    return await open_shop(workspace.id)


@pytest.fixture
def run(workspace: WorkspaceView) -> Run:
    """Run a routine now, as a worker does; it fails if the routine fails."""

    async def now(name: RoutineName) -> None:
        await deadlines.settle_all(100)
        principal = Principal.system(workspace.id)
        async with open_work(principal) as work:
            await routines.hasten(work, [name])
        async with open_work(principal) as work:
            row = await find(work, name)
        assert row is not None
        await runner.run(str(workspace.id), str(row.id))
        async with open_work(principal) as work:
            after = await find(work, name)
        assert after is not None
        assert (after.runs, after.error) == (row.runs + 1, None)

    return now
