"""Canned replies: texts that are written often, with what is filled in for each conversation."""

import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from core import events, messages
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts.errors import VersionConflict
from domain.desk import repository
from domain.desk.errors import CannedReplyNotFound, NameTaken, VariableUnknown
from domain.desk.models import CannedReply
from domain.desk.schemas import CannedReplyView, SetCannedReply
from domain.teams.permissions import DeskPermission

VARIABLES: Final = ("customer", "first_name", "operator", "shop")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")


def require_known(text: str) -> None:
    """Raise VariableUnknown where a text names what there is none of."""
    unknown = [name for name in _VARIABLE.findall(text) if name not in VARIABLES]
    if unknown:
        raise VariableUnknown(name=unknown[0], known=", ".join(f"{{{name}}}" for name in VARIABLES))


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables filled; where nothing is known of one, it is left out with the blank before it."""
    made = messages.filled(text, {name: values.get(name, "") for name in VARIABLES})
    return re.sub(r"[ \t]+([,.;:!?])|[ \t]{2,}", lambda found: found[1] or " ", made).strip()


async def list_canned(work: Work) -> list[CannedReplyView]:
    """All canned replies by their words."""
    work.require(DeskPermission.READ)
    return [CannedReplyView.model_validate(row) for row in await repository.canned_replies(work)]


async def create(work: Work, command: SetCannedReply) -> CannedReplyView:
    """Add a canned reply; raises NameTaken and VariableUnknown."""
    work.require(DeskPermission.MANAGE)
    require_known(command.text)
    row = CannedReply(workspace_id=work.workspace_id, id=new_id(), version=1, **command.model_dump())
    async with unique(work, NameTaken()):
        work.session.add(row)
    events.record(work, EventType.CANNED_REPLY_CREATED, subject=row.id, after=command.model_dump())
    return CannedReplyView.model_validate(row)


async def change(work: Work, canned_id: UUID, command: SetCannedReply, seen: int) -> CannedReplyView:
    """Change a canned reply; raises CannedReplyNotFound, NameTaken, VariableUnknown and VersionConflict."""
    work.require(DeskPermission.MANAGE)
    require_known(command.text)
    row = await _locked(work, canned_id)
    if row.version != seen:
        raise VersionConflict(version=row.version)
    before = {"shortcut": row.shortcut, "text": row.text}
    async with unique(work, NameTaken()):
        row.shortcut, row.text, row.version = command.shortcut, command.text, row.version + 1
    events.record(work, EventType.CANNED_REPLY_CHANGED, subject=row.id, before=before, after=command.model_dump())
    return CannedReplyView.model_validate(row)


async def delete(work: Work, canned_id: UUID, reason: str) -> None:
    """Give up a canned reply."""
    work.require(DeskPermission.MANAGE)
    row = await _locked(work, canned_id)
    before = {"shortcut": row.shortcut, "text": row.text}
    await work.session.delete(row)
    events.record(work, EventType.CANNED_REPLY_DELETED, subject=canned_id, before=before, reason=reason)


async def _locked(work: Work, canned_id: UUID) -> CannedReply:
    row = await repository.lock(work, CannedReply, canned_id)
    if row is None:
        raise CannedReplyNotFound
    return row
