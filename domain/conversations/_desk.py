"""All SQL behind the desk: queues of conversations, threads, notes and hand-offs as staff see them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, not_, or_, select

from core.errors import CursorRefused
from core.event_types import EventType
from core.events import Event, EventPosition
from core.paging import part
from core.work import Work, own
from domain.conversations import _words as words
from domain.conversations.kinds import MessageStatus, Voice
from domain.conversations.models import Conversation, ConversationNote, Handoff, Message
from domain.conversations.schemas import DeskFilter, ThreadMessage, ThreadPage

ACTIVE_AT = func.coalesce(Conversation.last_inbound_at, Conversation.created_at)
"""When something last happened in a conversation from the customer's side."""

_OPEN = and_(
    Handoff.workspace_id == Conversation.workspace_id,
    Handoff.conversation_id == Conversation.id,
    Handoff.released_at.is_(None),
)


_RESTS = func.coalesce(Handoff.is_snoozed, false())


def of_operator(operator_id: UUID | None) -> ColumnElement[bool]:
    """Conversations that one operator has, or is offered, and that do not rest."""
    has = and_(Conversation.voice == Voice.OPERATOR, Conversation.operator_id == operator_id)
    return and_(or_(has, Handoff.offered_to == operator_id), not_(_RESTS))


def of_nobody() -> ColumnElement[bool]:
    """Conversations that no operator has."""
    return Conversation.operator_id.is_(None)


def waiting() -> ColumnElement[bool]:
    """Conversations in which nobody speaks until a person comes, and that do not rest."""
    return and_(Conversation.voice == Voice.WAITING, not_(_RESTS))


def resting() -> ColumnElement[bool]:
    """Conversations that rest until a time, or until the customer writes."""
    return Handoff.is_snoozed.is_(True)


def late() -> ColumnElement[bool]:
    """Conversations in which a clock has struck and the customer still waits."""
    struck = or_(Handoff.response_breached_at.is_not(None), Handoff.resolution_breached_at.is_not(None))
    return and_(Handoff.waits_since.is_not(None), struck)


def narrowed(wanted: DeskFilter) -> list[ColumnElement[bool]]:
    """What the filters beside the queue leave."""
    conditions = []
    if wanted.team_id is not None:
        conditions.append(Handoff.team_id == wanted.team_id)
    if wanted.operator_id is not None:
        conditions.append(Conversation.operator_id == wanted.operator_id)
    if wanted.tag is not None:
        conditions.append(Conversation.tags.contains([wanted.tag]))
    if wanted.is_late:
        conditions.append(late())
    return conditions


def about(work: Work, search: str, customer_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Conversations of some customers, or in which all the words were written."""
    written = words.written(work, search)
    of_customers = Conversation.customer_id.in_(customer_ids)
    return or_(of_customers, and_(*written)) if written else of_customers


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


_STEPS = tuple(type.value for type in EventType if type.subject_kind == EventType.HANDOFF_TAKEN.subject_kind)


async def steps(work: Work, handoff_ids: Collection[UUID]) -> Sequence[Event]:
    """What happened to some hand-offs, in its order, as the stream of events has it."""
    query = (
        select(Event)
        .join(EventPosition, and_(EventPosition.workspace_id == Event.workspace_id, EventPosition.event_id == Event.id))
        .where(
            own(EventPosition, work),
            EventPosition.subject_kind == EventType.HANDOFF_TAKEN.subject_kind,
            EventPosition.subject_id.in_(handoff_ids),
            Event.type.in_(_STEPS),
        )
        .order_by(EventPosition.position)
    )
    return (await work.session.scalars(query)).all()


async def known_tags(work: Work, limit: int) -> list[str]:
    """The tags that conversations have, the most used first."""
    tag = func.unnest(Conversation.tags).label("tag")
    named = select(tag).where(own(Conversation, work)).subquery()
    query = select(named.c.tag).group_by(named.c.tag).order_by(func.count().desc(), named.c.tag).limit(limit)
    return list(await work.session.scalars(query))


async def all_handoffs(
    work: Work,
    is_open: bool | None,
    team_id: UUID | None,
    taken_by: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Handoff]:
    """The stretches of all conversations with people, the newest first; what is not said does not matter."""
    query = select(Handoff).where(own(Handoff, work))
    if is_open is not None:
        query = query.where(Handoff.released_at.is_(None) if is_open else Handoff.released_at.is_not(None))
    if team_id is not None:
        query = query.where(Handoff.team_id == team_id)
    if taken_by is not None:
        query = query.where(Handoff.taken_by == taken_by)
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
