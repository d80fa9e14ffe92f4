"""Macros: deeds that are done together with one press. `agent.macros` does them."""

from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.desk import canned, repository
from domain.desk.errors import MacroNotFound, NameTaken
from domain.desk.models import Macro
from domain.desk.schemas import MacroView, SetMacro
from domain.teams.permissions import DeskPermission


async def list_macros(work: Work) -> list[MacroView]:
    """All macros by name."""
    work.require(DeskPermission.READ)
    return [MacroView.model_validate(row) for row in await repository.macros(work)]


async def get(work: Work, macro_id: UUID) -> MacroView:
    """One macro; raises MacroNotFound."""
    work.require(DeskPermission.READ)
    row = await repository.find(work, Macro, macro_id)
    if row is None:
        raise MacroNotFound
    return MacroView.model_validate(row)


async def create(work: Work, command: SetMacro) -> MacroView:
    """Add a macro; raises NameTaken and VariableUnknown."""
    work.require(DeskPermission.MANAGE)
    row = Macro(workspace_id=work.workspace_id, id=new_id(), version=1, name=command.name, deeds=_deeds(command))
    async with unique(work, NameTaken()):
        work.session.add(row)
    events.record(work, EventType.MACRO_CREATED, subject=row.id, after=command.model_dump(mode="json"))
    return MacroView.model_validate(row)


async def change(work: Work, macro_id: UUID, command: SetMacro, seen: int) -> MacroView:
    """Change a macro; raises MacroNotFound, NameTaken, VariableUnknown and VersionConflict."""
    work.require(DeskPermission.MANAGE)
    row = await _locked(work, macro_id)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = {"name": row.name, "deeds": row.deeds}
    async with unique(work, NameTaken()):
        row.name, row.deeds, row.version = command.name, _deeds(command), row.version + 1
    events.record(work, EventType.MACRO_CHANGED, subject=row.id, before=before, after=command.model_dump(mode="json"))
    return MacroView.model_validate(row)


async def delete(work: Work, macro_id: UUID, reason: str) -> None:
    """Give up a macro."""
    work.require(DeskPermission.MANAGE)
    row = await _locked(work, macro_id)
    before = {"name": row.name, "deeds": row.deeds}
    await work.session.delete(row)
    events.record(work, EventType.MACRO_DELETED, subject=macro_id, before=before, reason=reason)


def _deeds(command: SetMacro) -> list[dict[str, object]]:
    for each in command.deeds:
        if each.deed == "reply":
            canned.require_known(each.text)
    return [each.model_dump(mode="json") for each in command.deeds]


async def _locked(work: Work, macro_id: UUID) -> Macro:
    row = await repository.lock(work, Macro, macro_id)
    if row is None:
        raise MacroNotFound
    return row
