"""All SQL of suggested replies."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from core.work import Work, own
from domain.conversations.kinds import Direction, MessageStatus
from domain.conversations.models import Conversation, Message, Suggestion


class Newest(NamedTuple):
    """The last message of a thread, and who wrote it."""

    id: UUID
    direction: Direction


async def newest(work: Work, conversation_id: UUID) -> Newest | None:
    """The last message that was not taken back, None where nothing was said yet."""
    query = (
        select(Message.id, Message.direction)
        .where(own(Message, work), Message.conversation_id == conversation_id, Message.status != MessageStatus.CANCELLED)
        .order_by(Message.position.desc())
        .limit(1)
    )
    found = (await work.session.execute(query)).one_or_none()
    return Newest(*found) if found is not None else None


async def of(work: Work, conversation_id: UUID) -> Suggestion | None:
    """The suggestion of a conversation, whether it stands or not."""
    query = select(Suggestion).where(own(Suggestion, work), Suggestion.conversation_id == conversation_id)
    return await work.session.scalar(query.execution_options(populate_existing=True))


async def of_operator(work: Work, conversation_id: UUID) -> Suggestion | None:
    """The suggestion of a conversation that whoever works has, and had when they asked."""
    query = (
        select(Suggestion)
        .join(
            Conversation,
            (Conversation.workspace_id == Suggestion.workspace_id) & (Conversation.id == Suggestion.conversation_id),
        )
        .where(
            own(Suggestion, work),
            Suggestion.conversation_id == conversation_id,
            Conversation.operator_id == work.principal.id,
            Conversation.voice_epoch == Suggestion.voice_epoch,
        )
    )
    return await work.session.scalar(query)
