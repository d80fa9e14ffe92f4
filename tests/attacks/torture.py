"""The torture: customers order at a real installation while its processes are killed; then the books are checked."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import redis
from sqlalchemy import text

from app.processes import pulse
from app.processes.runtime import Runtime, runtime_file
from app.queue.broker import redis_client
from core import db, messages
from core.settings import get_settings
from core.work import open_work
from evals.founding import Founded, found
from evals.installation import free_port
from evals.phone import Bubble, Phone
from evals.world import World
from tests.attacks.books import broken_rules
from tests.house.processes import READY_SECONDS

VICTIMS = ("web", "worker", "relay", "redis", "postgres")
"""Who is killed. Each round takes all of them, in an order of its own; sometimes two at once."""

TWO_AT_ONCE = 0.2
"""How often a second one dies with the first."""

PATIENCE = 75.0
"""How long a customer waits for an answer, in seconds: a message whose sender died counts as lost after 13."""

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

ANNOUNCED = messages.text("tool.confirmation_requested", "es")
"""The words that come before a summary."""


def world(stock: int) -> World:
    """A shop with so much on the shelf of each of two products."""
    return World.model_validate(
        {
            "name": "Abasto del Tormento",
            "currency": "VES",
            "country": "VE",
            "timezone": "America/Caracas",
            "language": "es",
            "stores": [{"code": "T-1", "name": "Tienda Uno"}],
            "settings": {"payment_methods": [{"code": "transferencia", "kind": "transfer", "name": "Transferencia"}]},
            "products": [
                {"sku": "HAR-1", "name": "Harina P.A.N. Blanca", "price": "25000", "stock": stock, "synonyms": ["harina pan"]},
                {"sku": "ACE-1", "name": "Aceite Mazeite", "price": "45000", "stock": stock},
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
    gave_up: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    back: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    messages_in: int = 0
    messages_out: int = 0
    repeated_turns: int = 0
    unconfirmed: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        back = ", ".join(f"{name} {max(seconds):.1f}" for name, seconds in sorted(self.back.items()))
        gave_up = ", ".join(f"{count} on {what}" for what, count in sorted(self.gave_up.items()))
        waits = sorted(self.waits) or [0.0]
        return (
            f"{self.conversations} conversations in {self.seconds:.0f} s; killed: {kills or 'nobody'}\n"
            f"  the house was whole again after at most (s): {back or '-'}\n"
            f"  {self.messages_in} messages in, {self.messages_out} out ({self.unconfirmed} without a report), "
            f"{self.repeated_turns} turns resumed\n"
            f"  {self.confirmed} orders confirmed, {self.paid} payments claimed, {self.refused} sent away for want of stock\n"
            f"  answers after {median(waits):.1f} s (median), {waits[int(len(waits) * 0.95)]:.1f} s (p95), {waits[-1]:.1f} s "
            f"(slowest); customers who gave up waiting: {gave_up or 'none'}"
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
            # A single worker, so that its death stops everything.
            "WORKER_PROCESSES": "1",
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
        """Start the supervisor and wait until it says that all is ready."""
        said = self.folder.parent / "up.log"
        with said.open("wb") as log:
            supervisor = subprocess.Popen([sys.executable, "-m", "app.cli", "up"], env=self.environment, stdout=log, stderr=log)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while "Nexova is ready" not in said.read_text():
                    assert supervisor.poll() is None, said.read_text()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            supervisor.terminate()
            supervisor.wait()
            raise AssertionError(said.read_text()) from None
        return supervisor

    def kill(self, name: str) -> int:
        """Kill one process of the house; the id that it had."""
        pid = self.runtime.processes[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    async def until_whole(self, dead: Collection[int]) -> None:
        """Wait until all processes run and work, and none of them is one of the dead."""
        async with asyncio.timeout(60), httpx.AsyncClient(timeout=2) as client:
            with redis_client(self.runtime.redis_url) as bells:
                while not await self._is_whole(client, bells, dead):
                    await asyncio.sleep(0.1)

    async def _is_whole(self, client: httpx.AsyncClient, bells: redis.Redis, dead: Collection[int]) -> bool:
        processes = self.runtime.processes
        if set(processes.values()) & set(dead):
            return False
        if not all([await asyncio.to_thread(pulse.is_living, bells, name, processes[name]) for name in ("worker", "relay")]):
            return False
        with suppress(httpx.HTTPError):
            return (await client.get(f"{self.url}/health/ready")).status_code == 200
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
        # Without enough on the shelf there is an answer, and no summary is announced.
        summary = await self._heard("the summary", lambda bubble: bool(bubble.buttons) or ANNOUNCED not in (bubble.text or ""))
        if summary is None:
            return
        if not summary.buttons:
            self.figures.refused += 1
            return
        await self._send("button_reply", id=summary.buttons[0].id)
        if await self._heard("the confirmation", lambda bubble: True, after=summary.n) is None:
            return
        await self._send("text", text=f"pagué por transferencia, referencia 7{self.number:09d}")
        await self._heard("the payment", lambda bubble: True, after=self.phone.seen)

    async def _send(self, kind: str, **content: str) -> None:
        while True:
            with suppress(httpx.HTTPError):
                await self.phone.send(kind, **content)
                return
            await asyncio.sleep(0.2)

    async def _heard(self, what: str, wanted: Callable[[Bubble], bool], after: int = 0) -> Bubble | None:
        started = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    with suppress(httpx.HTTPError):
                        await self.phone.read()
                    for bubble in self.phone.thread:
                        if bubble.direction == "shop" and bubble.n > after and wanted(bubble):
                            self.figures.waits.append(time.monotonic() - started)
                            return bubble
                    await asyncio.sleep(0.15)
        self.figures.gave_up[what] += 1
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


class Killer:
    """Kills one process after the other, sometimes two at once, and each time lets the house come back and work a while."""

    def __init__(self, place: House, chance: random.Random, pause: float, figures: Figures) -> None:
        """Prepare; `pause` is how long the house is left alone on average once it is whole."""
        self._place = place
        self._chance = chance
        self._pause = pause
        self._figures = figures
        self.rounds = 0

    async def run(self, rounds: int | None) -> None:
        """Kill everything so many times in turn; for ever without a number."""
        while rounds is None or self.rounds < rounds:
            for victim in self._chance.sample(VICTIMS, len(VICTIMS)):
                await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self._pause)
                await self._strike(victim)
            self.rounds += 1

    async def _strike(self, victim: str) -> None:
        others = [name for name in VICTIMS if name != victim]
        victims = [victim, self._chance.choice(others)] if self._chance.random() < TWO_AT_ONCE else [victim]
        dead = [self._place.kill(name) for name in victims]
        self._figures.kills.update(victims)
        started = time.monotonic()
        await self._place.until_whole(dead)
        self._figures.back["+".join(sorted(victims))].append(time.monotonic() - started)


async def torture(conversations: int, at_once: int, pause: float, seed: int, rounds: int | None = None) -> Figures:
    """Let customers shop while the house is killed piece by piece; then it must come to rest with its books in order.

    There are so many conversations at least, and more until everything has been killed once. Without a number of
    rounds the killing goes on as long as there are customers.
    """
    figures, started = Figures(), time.monotonic()
    async with house() as place, httpx.AsyncClient(base_url=place.url, timeout=10) as client:
        # Three customers of four find what they want.
        founded = await found(world(conversations * 3 // 2), f"tormento-{seed}")
        chaos = {"connection": founded.connection, "seed": str(seed), **CHAOS}
        (await client.put("/sandbox/chaos", json=chaos)).raise_for_status()
        killer = Killer(place, random.Random(seed), pause, figures)

        async def lane() -> None:
            while figures.conversations < conversations or (killer.rounds == 0 and not killing.done()):
                figures.conversations += 1
                await Shopper(client, founded, figures.conversations, figures).shop()

        killing = asyncio.create_task(killer.run(rounds))
        try:
            await asyncio.gather(*(lane() for _ in range(at_once)))
        finally:
            killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing
        await _until_quiet(founded, 180)
        figures.seconds = time.monotonic() - started
        await _read_figures(founded, figures)
        broken = await broken_rules(founded.workspace_id)
        assert not broken, broken
    return figures


async def _read_figures(place: Founded, figures: Figures) -> None:
    figures.confirmed = await _count(place, "SELECT count(*) FROM orders WHERE status = 'confirmed'")
    figures.paid = await _count(place, "SELECT count(*) FROM payments")
    figures.messages_in = await _count(place, "SELECT count(*) FROM messages WHERE direction = 'in'")
    figures.messages_out = await _count(place, "SELECT count(*) FROM messages WHERE direction = 'out'")
    figures.unconfirmed = await _count(place, "SELECT count(*) FROM messages WHERE status = 'unconfirmed'")
    figures.repeated_turns = await _count(place, "SELECT count(*) FROM turns WHERE attempts > 1")
