"""All SQL of the threads that visitors' pages read."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select

from core.work import Work, own
from domain.conversations.kinds import Direction, MessageStatus
from domain.conversations.models import Conversation, Message
from domain.conversations.repository import POSITION_STEP

SHOWN: Final = (
    MessageStatus.RECEIVED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.UNCONFIRMED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
)
"""What a page shows: what came in, and whatever a send has begun of; what still waits may be taken back."""

_WATCHED: Final = 500
"""So many of the last messages are looked at for changes: older ones change no more."""

_NUMBER = func.coalesce(Message.change_number, 0)
_BETWEEN = select(Conversation.id).where(
    own(Conversation),
    Conversation.contact_address_id == bindparam("contact"),
    Conversation.shop_address == bindparam("address"),
)


async def between(work: Work, contact_address_id: UUID, shop_address: str) -> UUID | None:
    """The conversation between a visitor's address and the shop's, not locked."""
    values = {"workspace": work.workspace_id, "contact": contact_address_id, "address": shop_address}
    return await work.session.scalar(_BETWEEN, values)


async def last_of_contact(work: Work, contact_address_id: UUID, connection_ids: Sequence[UUID]) -> Conversation | None:
    """The conversation of an address on some lines in which the customer wrote last, not locked."""
    query = (
        select(Conversation)
        .where(
            own(Conversation, work),
            Conversation.contact_address_id == contact_address_id,
            Conversation.connection_id.in_(connection_ids),
        )
        .order_by(Conversation.last_inbound_at.desc().nulls_last())
        .limit(1)
    )
    return await work.session.scalar(query)


async def changed(work: Work, conversation: Conversation, after: int, limit: int) -> Sequence[Message]:
    """The shown messages that have changed since, the newest first."""
    query = (
        select(Message)
        .where(
            own(Message, work),
            Message.conversation_id == conversation.id,
            Message.position > conversation.next_position - _WATCHED * POSITION_STEP,
            Message.status.in_(SHOWN),
            after < _NUMBER,
        )
        .order_by(Message.position.desc())
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


async def before(work: Work, conversation_id: UUID, position: int | None, limit: int) -> Sequence[Message]:
    """The shown messages before a place in the thread, or the last ones, the newest first."""
    query = select(Message).where(own(Message, work), Message.conversation_id == conversation_id, Message.status.in_(SHOWN))
    if position is not None:
        query = query.where(Message.position < position)
    return (await work.session.scalars(query.order_by(Message.position.desc()).limit(limit))).all()


async def is_unanswered(work: Work, conversation_id: UUID) -> bool:
    """Whether something that the visitor wrote is open."""
    query = select(
        exists().where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.direction == Direction.IN,
            Message.handled_at.is_(None),
        )
    )
    return bool(await work.session.scalar(query))


async def unreported(work: Work, conversation_id: UUID, until: int, *, but: Sequence[MessageStatus]) -> Sequence[UUID]:
    """What was shown up to a place in the thread, sent by the shop, and has not got as far as one of the statuses."""
    query = (
        select(Message.id)
        .where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.direction == Direction.OUT,
            Message.position <= until,
            Message.status.in_([status for status in SHOWN if status not in but]),
        )
        .order_by(Message.position)
    )
    return (await work.session.scalars(query)).all()
