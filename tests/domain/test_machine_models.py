"""Models of machines: learned from a plant's own failures, used once a person says so, and doubted when they no longer fit."""

import asyncio
import gzip
import random
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.queue.actors import RUNNERS
from core import events
from core.blobs import open_blobs
from core.event_types import EventType
from core.events import Wanted
from core.settings import get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.machines import modelling, risk
from domain.machines import service as machines
from domain.machines.errors import ModelNotReady, ModelsUnderWay
from domain.machines.kinds import Cause, MachineEventKind, ModelKind, ModelSource, ModelStatus, RiskLevel, Way
from domain.machines.model_schemas import ModelView, NewModel
from domain.machines.schemas import ChangeSensor, NewMachineEvent, RiskView
from tests.factories.plant import Plant, open_plant, run_hours
from tests.factories.workspaces import make_workspace

LIFE = 150
"""Hours from one failure to the next."""


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def learned(plant: Plant, command: NewModel, given: modelling.Given | None = None) -> ModelView:
    async with open_work(plant.principal) as work:
        asked = await modelling.ask(work, command, given)
    assert asked.status is ModelStatus.PENDING
    for _ in range(2):  # a second worker finds nothing left
        await RUNNERS["machine.learn"](workspace_id=str(plant.workspace_id), model_id=str(asked.id))
    async with open_work(plant.principal) as work:
        return await modelling.get(work, asked.id)


async def judged(plant: Plant) -> RiskView:
    await RUNNERS["machine.judge"](workspace_id=str(plant.workspace_id), machine_id=str(plant.machine_id))
    async with open_work(plant.principal) as work:
        return await risk.of_machine(work, plant.machine_id)


async def history(plant: Plant, lives: int, until: datetime) -> None:
    """Lives that end in failure, told by the hour: what vibrates more and more in its last day fails."""
    chance = random.Random(3)
    items = []
    for life in range(lives):
        failed_at = until - timedelta(hours=LIFE * (lives - 1 - life))
        for hour in range(LIFE - 3):
            left = LIFE - 3 - hour
            values = {"temperature": 60 + chance.gauss(0, 2), "power": 40 + chance.gauss(0, 3)}
            values["vibration"] = 2 + max(0, 30 - left) / 6 + chance.gauss(0, 0.4)
            items.append({"machine": "MILL-3", "at": (failed_at - timedelta(hours=left)).isoformat(), "values": values})
    for start in range(0, len(items), 3000):
        await plant.send(*items[start : start + 3000])
    async with open_work(plant.principal) as work:
        for life in range(lives):
            failed_at = until - timedelta(hours=LIFE * (lives - 1 - life))
            for kind, at in (
                (MachineEventKind.FAILED, failed_at),
                (MachineEventKind.MAINTENANCE_ENDED, failed_at + timedelta(hours=2)),
                (MachineEventKind.STARTED, failed_at + timedelta(hours=2, minutes=1)),
            ):
                await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=kind, at=at))


async def test_what_was_learned_from_failures_warns_once_it_is_promoted_and_is_doubted_once_things_have_changed(
    plant: Plant,
) -> None:
    # Given twelve lives, the last of which ended eight days ago, and a model that was learned from them
    async with open_work(plant.principal) as work:
        now = work.system_time
    ended = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=8)
    await history(plant, 12, ended)
    made = await learned(plant, NewModel(kind=ModelKind.FAILURE, machine_kind="molino"))
    assert (made.status, made.reason, made.sensors) == (ModelStatus.CANDIDATE, None, ("power", "temperature", "vibration"))
    assert made.learned_from["failures"] == 12
    assert made.figures["f1"] > 0.8
    assert made.figures["lead_hours"] > 6
    # When the machine vibrates as before a failure, nobody hears of it as long as the model is none that a person chose
    await run_hours(plant, 1.2, now, temperature=60.0, vibration=6.5, power=40.0)
    assert Way.FAILURE_MODEL not in (await judged(plant)).ways
    async with open_work(plant.principal) as work:
        await modelling.promote(work, made.id)
    view = await judged(plant)
    chance = view.foretold.chance if view.foretold else None
    assert chance is not None
    assert chance.probability > chance.threshold
    (reason,) = [one for one in view.reasons if one.cause is Cause.FAILURE_FORETOLD]
    assert (view.level, max(reason.strayed, key=lambda code: reason.strayed[code])) == (RiskLevel.ELEVATED, "vibration")
    # And the lives that ended tell how many hours another has left, by a second model beside it
    life = await learned(plant, NewModel(kind=ModelKind.REMAINING_LIFE, machine_kind="molino"))
    assert life.status is ModelStatus.CANDIDATE, (life.reason, life.details)
    assert life.figures["rmse_hours"] < 25
    async with open_work(plant.principal) as work:
        await modelling.promote(work, life.id)
    # When days go by in which the machine runs hotter than anything that was learned from
    hot = [
        {"machine": "MILL-3", "sensor": sensor, "at": (now - timedelta(hours=120 - hour)).isoformat(), "value": value}
        for hour in range(118)
        for sensor, value in (("temperature", 90.0 + hour % 7), ("vibration", 2.0 + hour % 3 / 10), ("power", 40.0 + hour % 5))
    ]
    await plant.send(*hot)
    view = await judged(plant)
    (drift,) = [one for one in view.reasons if one.cause is Cause.MODEL_DRIFTED]
    assert "temperature" in drift.strayed
    assert view.confidence <= 0.5
    told = view.foretold.life if view.foretold else None
    assert told is not None
    assert told.model == life.number
    # Then a model of which a sensor is gone says nothing, and one out of use is not asked
    async with open_work(plant.principal) as work:
        await modelling.retire(work, life.id)
        sensor = await machines.get_sensor(work, plant.machine_id, plant.sensors["vibration"])
        await machines.change_sensor(work, plant.machine_id, sensor.id, ChangeSensor(is_active=False), sensor.version)
    view = await judged(plant)
    assert not {Way.FAILURE_MODEL, Way.LIFE_MODEL} & set(view.ways)


async def told_of(plant: Plant, type: EventType) -> list[UUID]:
    """The models of which events of a type tell."""
    async with open_work(plant.principal) as work:
        return [one.subject_id for one in await events.page(work, wanted=Wanted(types=(type,)))]


async def test_a_file_of_which_no_model_can_be_made_says_why_and_a_model_is_taken_as_it_is(plant: Plant) -> None:
    command = NewModel(kind=ModelKind.FAILURE, machine_kind="molino")
    blobs = open_blobs(get_settings())

    async def brought(content: bytes, source: ModelSource, machine_kind: str = "molino") -> ModelView:
        given = modelling.Given(await blobs.put(content), "some file", source)
        return await learned(plant, command.model_copy(update={"machine_kind": machine_kind}), given)

    rows = ["temperature;vibration;failure;note"]
    chance = random.Random(5)
    for row in range(400):
        is_bad = row % 20 == 0
        rows.append(f"{60 + chance.gauss(0, 2):.3f};{(6 if is_bad else 2) + chance.gauss(0, 0.5):.3f};{int(is_bad)};x")
    table = "\n".join(rows).encode()
    # Given a table with labels, a model is learned of the sensors that the machines have
    made = await brought(table, ModelSource.FILE)
    assert (made.status, made.sensors, made.figures["failures"]) == (ModelStatus.CANDIDATE, ("temperature", "vibration"), 20)
    assert made.sha256 is not None
    # When the model itself is brought again it is one; anything else is refused with its reason, and can never be used
    content = await blobs.get(made.sha256)
    again = await brought(content, ModelSource.MODEL)
    assert (again.status, again.sha256, again.number) == (ModelStatus.CANDIDATE, made.sha256, made.number + 1)
    for bad, source, kind, reason in (
        (table, ModelSource.MODEL, "molino", "model_unreadable"),
        (content, ModelSource.FILE, "molino", "file_not_utf8"),
        (content[:-50], ModelSource.MODEL, "molino", "model_unreadable"),
        (b"temperature;vibration\n1;2\n", ModelSource.FILE, "molino", "columns_missing"),
        (b"\n".join(table.splitlines()[:100]), ModelSource.FILE, "molino", "failures_too_few"),
        (content, ModelSource.MODEL, "prensa", "machines_missing"),
        # What is small as it comes and large once it is unpacked, or has more rows than a plant could tell of
        (gzip.compress(b" " * (modelling.MOST_BYTES + 1)), ModelSource.FILE, "molino", "file_too_large"),
        (gzip.compress(b"temperature,failure\n" + b"1,0\r" * 1_000_001), ModelSource.FILE, "molino", "rows_too_many"),
    ):
        refused = await brought(bad, source, kind)
        assert (refused.status, refused.reason) == (ModelStatus.REFUSED, reason)
        async with open_work(plant.principal) as work:
            with pytest.raises(ModelNotReady):
                await modelling.promote(work, refused.id)
    # And of two one is in use
    for each in (made, again):
        async with open_work(plant.principal) as work:
            await modelling.promote(work, each.id)
    async with open_work(plant.principal) as work:
        listed = {one.number: one.status for one in (await modelling.list_models(work)).items}
        (used,) = await modelling.in_use(work, plant.machine_id)
    assert await told_of(plant, EventType.MACHINE_MODEL_RETIRED) == [made.id], "the one that made room is told of as well"
    assert (listed[made.number], listed[again.number], used.id) == (ModelStatus.RETIRED, ModelStatus.PROMOTED, again.id)


async def test_nobody_has_workers_busy_with_models_without_end(plant: Plant) -> None:
    command = NewModel(kind=ModelKind.FAILURE, machine_kind="molino")

    async def ask() -> ModelView:
        async with open_work(plant.principal) as work:
            return await modelling.ask(work, command)

    said = await asyncio.gather(*(ask() for _ in range(modelling.MOST_PENDING + 2)), return_exceptions=True)
    refused = [each for each in said if isinstance(each, BaseException)]
    assert [type(each) for each in refused] == [ModelsUnderWay] * 2
    other = await open_plant((await make_workspace()).id)
    async with open_work(other.principal) as work:
        assert (await modelling.ask(work, command)).status is ModelStatus.PENDING


async def test_a_model_of_which_every_worker_died_is_refused(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        asked = await modelling.ask(work, NewModel(kind=ModelKind.FAILURE, machine_kind="molino"))
    for _ in range(modelling.MOST_ATTEMPTS):
        async with open_work(plant.principal) as work:
            assert await modelling.take(work, asked.id) is not None
    async with open_work(plant.principal) as work:
        assert await modelling.take(work, asked.id) is None
        assert (await modelling.get(work, asked.id)).reason == "model_never_made"
    assert await told_of(plant, EventType.MACHINE_MODEL_REFUSED) == [asked.id]
