"""SQL of messages by the turn that wrote or answered them, and by the line on which they came."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, update

from core.work import Work, own
from domain.conversations.kinds import Direction
from domain.conversations.models import Message


async def of_turn(work: Work, turn_id: UUID) -> Sequence[Message]:
    """The messages that a turn has written, in order."""
    query = select(Message).where(own(Message, work), Message.turn_id == turn_id).order_by(Message.position)
    return (await work.session.scalars(query)).all()


async def line_of(work: Work, message_ids: Collection[UUID]) -> UUID | None:
    """The connection on which the newest of some messages came, if it came on one."""
    query = select(Message.connection_id).where(own(Message, work), Message.id.in_(message_ids))
    return await work.session.scalar(query.order_by(Message.position.desc()).limit(1))


async def reopen(work: Work, conversation_id: UUID, message_ids: Sequence[UUID], turn_id: UUID) -> None:
    """Open messages again that a turn has answered."""
    await work.session.execute(
        update(Message)
        .where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.direction == Direction.IN,
            Message.id.in_(message_ids),
        )
        .values(handled_at=None, handled_by="turn", handled_ref=turn_id)
        .execution_options(synchronize_session=False)
    )
