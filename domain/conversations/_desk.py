"""All SQL behind the desk: queues of conversations, threads, notes and hand-offs as staff see them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select

from core.errors import CursorRefused
from core.paging import part
from core.work import Work, own
from domain.conversations.kinds import MessageStatus, Voice
from domain.conversations.models import Conversation, ConversationNote, Handoff, Message
from domain.conversations.schemas import ThreadMessage, ThreadPage

ACTIVE_AT = func.coalesce(Conversation.last_inbound_at, Conversation.created_at)
"""When something last happened in a conversation from the customer's side."""

_OPEN = and_(
    Handoff.workspace_id == Conversation.workspace_id,
    Handoff.conversation_id == Conversation.id,
    Handoff.released_at.is_(None),
)


def of_operator(operator_id: UUID | None) -> ColumnElement[bool]:
    """Conversations that one operator has."""
    return and_(Conversation.voice == Voice.OPERATOR, Conversation.operator_id == operator_id)


def of_nobody() -> ColumnElement[bool]:
    """Conversations that no operator has."""
    return Conversation.operator_id.is_(None)


def waiting() -> ColumnElement[bool]:
    """Conversations in which nobody speaks until a person comes."""
    return Conversation.voice == Voice.WAITING


def about(words: str, customer_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Conversations of some customers, or in which words were written."""
    written = exists().where(
        Message.workspace_id == Conversation.workspace_id,
        Message.conversation_id == Conversation.id,
        Message.content["text"].astext.icontains(words, autoescape=True),
    )
    return or_(Conversation.customer_id.in_(customer_ids), written)


Listed = tuple[Conversation, Handoff | None, datetime]
"""A conversation, its open hand-off, and when something last happened in it."""


def _listed() -> Select[Conversation, Handoff, datetime]:
    listed = select(Conversation, Handoff, ACTIVE_AT).join(Handoff, _OPEN, isouter=True)
    return listed.where(Conversation.customer_id.is_not(None))


async def page(
    work: Work, conditions: Sequence[ColumnElement[bool]], after: tuple[datetime, UUID] | None, limit: int, *, oldest: bool
) -> list[Listed]:
    """Conversations with their open hand-off: the last active first, or the longest waiting first."""
    by = [Handoff.requested_at if oldest else ACTIVE_AT, Conversation.id]
    query = _listed().where(own(Conversation, work), *conditions)
    found = await work.session.execute(part(query, by, after, limit, falls=not oldest))
    return [(row, handoff, active_at) for row, handoff, active_at in found]


async def one(work: Work, conversation_id: UUID) -> Listed | None:
    """One conversation with its open hand-off."""
    query = _listed().where(own(Conversation, work), Conversation.id == conversation_id)
    found = (await work.session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


async def last_messages(work: Work, conversation_ids: Collection[UUID]) -> dict[UUID, Message]:
    """The last message of each of some conversations."""
    newest = (
        select(Message.id)
        .where(
            Message.workspace_id == Conversation.workspace_id,
            Message.conversation_id == Conversation.id,
            Message.status != MessageStatus.CANCELLED,
        )
        .order_by(Message.position.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    query = (
        select(Message)
        .join(Conversation, and_(Message.workspace_id == Conversation.workspace_id, Message.id == newest))
        .where(own(Conversation, work), Conversation.id.in_(conversation_ids))
    )
    return {row.conversation_id: row for row in await work.session.scalars(query)}


async def thread(work: Work, conversation_id: UUID, before: int | None, limit: int) -> Sequence[Message]:
    """Messages of a thread from before a place in it, the newest first; what was cut off was never said."""
    query = select(Message).where(
        own(Message, work),
        Message.conversation_id == conversation_id,
        Message.status != MessageStatus.CANCELLED,
    )
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [Message.position], place, limit, falls=True))).all()


async def notes(
    work: Work, conversation_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[ConversationNote]:
    """What staff have noted on a conversation, the newest first."""
    query = select(ConversationNote).where(own(ConversationNote, work), ConversationNote.conversation_id == conversation_id)
    by = [ConversationNote.created_at, ConversationNote.id]
    return (await work.session.scalars(part(query, by, after, limit, falls=True))).all()


async def handoffs(work: Work, conversation_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Handoff]:
    """The stretches of a conversation with people, the newest first."""
    query = select(Handoff).where(own(Handoff, work), Handoff.conversation_id == conversation_id)
    by = [Handoff.requested_at, Handoff.id]
    return (await work.session.scalars(part(query, by, after, limit, falls=True))).all()


async def messages_since(
    work: Work, since: datetime, limit: int, besides: Collection[UUID]
) -> Sequence[Row[UUID, UUID, datetime]]:
    """Id, conversation and time of the messages that were written since, the oldest first.

    What has no line is said between a member and the agent, and is nobody else's.
    """
    statement = (
        select(Message.id, Message.conversation_id, Message.created_at)
        .where(own(Message, work), Message.created_at >= since, Message.id.not_in(besides), Message.connection_id.is_not(None))
        .order_by(Message.created_at, Message.id)
        .limit(limit)
    )
    return (await work.session.execute(statement)).all()


async def page_of_thread(work: Work, conversation_id: UUID, limit: int, after: str | None) -> ThreadPage:
    """A part of a thread, the newest message first; raises CursorRefused."""
    try:
        before = None if after is None else int(after)
    except ValueError as error:
        raise CursorRefused from error
    rows = await thread(work, conversation_id, before, limit + 1)
    shown = rows[:limit]
    return ThreadPage(
        items=[ThreadMessage.model_validate(row) for row in shown],
        next_cursor=str(shown[-1].position) if len(rows) > limit else None,
    )
