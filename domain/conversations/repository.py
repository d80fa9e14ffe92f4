"""All SQL about conversations and their threads, but for delivery."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Uuid, bindparam, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.connections.schemas import ConnectionSummary
from domain.conversations.content import File
from domain.conversations.kinds import AttachmentStatus, Author, Direction, HandoffReason, MessageStatus
from domain.conversations.models import Attachment, Conversation, Handoff, Message, Notification
from domain.conversations.status import UNDECIDED
from domain.customers.schemas import ContactView

_HELD = "conversations.held"
"""Where a session remembers the conversations that its transaction has locked."""

# Statements that every turn asks several times are built once: building one takes as long as running it.
_LOCK = Prepared(
    select(Conversation)
    .where(own(Conversation), Conversation.id == bindparam("conversation"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_OPEN_MESSAGES = Prepared(
    select(
        Message,
        select(Attachment.id)
        .where(Attachment.workspace_id == Message.workspace_id, Attachment.message_id == Message.id)
        .limit(1)
        .scalar_subquery(),
    )
    .where(
        own(Message),
        Message.conversation_id == bindparam("conversation"),
        Message.direction == Direction.IN,
        Message.handled_at.is_(None),
    )
    .order_by(Message.received_at, Message.batch_position, Message.inbound_event_id)
)
_THREAD = Prepared(
    select(Message)
    .where(
        own(Message),
        Message.conversation_id == bindparam("conversation"),
        Message.status != MessageStatus.CANCELLED,
        Message.created_at < func.coalesce(bindparam("before", type_=DateTime(timezone=True)), text("'infinity'::timestamptz")),
    )
    .order_by(Message.created_at.desc(), Message.position.desc())
    .limit(bindparam("count", type_=Integer))
)

_BETWEEN = Prepared(
    select(Conversation)
    .where(
        own(Conversation),
        Conversation.contact_address_id == bindparam("contact"),
        Conversation.shop_address == bindparam("address"),
    )
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_INSERT_INCOMING = (
    insert(Message)
    .on_conflict_do_nothing(index_elements=["workspace_id", "connection_id", "direction", "provider_message_id"])
    .returning(Message.id)
)
_HANDLE_ALL = (
    update(Message)
    .where(
        own(Message),
        Message.conversation_id == bindparam("conversation"),
        Message.direction == Direction.IN,
        Message.handled_at.is_(None),
    )
    .values(handled_at=bindparam("at"), handled_by=bindparam("by"), handled_ref=bindparam("ref"))
    .execution_options(synchronize_session=False)
)
_HANDLE = _HANDLE_ALL.where(Message.id == func.any(bindparam("messages", type_=ARRAY(Uuid))))

POSITION_STEP = 100
"""Positions leave room between messages, so that the parts of a split text fit in between."""


async def lock(work: Work, conversation_id: UUID) -> Conversation | None:
    """Lock one conversation: the first lock of whoever changes anything in it. A lock that this work has is enough."""
    held: dict[UUID, Conversation] = work.session.info.setdefault(_HELD, {})
    if conversation_id in held:
        return held[conversation_id]
    (row,) = await _LOCK.first(work.session, {"workspace": work.workspace_id, "conversation": conversation_id}) or (None,)
    # A lock taken inside a savepoint goes with it.
    if row is not None and not work.session.in_nested_transaction():
        held[conversation_id] = row
    return row


async def get(work: Work, conversation_id: UUID) -> Conversation | None:
    """One conversation, not locked."""
    return await work.session.get(Conversation, (work.workspace_id, conversation_id))


async def find_or_create(work: Work, line: ConnectionSummary, contact: ContactView) -> Conversation:
    """The conversation between a customer's address and the shop's on a line, locked; made when it is new."""
    values = {"workspace": work.workspace_id, "contact": contact.contact_address_id, "address": line.address}
    if (found := await _BETWEEN.first(work.session, values)) is not None:
        return found[0]
    await work.session.execute(
        insert(Conversation)
        .values(
            workspace_id=work.workspace_id,
            id=new_id(),
            connection_id=line.id,
            contact_address_id=contact.contact_address_id,
            shop_address=line.address,
            customer_id=contact.customer_id,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "contact_address_id", "shop_address"])
    )
    ((row,),) = await _BETWEEN.all(work.session, values)
    return row


def next_position(conversation: Conversation) -> int:
    """Take the next place in the thread; the conversation is locked."""
    position = conversation.next_position
    conversation.next_position = position + POSITION_STEP
    return position


async def own_of_member(work: Work, member_id: UUID) -> Conversation | None:
    """The thread that a member of the staff has with the agent."""
    return await work.session.scalar(select(Conversation).where(own(Conversation, work), Conversation.member_id == member_id))


async def ensure_own_of_member(work: Work, member_id: UUID) -> UUID:
    """The id of that thread, which is made when it is new."""
    await work.session.execute(
        insert(Conversation)
        .values(workspace_id=work.workspace_id, id=new_id(), member_id=member_id)
        .on_conflict_do_nothing(index_elements=["workspace_id", "member_id"], index_where=Conversation.member_id.is_not(None))
    )
    found = await own_of_member(work, member_id)
    assert found is not None, "it was there, or was made just now"
    return found.id


async def insert_incoming(
    work: Work, conversation: Conversation, connection_id: UUID | None, values: dict[str, Any]
) -> UUID | None:
    """Insert an incoming message; None if the connection already has one with this provider id."""
    row = {
        "workspace_id": work.workspace_id,
        "id": new_id(),
        "conversation_id": conversation.id,
        "connection_id": connection_id,
        "direction": Direction.IN,
        "author": Author.CUSTOMER,
        "status": MessageStatus.RECEIVED,
        "position": next_position(conversation),
        **values,
    }
    return await work.session.scalar(_INSERT_INCOMING, row)


async def insert_attachment(work: Work, conversation_id: UUID, message_id: UUID, file: File) -> UUID:
    """Remember a file to be fetched."""
    row = Attachment(
        workspace_id=work.workspace_id,
        id=new_id(),
        message_id=message_id,
        conversation_id=conversation_id,
        kind=file.media,
        source_url=file.url,
        status=AttachmentStatus.PENDING,
        next_try_at=work.system_time,
    )
    work.session.add(row)
    await work.session.flush()
    return row.id


async def open_messages(work: Work, conversation_id: UUID) -> list[tuple[Message, UUID | None]]:
    """The customer's messages that nobody has answered, as they were written, each with the file that belongs to it."""
    return [*await _OPEN_MESSAGES.all(work.session, {"workspace": work.workspace_id, "conversation": conversation_id})]


async def mark_handled(
    work: Work, conversation_id: UUID, handled_by: str, ref: UUID | None, message_ids: Sequence[UUID] | None = None
) -> None:
    """Close open messages: those given, or all of the conversation."""
    values = _handled(work, conversation_id, handled_by, ref)
    if message_ids is None:
        await work.session.execute(_HANDLE_ALL, values)
    else:
        await work.session.execute(_HANDLE, {**values, "messages": list(message_ids)})


async def mark_answered(work: Work, conversation_id: UUID, turn_id: UUID | None, message_ids: Sequence[UUID]) -> None:
    """Close open messages with what the work writes last."""
    values = _handled(work, conversation_id, "turn", turn_id)
    await work.later(_HANDLE, {**values, "messages": list(message_ids)})


def _handled(work: Work, conversation_id: UUID, handled_by: str, ref: UUID | None) -> dict[str, Any]:
    return {
        "workspace": work.workspace_id,
        "conversation": conversation_id,
        "at": work.system_time,
        "by": handled_by,
        "ref": ref,
    }


def remember_lock(work: Work, row: Conversation) -> None:
    """A statement of another room has locked this conversation, outside of any savepoint."""
    work.session.info.setdefault(_HELD, {})[row.id] = row


async def thread(work: Work, conversation_id: UUID, *, limit: int, before: datetime | None = None) -> list[Message]:
    """The newest messages of a thread, oldest first."""
    values = {"workspace": work.workspace_id, "conversation": conversation_id, "before": before, "count": limit}
    return [row for (row,) in reversed(await _THREAD.all(work.session, values))]


async def message(work: Work, message_id: UUID) -> Message | None:
    """One message."""
    return await work.session.get(Message, (work.workspace_id, message_id))


async def incoming_by_provider_id(work: Work, connection_id: UUID, reference: str) -> Message | None:
    """The customer's message on a connection that has this id at the provider, as it reads now."""
    query = select(Message).where(
        own(Message, work),
        Message.connection_id == connection_id,
        Message.direction == Direction.IN,
        Message.provider_message_id == reference,
    )
    return await work.session.scalar(query.execution_options(populate_existing=True))


async def by_provider_id(work: Work, conversation_id: UUID, reference: str) -> Message | None:
    """The message of a conversation that has this id at the provider."""
    query = select(Message).where(
        own(Message, work),
        Message.conversation_id == conversation_id,
        Message.provider_message_id == reference,
    )
    return (await work.session.scalars(query.limit(1))).first()


async def unsettled(work: Work, conversation_id: UUID) -> Sequence[Message]:
    """What the agent has said and the provider has not accepted for certain, in order."""
    query = (
        select(Message)
        .where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.author == Author.AGENT,
            Message.status.in_(sorted(UNDECIDED)),
        )
        .order_by(Message.position)
    )
    return (await work.session.scalars(query)).all()


async def has_later_words(work: Work, message: Message) -> bool:
    """Whether anything but the same turn's other messages went out, or is to go out, behind a message."""
    query = select(
        exists().where(
            own(Message, work),
            Message.conversation_id == message.conversation_id,
            Message.direction == Direction.OUT,
            Message.position > message.position,
            Message.turn_id.is_distinct_from(message.turn_id),
            Message.status != MessageStatus.CANCELLED,
        )
    )
    return bool(await work.session.scalar(query))


async def count_unseen(work: Work, conversation_id: UUID, seen: UUID) -> int | None:
    """How many messages stand behind one of the conversation, but for those that whoever works now wrote.

    None if the conversation has no such message. The parts of a text that was split on its way out are one with it.
    """
    row = await message(work, seen)
    if row is None or row.conversation_id != conversation_id:
        return None
    behind = row.position - (row.position - 1) % POSITION_STEP + POSITION_STEP
    query = select(func.count()).where(
        own(Message, work),
        Message.conversation_id == conversation_id,
        Message.position >= behind,
        Message.status != MessageStatus.CANCELLED,
        or_(Message.author != Author.OPERATOR, Message.author_id.is_distinct_from(work.principal.id)),
    )
    return await work.session.scalar(query) or 0


async def cancel_unsent(work: Work, conversation_id: UUID) -> int:
    """Cancel what the agent had queued and nobody has begun to send."""
    result = await work.session.execute(
        update(Message)
        .where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.author == Author.AGENT,
            Message.status.in_([MessageStatus.QUEUED, MessageStatus.RETRY]),
        )
        .values(status=MessageStatus.CANCELLED, error_code="voice_lost")
        .returning(Message.id)
    )
    return len(result.all())


async def move_unsent_to_epoch(work: Work, conversation: Conversation, author: Author) -> None:
    """Let what somebody has said up to now go out under the new epoch: they leave the voice, nobody takes it from them."""
    await work.session.execute(
        update(Message)
        .where(
            own(Message, work),
            Message.conversation_id == conversation.id,
            Message.author == author,
            Message.status.in_([MessageStatus.QUEUED, MessageStatus.RETRY, MessageStatus.SENDING]),
        )
        .values(voice_epoch=conversation.voice_epoch)
    )


async def open_handoff(work: Work, conversation_id: UUID) -> Handoff | None:
    """The hand-off that has not ended, if there is one."""
    query = select(Handoff).where(
        own(Handoff, work),
        Handoff.conversation_id == conversation_id,
        Handoff.released_at.is_(None),
    )
    return await work.session.scalar(query.execution_options(populate_existing=True))


async def handoff(work: Work, handoff_id: UUID) -> Handoff | None:
    """One hand-off, not locked: whoever changes it locks its conversation and reads it again."""
    return await work.session.get(Handoff, (work.workspace_id, handoff_id))


async def last_handoff(work: Work, conversation_id: UUID) -> Handoff | None:
    """The newest hand-off of a conversation."""
    query = select(Handoff).where(own(Handoff, work), Handoff.conversation_id == conversation_id)
    return (await work.session.scalars(query.order_by(Handoff.requested_at.desc(), Handoff.id.desc()).limit(1))).first()


async def released_since(work: Work, conversation_id: UUID, since: datetime) -> set[tuple[HandoffReason, str | None]]:
    """The reasons and topics of the hand-offs of a conversation that ended since a moment."""
    query = select(Handoff.reason, Handoff.topic).where(
        own(Handoff, work), Handoff.conversation_id == conversation_id, Handoff.released_at >= since
    )
    return {(reason, topic) for reason, topic in await work.session.execute(query)}


async def is_answered(work: Work, conversation_id: UUID, but: UUID) -> bool:
    """Whether a person has answered what the customer wrote last, with another message than one."""
    last = select(func.coalesce(func.max(Message.position), 0)).where(
        own(Message, work), Message.conversation_id == conversation_id, Message.direction == Direction.IN
    )
    query = select(
        exists().where(
            own(Message, work),
            Message.conversation_id == conversation_id,
            Message.author == Author.OPERATOR,
            Message.direction == Direction.OUT,
            Message.status != MessageStatus.CANCELLED,
            Message.position > last.scalar_subquery(),
            Message.id != but,
        )
    )
    return bool(await work.session.scalar(query))


async def open_handoffs(work: Work) -> Sequence[Handoff]:
    """All hand-offs of the workspace that have not ended, oldest first."""
    query = select(Handoff).where(own(Handoff, work), Handoff.released_at.is_(None)).order_by(Handoff.requested_at)
    return (await work.session.scalars(query)).all()


async def insert_notification(work: Work, values: dict[str, Any]) -> UUID | None:
    """Insert a notification; None if one with this key exists."""
    statement = (
        insert(Notification)
        .values(workspace_id=work.workspace_id, id=new_id(), next_try_at=work.system_time, **values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "dedupe_key"])
        .returning(Notification.id)
    )
    return await work.session.scalar(statement)
