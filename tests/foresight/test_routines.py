"""Routines: one of each name, run by one worker at a time, and never lost when one dies."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.queue import deadlines
from app.queue.actors import routines as runner
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from core.access import Principal
from core.errors import Abandoned
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.forecasts import service as forecasts
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.repository import find
from domain.routines.schemas import RoutineView, Taken

WATCH = RoutineName.ALERTS_WATCH


@pytest.fixture
async def system(workspace: WorkspaceView) -> Principal:
    """The runtime in a workspace whose routines are all due."""
    await deadlines.settle_all(100)
    principal = Principal.system(workspace.id)
    async with open_work(principal) as work:
        await routines.hasten(work, list(RoutineName))
    return principal


async def take(system: Principal, name: RoutineName = WATCH) -> Taken | None:
    async with open_work(system) as work:
        row = await find(work, name)
        assert row is not None
        return await routines.take(work, row.id)


async def state(system: Principal, name: RoutineName = WATCH) -> RoutineView:
    async with open_work(system) as work:
        return next(one for one in await routines.listing(work) if one.name is name)


async def expired(system: Principal, taken: Taken) -> Taken:
    """The same hold on a routine, as it is once its lease has run out."""
    async with open_work(system) as work:
        over = text("UPDATE routines SET lease_until = clock_timestamp() WHERE id = :id RETURNING lease_until")
        return replace(taken, lease_until=await work.session.scalar(over, {"id": taken.id}))


async def counted(work: Work) -> list[int | None]:
    """How much there is of all that routines write."""
    tables = ("demand_days", "forecast_runs", "alerts", "product_classes", "events")
    return [await work.session.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables]


async def waited_for(system: Principal, pid: int | None) -> None:
    """Until some transaction waits for the one of this process of Postgres."""
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND :pid = ANY (pg_blocking_pids(pid))")
    async with open_work(system) as work:
        while not await work.session.scalar(waits, {"pid": pid}):
            await asyncio.sleep(0)


async def rung(name: RoutineName) -> int:
    (sweep,) = (one for one in SWEEPS if one.job == name)
    return len(await unhandled(sweep))


async def test_every_workspace_has_each_routine_once(system: Principal) -> None:
    for _ in range(2):
        await deadlines.settle_all(100)
    async with open_work(system) as work:
        assert [one.name for one in await routines.listing(work)] == sorted(RoutineName)


async def test_of_many_workers_one_takes_it(system: Principal) -> None:
    taken = await asyncio.gather(*(take(system) for _ in range(8)))
    assert sum(one is not None for one in taken) == 1
    assert (await state(system)).is_running
    assert await rung(WATCH) == 0


async def test_what_a_dead_worker_held_is_run_by_another_and_the_dead_one_has_nothing_to_say(system: Principal) -> None:
    dead = await take(system)
    assert dead is not None
    dead = await expired(system, dead)
    assert await rung(WATCH) == 1  # now, and not when it would have been due again
    alive = await take(system)
    assert alive is not None
    async with open_work(system) as work:
        await routines.finish(work, dead, error="OSError")
    assert (await state(system)).is_running
    async with open_work(system) as work:
        await routines.finish(work, alive)
    done = await state(system)
    assert (done.is_running, done.failures, done.error) == (False, 0, None)


async def test_forecasts_wait_for_the_days_that_are_being_made(system: Principal) -> None:
    async with open_work(system) as work:
        await forecasts.ask_for_training(work)
    assert await rung(RoutineName.FORECAST_TRAIN) == 0  # the days are about to be made
    taken = await take(system, RoutineName.DEMAND_PROJECT)
    assert taken is not None
    assert await rung(RoutineName.FORECAST_TRAIN) == 0  # and now they are
    async with open_work(system) as work:
        await routines.finish(work, taken, position=1)
    assert await rung(RoutineName.FORECAST_TRAIN) == 1


@pytest.mark.parametrize("name", RoutineName)
async def test_a_slow_worker_writes_nothing_once_another_has_taken_over(system: Principal, name: RoutineName) -> None:
    slow = await take(system, name)
    assert slow is not None
    slow = await expired(system, slow)
    both = await asyncio.gather(*(take(system, name) for _ in range(8)))
    (quick,) = (one for one in both if one is not None)
    async with open_work(system) as work:
        before = await counted(work)
    with pytest.raises(Abandoned):
        await runner.DEEDS[name](system, slow)
    async with open_work(system) as work:
        assert await counted(work) == before
    await runner.DEEDS[name](system, quick)


async def test_who_writes_at_the_end_of_its_lease_is_not_overtaken(system: Principal) -> None:
    slow = await take(system)
    assert slow is not None
    slow = await expired(system, slow)
    async with open_work(system) as work:
        await routines.keep(work, slow)  # nobody has taken it yet, so what it has found is as good as ever
        others = [asyncio.create_task(take(system)) for _ in range(4)]
        await waited_for(system, await work.session.scalar(text("SELECT pg_backend_pid()")))
        assert not any(one.done() for one in others)
        await routines.finish(work, slow)
    assert await asyncio.gather(*others) == [None] * 4
    assert ((await state(system)).runs, (await state(system)).failures) == (1, 0)


async def test_a_run_that_is_cancelled_gives_its_routine_back(system: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def lasts(principal: Principal, taken: Taken) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with open_work(system) as work:
        row = await find(work, WATCH)
        assert row is not None
    monkeypatch.setattr(runner, "DEEDS", {WATCH: lasts})
    task = asyncio.create_task(runner.run(str(system.workspace_id), str(row.id)))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await state(system)
    assert (after.is_running, after.failures, after.error) == (False, 1, "CancelledError")
    assert after.due_at - after.ended_at < timedelta(minutes=2) if after.ended_at else False


async def test_who_sends_a_routine_back_to_the_beginning_is_heard_while_it_runs(system: Principal) -> None:
    name = RoutineName.DEMAND_PROJECT
    for position in (7, 9):
        taken = await take(system, name)
        assert taken is not None
        async with open_work(system) as work:
            if position == 9:
                await routines.restart(work, name)
            await routines.finish(work, taken, position=position)
            await routines.hasten(work, [name])
    again = await take(system, name)
    assert again is not None
    assert again.position is None


async def test_asking_a_hundred_times_is_one_run(system: Principal) -> None:
    async with open_work(system) as work:
        row = await find(work, WATCH)
        assert row is not None
    await runner.run(str(system.workspace_id), str(row.id))
    after = await state(system)
    async with open_work(system) as work:
        for minutes in (60, 5, 30):
            await routines.hasten(work, [WATCH], timedelta(minutes=minutes))
        await routines.hasten(work, [WATCH], timedelta(days=9))
    sooner = await state(system)
    assert after.runs == sooner.runs == 1
    assert sooner.due_at < after.due_at
    assert await rung(WATCH) == 0


async def test_a_run_that_fails_comes_again_after_a_pause_and_says_why(
    system: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(principal: Principal, taken: Taken) -> None:
        raise ValueError("no matter")

    async with open_work(system) as work:
        row = await find(work, WATCH)
        assert row is not None
        now = work.system_time
    with monkeypatch.context() as patch:
        patch.setattr(runner, "DEEDS", {WATCH: fails})
        await runner.run(str(system.workspace_id), str(row.id))
    failed = await state(system)
    assert (failed.failures, failed.error) == (1, "ValueError")
    assert failed.due_at > now
    async with open_work(system) as work:
        await routines.hasten(work, [WATCH])
    await runner.run(str(system.workspace_id), str(row.id))
    assert ((await state(system)).failures, (await state(system)).error) == (0, None)


async def test_one_that_follows_events_rests_until_something_happens(system: Principal) -> None:
    name = RoutineName.DEMAND_PROJECT
    async with open_work(system) as work:
        row = await find(work, name)
        assert row is not None
    await runner.run(str(system.workspace_id), str(row.id))
    async with open_work(system) as work:
        await routines.hasten(work, [name])
    assert await rung(name) == 0
    async with open_work(system) as work:
        await routines.restart(work, name)  # and then it reads everything again
    assert await rung(name) == 1
