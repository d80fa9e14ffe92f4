"""The desk of the operators: which conversations want somebody, what was said in them, and what staff note beside it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core import events
from core.errors import Conflict, CursorRefused
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.conversations import _desk as sql
from domain.conversations import repository, service
from domain.conversations.content import Content, Text
from domain.conversations.kinds import MessageStatus
from domain.conversations.models import ConversationNote
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import (
    CustomerConversation,
    DeskEntry,
    DeskPage,
    HandoffPage,
    HandoffView,
    NewMessage,
    NotePage,
    NoteView,
    ThreadMessage,
    ThreadPage,
)
from domain.customers import service as customers

MOST_FOUND_BY_NAME = 200


class TooLate(Conflict):
    """The reply is on its way already, or it is not the caller's."""

    code = "too_late"


class Queue(StrEnum):
    """Which conversations are wanted."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"


def _place(at: datetime, row_id: UUID) -> str:
    return f"{at.isoformat()} {row_id}"


def _read(place: str | None) -> tuple[datetime, UUID] | None:
    if place is None:
        return None
    at, _, row_id = place.rpartition(" ")
    try:
        return datetime.fromisoformat(at), UUID(row_id)
    except ValueError as error:
        raise CursorRefused from error


async def _entries(work: Work, rows: Iterable[sql.Listed]) -> list[DeskEntry]:
    listed = [(CustomerConversation.model_validate(row), handoff, active_at) for row, handoff, active_at in rows]
    last = await sql.last_messages(work, [row.id for row, _, _ in listed])
    contacts = await customers.contacts_by_id(work, [row.contact_address_id for row, _, _ in listed])
    return [
        DeskEntry(
            id=row.id,
            customer_id=row.customer_id,
            contact=contacts[row.contact_address_id],
            connection_id=row.connection_id,
            voice=row.voice,
            operator_id=row.operator_id,
            handoff=None if handoff is None else HandoffView.model_validate(handoff),
            active_at=active_at,
            last_inbound_at=row.last_inbound_at,
            last_message=ThreadMessage.model_validate(last[row.id]) if row.id in last else None,
        )
        for row, handoff, active_at in listed
    ]


async def list_conversations(
    work: Work, queue: Queue = Queue.ALL, search: str | None = None, limit: int = 20, after: str | None = None
) -> DeskPage:
    """Conversations of a queue, the last active first; of those that wait, the longest waiting first.

    `search` is part of a customer's name, number or e-mail, or of words that were written.
    """
    work.require(ConversationsPermission.READ)
    conditions = {
        Queue.ALL: [],
        Queue.MINE: [sql.of_operator(work.principal.id)],
        Queue.UNASSIGNED: [sql.of_nobody()],
        Queue.WAITING: [sql.waiting()],
    }[queue]
    if search:
        found = await customers.list_customers(work, search, limit=MOST_FOUND_BY_NAME)
        conditions = [*conditions, sql.about(search, [customer.id for customer in found.items])]
    waiting = queue is Queue.WAITING
    rows = await sql.page(work, conditions, _read(after), limit + 1, oldest=waiting)
    shown = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        row, handoff, active_at = shown[-1]
        next_cursor = _place(handoff.requested_at if waiting and handoff is not None else active_at, row.id)
    return DeskPage(items=await _entries(work, shown), next_cursor=next_cursor)


async def get_entry(work: Work, conversation_id: UUID) -> DeskEntry:
    """One conversation as it stands in the queues; raises ConversationNotFound."""
    work.require(ConversationsPermission.READ)
    row = await sql.one(work, conversation_id)
    if row is None:
        raise service.ConversationNotFound
    return (await _entries(work, [row]))[0]


async def list_messages(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> ThreadPage:
    """What was said in a conversation, the newest first; raises ConversationNotFound."""
    await _require(work, conversation_id)
    return await sql.page_of_thread(work, conversation_id, limit, after)


async def reply(
    work: Work, conversation_id: UUID, text: str, seen: UUID, undo_within: timedelta = timedelta()
) -> ThreadMessage:
    """Write to the customer; `conversations.reply` says when that is refused, and what `undo_within` is for."""
    work.require(ConversationsPermission.REPLY)
    (message_id,) = await service.reply(work, conversation_id, Text(text=text), seen=seen, undo_within=undo_within)
    return ThreadMessage.model_validate(await repository.message(work, message_id))


async def take_back(work: Work, conversation_id: UUID, message_id: UUID) -> Content:
    """Take back one's own reply that has not left yet; what it said is returned. Raises ConversationNotFound and TooLate."""
    work.require(ConversationsPermission.REPLY)
    if await repository.lock(work, conversation_id) is None:
        raise service.ConversationNotFound
    row = await repository.message(work, message_id)
    if row is None or row.conversation_id != conversation_id or row.author_id != work.principal.id:
        raise TooLate
    if row.status != MessageStatus.QUEUED:
        raise TooLate
    row.status = MessageStatus.CANCELLED
    await work.session.flush()
    return row.content


async def messages_since(work: Work, since: datetime, limit: int, besides: Collection[UUID] = ()) -> list[NewMessage]:
    """The messages that were written since, the oldest first: where they stand, without their words."""
    work.require(ConversationsPermission.READ)
    return [NewMessage.model_validate(row) for row in await sql.messages_since(work, since, limit, besides)]


async def add_note(work: Work, conversation_id: UUID, text: str) -> NoteView:
    """Note something on a conversation that the customer never sees; raises ConversationNotFound."""
    work.require(ConversationsPermission.REPLY)
    await _require(work, conversation_id)
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
    return NoteView.model_validate(row)


async def list_notes(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> NotePage:
    """What staff have noted on a conversation, the newest first; raises ConversationNotFound."""
    await _require(work, conversation_id)
    rows = await sql.notes(work, conversation_id, _read(after), limit + 1)
    return NotePage(
        items=[NoteView.model_validate(row) for row in rows[:limit]],
        next_cursor=_next([(row.created_at, row.id) for row in rows], limit),
    )


async def list_handoffs(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> HandoffPage:
    """The stretches of a conversation with people, the newest first; raises ConversationNotFound."""
    await _require(work, conversation_id)
    rows = await sql.handoffs(work, conversation_id, _read(after), limit + 1)
    return HandoffPage(
        items=[HandoffView.model_validate(row) for row in rows[:limit]],
        next_cursor=_next([(row.requested_at, row.id) for row in rows], limit),
    )


def _next(places: Sequence[tuple[datetime, UUID]], limit: int) -> str | None:
    return _place(*places[limit - 1]) if len(places) > limit else None


async def _require(work: Work, conversation_id: UUID) -> None:
    await service.get(work, conversation_id)
