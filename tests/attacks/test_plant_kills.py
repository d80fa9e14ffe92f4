"""Readings under kills: what two boxes send at once, twice and in any order is stored once, whoever dies in between."""

import asyncio
import multiprocessing
import os
import random
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from tests.attacks import dying_line
from tests.factories.plant import START, open_plant

BEGIN = int(START.timestamp() * 1000)
SENSORS = ("temperature", "vibration")


def moments(seconds: int) -> list[dict[str, Any]]:
    """What a machine says each second; now and then nonsense, or of a time that has not come, as a clock has jumped."""
    said: list[dict[str, Any]] = []
    for second in range(seconds):
        at = BEGIN + second * 1000 if second % 97 else BEGIN + 10**10 + second * 1000
        values = {"temperature": 70.0 + second % 7, "vibration": 2.0 if second % 89 else 1e200}
        said.append({"machine": "MILL-3", "at": at, "values": values})
    return said


async def finished(process: ForkServerProcess) -> bool:
    """Whether a process came to its end alive."""
    process.start()
    await asyncio.to_thread(process.join, 90)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode == 0


async def sent(context: ForkServerContext, target: Any, arguments: tuple[Any, ...], kills: list[int]) -> int:
    """Start a process anew as often as it dies at the next of some boundaries, and then to its end; how often it died."""
    died = 0
    for kill_at in kills:
        died += not await finished(context.Process(target=target, args=(*arguments, kill_at)))
    assert await finished(context.Process(target=target, args=(*arguments, 0)))
    return died


async def played(workspace_id: UUID, database: str, folder: Path, *, seed: int, kills: int, seconds: int) -> int:
    """Two boxes that share half of their readings, and a worker, each of which dies so many times; how often any did."""
    chance = random.Random(seed)
    plant = await open_plant(workspace_id)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.attacks.dying_line"])
    environment = {**os.environ, "DATABASE_URL": database}
    every = moments(seconds)
    parts = (every[: seconds * 3 // 4], every[seconds // 4 :])
    lines = []
    for number, part in enumerate(parts):
        chance.shuffle(part)
        arguments = (environment, workspace_id, folder / f"box{number}.db", part)
        lines.append(sent(context, dying_line.send, arguments, [chance.randint(1, 40) for _ in range(kills)]))
    judged = (environment, workspace_id, plant.machine_id)
    lines.append(sent(context, dying_line.judge, judged, [chance.randint(1, 12) for _ in range(kills)]))
    died = sum(await asyncio.gather(*lines))

    good = [one for one in every if one["at"] < BEGIN + 10**9]
    wanted = {"temperature": len(good), "vibration": sum(one["values"]["vibration"] < 1e99 for one in good)}
    async with open_work(plant.principal) as work:
        for sensor in SENSORS:
            given = {"sensor": plant.sensors[sensor]}
            stored, total = (
                await work.session.execute(text("SELECT count(*), sum(value) FROM readings WHERE sensor_id = :sensor"), given)
            ).one()
            assert stored == wanted[sensor], f"{sensor}, seed {seed}"
            sums = text("SELECT level, sum(count), sum(total) FROM reading_rollups WHERE sensor_id = :sensor GROUP BY level")
            levels = {level: (count, whole) for level, count, whole in await work.session.execute(sums, given)}
            assert levels.keys() == {"minute", "hour", "day"}
            for count, whole in levels.values():
                assert count == stored, f"{sensor}, seed {seed}"
                assert whole == pytest.approx(total)
        told = await work.session.execute(
            text("SELECT reason, count(*) FROM quarantined_readings WHERE said NOT LIKE '%seconds%' GROUP BY reason")
        )
        refused = {str(reason): int(count) for reason, count in told}
    ahead = (len(every) - len(good)) * len(SENSORS)
    assert refused == {"clock_skewed": ahead, "out_of_range": len(good) - wanted["vibration"]}
    return died


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_readings_are_stored_once_whoever_dies_in_between(
    workspace: WorkspaceView, database: str, tmp_path: Path
) -> None:
    assert await played(workspace.id, database, tmp_path, seed=5, kills=2, seconds=400) >= 4


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_readings_are_stored_once_under_kills_without_end(
    workspace: WorkspaceView, database: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("TORTURE_SEED", "1"))
    died = await played(workspace.id, database, tmp_path, seed=seed, kills=25, seconds=4_000)
    sys.stdout.write(f"\nseed {seed}: {died} processes killed, every reading stored once\n")
    assert died > 25
