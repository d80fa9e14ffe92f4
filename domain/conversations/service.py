"""Conversations: taking in what customers write, queueing what is said to them, and whose voice it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import FromClause
from sqlalchemy.orm import aliased

from core import events, observability, outbox
from core.access import PrincipalKind
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.connections.schemas import ConnectionSummary
from domain.conversations import _rows as rows
from domain.conversations import _turns, clocks, repository
from domain.conversations import _words as words
from domain.conversations.content import Content, File, Reaction
from domain.conversations.errors import MessagesUnseen, NotYourConversation
from domain.conversations.kinds import Author, Direction, MessageStatus, NoticeDetails, NoticeKind, Voice
from domain.conversations.models import Conversation, Message
from domain.conversations.permissions import ConversationsPermission, NotificationsPermission
from domain.conversations.schemas import (
    ConversationView,
    CustomerConversation,
    HandoffView,
    Incoming,
    MessageView,
    OpenMessage,
    Received,
)
from domain.customers import service as customers

LOCKED: Final = Conversation.__table__
"""The conversations' table, for the one statement that locks a conversation with rows that stand beside it."""


def among(columns: FromClause) -> type[Conversation]:
    """The conversation among the columns that such a statement gives."""
    return aliased(Conversation, columns)


def locked_with(work: Work, row: Conversation) -> ConversationView:
    """The conversation that such a statement has locked; this work locks it no more."""
    work.require_agent()
    repository.remember_lock(work, row)
    return view_of(row)


def view_of(row: Conversation) -> ConversationView:
    """A conversation as other rooms see it."""
    return (ConversationView if row.customer_id is None else CustomerConversation).model_validate(row)


async def lock(work: Work, conversation_id: UUID) -> ConversationView:
    """Lock a conversation: the first lock of every change in it, before session, order and stock."""
    work.require_agent()
    return view_of(await rows.locked(work, conversation_id))


async def written_in(work: Work, line: ConnectionSummary, incoming: Incoming) -> Conversation:
    """The conversation to which something that a customer sent belongs, locked; customer and conversation are made if new."""
    work.require_runtime()
    contact = await customers.find_or_create(
        work,
        medium=line.medium,
        address=incoming.sender.address,
        user_id=incoming.sender.user_id,
        phone=incoming.sender.phone,
        name=incoming.sender.name,
    )
    return await repository.find_or_create(work, line, contact)


async def receive(work: Work, line: ConnectionSummary, incoming: Incoming) -> Received:
    """Store a customer's message in its conversation, once; find or make customer and conversation.

    Answers go by the line on which the customer wrote last. Touches no draft and no payment: whatever the message asks
    for is done inside a turn.
    """
    work.require_runtime()
    conversation = await written_in(work, line, incoming)
    answerable = not isinstance(incoming.content, Reaction)
    # A provider's clock that runs ahead must not make old words look like an answer to a newer summary.
    written_at = min(incoming.received_at, work.now)
    if conversation.last_inbound_at is None or written_at >= conversation.last_inbound_at:
        conversation.last_inbound_at, conversation.connection_id = written_at, line.id
    message_id = await repository.insert_incoming(
        work,
        conversation,
        line.id,
        {
            "content": incoming.content,
            "provider_message_id": incoming.provider_message_id,
            "reply_to": incoming.reply_to,
            "correlation_id": observability.correlation_id(),
            "inbound_event_id": incoming.inbound_event_id,
            "batch_position": incoming.batch_position,
            "received_at": written_at,
            "handled_at": None if answerable else work.system_time,
            "handled_by": None if answerable else f"no_answer:{incoming.content.kind}",
        },
    )
    voice = Voice(conversation.voice)
    assert conversation.customer_id is not None, "it was found by the customer's address"
    if message_id is not None:
        await words.keep(work, conversation.id, incoming.content)
        if isinstance(incoming.content, File):
            attachment_id = await repository.insert_attachment(work, conversation.id, message_id, incoming.content)
            outbox.enqueue(work, "media.process", attachment_id=attachment_id)
        if answerable and voice is not Voice.AGENT:
            await clocks.customer_wrote(work, conversation)
            await notify(
                work, NoticeKind.CUSTOMER_WROTE, dedupe_key=f"customer_wrote:{message_id}", conversation_id=conversation.id
            )
    return Received(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        message_id=message_id,
        created=message_id is not None,
        voice=voice,
        needs_answer=answerable,
    )


async def queue(work: Work, conversation_id: UUID, contents: Sequence[Content], *, turn_id: UUID | None = None) -> list[UUID]:
    """Queue what the agent says to the customer, in order, under the conversation's present voice; its texts are final."""
    work.require_agent()
    return await _queue(work, await rows.locked(work, conversation_id), contents, turn_id=turn_id)


async def _queue(
    work: Work,
    conversation: Conversation,
    contents: Sequence[Content],
    *,
    turn_id: UUID | None = None,
    pause: timedelta = timedelta(),
) -> list[UUID]:
    is_staff = work.principal.kind in (PrincipalKind.USER, PrincipalKind.API_KEY)
    author = Author.OPERATOR if is_staff else Author.AGENT
    has_line = conversation.connection_id is not None
    ids: list[UUID] = []
    for content in contents:
        row = Message(
            workspace_id=work.workspace_id,
            id=new_id(),
            conversation_id=conversation.id,
            connection_id=conversation.connection_id,
            direction=Direction.OUT,
            author=author,
            author_id=work.principal.id if author is Author.OPERATOR else None,
            content=content,
            position=repository.next_position(conversation),
            correlation_id=observability.correlation_id(),
            # Without a line nothing is sent: whoever it is said to comes for it.
            status=MessageStatus.QUEUED if has_line else MessageStatus.SENT,
            sent_at=None if has_line else work.now,
            turn_id=turn_id,
            voice=conversation.voice,
            voice_epoch=conversation.voice_epoch,
            next_try_at=work.system_time + pause,
        )
        work.session.add(row)
        ids.append(row.id)
    if ids and has_line:
        await words.keep(work, conversation.id, *contents)
        due_at = work.system_time + pause if pause else None
        outbox.enqueue(work, "message.deliver", due_at=due_at, conversation_id=conversation.id)
    return ids


async def reply(
    work: Work, conversation_id: UUID, content: Content, *, seen: UUID, undo_within: timedelta = timedelta()
) -> list[UUID]:
    """Queue an operator's reply and close the customer's open messages with it.

    `seen` is the last message of the thread that the operator has read. For `undo_within` the reply waits, so that
    `desk.take_back` leaves nothing to be explained. Raises NotYourConversation, and MessagesUnseen if others wrote since.
    """
    work.require(ConversationsPermission.REPLY)
    conversation = await rows.locked(work, conversation_id)
    if conversation.voice != Voice.OPERATOR or conversation.operator_id != work.principal.id:
        raise NotYourConversation
    missed = await repository.count_unseen(work, conversation_id, seen)
    if missed != 0:
        raise MessagesUnseen(count=missed)
    ids = await _queue(work, conversation, [content], pause=undo_within)
    await repository.mark_handled(work, conversation.id, "operator", work.principal.id)
    await clocks.answered(work, conversation)
    for message_id in ids:
        events.record(work, EventType.MESSAGE_WRITTEN, subject=message_id, after={"conversation_id": str(conversation_id)})
    return ids


async def open_messages(work: Work, conversation_id: UUID) -> list[OpenMessage]:
    """The customer's messages that nobody has answered, in the order in which they were written."""
    work.require_agent()
    return [
        OpenMessage(
            id=row.id,
            content=row.content,
            attachment_id=attachment_id,
            received_at=row.received_at or row.created_at,
            reply_to=row.reply_to,
            edited_at=row.edited_at,
            deleted_at=row.deleted_at,
            answered_in=row.handled_ref if row.handled_by == "turn" else None,
        )
        for row, attachment_id in await repository.open_messages(work, conversation_id)
    ]


async def mark_answered(work: Work, conversation_id: UUID, message_ids: Sequence[UUID], turn_id: UUID | None) -> None:
    """Close the messages that a turn has answered, or that none can answer, as the last thing in its work."""
    work.require_agent()
    await repository.mark_answered(work, conversation_id, turn_id, message_ids)


async def notify(
    work: Work,
    kind: NoticeKind,
    *,
    dedupe_key: str,
    conversation_id: UUID | None = None,
    subject_id: UUID | None = None,
    payload: NoticeDetails | None = None,
) -> None:
    """Tell staff something, once per `dedupe_key`."""
    work.require(NotificationsPermission.RAISE)
    created = await repository.insert_notification(
        work,
        {
            "kind": kind,
            "dedupe_key": dedupe_key,
            "conversation_id": conversation_id,
            "subject_id": subject_id,
            "payload": payload or {},
        },
    )
    if created is not None:
        outbox.enqueue(work, "notification.send", notification_id=created)


async def get(work: Work, conversation_id: UUID) -> ConversationView:
    """One conversation."""
    work.require(ConversationsPermission.READ)
    return view_of(rows.visible(work, await repository.get(work, conversation_id)))


async def said_in(work: Work, turn_id: UUID) -> list[MessageView]:
    """What the agent said in a turn, in order."""
    work.require(ConversationsPermission.READ)
    return [MessageView.model_validate(row) for row in await _turns.of_turn(work, turn_id)]


async def thread(work: Work, conversation_id: UUID, limit: int = 20) -> list[MessageView]:
    """The newest messages of a conversation, oldest first."""
    work.require(ConversationsPermission.READ)
    return [MessageView.model_validate(row) for row in await repository.thread(work, conversation_id, limit=limit)]


async def thread_before(work: Work, conversation_id: UUID, before: datetime, limit: int) -> list[MessageView]:
    """The last messages of a conversation that stood before a moment, oldest first."""
    work.require_agent()
    rows = await repository.thread(work, conversation_id, limit=limit, before=before)
    return [MessageView.model_validate(row) for row in rows]


async def quoted(work: Work, conversation_id: UUID, reference: str) -> MessageView | None:
    """The message of a conversation, of either side, that has this id at the provider."""
    work.require_agent()
    row = await repository.by_provider_id(work, conversation_id, reference)
    return MessageView.model_validate(row) if row is not None else None


async def unsettled(work: Work, conversation_id: UUID) -> list[MessageView]:
    """What the agent has said that is not sent yet, or of which it is not known, in order. Locks the conversation."""
    work.require(ConversationsPermission.TAKE)
    await rows.locked(work, conversation_id)
    return [MessageView.model_validate(row) for row in await repository.unsettled(work, conversation_id)]


async def arrived_at(work: Work, message_id: UUID) -> datetime | None:
    """When a message was sent (business time), None if it was not or if it has failed since.

    One whose deliverer died between the send and its record is known from its reports only.
    """
    work.require_agent()
    row = await repository.message(work, message_id)
    if row is None or row.status not in (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ):
        return None
    return row.sent_at or row.delivered_at or row.read_at


async def is_last_word(work: Work, message_id: UUID) -> bool:
    """Whether the customer has been told nothing since the turn that said this."""
    work.require_agent()
    row = await repository.message(work, message_id)
    return row is not None and not await repository.has_later_words(work, row)


async def is_lost(work: Work, message_id: UUID) -> bool:
    """Whether a message has surely not been read: refused, failed, or without any report after its deadline."""
    work.require_agent()
    row = await repository.message(work, message_id)
    lost = (MessageStatus.FAILED, MessageStatus.REJECTED, MessageStatus.UNCONFIRMED, MessageStatus.CANCELLED)
    return row is None or row.status in lost


async def open_handoffs(work: Work) -> list[HandoffView]:
    """Everything that waits for a person or is with one."""
    work.require(ConversationsPermission.READ)
    return [HandoffView.model_validate(row) for row in await repository.open_handoffs(work)]
