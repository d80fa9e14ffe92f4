"""All SQL of who attends what: what waits for somebody, and how much each has."""

from collections import Counter
from uuid import UUID

from sqlalchemy import and_, select

from core.event_types import EventType
from core.events import Event, EventPosition
from core.work import Work, own
from domain.conversations.kinds import Voice
from domain.conversations.models import Conversation, Handoff

_WITH = and_(Conversation.workspace_id == Handoff.workspace_id, Conversation.id == Handoff.conversation_id)
_MOST_AT_ONCE = 200


async def to_assign(work: Work) -> list[tuple[UUID, UUID]]:
    """The conversations for which somebody is looked for, with their hand-offs, the longest waiting first."""
    query = (
        select(Handoff.conversation_id, Handoff.id)
        .join(Conversation, _WITH)
        .where(
            own(Handoff, work),
            Handoff.released_at.is_(None),
            Handoff.assign_at.is_not(None),
            Handoff.offered_to.is_(None),
            Handoff.is_snoozed.is_(False),
            Conversation.voice == Voice.WAITING,
        )
        .order_by(Handoff.requested_at, Handoff.id)
        .limit(_MOST_AT_ONCE)
    )
    return [(conversation_id, handoff_id) for conversation_id, handoff_id in await work.session.execute(query)]


async def loads(work: Work) -> dict[UUID, int]:
    """How many conversations each has or is offered; what rests takes no room."""
    query = (
        select(Conversation.operator_id, Handoff.offered_to)
        .join(Conversation, _WITH)
        .where(own(Handoff, work), Handoff.released_at.is_(None), Handoff.is_snoozed.is_(False))
    )
    return dict(Counter(each for pair in await work.session.execute(query) for each in pair if each is not None))


async def last_left_by(work: Work, handoff_id: UUID) -> UUID | None:
    """Who has let a hand-off wait last, if somebody has."""
    query = (
        select(Event.after["operator_id"].astext)
        .join(EventPosition, and_(EventPosition.workspace_id == Event.workspace_id, EventPosition.event_id == Event.id))
        .where(
            own(EventPosition, work),
            EventPosition.subject_kind == EventType.HANDOFF_RETURNED.subject_kind,
            EventPosition.subject_id == handoff_id,
            Event.type == EventType.HANDOFF_RETURNED.value,
        )
        .order_by(EventPosition.subject_number.desc())
        .limit(1)
    )
    found = await work.session.scalar(query)
    return UUID(found) if found else None
