"""A box beside machines, its line and the door of the house in one process that is killed at the n-th boundary: a reading taken
in, a request sent, a transaction about to be committed or just committed, an answer on its way.
"""

import asyncio
import gzip
import json
import os
import random
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.queue.actors import RUNNERS
from connectors.edge.box import Box
from connectors.edge.buffer import Buffer
from core import db
from core.access import Principal, PrincipalKind
from core.settings import get_settings
from core.work import open_work
from domain.machines import intake

_TAKEN_AT_ONCE = 25


class _Door(httpx.AsyncBaseTransport):
    """The door of the house, which some requests reach twice, and which hears some of them and is not heard."""

    def __init__(self, device: Principal, chance: random.Random, cross: Callable[[], None]) -> None:
        self._device, self._chance, self._cross = device, chance, cross

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        items = json.loads(gzip.decompress(await request.aread()))
        take = intake.take_features if request.url.path.endswith("features") else intake.take
        self._cross()
        for _ in range(self._chance.choice((1, 1, 2))):
            self._chance.shuffle(items)
            async with open_work(self._device) as work:
                view = await take(work, items)
        self._cross()
        if self._chance.random() < 0.1:
            raise httpx.ReadTimeout("the answer was lost")
        return httpx.Response(200, json=view.model_dump(mode="json"))


def _dying(kill_at: int) -> Callable[[], None]:
    """Counts boundaries, and dies at one of them; at none for 0."""
    passed = 0

    def cross(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Session, "before_commit", cross)
    event.listen(Session, "after_commit", cross)
    return cross


def send(environment: dict[str, str], workspace_id: UUID, path: Path, items: Sequence[dict[str, Any]], kill_at: int) -> None:
    """Take all items into a box, which knows most of them from before, and send until nothing waits."""

    async def run() -> None:
        cross, chance = _dying(kill_at), random.Random(kill_at)
        device = Principal(PrincipalKind.API_KEY, workspace_id, frozenset({"machines:ingest"}))
        db.connect(environment["DATABASE_URL"], pool_size=2)
        buffer = Buffer(path, 50_000_000)
        async with httpx.AsyncClient(transport=_Door(device, chance, cross)) as http:
            box = Box(buffer, http, "http://house", "a key")
            for start in range(0, len(items), _TAKEN_AT_ONCE):
                box.take(items[start : start + _TAKEN_AT_ONCE])
                cross()
                await box.send()
            while any(buffer.waiting()):
                await box.send()
        await db.disconnect()

    _begin(environment)
    asyncio.run(run())


def judge(environment: dict[str, str], workspace_id: UUID, machine_id: UUID, kill_at: int) -> None:
    """Judge a machine again and again, as workers do while its readings come in."""

    async def run() -> None:
        _dying(kill_at)
        db.connect(environment["DATABASE_URL"], pool_size=2)
        for _ in range(5):
            await RUNNERS["machine.judge"](workspace_id=str(workspace_id), machine_id=str(machine_id))
        await db.disconnect()

    _begin(environment)
    asyncio.run(run())


def _begin(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    get_settings.cache_clear()
