"""More work than a process can do: what was begun first is finished first, and what is not begun stays in the queue."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.queue.broker import RedisBells, open_broker
from app.queue.jobs import Ring
from core import turnstile
from core.access import Principal
from core.settings import Settings
from core.turnstile import Turnstile
from core.work import open_work
from domain.conversations.models import Message
from tests.factories.webhooks import post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace
from tests.queues.test_bells import QUEUE, next_message, ring
from tests.queues.test_worker import process, until

CROWD = 60


async def _nothing_more_happens() -> None:
    """Let every task go as far as it can by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_begun_is_finished_before_more_is_begun() -> None:
    gate, order, opened = Turnstile(1), list[str](), asyncio.Event()

    async def job(name: str, steps: int) -> None:
        with turnstile.job():
            for step in range(steps):
                async with gate.passage():
                    order.append(f"{name}{step}")
                    await opened.wait()

    async with asyncio.TaskGroup() as tasks:
        for name in "abc":
            tasks.create_task(job(name, 2))
        await _nothing_more_happens()
        opened.set()

    # A place that is left goes to who waits for it, so two jobs take turns; the third waits until one of them is done.
    assert order == ["a0", "b0", "a1", "b1", "c0", "c1"]


async def test_what_a_job_starts_is_as_old_as_the_job() -> None:
    gate, order, opened = Turnstile(1), list[str](), asyncio.Event()

    async def passes(name: str) -> None:
        async with gate.passage():
            order.append(name)
            await opened.wait()
            await _nothing_more_happens()

    async def job(name: str, follower: Callable[[], Awaitable[None]] | None = None) -> None:
        with turnstile.job():
            await passes(name)
            if follower is not None:
                await follower()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(job("old", lambda: asyncio.create_task(job("its follower"))))
        for name in ("young", "younger"):
            tasks.create_task(job(name))
        await _nothing_more_happens()
        opened.set()

    assert order == ["old", "young", "its follower", "younger"]


@given(
    places=st.integers(1, 3),
    acts=st.lists(st.tuples(st.sampled_from(["come", "leave", "cancel"]), st.integers(0, 20)), max_size=40),
)
def test_never_more_pass_than_there_are_places_and_no_place_is_lost(places: int, acts: list[tuple[str, int]]) -> None:
    async def play() -> None:
        gate = Turnstile(places)
        inside: dict[int, asyncio.Event] = {}
        tasks: list[asyncio.Task[None]] = []

        async def passenger(number: int) -> None:
            async with gate.passage():
                inside[number] = asyncio.Event()
                try:
                    await inside[number].wait()
                finally:
                    del inside[number]

        for act, which in acts:
            if act == "come":
                tasks.append(asyncio.create_task(passenger(len(tasks))))
            elif act == "leave" and inside:
                sorted(inside.items())[which % len(inside)][1].set()
            elif act == "cancel" and tasks:
                tasks[which % len(tasks)].cancel()
            if which % 2:
                await _nothing_more_happens()
            assert len(inside) <= places
        await _nothing_more_happens()
        assert len(inside) == min(places, sum(not task.done() for task in tasks))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        # Then every place is free again
        async with asyncio.timeout(5):
            for _ in range(places):
                await gate.passage().__aenter__()

    asyncio.run(play())


def test_what_there_is_no_room_for_stays_in_the_queue(settings: Settings, broker: RedisBells) -> None:
    room = [False, False, True]
    choosy = open_broker(settings, has_room=lambda: room.pop(0) if len(room) > 1 else room[0])
    choosy.declare_queue(QUEUE)
    consumer = choosy.consume(QUEUE, prefetch=512)
    rings = [ring() for _ in range(20)]
    choosy.ring(rings)

    assert next(consumer) is None
    assert choosy.depths()[QUEUE] == len(rings)
    # When there is room, a few are taken, and the others are left to whoever has room as well
    taken = next_message(consumer)
    assert Ring("inbound.ingest", dict(taken.kwargs)) == rings[0]
    assert 0 < choosy.depths()[QUEUE] < len(rings)
    choosy.close()


@pytest.mark.slow
async def test_a_crowd_at_once_is_served_without_a_failure(
    web: httpx.AsyncClient, broker: RedisBells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "2")
    workspace = await make_workspace()
    line = await make_connection(workspace)
    for number in range(CROWD):
        posted = await post(web, line.slug, webhook(result("hola", sender=f"58414{number:07d}")))
        assert posted.status_code == 200

    with process("worker", tmp_path, threads=CROWD), process("relay", tmp_path):
        await until(lambda: _have_answers(workspace.id, CROWD), 60)

    assert [(event.outcome, event.attempts) for event in await stored_events(workspace.id)] == [("message", 1)] * CROWD
    assert broker.dead_rings() == []
    log = (tmp_path / "worker.log").read_text()
    assert "job.unavailable" not in log
    assert "turn.abandoned" not in log


async def _have_answers(workspace_id: UUID, count: int) -> bool:
    async with open_work(Principal.system(workspace_id)) as work:
        query = select(func.count(Message.conversation_id.distinct())).where(Message.direction == "out")
        return await work.session.scalar(query) == count
