"""Notes of staff on a conversation, which the customer never sees; whoever is named in one with @ is told."""

import re
from collections.abc import Collection
from uuid import UUID

from core import events
from core.access import Principal
from core.event_types import EventType
from core.language.folding import fold
from core.tables import new_id
from core.work import Work
from domain.accounts import colleagues
from domain.accounts.colleagues import Colleague
from domain.conversations import _desk as sql
from domain.conversations import service
from domain.conversations._places import next_place, read_place
from domain.conversations.kinds import NoticeKind
from domain.conversations.models import ConversationNote
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import NotePage, NoteView


async def add_note(work: Work, conversation_id: UUID, text: str) -> NoteView:
    """Note something on a conversation; raises ConversationNotFound."""
    work.require(ConversationsPermission.REPLY)
    await service.get(work, conversation_id)
    row = ConversationNote(
        workspace_id=work.workspace_id,
        id=new_id(),
        conversation_id=conversation_id,
        author_id=work.principal.id,
        text=text,
    )
    work.session.add(row)
    await work.session.flush()
    events.record(work, EventType.CONVERSATION_NOTED, subject=conversation_id, after={"note_id": str(row.id)})
    for user_id in await _mentioned(work, text):
        await service.notify(
            work,
            NoticeKind.MENTIONED,
            dedupe_key=f"mentioned:{row.id}:{user_id}",
            conversation_id=conversation_id,
            subject_id=row.id,
            payload={"member_id": str(user_id)},
        )
    return NoteView.model_validate(row)


async def _mentioned(work: Work, text: str) -> list[UUID]:
    """The colleagues whom a text names; a first name that two of them have names neither."""
    if "@" not in text:
        return []
    people = await colleagues.active(work.acting_for(Principal.system(work.workspace_id)))
    readers = [each for each in people if each.may(ConversationsPermission.READ) and each.user_id != work.principal.id]
    said = fold(text)
    return [each.user_id for each in readers if any(_names(said, name) for name in _called(each, people))]


def _called(person: Colleague, people: Collection[Colleague]) -> list[str]:
    whole, first = fold(person.name.strip()), fold(person.name).split()[:1]
    is_only = sum(fold(each.name).split()[:1] == first for each in people) == 1
    return [whole, *(first if is_only else [])]


def _names(said: str, name: str) -> bool:
    return bool(name) and re.search(rf"@{re.escape(name)}(?!\w)", said) is not None


async def list_notes(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> NotePage:
    """What staff have noted on a conversation, the newest first; raises ConversationNotFound."""
    await service.get(work, conversation_id)
    rows = await sql.notes(work, conversation_id, read_place(after), limit + 1)
    return NotePage(
        items=[NoteView.model_validate(row) for row in rows[:limit]],
        next_cursor=next_place([(row.created_at, row.id) for row in rows], limit),
    )
