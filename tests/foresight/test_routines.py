"""Routines: one of each name, run by one worker at a time, and never lost when one dies."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.queue import deadlines
from app.queue.actors import routines as runner
from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
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
    async with open_work(system) as work:
        await work.session.execute(text("UPDATE routines SET lease_until = clock_timestamp(), due_at = clock_timestamp()"))
    assert await rung(WATCH) == 1
    alive = await take(system)
    assert alive is not None
    async with open_work(system) as work:
        await routines.finish(work, dead, error="OSError")
    assert (await state(system)).is_running
    async with open_work(system) as work:
        await routines.finish(work, alive)
    done = await state(system)
    assert (done.is_running, done.failures, done.error) == (False, 0, None)


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
