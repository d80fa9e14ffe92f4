"""Fixtures: a shop, and running a routine of it."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.queue import deadlines
from domain.accounts.schemas import WorkspaceView
from domain.routines.kinds import RoutineName
from tests.factories.routines import run_routines
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
        await run_routines(workspace.id, name)

    return now
