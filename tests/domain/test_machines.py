"""The plant: what a machine is, what its sensors measure, and what happened to it."""

import asyncio
import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text

from core.work import open_work
from domain.accounts.errors import VersionConflict
from domain.accounts.schemas import WorkspaceView
from domain.machines import _readings_repository as readings
from domain.machines import service as machines
from domain.machines import units
from domain.machines.errors import EventInFuture, LimitsDisordered, NameTaken, UnitsDiffer, UnitUnknown
from domain.machines.kinds import MachineEventKind, MachineState, SensorRole
from domain.machines.schemas import ChangeMachine, ChangeSensor, Limits, NewMachine, NewMachineEvent, NewSensor, NewSite
from tests.factories.plant import Plant, open_plant


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def test_a_code_is_a_machines_own_however_it_is_written(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        with pytest.raises(NameTaken):
            await machines.create_machine(work, NewMachine(site_id=plant.site_id, code=" mill-3 ", name="Otro"))
        found = await machines.find_machines(work, "mill-3")
        assert [one.id for one in found] == [plant.machine_id]
        assert [one.code for one in await machines.find_machines(work, "molino")] == ["MILL-3"]
        assert await machines.find_machines(work, "%") == []


async def test_whoever_has_not_seen_the_last_change_changes_nothing(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        changed = await machines.change_machine(work, plant.machine_id, ChangeMachine(name="Molino tres b"), 1)
        assert (changed.name, changed.version) == ("Molino tres b", 2)
        with pytest.raises(VersionConflict):
            await machines.change_machine(work, plant.machine_id, ChangeMachine(name="Molino"), 1)


@pytest.mark.parametrize(
    "limits",
    [
        {"low": 10, "high": 0},
        {"warn_high": 90, "alarm_high": 80},
        {"alarm_low": 5, "low": 10},
        {"high": 100, "alarm_high": 101},
        {"low": 5, "high": 5},
    ],
)
async def test_limits_enclose_each_other(plant: Plant, limits: dict[str, float]) -> None:
    async with open_work(plant.principal) as work:
        command = NewSensor(code="extra", name="x", unit="°C", limits=Limits.model_validate(limits))
        with pytest.raises(LimitsDisordered):
            await machines.create_sensor(work, plant.machine_id, command)
        with pytest.raises(LimitsDisordered):
            await machines.change_sensor(
                work, plant.machine_id, plant.sensors["power"], ChangeSensor(limits=Limits.model_validate(limits)), 1
            )


async def test_a_role_of_the_rules_is_measured_in_a_unit_that_converts(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        wrong = NewSensor(code="torque", name="Par", role=SensorRole.TORQUE, unit="rpm")
        with pytest.raises(UnitsDiffer):
            await machines.create_sensor(work, plant.machine_id, wrong)
        right = wrong.model_copy(update={"unit": "N*m"})
        assert (await machines.create_sensor(work, plant.machine_id, right)).role is SensorRole.TORQUE


@pytest.mark.parametrize("name", ["parsec_of_love", "2**99999999", "m**9**9**9", "__import__('os')", "", "kg;drop", "m" * 41])
async def test_a_word_that_is_no_unit_is_refused_and_never_computed(name: str) -> None:
    with pytest.raises(UnitUnknown):
        units.require_known(name)


@pytest.mark.parametrize(
    ("value", "of", "to", "wanted"),
    [
        (212.0, "°F", "°C", 100.0),
        (-40.0, "degF", "degC", -40.0),
        (0.0, "°C", "kelvin", 273.15),
        (60.0, "rpm", "rpm", 60.0),
        (1.0, "m/s", "mm/s", 1000.0),
        (1.0, "psi", "kPa", 6.894757),
        (1.0, "hp", "kW", 0.7456999),
    ],
)
def test_a_value_is_converted_as_the_tables_say(value: float, of: str, to: str, wanted: float) -> None:
    assert units.convert(value, of, to) == pytest.approx(wanted, rel=1e-6)


PAIRS = [("°F", "°C"), ("kelvin", "°F"), ("mm/s", "m/s"), ("psi", "bar"), ("hp", "kW"), ("rpm", "Hz"), ("kWh", "MJ")]


@given(st.sampled_from(PAIRS), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_conversion_keeps_the_order_and_comes_back(pair: tuple[str, str], one: float, other: float) -> None:
    of, to = pair
    there, there_too = units.convert(one, of, to), units.convert(other, of, to)
    assert (one <= other) == (there <= there_too) or math.isclose(there, there_too, rel_tol=1e-12)
    assert units.convert(there, to, of) == pytest.approx(one, rel=1e-9, abs=1e-6)


async def test_what_happens_moves_the_machine_and_what_comes_late_is_history_only(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        begun = await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.STARTED))
        assert (await machines.get_machine(work, plant.machine_id)).state is MachineState.RUNNING
        earlier = begun.at - timedelta(hours=2)
        await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.FAILED, at=earlier))
        assert (await machines.get_machine(work, plant.machine_id)).state is MachineState.RUNNING
        later = work.system_time + timedelta(hours=1)
        with pytest.raises(EventInFuture):
            await machines.note_event(work, plant.machine_id, NewMachineEvent(kind=MachineEventKind.STOPPED, at=later))
        told = await machines.list_events(work, plant.machine_id, limit=1)
        rest = await machines.list_events(work, plant.machine_id, before=told.next_cursor)
        assert [one.kind for one in (*told.items, *rest.items)] == [MachineEventKind.STARTED, MachineEventKind.FAILED]


@pytest.mark.parametrize("fields", [{"kind": "noted"}, {"kind": "noted", "note": "  "}, {"kind": "exploded"}])
def test_an_event_says_something(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewMachineEvent.model_validate(fields)


def test_a_place_has_both_coordinates_or_none() -> None:
    assert NewSite(name="x", latitude=1, longitude=2).latitude == 1
    with pytest.raises(ValidationError):
        NewSite(name="x", latitude=1)


async def test_two_who_bring_the_first_readings_of_a_month_at_once_both_store_them(plant: Plant) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )

    async def second() -> None:
        async with open_work(plant.principal) as work:
            await readings.keep_month(work, work.system_time.date())

    # Given one who has made the place of the month and goes on, when another needs it and waits
    async with open_work(plant.principal) as work:
        await readings.keep_month(work, work.system_time.date())
        other = asyncio.create_task(second())
        async with asyncio.timeout(60):
            while not (await work.session.scalar(waiting)):
                await asyncio.sleep(0.01)
    # Then it finds it, and there is one
    await other
    async with open_work(plant.principal) as work:
        name = f"readings_{work.system_time:%Y_%m}"
        assert await work.session.scalar(text("SELECT count(*) FROM pg_class WHERE relname = :name"), {"name": name}) == 1
