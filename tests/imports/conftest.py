"""Fixtures of the tests of imports: a shop, and files put through the job that a worker runs."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.queue.actors import imports as job
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.imports import looking
from domain.imports import service as imports
from domain.imports.schemas import Answers, ImportResult
from tests.factories.shop import Shop, open_shop

Load = Callable[..., Awaitable[ImportResult]]


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with three products and nothing on the shelf."""
    return await open_shop(workspace.id)


@pytest.fixture
def load(shop: Shop) -> Load:
    """Brings a file into the shop and lets a worker go through it."""

    async def through(content: bytes | str, filename: str = "x.csv", *, dry: bool = False, **said: Any) -> ImportResult:
        raw = content.encode() if isinstance(content, str) else content
        key = await open_blobs(get_settings()).put(raw)
        store = said.pop("store", None)
        async with open_work(shop.principal) as work:
            started = await imports.start(work, filename, key, len(raw), store=store, answers=Answers(**said), is_dry_run=dry)
        await job.apply(str(shop.workspace_id), str(started.id))
        async with open_work(shop.principal) as work:
            return await looking.result(work, started.id, language="en")

    return through
