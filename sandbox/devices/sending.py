"""Sending what machines say over HTTP, at a low rate: the demo's plant, for as long as a web process runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import SQLAlchemyError

from core import observability
from core.access import Principal
from core.clock import process_now
from core.errors import CommitOutcomeUnknown
from core.settings import Settings
from core.work import open_work
from domain.accounts import api_keys
from domain.accounts import service as accounts
from domain.accounts.schemas import NewApiKey
from domain.machines import service as machines
from sandbox.devices.plant import DRIFTS_FOR, MODES
from sandbox.devices.signals import BY_CODE, Device, Mode, readings, values

EVERY_SECONDS: Final = 15.0
KEY_LASTS: Final = timedelta(days=1)

_UNAVAILABLE: Final = (SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError, httpx.HTTPError)

log = observability.log(__name__)


async def mint(workspace_id: UUID) -> str:
    """A key with which devices may send for a day, and do nothing else."""
    async with open_work(Principal.system(workspace_id)) as work:
        lasts = work.system_time + KEY_LASTS
        made = await api_keys.create_key(
            work, NewApiKey(name="Simulador", permissions=frozenset({"machines:ingest"}), expires_at=lasts)
        )
    return made.key


async def present(workspace_id: UUID) -> list[tuple[Device, float]]:
    """Those of the three machines that a workspace has, and since when each is in its mode."""
    async with open_work(Principal.system(workspace_id)) as work:
        found = await machines.list_machines(work, is_active=True, limit=machines.MOST_ITEMS)
    known = [one for one in found.items if one.code in BY_CODE]
    return [(BY_CODE[one.code], (one.state_since - DRIFTS_FOR).timestamp()) for one in known]


async def send(http: httpx.AsyncClient, url: str, key: str, items: Sequence[object]) -> httpx.Response:
    """Send readings as a device does."""
    headers = {"authorization": f"Bearer {key}"}
    return await http.post(f"{url}/api/v1/ingest/raw", json=list(items), headers=headers)


class Plant:
    """The demo's machines, as a task of the web process. Of two processes both say the same, and it is stored once."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.base_url
        self._keys: dict[UUID, str] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send for the duration of a block."""
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            task = asyncio.create_task(self._run(http))
            try:
                yield
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _run(self, http: httpx.AsyncClient) -> None:
        while True:
            now = process_now().timestamp()
            await asyncio.sleep(EVERY_SECONDS - now % EVERY_SECONDS)
            try:
                await self.send_all(http)
            except _UNAVAILABLE as error:
                log.info("devices.unheard", error=type(error).__name__)

    async def send_all(self, http: httpx.AsyncClient) -> None:
        """Send one moment of every demo machine."""
        at = process_now().timestamp() // EVERY_SECONDS * EVERY_SECONDS
        for ref in await accounts.list_workspaces():
            devices = await present(ref.id)
            if not devices:
                continue
            if ref.id not in self._keys:
                self._keys[ref.id] = await mint(ref.id)
            items = [
                readings(each, at, values(each, at, mode=MODES.get(each.code, Mode.NORMAL), since=since))
                for each, since in devices
            ]
            answer = await send(http, self._url, self._keys[ref.id], items)
            if answer.status_code == 401:
                del self._keys[ref.id]


def router(settings: Settings) -> APIRouter:
    """Nothing to be called: only what runs while the application does."""
    plant = Plant(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with plant.running():
            yield

    return APIRouter(lifespan=lifespan)
