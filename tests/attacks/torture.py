"""The torture: customers order at a real installation while its processes are killed; then the books are checked."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx
from sqlalchemy import text

from app.runtime import Runtime, runtime_file
from core import db
from core.settings import get_settings
from core.work import open_work
from evals.founding import Founded, found
from evals.installation import free_port
from evals.phone import Bubble, Phone
from evals.world import World
from tests.attacks.books import broken_rules

VICTIMS = ("web", "worker", "worker", "relay", "redis", "postgres")
"""Who may be killed; the worker twice as often."""

STOCK = Decimal(60)
"""What lies on the shelf of each product: too little for all customers."""

CHAOS = {
    "duplicate": 0.25,
    "delay": 0.2,
    "delay_seconds": 1.0,
    "reorder": 0.2,
    "drop": 0.1,
    "too_many_requests": 0.05,
    "server_error_after_accept": 0.03,
    "fail": 0.0,
}

WORLD = World.model_validate(
    {
        "name": "Abasto del Tormento",
        "currency": "VES",
        "country": "VE",
        "timezone": "America/Caracas",
        "language": "es",
        "stores": [{"code": "T-1", "name": "Tienda Uno"}],
        "settings": {"payment_methods": [{"code": "transferencia", "kind": "transfer", "name": "Transferencia"}]},
        "products": [
            {"sku": "HAR-1", "name": "Harina P.A.N. Blanca", "price": "25000", "stock": STOCK, "synonyms": ["harina pan"]},
            {"sku": "ACE-1", "name": "Aceite Mazeite", "price": "45000", "stock": STOCK},
        ],
    }
)


@dataclass
class Figures:
    """What happened, for the report."""

    conversations: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    confirmed: int = 0
    paid: int = 0
    refused: int = 0
    messages_in: int = 0
    messages_out: int = 0
    repeated_turns: int = 0
    unconfirmed: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.conversations} conversations in {self.seconds:.0f} s; killed: {kills or 'nobody'}\n"
            f"  {self.messages_in} messages in, {self.messages_out} out ({self.unconfirmed} without a report), "
            f"{self.repeated_turns} turns resumed\n"
            f"  {self.confirmed} orders confirmed, {self.paid} payments claimed, {self.refused} sent away for want of stock"
        )


class House:
    """An installation under `nexova up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Prepare, start nothing."""
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **os.environ,
            "NEXOVA_ENV": "test",
            "NEXOVA_DATA_DIR": str(folder),
            "NEXOVA_PORT": str(self.port),
            "BURST_WINDOW_SECONDS": "0.2",
            "LEASE_SECONDS": "3",
            "SWEEP_SECONDS": "1",
            "DELIVERY_UNKNOWN_SECONDS": "5",
            "WORKER_THREADS": "24",
            "LOG_FORMAT": "json",
        }
        for name in ("DATABASE_URL", "REDIS_URL", "INFOBIP_BASE_URL"):
            self.environment.pop(name, None)

    @property
    def url(self) -> str:
        """The web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def runtime(self) -> Runtime:
        """Addresses and process ids as of now."""
        return Runtime.model_validate_json(runtime_file(self.folder).read_text())

    async def start(self) -> subprocess.Popen[bytes]:
        """Start the supervisor and wait until it answers."""
        with (self.folder.parent / "up.log").open("wb") as log:
            supervisor = subprocess.Popen([sys.executable, "-m", "app.cli", "up"], env=self.environment, stdout=log, stderr=log)
        async with asyncio.timeout(120):
            async with httpx.AsyncClient() as client:
                while True:
                    with suppress(httpx.TransportError):
                        if (await client.get(f"{self.url}/health/ready", timeout=2)).status_code == 200:
                            return supervisor
                    assert supervisor.poll() is None, (self.folder.parent / "up.log").read_text()
                    await asyncio.sleep(0.1)

    def kill(self, name: str) -> bool:
        """Kill one process of the house, if it runs."""
        with suppress(FileNotFoundError, ValueError, ProcessLookupError, KeyError):
            os.kill(self.runtime.processes[name], signal.SIGKILL)
            return True
        return False


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    """A running installation, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="nexova-torture-") as folder:
        place = House(Path(folder) / "data")
        place.folder.mkdir()
        supervisor = await place.start()
        get_settings.cache_clear()
        db.connect(place.runtime.database_url, pool_size=5)
        try:
            yield place
        finally:
            await db.disconnect()
            supervisor.send_signal(signal.SIGTERM)
            await asyncio.to_thread(supervisor.wait, 60)


class Shopper:
    """A customer who wants two products, confirms, and pays, and does not give up when the line is dead for a while."""

    def __init__(self, client: httpx.AsyncClient, place: Founded, number: int, figures: Figures) -> None:
        """Prepare the phone of customer `number`."""
        self.phone = Phone(client, f"58414{number:07d}", place.connection)
        self.number = number
        self.figures = figures

    async def shop(self) -> None:
        """Go through the whole conversation."""
        await self._send(
            "text",
            text="quiero 2 harina pan y un aceite mazeite, lo busco en la tienda a nombre de Ana Pérez",
        )
        first = await self._heard(lambda bubble: True)
        summary = first and await self._heard(lambda bubble: bool(bubble.buttons), patience=20)
        if not summary:
            self.figures.refused += 1
            return
        await self._send("button_reply", id=summary.buttons[0].id)
        if await self._heard(lambda bubble: not bubble.buttons, after=summary.n) is None:
            return
        await self._send("text", text=f"pagué por transferencia, referencia 7{self.number:09d}")
        await self._heard(lambda bubble: True, after=self.phone.seen)

    async def _send(self, kind: str, **content: str) -> None:
        while True:
            with suppress(httpx.HTTPError):
                await self.phone.send(kind, **content)
                return
            await asyncio.sleep(0.2)

    async def _heard(self, wanted: Callable[[Bubble], bool], after: int = 0, patience: float = 90) -> Bubble | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while True:
                    with suppress(httpx.HTTPError):
                        await self.phone.read()
                    for bubble in self.phone.thread:
                        if bubble.direction == "shop" and bubble.n > after and wanted(bubble):
                            return bubble
                    await asyncio.sleep(0.15)
        return None


async def _count(place: Founded, query: str) -> int:
    async with open_work(place.principal) as work:
        return int(await work.session.scalar(text(query)) or 0)


async def _until_quiet(place: Founded, patience: float) -> None:
    """Wait until nothing is left to be done; a database that is away is asked again."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(Exception):
            left = await _count(
                place,
                """
                SELECT (SELECT count(*) FROM inbound_events WHERE handled_at IS NULL AND parked_reason IS NULL
                           AND kind = 'message')
                     + (SELECT count(*) FROM turns WHERE status = 'open')
                     + (SELECT count(*) FROM messages WHERE direction = 'out'
                           AND status IN ('queued', 'sending', 'retry', 'unknown'))
                     + (SELECT count(*) FROM messages m JOIN conversations c
                           ON (c.workspace_id, c.id) = (m.workspace_id, m.conversation_id)
                        WHERE m.direction = 'in' AND m.handled_at IS NULL AND c.voice = 'agent')
                """,
            )
            if left == 0:
                return
        await asyncio.sleep(0.25)
    raise AssertionError("the house did not come to rest")


async def _kill_at_random(place: House, chance: random.Random, pause: float, figures: Figures) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)
        victim = chance.choice(VICTIMS)
        if place.kill(victim):
            figures.kills[victim] += 1


async def torture(conversations: int, at_once: int, pause: float, seed: int) -> tuple[Figures, Founded]:
    """Let customers shop while somebody is killed every `pause` seconds; checks that the house comes to rest."""
    figures = Figures(conversations=conversations)
    started = time.monotonic()
    async with house() as place, httpx.AsyncClient(base_url=place.url, timeout=10) as client:
        founded = await found(WORLD, f"tormento-{seed}")
        (
            await client.put("/sandbox/chaos", json={"connection": founded.connection, "seed": str(seed), **CHAOS})
        ).raise_for_status()
        killer = asyncio.create_task(_kill_at_random(place, random.Random(seed), pause, figures))
        gate = asyncio.Semaphore(at_once)

        async def one(number: int) -> None:
            async with gate:
                await Shopper(client, founded, number, figures).shop()

        try:
            await asyncio.gather(*(one(number) for number in range(conversations)))
        finally:
            killer.cancel()
        await _until_quiet(founded, 180)
        figures.seconds = time.monotonic() - started
        await _read_figures(founded, figures)
        await check(founded)
    return figures, founded


async def _read_figures(place: Founded, figures: Figures) -> None:
    figures.confirmed = await _count(place, "SELECT count(*) FROM orders WHERE status = 'confirmed'")
    figures.paid = await _count(place, "SELECT count(*) FROM payments")
    figures.messages_in = await _count(place, "SELECT count(*) FROM messages WHERE direction = 'in'")
    figures.messages_out = await _count(place, "SELECT count(*) FROM messages WHERE direction = 'out'")
    figures.unconfirmed = await _count(place, "SELECT count(*) FROM messages WHERE status = 'unconfirmed'")
    figures.repeated_turns = await _count(place, "SELECT count(*) FROM turns WHERE attempts > 1")


async def check(place: Founded) -> None:
    """Look through the books of the shop; raises AssertionError with what does not add up."""
    broken = await broken_rules(place.workspace_id)
    assert not broken, broken
