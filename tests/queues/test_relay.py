"""The relay: every committed outbox row rings its queue, whichever relay or server dies meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import dramatiq
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from app.queue import retention
from app.queue.broker import QueueUnavailable, RedisBells, open_broker
from app.queue.jobs import RETENTIONS, Ring
from app.queue.relay import BLIND_LOOKS, Relay
from core import outbox, outbox_rows
from core.access import Principal
from core.embedded import EmbeddedRedis, start_redis
from core.settings import Settings, get_settings
from core.tables import new_id
from core.work import open_system_work, open_work
from domain.accounts.schemas import WorkspaceView
from tests.factories.webhooks import outbox_rows_of

QUEUE = "dramatiq:inbound-ingest"


async def announce(workspace_id: UUID, count: int, *, due_in: float = 0, actor: str = "inbound.ingest") -> set[str]:
    """Commit outbox rows; the ids that their rings will carry."""
    ids = [new_id() for _ in range(count)]
    async with open_work(Principal.system(workspace_id)) as work:
        for event_id in ids:
            outbox.enqueue(work, actor, due_at=work.system_time + timedelta(seconds=due_in), event_id=event_id)
    return {str(event_id) for event_id in ids}


def rung(broker: RedisBells) -> list[str]:
    """The ids in the rings that wait in the queue, in order."""
    keys = broker.client.lrange(QUEUE, 0, -1)
    assert isinstance(keys, list)
    messages = [broker.client.hget(f"{QUEUE}.msgs", key) for key in keys]
    return [dramatiq.Message.decode(message).kwargs["event_id"] for message in messages if isinstance(message, bytes)]


async def next_ring(broker: RedisBells, seconds: float = 8) -> str | None:
    """Wait for a ring and take it; the id that it carries."""
    popped = await asyncio.to_thread(broker.client.blpop, [QUEUE], seconds)
    if popped is None:
        return None
    message = broker.client.hget(f"{QUEUE}.msgs", popped[1])
    assert isinstance(message, bytes)
    event_id: str = dramatiq.Message.decode(message).kwargs["event_id"]
    return event_id


async def make_due_again(workspace_id: UUID) -> None:
    """Let the leases of a relay that died run out."""
    async with open_system_work() as session:
        await session.execute(text("UPDATE outbox_messages SET lease_until = clock_timestamp() - interval '1 second'"))


@asynccontextmanager
async def running(settings: Settings, broker: RedisBells) -> AsyncIterator[Relay]:
    """A relay at work, which is stopped in order at the end."""
    stopping = asyncio.Event()
    relay = Relay(settings, broker)
    task = asyncio.create_task(relay.run(stopping))
    yield relay
    stopping.set()
    await asyncio.wait_for(task, 10)


@pytest.fixture
def patient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a relay that polls and sweeps so rarely that only the bell can wake it."""
    monkeypatch.setenv("OUTBOX_POLL_SECONDS", "600")
    monkeypatch.setenv("SWEEP_SECONDS", "600")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


async def test_several_relays_ring_each_row_once_and_mark_it(
    settings: Settings, broker: RedisBells, workspace: WorkspaceView
) -> None:
    expected = await announce(workspace.id, 450)
    relays = [Relay(settings, broker) for _ in range(3)]

    async def drain(relay: Relay) -> None:
        while (await relay.publish())[0]:
            pass

    await asyncio.gather(*(drain(relay) for relay in relays))

    assert sorted(rung(broker)) == sorted(expected)
    rows = await outbox_rows_of(workspace.id)
    assert all(row.published_at is not None and row.attempts == 1 for row in rows)


async def test_rows_of_a_relay_that_died_before_marking_ring_again(
    settings: Settings, broker: RedisBells, workspace: WorkspaceView
) -> None:
    expected = await announce(workspace.id, 3)
    taken, _ = await outbox_rows.take(10)
    broker.ring([Ring(row.actor, row.arguments, row.correlation_id) for row in taken])
    survivor = Relay(settings, broker)
    assert (await survivor.publish())[0] == 0

    await make_due_again(workspace.id)
    assert (await survivor.publish())[0] == 3
    assert set(rung(broker)) == expected
    assert len(rung(broker)) == 6
    assert all(row.published_at is not None for row in await outbox_rows_of(workspace.id))


async def test_while_redis_is_dead_rows_wait_and_none_is_marked(
    settings: Settings, workspace: WorkspaceView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server: EmbeddedRedis = start_redis(tmp_path)
    monkeypatch.setenv("REDIS_URL", server.url)
    get_settings.cache_clear()
    broker = open_broker(get_settings())
    relay = Relay(settings, broker)
    expected = await announce(workspace.id, 5)

    server.process.kill()
    server.process.wait()
    with pytest.raises(QueueUnavailable):
        await relay.publish()
    assert all(row.published_at is None and row.lease_until is None for row in await outbox_rows_of(workspace.id))

    server.restart()
    assert (await relay.publish())[0] == 5
    assert set(rung(broker)) == expected
    broker.close()
    server.stop()


async def test_a_commit_rings_at_once_without_waiting_for_the_poll(
    patient: Settings, broker: RedisBells, workspace: WorkspaceView
) -> None:
    async with running(patient, broker):
        for _ in range(3):
            [expected] = await announce(workspace.id, 1)
            assert await next_ring(broker) == expected


async def test_a_row_rings_when_it_falls_due(patient: Settings, broker: RedisBells, workspace: WorkspaceView) -> None:
    async with running(patient, broker):
        started = time.monotonic()
        [expected] = await announce(workspace.id, 1, due_in=0.6)
        assert await next_ring(broker) == expected
        assert time.monotonic() - started >= 0.55


async def test_a_relay_that_lost_its_ear_listens_again_and_looks_at_once(
    patient: Settings, broker: RedisBells, workspace: WorkspaceView, database_url: str
) -> None:
    watcher = await asyncpg.connect(database_url)
    ear = "SELECT pid FROM pg_stat_activity WHERE application_name = 'nexova-relay-listen' AND datname = current_database()"
    async with running(patient, broker):
        [first] = await announce(workspace.id, 1)
        assert await next_ring(broker) == first
        while (pid := await watcher.fetchval(ear)) is None:
            await asyncio.sleep(0)
        # One that waits until it is gone: then it hears of nothing that happens before the next begins to listen.
        assert await watcher.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        [second] = await announce(workspace.id, 1)
        assert await next_ring(broker) == second
    await watcher.close()


async def test_a_row_that_no_queue_carries_is_parked_with_its_reason_and_holds_up_nobody(
    settings: Settings, broker: RedisBells, workspace: WorkspaceView
) -> None:
    await announce(workspace.id, 1, actor="order.teleport")
    expected = await announce(workspace.id, 2)
    await Relay(settings, broker).publish()

    assert set(rung(broker)) == expected
    [parked] = [row for row in await outbox_rows_of(workspace.id) if row.parked_reason]
    assert (parked.actor, parked.parked_reason) == ("order.teleport", "no queue carries order.teleport")
    assert [row.id for row in await outbox_rows.waiting(10)] == [parked.id]
    assert await outbox_rows.ring_again(parked.id)
    assert [row.parked_reason for row in await outbox_rows.waiting(10)] == [None]


async def test_rows_that_the_system_role_may_not_see_raise_the_alarm(
    settings: Settings, broker: RedisBells, workspace: WorkspaceView, database_url: str
) -> None:
    await announce(workspace.id, 1)
    async with open_work(Principal.system(workspace.id)) as work:
        outbox.enqueue(work, "inbound.ingest", event_id=new_id())
        await work.session.flush()
        await work.session.execute(text("SELECT pg_stat_force_next_flush()"))
    assert not await outbox_rows.is_blind()

    owner = await asyncpg.connect(database_url)
    await owner.execute("DROP POLICY outbox_messages_system_reads ON outbox_messages")
    await owner.close()
    assert await outbox_rows.is_blind()
    relay = Relay(settings, broker)
    assert (await relay.publish())[0] == 0
    with capture_logs() as logs:
        for _ in range(BLIND_LOOKS):
            await relay.watch()
    assert [entry["event"] for entry in logs if entry["log_level"] == "critical"] == ["relay.blind"]


async def test_only_old_published_rows_are_cleaned_up(workspace: WorkspaceView, broker: RedisBells, settings: Settings) -> None:
    await announce(workspace.id, 2)
    await Relay(settings, broker).publish()
    await announce(workspace.id, 1)
    old, fresh, waiting = sorted(await outbox_rows_of(workspace.id), key=lambda row: row.published_at is None)
    async with open_work(Principal.system(workspace.id)) as work:
        aged = "published_at = published_at - interval '8 days', due_at = due_at - interval '8 days'"
        statement = text(f"UPDATE outbox_messages SET {aged} WHERE id = :id")
        await work.session.execute(statement, {"id": old.id})

    assert sum([await retention.forget(one) for one in RETENTIONS if one.table.startswith("outbox_messages")]) == 1
    assert {row.id for row in await outbox_rows_of(workspace.id)} == {fresh.id, waiting.id}
