"""How machines are judged: every level has its reasons, what is not known is said, and no alert flutters."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.queue.jobs import SWEEPS
from app.queue.sweeps import unhandled
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.alerts import service as alerts
from domain.alerts import watching
from domain.alerts.kinds import AlertKind
from domain.alerts.schemas import AlertView
from domain.machines import _readings_repository as readings
from domain.machines import judging, risk, words
from domain.machines import service as machines
from domain.machines.errors import BaselineTooShort
from domain.machines.kinds import (
    BaselineStatus,
    Cause,
    MachineEventKind,
    MachineState,
    RiskLevel,
    RollupLevel,
    SensorRole,
    ToolGrade,
    Way,
)
from domain.machines.schemas import (
    ChangeMachine,
    ChangeSensor,
    ConditionView,
    Limits,
    NewBaseline,
    NewMachineEvent,
    NewSensor,
    Reason,
    RiskView,
)
from tests.factories.plant import Plant, open_plant, run_hours


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def now_of(plant: Plant) -> datetime:
    async with open_work(plant.principal) as work:
        return work.system_time


async def judged(plant: Plant) -> RiskView:
    async with open_work(plant.principal) as work:
        await judging.judge(work, plant.machine_id)
    async with open_work(plant.principal) as work:
        return await risk.of_machine(work, plant.machine_id)


async def conditions(plant: Plant) -> list[ConditionView]:
    async with open_work(plant.principal) as work:
        return list((await risk.conditions(work, machine_id=plant.machine_id)).items)


async def age(plant: Plant, minutes: float) -> None:
    """Let everything that holds have begun so much earlier."""
    async with open_work(plant.principal) as work:
        columns = ("began_at", "last_seen_at", "raised_at")
        moved = ", ".join(f"{name} = {name} - make_interval(secs => :seconds)" for name in columns)
        await work.session.execute(text(f"UPDATE machine_conditions SET {moved}"), {"seconds": minutes * 60})


async def limit(plant: Plant, version: int = 1, **limits: float) -> None:
    async with open_work(plant.principal) as work:
        command = ChangeSensor(limits=Limits.model_validate(limits))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], command, version)


async def told(plant: Plant) -> list[AlertView]:
    """What people are told once somebody looks."""
    async with open_work(plant.principal) as work:
        await watching.watch(work)
        return (await alerts.list_alerts(work, kinds=[AlertKind.MACHINE_UNWELL]))[0]


async def test_of_what_nobody_has_measured_nothing_is_said(plant: Plant) -> None:
    view = await judged(plant)
    assert (view.level, view.ways, view.reasons, view.confidence) == (RiskLevel.UNKNOWN, (), (), 0.0)


async def test_a_limit_that_is_broken_is_a_reason_with_its_figures_until_the_value_is_well_back(plant: Plant) -> None:
    # Given a machine at 95 °C that is to warn from 90 and alarm from 100
    await limit(plant, warn_high=90, alarm_high=100)
    await run_hours(plant, 0.5, await now_of(plant), temperature=95.0, vibration=2.0, power=50.0)
    view = await judged(plant)
    (reason,) = view.reasons
    assert (view.level, view.ways, view.confidence) == (RiskLevel.ELEVATED, (Way.LIMITS,), 1.0)
    assert (reason.cause, reason.sensor, reason.limit, reason.unit) == (Cause.ABOVE_WARNING, "temperature", 90.0, "°C")
    assert reason.value == pytest.approx(95.0, abs=1.5)
    said = words.said(reason, "es", "VE")
    assert "Temperatura" in said
    assert "90 °C" in said
    # When the limit is set just above the value, the reason holds; and well above, it ends
    assert reason.value is not None
    await limit(plant, 2, warn_high=reason.value + 1)
    held = await judged(plant)
    assert ([one.cause for one in held.reasons], held.since) == ([Cause.ABOVE_WARNING], view.since)
    await limit(plant, 3, warn_high=reason.value + 5)
    over = await judged(plant)
    assert (over.level, over.reasons) == (RiskLevel.LOW, ())
    # And the history has one row for each of both
    async with open_work(plant.principal) as work:
        history = (await risk.predictions(work, plant.machine_id)).items
    assert [one.level for one in history] == [RiskLevel.LOW, RiskLevel.ELEVATED]


async def test_late_readings_change_no_judgement(plant: Plant) -> None:
    await limit(plant, warn_high=90)
    now = await now_of(plant)
    await run_hours(plant, 0.5, now, temperature=50.0)
    await run_hours(plant, 0.5, now - timedelta(hours=3), temperature=99.0)
    assert (await judged(plant)).level is RiskLevel.LOW


async def test_a_sensor_that_falls_silent_lowers_the_confidence_and_ends_no_alarm(plant: Plant) -> None:
    # Given an alert on a temperature that is too high
    await limit(plant, warn_high=60, alarm_high=80)
    now = await now_of(plant)
    await run_hours(plant, 0.2, now, temperature=95.0, vibration=2.0, power=50.0)
    await judged(plant)
    await age(plant, 2)
    await judged(plant)
    (alert,) = await conditions(plant)
    assert (alert.cause, alert.resolved_at) == (Cause.ABOVE_ALARM, None)
    # When the sensor is sampled so often that its last reading is long ago
    async with open_work(plant.principal) as work:
        await work.session.execute(
            text("UPDATE sensor_status SET last_at = last_at - interval '1 hour' WHERE sensor_id = :id"),
            {"id": plant.sensors["temperature"]},
        )
    view = await judged(plant)
    # Then what it said is no reason any more, nothing is made up, and the alert holds
    assert [one.key for one in view.reasons] == ["silent:temperature"]
    assert view.confidence == pytest.approx(2 / 3, abs=0.01)
    await age(plant, 60)
    await judged(plant)
    assert [one.cause for one in await conditions(plant) if one.resolved_at is None] == [Cause.SILENT, Cause.ABOVE_ALARM]


async def test_a_machine_of_which_all_sensors_are_silent_has_one_reason_and_not_one_for_each(plant: Plant) -> None:
    await run_hours(plant, 0.2, await now_of(plant) - timedelta(hours=2), temperature=50.0, vibration=2.0, power=5.0)
    view = await judged(plant)
    assert ([one.key for one in view.reasons], view.level) == (["silent"], RiskLevel.UNKNOWN)


async def test_noise_on_a_limit_for_an_hour_tells_of_one_alert_and_of_its_end_once(plant: Plant) -> None:
    # Given values that jump over a limit and back, minute by minute
    await run_hours(plant, 0.5, await now_of(plant), temperature=90.0, vibration=2.0, power=50.0)
    version = 0
    for is_over in (True, True, False, True, False, False) * 5:
        version += 1
        await limit(plant, version, alarm_high=85.0 if is_over else 95.0)
        await judged(plant)
        await age(plant, 2)
    raised = await conditions(plant)
    assert len(raised) == 1
    (alert,) = await told(plant)
    assert (alert.subject_id, alert.evidence["causes"]) == (plant.machine_id, ["above_alarm:temperature"])
    # When it has been well for a while
    await limit(plant, version + 1, alarm_high=200.0)
    await judged(plant)
    assert (await conditions(plant))[0].resolved_at is None
    await age(plant, 11)
    await judged(plant)
    assert (await conditions(plant))[0].resolved_at is not None


async def test_of_a_machine_with_several_causes_there_is_one_alert_until_the_last_of_them_is_gone(plant: Plant) -> None:
    # Given a machine at work that is too hot, and a sensor of which something is known no more
    await limit(plant, alarm_high=80)
    now = await now_of(plant)
    await run_hours(plant, 0.2, now, temperature=95.0)
    await run_hours(plant, 0.2, now - timedelta(hours=2), vibration=2.0)
    async with open_work(plant.principal) as work:
        await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.STARTED))
    # When both are seen for a moment, nobody is told
    await judged(plant)
    assert await told(plant) == []
    # When they have held for a while, there is one alert, and the machine is degraded
    await age(plant, 2)
    await judged(plant)
    (alert,) = await told(plant)
    assert (alert.severity, alert.evidence["machine"]) == ("critical", "MILL-3")
    assert alert.evidence["causes"] == ["above_alarm:temperature", "silent:vibration"]
    async with open_work(plant.principal) as work:
        assert (await machines.get_machine(work, plant.machine_id)).state is MachineState.DEGRADED
    # When it has been cooler for long, it runs again, and the alert is about the rest
    await limit(plant, 2, alarm_high=200)
    await age(plant, 11)
    await judged(plant)
    (alert,) = await told(plant)
    assert alert.evidence["causes"] == ["silent:vibration"]
    async with open_work(plant.principal) as work:
        assert (await machines.get_machine(work, plant.machine_id)).state is MachineState.RUNNING


async def test_a_machine_in_maintenance_wakes_nobody(plant: Plant) -> None:
    await limit(plant, alarm_high=80)
    await run_hours(plant, 0.2, await now_of(plant), temperature=95.0)
    async with open_work(plant.principal) as work:
        await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.MAINTENANCE_BEGUN))
    for _ in range(3):
        assert (await judged(plant)).level is RiskLevel.HIGH
        await age(plant, 60)
    assert await conditions(plant) == []


MILL = (
    NewSensor(code="air", name="Aire", unit="°C", role=SensorRole.AIR_TEMPERATURE),
    NewSensor(code="process", name="Proceso", unit="°C", role=SensorRole.PROCESS_TEMPERATURE),
    NewSensor(code="speed", name="Velocidad", unit="rpm", role=SensorRole.SPEED),
    NewSensor(code="torque", name="Par", unit="N*m", role=SensorRole.TORQUE),
    NewSensor(code="wear", name="Desgaste", unit="hour", role=SensorRole.TOOL_WEAR),
)
WELL = {"air": 25.0, "process": 36.0, "speed": 1500.0, "torque": 40.0, "wear": 1.0}


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({}, None),
        ({"process": 30.0, "speed": 1300.0}, Cause.HEAT_DISSIPATION),
        ({"torque": 65.0}, Cause.POWER),
        ({"torque": 18.0}, Cause.POWER),
        ({"wear": 5.0, "torque": 50.0}, Cause.OVERSTRAIN),
    ],
)
async def test_the_rules_of_a_mill_are_reasons_that_a_person_can_check(
    workspace: WorkspaceView, changed: dict[str, float], cause: Cause | None
) -> None:
    # Given a mill at work, whose sensors measure in units of their own
    plant = await open_plant(workspace.id, sensors=MILL)
    async with open_work(plant.principal) as work:
        await machines.change_machine(work, plant.machine_id, ChangeMachine(tool_grade=ToolGrade.MEDIUM), 1)
        await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.STARTED))
    now = await now_of(plant)
    values = WELL | changed
    await plant.send(
        *({"machine": "MILL-3", "at": (now - timedelta(minutes=m)).isoformat(), "values": values} for m in range(5))
    )
    view = await judged(plant)
    assert view.ways == (Way.LIMITS, Way.RULES)
    assert [one.cause for one in view.reasons] == ([cause] if cause else [])
    # A mill that stands still has no power, and that is no failure
    async with open_work(plant.principal) as work:
        await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.STOPPED))
    assert (await judged(plant)).ways == (Way.LIMITS,)


async def test_a_machine_is_compared_with_its_own_good_days_once_a_person_says_which(plant: Plant) -> None:
    # Given good days, and an hour in which it vibrates more
    now = await now_of(plant)
    await run_hours(plant, 8, now - timedelta(hours=2), temperature=70.0, vibration=20.0, power=50.0)
    await run_hours(plant, 1, now, temperature=70.0, vibration=32.0, power=50.0)
    assert (await judged(plant)).ways == (Way.LIMITS,)
    async with open_work(plant.principal) as work:
        good = NewBaseline(since=now - timedelta(hours=10), until=now - timedelta(hours=2))
        offered = await risk.offer_baseline(work, plant.machine_id, good)
        assert (offered.status, offered.number) == (BaselineStatus.CANDIDATE, 1)
        short = NewBaseline(since=now - timedelta(hours=3), until=now - timedelta(hours=2))
        with pytest.raises(BaselineTooShort):
            await risk.offer_baseline(work, plant.machine_id, short)
    assert (await judged(plant)).ways == (Way.LIMITS,)
    # When somebody promotes them
    async with open_work(plant.principal) as work:
        await risk.promote_baseline(work, plant.machine_id, offered.id)
    view = await judged(plant)
    # Then the machine is told to be unlike them, and by what
    (reason,) = view.reasons
    assert (view.level, view.baseline, view.ways) == (RiskLevel.ELEVATED, 1, (Way.LIMITS, Way.ANOMALY))
    assert (reason.cause, words.furthest(reason)[0]) == (Cause.ANOMALY, "Vibración")
    assert reason.strayed["vibration"] > 5
    # And like itself where it is so
    async with open_work(plant.principal) as work:
        like = NewBaseline(since=now - timedelta(hours=10), until=now)
        other = await risk.offer_baseline(work, plant.machine_id, like)
        await risk.promote_baseline(work, plant.machine_id, other.id)
        found = {one.number: one.status for one in await risk.baselines(work, plant.machine_id)}
    assert found == {1: BaselineStatus.RETIRED, 2: BaselineStatus.PROMOTED}


async def test_of_a_long_baseline_only_its_newest_minutes_are_read(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    now = await now_of(plant)
    await run_hours(plant, 8, now - timedelta(hours=2), temperature=70.0, vibration=20.0, power=50.0)
    await run_hours(plant, 1, now, temperature=70.0, vibration=32.0, power=50.0)
    async with open_work(plant.principal) as work:
        good = NewBaseline(since=now - timedelta(hours=10), until=now - timedelta(hours=2))
        offered = await risk.offer_baseline(work, plant.machine_id, good)
        minutes = offered.figures["minutes"]
        assert minutes in (479, 480), "of the first one a part may lie before"
        assert offered.figures == {"minutes": minutes, "sensors": 3, "readings": 3 * minutes}
        await risk.promote_baseline(work, plant.machine_id, offered.id)
    most = 300
    monkeypatch.setattr(risk, "MOST_ROWS", most)
    async with open_work(plant.principal) as work:
        whole = await readings.rollups(work, [*plant.sensors.values()], RollupLevel.MINUTE, good.since, good.until)
        read = await readings.newest_minutes(work, [*plant.sensors.values()], good.since, good.until, most)
    assert len(read) == most * len(plant.sensors)
    assert {row.starts_at for row in read} == set(sorted({row.starts_at for row in whole})[-most:])
    # And the machine is as unlike them as it is
    (reason,) = (await judged(plant)).reasons
    assert (reason.cause, words.furthest(reason)[0]) == (Cause.ANOMALY, "Vibración")


@pytest.mark.parametrize("changed", [10.0, 9.75, 9.5, 9.25, 0.5])
async def test_a_tool_has_a_date_on_which_it_is_to_be_changed(workspace: WorkspaceView, changed: float) -> None:
    plant = await open_plant(workspace.id, sensors=MILL)
    now = await now_of(plant)
    # Given a tool that has been changed some hours ago and, as the one before it, wears by ten minutes an hour
    items = []
    for minute in range(0, 660, 5):
        ago = minute / 60
        worn = (changed - ago if ago < changed else changed + 12 - ago) / 6
        items.append({"machine": "MILL-3", "at": (now - timedelta(hours=ago)).isoformat(), "values": {"wear": worn}})
    await plant.send(*items)
    due = (await judged(plant)).tool_due_at
    assert due is not None
    assert due - now == pytest.approx(timedelta(hours=20 - changed), abs=timedelta(minutes=30))


async def test_machines_that_have_said_something_are_found_to_be_judged(plant: Plant) -> None:
    (sweep,) = [one for one in SWEEPS if one.job == "machine.judge"]
    assert await unhandled(sweep) == []
    await run_hours(plant, 0.1, await now_of(plant), temperature=50.0)
    (found,) = await unhandled(sweep)
    assert found.ring.arguments["machine_id"] == str(plant.machine_id)
    await judged(plant)
    assert await unhandled(sweep) == []


def test_a_reason_is_said_in_every_language() -> None:
    for cause in Cause:
        for sensor in (None, "temperature"):
            reason = Reason(
                cause=cause,
                sensor=sensor,
                value=1234.567,
                limit=1.0,
                unit="W",
                strayed={"a": 1.0, "b": -9.0, "c": 2.0},
                since=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
            )
            for language in ("es", "en", "pt"):
                assert words.said(reason, language, "VE")
    assert words.furthest(reason) == ["b", "c"]
