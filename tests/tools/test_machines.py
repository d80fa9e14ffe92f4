"""What members are told of machines: the risk with its reasons, since when, what to do, and what it rests on."""

import re

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.conversations.states import State
from domain.machines import judging
from domain.machines import service as machines
from domain.machines.schemas import ChangeSensor, Limits, NewMachine
from tests.factories.plant import Plant, open_plant, run_hours
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.machines import machine_risk_lookup
from tools.outcome import ToolOutcome


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def asked(plant: Plant, workspace: WorkspaceView, machine: str = "", language: str = "es") -> ToolOutcome:
    async with open_work(plant.principal) as work:
        context = ToolContext(
            audience=AudienceKind.MANAGER, work=work, workspace=workspace, state=State.IDLE, language=language
        )
        return await machine_risk_lookup(context, machine)


async def test_a_machine_that_is_too_hot_is_told_with_figures_reason_and_deed(plant: Plant, workspace: WorkspaceView) -> None:
    async with open_work(plant.principal) as work:
        command = ChangeSensor(limits=Limits(warn_high=60, alarm_high=80))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], command, 1)
        now = work.system_time
    await run_hours(plant, 0.2, now, temperature=95.0, vibration=2.0, power=5.0)
    async with open_work(plant.principal) as work:
        await judging.judge(work, plant.machine_id)
    for language, level, deed in (("es", "alto", "Qué hacer"), ("en", "high", "What to do"), ("pt", "alto", "O que fazer")):
        outcome = await asked(plant, workspace, "mill-3", language)
        said = outcome.say
        for index, fact in enumerate(outcome.facts):
            said = said.replace(f"{{{index}}}", fact.text)
        assert outcome.code == "machine_risk"
        assert not re.search(r"\d", re.sub(r"\{\d+\}", "", outcome.say))
        for part in ("MILL-3", level, "Temperatura", "80 °C", deed, "100 %"):
            assert part in said, (language, part, said)
    every = await asked(plant, workspace)
    assert (every.code, [fact.text for fact in every.facts if fact.text == "MILL-3"]) == ("machine_risks", ["MILL-3"])


async def test_of_a_large_plant_every_machine_is_counted_also_those_that_are_not_named(
    plant: Plant, workspace: WorkspaceView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_work(plant.principal) as work:
        for number in range(11):
            await machines.create_machine(work, NewMachine(site_id=plant.site_id, code=f"P-{number:02}", name="Bomba"))
    monkeypatch.setattr(machines, "MOST_ITEMS", 5)
    told = await asked(plant, workspace)
    counted = {fact.subject: fact.text for fact in told.facts if fact.subject in ("machines", "unwell")}
    assert counted == {"machines": "12", "unwell": "12"}
    assert told.say.count("•") == 10


async def test_what_is_not_known_is_said_and_not_made_up(plant: Plant, workspace: WorkspaceView) -> None:
    assert "todavía no hay lecturas" in (await asked(plant, workspace, "MILL-3")).say
    assert (await asked(plant, workspace, "TRUCK-99")).status == "refused"
