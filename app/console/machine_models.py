"""The models of a machine's kind on its page: what was learned, how good it was, and who uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.rendering import Speech
from app.console.visits import Visit, may
from core import messages
from core.work import Work
from domain.machines import modelling, words
from domain.machines.kinds import ModelKind
from domain.machines.model_schemas import ModelView, NewModel
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import MachineView, RiskView

router = APIRouter(prefix="/console/@{workspace}/machines/{machine_id}/models")

Writer = Annotated[Visit, may(MachinesPermission.WRITE)]

_SHARES: Final = ("f1", "precision", "recall")
_RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """A model with what is said of it in words."""

    model: ModelView
    told: str


async def of_machine(visit: Visit, work: Work, machine: MachineView) -> list[Shown]:
    """The newest models of a machine's kind."""
    if machine.kind is None:
        return []
    found = await modelling.list_models(work, limit=_RECENT, machine_kind=machine.kind)
    return [Shown(each, _told(visit, each)) for each in found.items]


def _told(visit: Visit, model: ModelView) -> str:
    """How good a model was on what it had not seen, or why there is none."""
    say, language = Speech(visit.manners.language), visit.manners.language
    if model.reason is not None:
        return _filled(messages.text(f"command.{model.reason}", language), model.details)
    if not model.figures:
        return say(f"machine.model.of.{model.source}")

    def number(value: float) -> str:
        return say.number(words.figure(value), visit.workspace.country)

    shares: dict[str, Any] = {name: say.percent(words.figure(model.figures.get(name, 0.0))) for name in _SHARES}
    if model.kind is ModelKind.REMAINING_LIFE:
        return say("machine.model.life.told", hours=number(model.figures["rmse_hours"]), **shares)
    lead = model.figures.get("lead_hours")
    told = say("machine.model.failure.told", **shares)
    return f"{told} {say('machine.model.lead', hours=number(lead))}" if lead is not None else told


def _filled(text: str, details: Mapping[str, object]) -> str:
    try:
        return text.format(**details)
    except KeyError:
        return text


def foretold(visit: Visit, view: RiskView) -> list[str]:
    """What the models of a machine say of it, whether or not they warn."""
    say, told = Speech(visit.manners.language), view.foretold

    def number(value: float) -> str:
        return say.number(words.figure(value), visit.workspace.country)

    said = []
    if told is not None and told.chance is not None:
        share = say.percent(words.figure(told.chance.probability))
        said.append(say("machine.chance", share=share, hours=number(told.chance.horizon_hours)))
    if told is not None and told.life is not None:
        said.append(say("machine.life", hours=number(told.life.hours), error=number(told.life.error_hours or 0.0)))
    return said


@router.post("")
async def ask(request: Request, visit: Writer, machine_id: UUID) -> Response:
    """Have a model learned of what the plant has seen of machines of this kind."""
    command = await forms.part(request, NewModel)
    await deeds.once(request, visit, ModelView, lambda work: modelling.ask(work, command))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)


@router.post("/{model_id}/promote")
async def promote(request: Request, visit: Writer, machine_id: UUID, model_id: UUID) -> Response:
    """Judge machines of this kind by a model from now on."""
    await deeds.once(request, visit, ModelView, lambda work: modelling.promote(work, model_id))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)


@router.post("/{model_id}/retire")
async def retire(request: Request, visit: Writer, machine_id: UUID, model_id: UUID) -> Response:
    """Judge no machine by a model any more."""
    await deeds.once(request, visit, ModelView, lambda work: modelling.retire(work, model_id))
    return RedirectResponse(visit.at(f"machines/{machine_id}?said=saved"), 303)
