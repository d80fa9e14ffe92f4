"""All SQL about outgoing messages on their way to the customer."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, exists, func, literal, select

from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.conversations.content import Content
from domain.conversations.kinds import Direction, MessageStatus
from domain.conversations.models import DeliveryAttempt, Message
from domain.conversations.status import UNDECIDED

# What every message asks is built once: building a statement takes longer than running it.
_FIRST_UNDECIDED = Prepared(
    select(Message)
    .where(
        own(Message),
        Message.conversation_id == bindparam("conversation"),
        Message.direction == Direction.OUT,
        Message.status.in_([literal(status, Message.status.type) for status in sorted(UNDECIDED)]),
    )
    .order_by(Message.position)
    .limit(1)
    .execution_options(populate_existing=True)
)
_OUTGOING = Prepared(
    select(Message.provider_message_id, Message.id, Message.conversation_id).where(
        own(Message),
        Message.connection_id == bindparam("connection"),
        Message.direction == Direction.OUT,
        Message.provider_message_id == func.any(bindparam("ids", type_=ARRAY(Text))),
    )
)


async def first_undecided(work: Work, conversation_id: UUID) -> Message | None:
    """The oldest outgoing message that is not settled; the conversation is locked."""
    values = {"workspace": work.workspace_id, "conversation": conversation_id}
    (row,) = await _FIRST_UNDECIDED.first(work.session, values) or (None,)
    return row


async def get(work: Work, message_id: UUID) -> Message | None:
    """One message as the database has it now."""
    return await work.session.get(Message, (work.workspace_id, message_id), populate_existing=True)


async def conversation_of(work: Work, message_id: UUID) -> UUID | None:
    """The conversation of a message."""
    query = select(Message.conversation_id).where(own(Message, work), Message.id == message_id)
    return await work.session.scalar(query)


async def find_outgoing(work: Work, connection_id: UUID, provider_message_ids: Collection[str]) -> list[tuple[str, UUID, UUID]]:
    """The messages that went out on a connection under some of the provider's ids: that id, id and conversation."""
    values = {"workspace": work.workspace_id, "connection": connection_id, "ids": list(provider_message_ids)}
    rows = await _OUTGOING.all(work.session, values)
    return [(str(provider_id), message_id, conversation_id) for provider_id, message_id, conversation_id in rows]


def insert_after(work: Work, original: Message, offset: int, content: Content) -> Message:
    """Add a message right behind another one, with the same voice, cause and author."""
    row = Message(
        workspace_id=work.workspace_id,
        id=new_id(),
        conversation_id=original.conversation_id,
        connection_id=original.connection_id,
        direction=Direction.OUT,
        author=original.author,
        author_id=original.author_id,
        position=original.position + offset,
        correlation_id=original.correlation_id,
        status=MessageStatus.QUEUED,
        turn_id=original.turn_id,
        voice=original.voice,
        voice_epoch=original.voice_epoch,
        next_try_at=work.system_time,
        content=content,
    )
    work.session.add(row)
    return row


def insert_attempt(work: Work, message: Message) -> UUID:
    """Note that a try begins."""
    row = DeliveryAttempt(
        workspace_id=work.workspace_id,
        id=new_id(),
        message_id=message.id,
        number=message.attempts,
        started_at=work.system_time,
    )
    work.session.add(row)
    return row.id


async def get_attempt(work: Work, attempt_id: UUID) -> DeliveryAttempt | None:
    """One try."""
    return await work.session.get(DeliveryAttempt, (work.workspace_id, attempt_id), populate_existing=True)


async def count_attempts(work: Work, message_id: UUID, but: Collection[str]) -> int:
    """How many attempts a message has had, but for those that ended with one of some codes."""
    query = select(func.count()).where(
        own(DeliveryAttempt, work),
        DeliveryAttempt.message_id == message_id,
        func.coalesce(DeliveryAttempt.error_code, "").not_in(but),
    )
    return await work.session.scalar(query) or 0


async def last_inbound_position(work: Work, conversation_id: UUID) -> int:
    """The place of the customer's last message in the thread; 0 if there is none."""
    query = select(func.max(Message.position)).where(
        own(Message, work),
        Message.conversation_id == conversation_id,
        Message.direction == Direction.IN,
    )
    return await work.session.scalar(query) or 0


async def has_template_after(work: Work, conversation_id: UUID, position: int) -> bool:
    """Whether a template is on its way or has arrived since a place in the thread."""
    lost = [MessageStatus.FAILED, MessageStatus.REJECTED, MessageStatus.CANCELLED, MessageStatus.UNCONFIRMED]
    query = select(
        exists().where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.direction == Direction.OUT,
            Message.content["kind"].astext == "template",
            Message.position > position,
            Message.status.not_in(lost),
        )
    )
    return bool(await work.session.scalar(query))


async def last_inbound_provider_id(work: Work, conversation_id: UUID, connection_id: UUID) -> str | None:
    """The provider's id of the customer's last message on a connection."""
    query = (
        select(Message.provider_message_id)
        .where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.connection_id == connection_id,
            Message.direction == Direction.IN,
        )
        .order_by(Message.position.desc())
        .limit(1)
    )
    return await work.session.scalar(query)


def stamp(message: Message, status: MessageStatus, at: datetime) -> None:
    """Note when a message reached a status."""
    match status:
        case MessageStatus.SENT:
            message.sent_at = message.sent_at or at
        case MessageStatus.DELIVERED:
            message.delivered_at = message.delivered_at or at
        case MessageStatus.READ:
            message.read_at = message.read_at or at
        case MessageStatus.FAILED | MessageStatus.REJECTED:
            message.failed_at = message.failed_at or at
        case _:
            pass
