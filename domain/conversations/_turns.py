"""SQL of messages by the turn that wrote them, and by the line on which they came."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from core.work import Work, own
from domain.conversations.models import Message


async def of_turn(work: Work, turn_id: UUID) -> Sequence[Message]:
    """The messages that a turn has written, in order."""
    query = select(Message).where(own(Message, work), Message.turn_id == turn_id).order_by(Message.position)
    return (await work.session.scalars(query)).all()


async def line_of(work: Work, message_ids: Collection[UUID]) -> UUID | None:
    """The connection on which the newest of some messages came, if it came on one."""
    query = select(Message.connection_id).where(own(Message, work), Message.id.in_(message_ids))
    return await work.session.scalar(query.order_by(Message.position.desc()).limit(1))
