"""What members are told of emissions: by scope and method, with period, potentials and date, and what is in no total."""

import re
from datetime import date
from typing import Any

import pytest

from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.conversations.states import State
from tests.factories.emitting import make_source, use
from tests.factories.plant import open_plant
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.emissions import emissions_query
from tools.outcome import FactKind, ToolOutcome

YEAR: dict[str, Any] = {"since": date(2025, 1, 1), "until": date(2025, 12, 31)}


async def ask(workspace: WorkspaceView, language: str = "es", **arguments: Any) -> tuple[str, ToolOutcome]:
    async with open_work(Principal.system(workspace.id)) as work:
        context = ToolContext(
            audience=AudienceKind.MANAGER, work=work, workspace=workspace, state=State.IDLE, language=language
        )
        outcome = await emissions_query(context, **arguments)
    assert not re.search(r"\d", re.sub(r"\{\d+\}", "", outcome.say)), outcome.say
    words = outcome.say
    for index, fact in enumerate(outcome.facts):
        words = words.replace(f"{{{index}}}", fact.text)
    return words, outcome


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ("Alcance uno", "según el contrato", "fuera del total")),
        ("en", ("Scope one", "by market", "in no total")),
        ("pt", ("Escopo um", "pelo contrato", "fora do total")),
    ],
)
async def test_emissions_are_told_by_scope_and_method(workspace: WorkspaceView, language: str, words: tuple[str, ...]) -> None:
    plant = await open_plant(workspace.id)
    assert (await ask(workspace, language, **YEAR))[1].code == "emissions_none"
    await use(workspace.id, await make_source(workspace.id, "Camión", "diesel", "l"), "1000")
    light = await make_source(workspace.id, "Luz", "electricity", "kWh", contract="0.05", machine_id=plant.machine_id)
    await use(workspace.id, light, "1000")
    await use(workspace.id, await make_source(workspace.id, "Raro", "unobtainium", "kg"), "1")
    told, outcome = await ask(workspace, language, **YEAR)
    assert outcome.code == "emissions_told"
    assert all(each in told for each in (*words, "AR5", "Camión", "50 kg CO2e")), told
    figures = [fact for fact in outcome.facts if fact.kind is FactKind.FIGURE]
    assert figures
    assert all(fact.measured is not None and "2025" in fact.measured.scope for fact in figures)
    of_one, _ = await ask(workspace, language, machine="mill-3", **YEAR)
    assert "MILL-3" in of_one
    assert "Camión" not in of_one
    assert (await ask(workspace, language, machine="nothing", **YEAR))[1].code == "machine_not_known"
