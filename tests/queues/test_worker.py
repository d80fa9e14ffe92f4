"""The worker process: takes rings, runs jobs, keeps what failed unforeseen, and leaves in order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.processes import pulse
from app.queue import deadletters
from app.queue.broker import RedisBells
from app.queue.jobs import Ring
from core.settings import Settings
from domain.accounts.schemas import WorkspaceView
from tests.factories.provider import accepted
from tests.factories.threads import Thread, opened
from tests.factories.webhooks import post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace

pytestmark = pytest.mark.slow


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for something that another process does."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


@contextmanager
def process(name: str, folder: Path, threads: int = 8) -> "Iterator[subprocess.Popen[bytes]]":
    """A real worker or relay, killed at the end if it still runs."""
    environment = {**os.environ, "NEXOVA_DATA_DIR": str(folder), "WORKER_THREADS": str(threads), "LOG_FORMAT": "json"}
    command = [sys.executable, "-c", f"from app.queue.{name} import main; main()"]
    with (folder / f"{name}.log").open("ab") as log, subprocess.Popen(command, env=environment, stderr=log) as running:
        try:
            yield running
        finally:
            running.kill()


async def living(settings: Settings, name: str) -> bool:
    """Whether a process of this name has a heartbeat."""
    client = pulse.open_redis(settings)
    names = await pulse.heartbeats(client)
    await client.aclose()
    return any(each.startswith(f"{name}:") for each in names)


@pytest.fixture
async def shop(web: httpx.AsyncClient, broker: RedisBells) -> WorkspaceView:
    """A workspace with one stored webhook, and empty queues."""
    workspace = await make_workspace()
    line = await make_connection(workspace)
    assert (await post(web, line.slug, webhook(result("hola")))).status_code == 200
    return workspace


async def handled(shop: WorkspaceView) -> bool:
    """Whether the stored event was handled."""
    return all(event.handled_at is not None for event in await stored_events(shop.id))


async def test_relay_and_worker_bring_a_webhook_to_its_conversation_and_leave_in_order(
    shop: WorkspaceView, settings: Settings, tmp_path: Path
) -> None:
    with process("worker", tmp_path) as worker, process("relay", tmp_path) as relay:
        await until(lambda: handled(shop))
        await until(lambda: living(settings, "worker"))
        await until(lambda: living(settings, "relay"))
        for each in (worker, relay):
            each.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(each.wait, 20) for each in (worker, relay)]

    assert codes == [0, 0], (tmp_path / "worker.log").read_text() + (tmp_path / "relay.log").read_text()
    assert not await living(settings, "worker")
    assert not await living(settings, "relay")


async def test_after_redis_forgot_everything_the_sweeps_bring_the_event_home(
    shop: WorkspaceView, broker: RedisBells, settings: Settings, tmp_path: Path
) -> None:
    with process("relay", tmp_path):
        await until(lambda: _rung(broker))
        broker.client.flushdb()
        with process("worker", tmp_path):
            await until(lambda: handled(shop))
    assert [event.outcome for event in await stored_events(shop.id)] == ["message"]


async def test_a_killed_deliverer_holds_up_the_next_message_for_seconds_only(
    web: httpx.AsyncClient, broker: RedisBells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERY_UNKNOWN_SECONDS", "0.5")
    async with opened(await make_workspace(), None, accepted()) as thread:
        # Given a worker that is killed while it waits for the provider's answer
        await thread.queue("uno", "dos")
        with process("relay", tmp_path):
            with process("worker", tmp_path) as worker:
                async with asyncio.timeout(30):
                    await thread.provider.arrived.wait()
                worker.kill()
            # When another worker runs
            with process("worker", tmp_path):
                killed_at = time.monotonic()
                await until(lambda: _statuses_are(thread, ["unconfirmed", "sent"]))
        # Then the next message goes out soon, once a worker has started, and the first is not sent again
        assert time.monotonic() - killed_at < 45
        assert thread.said == ["uno", "dos"]


async def _statuses_are(thread: Thread, expected: list[str]) -> bool:
    return await thread.statuses() == expected


async def _rung(broker: RedisBells) -> bool:
    return broker.depths()["inbound-ingest"] > 0


async def test_a_job_that_fails_unforeseen_becomes_a_dead_letter_and_can_be_rung_again(
    shop: WorkspaceView, broker: RedisBells, settings: Settings, tmp_path: Path
) -> None:
    broken = Ring("inbound.ingest", {"workspace_id": str(shop.id), "event_id": "no id at all"}, "trace-9")
    broker.ring([broken])
    with process("worker", tmp_path):
        await until(lambda: _dead(broker))
        [letter] = await deadletters.list_all()
        assert (letter.kind, letter.name, letter.workspace_id) == ("ring", "inbound.ingest", str(shop.id))
        assert "badly formed" in letter.reason
        [dead] = broker.dead_rings()
        assert dead.ring == broken

        assert (await deadletters.retry(letter.id)).id == letter.id
        await until(lambda: _dead_again(broker, letter.id))


async def _dead(broker: RedisBells) -> bool:
    return any(dead.error for dead in broker.dead_rings())


async def _dead_again(broker: RedisBells, former: str) -> bool:
    dead = broker.dead_rings()
    return bool(dead) and all(each.id != former for each in dead)
