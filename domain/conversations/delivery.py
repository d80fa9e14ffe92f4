"""The way out: which message may be sent next, and what becomes of it.

Every function locks the conversation first, and every change of a status goes through `_advance`. A try is committed
before the provider is called, so that a report can always find its message and a crash leaves `sending`, never `queued`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from core import outbox
from core.errors import DomainError
from core.settings import get_settings
from core.work import Work
from domain.connections.medium import TRAITS
from domain.conversations import _deliveries as deliveries
from domain.conversations import repository, service
from domain.conversations.content import Content, Template
from domain.conversations.kinds import AttemptOutcome, MessageStatus, NoticeKind
from domain.conversations.models import Conversation, Message
from domain.conversations.schemas import SentMessage
from domain.conversations.status import SENDABLE, advanced
from domain.customers import consent
from domain.customers import service as customers
from domain.customers.schemas import ContactView

MAX_TRIES: Final = 3
"""How often a message is sent that the provider refuses for now."""

MOST_PATIENCE: Final = timedelta(hours=1)
"""How long a message waits for a line that cannot be reached; later it would speak of what has passed."""

LEASE: Final = timedelta(seconds=6)
"""How long a deliverer may be silent during a try before it counts as dead; one that lives renews its lease."""

BACKOFF: Final = (timedelta(seconds=2), timedelta(seconds=15), timedelta(seconds=60))
WINDOW_CLOSED: Final = "window_closed"
NOT_AGREED: Final = "marketing_not_agreed"
MARKETING_REFUSED: Final = "marketing_refused"
VOICE_LOST: Final = "voice_lost"
DELIVERER_LOST: Final = "deliverer_lost"
LEASE_STALE: Final = "lease_stale"
LINE_RESTING: Final = "line_resting"
UNREACHED: Final = "connect_failed"
NOT_CALLED: Final = frozenset({LEASE_STALE, LINE_RESTING})
"""The codes of outcomes for which the provider was not even called."""

_MAX_PARTS = repository.POSITION_STEP - 2


Cut = Callable[[Content], Sequence[Content]]
"""Brings a content within a channel's limits, as one message or several."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message whose next try belongs to the caller; nobody else sends in this conversation meanwhile."""

    message_id: UUID
    conversation_id: UUID
    attempt_id: UUID
    attempt: int
    to: str
    content: Content
    reply_to: str | None
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known after a try."""

    result: AttemptOutcome
    error_code: str | None = None
    detail: str | None = None
    retry_after: float | None = None
    http_status: int | None = None


async def take_next(work: Work, conversation_id: UUID, cut: Cut, template: Template | None) -> Taken | None:
    """Take the oldest message that may be sent now; None if there is none or an earlier one is not settled."""
    work.require_runtime()
    conversation = await repository.lock(work, conversation_id)
    if conversation is None:
        return None
    contact: ContactView | None = None
    while (message := await deliveries.first_undecided(work, conversation.id)) is not None:
        if not await _is_ready(work, message):
            return None
        assert conversation.contact_address_id is not None, "only what goes by a line is queued"
        contact = contact or await customers.contact(work, conversation.contact_address_id)
        may_write = TRAITS[contact.medium].may_write(conversation.last_inbound_at, work.now)
        if await _may_go(work, conversation, message, cut, template, may_write=may_write):
            return await _take(work, conversation, contact, message)
        await work.session.flush()
    return None


async def _is_ready(work: Work, message: Message) -> bool:
    """Whether the oldest unsettled message can be decided on now; time that has run out for it is noted."""
    status = MessageStatus(message.status)
    if status is MessageStatus.RETRY:
        return message.next_try_at is None or message.next_try_at <= work.system_time
    if status in SENDABLE:
        return True
    await _expire(work, message)
    return message.status == MessageStatus.UNCONFIRMED


async def _may_go(
    work: Work, conversation: Conversation, message: Message, cut: Cut, template: Template | None, *, may_write: bool
) -> bool:
    """Whether the message may be sent: right voice, open window, within the channel's limits. If not, it is settled.

    `may_write` is whether the medium lets free words be sent now.
    """
    if message.status not in SENDABLE:
        return False
    if message.voice_epoch != conversation.voice_epoch:
        message.status, message.error_code = MessageStatus.CANCELLED, VOICE_LOST
        return False
    if not isinstance(message.content, Template):
        if not may_write:
            await _close_window(work, conversation, message, template)
            return False
    elif message.content.is_marketing and not await _is_agreed(work, conversation):
        await _refuse(work, message, MessageStatus.REJECTED, NOT_AGREED)
        return False
    return message.attempts > 0 or await _is_cut(work, message, cut)


async def _is_agreed(work: Work, conversation: Conversation) -> bool:
    """Whether the customer agrees to marketing now: they may have said that they do not since it was written."""
    return conversation.customer_id is not None and await consent.is_given(work, conversation.customer_id)


async def _close_window(work: Work, conversation: Conversation, message: Message, template: Template | None) -> None:
    """Refuse a message outside the medium's answer window; the approved template, if there is one, asks once to write."""
    if template is not None:
        last = await deliveries.last_inbound_position(work, message.conversation_id)
        if not await deliveries.has_template_after(work, message.conversation_id, last):
            # At the end of the thread: the places right behind this message may belong to its other parts.
            offset = repository.next_position(conversation) - message.position
            deliveries.insert_after(work, message, offset, template)
    await _refuse(work, message, MessageStatus.REJECTED, WINDOW_CLOSED)


async def _is_cut(work: Work, message: Message, cut: Cut) -> bool:
    """Bring a message within the channel's limits: further parts become messages right behind it."""
    try:
        pieces = cut(message.content)
    except DomainError as error:
        await _refuse(work, message, MessageStatus.REJECTED, error.code)
        return False
    if not pieces or len(pieces) > _MAX_PARTS:
        await _refuse(work, message, MessageStatus.REJECTED, "message_too_long" if pieces else "message_empty")
        return False
    first, *others = pieces
    message.content = first
    for offset, piece in enumerate(others, start=1):
        deliveries.insert_after(work, message, offset, piece)
    return True


async def _take(work: Work, conversation: Conversation, contact: ContactView, message: Message) -> Taken:
    message.status = MessageStatus.SENDING
    message.attempts += 1
    message.lease_until = work.system_time + LEASE
    message.provider_message_id = str(message.id)
    if message.connection_id != conversation.connection_id:
        # The customer has changed to another provider's line meanwhile; a quote stands on its own line only.
        message.connection_id, message.reply_to = conversation.connection_id, None
    attempt_id = deliveries.insert_attempt(work, message)
    await work.write()
    return Taken(
        message_id=message.id,
        conversation_id=conversation.id,
        attempt_id=attempt_id,
        attempt=message.attempts,
        to=contact.address,
        content=message.content,
        reply_to=message.reply_to,
        correlation_id=message.correlation_id,
    )


async def is_taken(work: Work, taken: Taken) -> bool:
    """Whether a message whose commit had an unknown outcome was taken after all."""
    work.require_runtime()
    return await deliveries.get_attempt(work, taken.attempt_id) is not None


async def renew(work: Work, taken: Taken) -> None:
    """Prolong the lease of a deliverer that still waits for the provider."""
    work.require_runtime()
    message = await _locked(work, taken.message_id, taken.conversation_id)
    if message is not None and message.status == MessageStatus.SENDING and message.attempts == taken.attempt:
        message.lease_until = work.system_time + LEASE


async def record_outcome(work: Work, taken: Taken, outcome: Outcome) -> MessageStatus | None:
    """Note what a try came to; what a report has said meanwhile stands above it. The message's status after it."""
    work.require_runtime()
    message = await _locked(work, taken.message_id, taken.conversation_id)
    attempt = await deliveries.get_attempt(work, taken.attempt_id)
    if message is None or attempt is None or attempt.finished_at is not None:
        return None
    attempt.finished_at, attempt.outcome = work.system_time, outcome.result
    attempt.http_status, attempt.error_code = outcome.http_status, outcome.error_code
    attempt.detail = (outcome.detail or "")[:1000] or None
    if message.attempts == taken.attempt:
        await _settle_try(work, message, outcome)
    return MessageStatus(message.status)


async def _settle_try(work: Work, message: Message, outcome: Outcome) -> None:
    match outcome.result:
        case AttemptOutcome.SENT:
            _advance(message, MessageStatus.SENT, work.now)
        case AttemptOutcome.REJECTED:
            await _refuse(work, message, MessageStatus.REJECTED, outcome.error_code)
        case AttemptOutcome.UNKNOWN:
            _doubt(work, message, outcome.error_code)
        case AttemptOutcome.RETRY:
            await work.session.flush()
            tries = await deliveries.count_attempts(work, message.id, but=NOT_CALLED | {UNREACHED})
            if tries >= MAX_TRIES or work.system_time - message.created_at > MOST_PATIENCE:
                await _refuse(work, message, MessageStatus.REJECTED, outcome.error_code)
            else:
                await _try_later(work, message, outcome)


async def _try_later(work: Work, message: Message, outcome: Outcome) -> None:
    if message.status == MessageStatus.UNKNOWN and message.error_code == DELIVERER_LOST:
        # The deliverer was only slow, not dead. It knows that nothing was sent, and no newer try has begun.
        message.status, message.deadline_at = MessageStatus.SENDING, None
    if not _advance(message, MessageStatus.RETRY, work.now):
        return
    pause = timedelta(seconds=outcome.retry_after or 0)
    if outcome.error_code not in NOT_CALLED:
        calls = await deliveries.count_attempts(work, message.id, but=NOT_CALLED)
        pause = max(pause, BACKOFF[min(calls, len(BACKOFF)) - 1])
    message.error_code = outcome.error_code
    message.next_try_at = work.system_time + pause
    outbox.enqueue(work, "message.deliver", due_at=message.next_try_at, conversation_id=message.conversation_id)


def _doubt(work: Work, message: Message, error_code: str | None) -> None:
    """The message may have been sent: wait for its report until the deadline, and hold the later ones up."""
    if not _advance(message, MessageStatus.UNKNOWN, work.now):
        return
    message.error_code = error_code
    message.deadline_at = work.system_time + timedelta(seconds=get_settings().delivery_unknown_seconds)
    outbox.enqueue(work, "message.deliver", due_at=message.deadline_at, conversation_id=message.conversation_id)


def _advance(message: Message, proposed: MessageStatus, at: datetime) -> bool:
    """The one way in which a status changes after a try began; False if the message stands further already."""
    current = MessageStatus(message.status)
    if advanced(current, proposed) is current:
        return False
    message.status = proposed
    if proposed in (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ):
        message.error_code = None
    deliveries.stamp(message, proposed, at)
    return True


async def _refuse(work: Work, message: Message, status: MessageStatus, error_code: str | None) -> None:
    """The message did not arrive and will not: say why, and tell staff."""
    if _advance(message, status, work.now):
        message.error_code = error_code
        if error_code == MARKETING_REFUSED:
            await _note_refusal(work, message)
        await _tell_staff(work, message)


async def _note_refusal(work: Work, message: Message) -> None:
    """The customer has told the medium that they want no marketing: they are written none any more."""
    conversation = await repository.get(work, message.conversation_id)
    if conversation is not None and conversation.contact_address_id is not None:
        contact = await customers.contact(work, conversation.contact_address_id)
        await consent.record(work, contact.customer_id, False, TRAITS[contact.medium].name)


async def _tell_staff(work: Work, message: Message) -> None:
    await service.notify(
        work,
        NoticeKind(f"message_{message.status}"),
        dedupe_key=f"message_{message.status}:{message.id}",
        conversation_id=message.conversation_id,
        subject_id=message.id,
        payload={"error_code": message.error_code, "author": message.author},
    )


async def find_sent(work: Work, connection_id: UUID, provider_message_ids: Collection[str]) -> dict[str, SentMessage]:
    """The messages that went out on a connection under some of the provider's ids, by those ids."""
    work.require_runtime()
    rows = await deliveries.find_outgoing(work, connection_id, provider_message_ids)
    return {
        provider_id: SentMessage(message_id=message_id, conversation_id=conversation_id)
        for provider_id, message_id, conversation_id in rows
    }


async def record_report(
    work: Work,
    sent: SentMessage,
    status: Literal["sent", "delivered", "read", "failed"],
    *,
    error_code: str | None = None,
    at: datetime | None = None,
) -> None:
    """Move a message forward by what the provider reports of it."""
    work.require_runtime()
    message = await _locked(work, sent.message_id, sent.conversation_id)
    if message is None:
        return
    held_up = message.status in (MessageStatus.SENDING, MessageStatus.UNKNOWN)
    reported = MessageStatus(status)
    if reported is MessageStatus.FAILED:
        await _refuse(work, message, reported, error_code)
    else:
        _advance(message, reported, at or work.now)
    if held_up:
        outbox.enqueue(work, "message.deliver", conversation_id=message.conversation_id)


async def settle(work: Work, message_id: UUID) -> None:
    """What a time that ran out means: a dead deliverer's message is unknown, an unknown one at last unconfirmed."""
    work.require_runtime()
    conversation_id = await deliveries.conversation_of(work, message_id)
    message = await _locked(work, message_id, conversation_id) if conversation_id is not None else None
    if message is not None:
        await _expire(work, message)
        if message.status == MessageStatus.UNCONFIRMED:
            outbox.enqueue(work, "message.deliver", conversation_id=message.conversation_id)


async def _expire(work: Work, message: Message) -> None:
    if message.status == MessageStatus.SENDING and (message.lease_until or work.system_time) <= work.system_time:
        _doubt(work, message, DELIVERER_LOST)
    if message.status == MessageStatus.UNKNOWN and (message.deadline_at or work.system_time) <= work.system_time:
        _advance(message, MessageStatus.UNCONFIRMED, work.now)
        await _tell_staff(work, message)


async def _locked(work: Work, message_id: UUID, conversation_id: UUID) -> Message | None:
    """A message after its conversation has been locked."""
    if await repository.lock(work, conversation_id) is None:
        return None
    return await deliveries.get(work, message_id)


async def is_more_to_send(work: Work, conversation_id: UUID) -> bool:
    """Whether a conversation has a message left that is not settled."""
    work.require_runtime()
    return await deliveries.first_undecided(work, conversation_id) is not None


async def last_inbound_provider_id(work: Work, conversation_id: UUID, connection_id: UUID) -> str | None:
    """The provider's id of the customer's last message on a connection, for the sign that it was read."""
    work.require_runtime()
    return await deliveries.last_inbound_provider_id(work, conversation_id, connection_id)
