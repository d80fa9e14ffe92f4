"""Edits and deletions of what a customer wrote: the thread shows them, and whoever answered the words hears of it.

Nothing is undone here. What a turn had answered is opened again, and the next turn settles what follows from it; what a
person answered, or attends now, is told to the staff. The words as they were are kept with the message.
"""

from collections.abc import Sequence
from uuid import UUID

from core import events, observability
from core.event_types import EventType
from core.work import Work
from domain.connections.schemas import ConnectionSummary
from domain.conversations import _turns, repository, service
from domain.conversations import _words as words
from domain.conversations.content import Edited, Removed, dump
from domain.conversations.kinds import NoticeKind, Voice
from domain.conversations.models import Conversation, Message
from domain.conversations.schemas import Changed, Incoming


async def change(work: Work, line: ConnectionSummary, incoming: Incoming) -> Changed:
    """Take in an edit or a deletion, in whatever order it comes: of an unknown message, twice, or before an older one.

    An edit that overtakes its message is the message; a deletion that does so keeps it from ever being answered.
    """
    work.require_runtime()
    said = incoming.content
    assert isinstance(said, Edited | Removed), "anything else is a message"
    conversation = await service.written_in(work, line, incoming)
    row = await repository.incoming_by_provider_id(work, line.id, said.message_id)
    if row is None:
        return await _unknown(work, line, conversation, incoming, said)
    is_old = row.deleted_at is not None or (row.edited_at is not None and incoming.received_at < row.edited_at)
    if row.conversation_id != conversation.id:
        return await _elsewhere(work, conversation, row, incoming)
    if is_old:
        return Changed(conversation_id=conversation.id, message_id=None, outcome="repeated")
    if isinstance(said, Removed):
        return await _deleted(work, conversation, row, incoming)
    if row.content == said.now:
        return Changed(conversation_id=conversation.id, message_id=None, outcome="repeated")
    _remember(row, incoming)
    row.content, row.edited_at = said.now, incoming.received_at
    await words.keep(work, conversation.id, said.now)
    return await _answered(work, conversation, row, "edited")


async def _unknown(
    work: Work, line: ConnectionSummary, conversation: Conversation, incoming: Incoming, said: Edited | Removed
) -> Changed:
    """A change of what never came, or has not come yet: it stands in the message's place, which then counts as repeated."""
    if isinstance(said, Edited):
        message = incoming.model_copy(update={"provider_message_id": said.message_id, "content": said.now})
        received = await service.receive(work, line, message)
        row = await work.session.get_one(Message, (work.workspace_id, received.message_id))
        row.edited_at = incoming.received_at
        await work.session.flush()
        return Changed(
            conversation_id=conversation.id,
            message_id=row.id,
            outcome="received",
            needs_answer=received.needs_answer and received.voice is Voice.AGENT,
        )
    message_id = await repository.insert_incoming(
        work,
        conversation,
        line.id,
        {
            "content": said,
            "provider_message_id": said.message_id,
            "correlation_id": observability.correlation_id(),
            "inbound_event_id": incoming.inbound_event_id,
            "received_at": min(incoming.received_at, work.now),
            "deleted_at": incoming.received_at,
            "handled_at": work.system_time,
            "handled_by": "no_answer:deleted",
        },
    )
    return Changed(conversation_id=conversation.id, message_id=message_id, outcome="forgotten")


async def _elsewhere(work: Work, conversation: Conversation, row: Message, incoming: Incoming) -> Changed:
    """A change of what was written from another address: staff look at it if both are one customer's."""
    other = await repository.get(work, row.conversation_id)
    if other is not None and other.customer_id == conversation.customer_id:
        outcome = "deleted" if isinstance(incoming.content, Removed) else "edited"
        await service.notify(
            work,
            NoticeKind(f"customer_{outcome}"),
            dedupe_key=f"customer_{outcome}:{row.id}:{incoming.received_at.isoformat()}",
            conversation_id=conversation.id,
            subject_id=row.id,
            payload={"elsewhere": True, "inbound_event_id": str(incoming.inbound_event_id)},
        )
    return Changed(conversation_id=conversation.id, message_id=None, outcome="elsewhere")


async def _deleted(work: Work, conversation: Conversation, row: Message, incoming: Incoming) -> Changed:
    _remember(row, incoming)
    row.content, row.deleted_at = Removed(message_id=row.provider_message_id or ""), incoming.received_at
    if row.handled_at is None and row.handled_by is None:
        # Nobody has answered it, and nobody has to. A turn that is being thought finds out when it finishes.
        row.handled_at, row.handled_by = work.system_time, "no_answer:deleted"
        await work.session.flush()
        return Changed(conversation_id=conversation.id, message_id=row.id, outcome="deleted")
    return await _answered(work, conversation, row, "deleted")


def _remember(row: Message, incoming: Incoming) -> None:
    row.revisions = [*row.revisions, {"content": dump(row.content), "until": incoming.received_at.isoformat()}]


async def _answered(work: Work, conversation: Conversation, row: Message, outcome: str) -> Changed:
    """Bring a changed message back to whoever answers or has answered it."""
    events.record(work, EventType.MESSAGE_EDITED if outcome == "edited" else EventType.MESSAGE_DELETED, subject=row.id)
    is_ours = conversation.voice == Voice.AGENT and row.handled_by in (None, "turn")
    if is_ours:
        row.handled_at = None
    else:
        await service.notify(
            work,
            NoticeKind(f"customer_{outcome}"),
            dedupe_key=f"customer_{outcome}:{row.id}:{len(row.revisions)}",
            conversation_id=conversation.id,
            subject_id=row.id,
        )
    await work.session.flush()
    return Changed.model_validate(
        {"conversation_id": conversation.id, "message_id": row.id, "outcome": outcome, "needs_answer": is_ours}
    )


async def reopen(work: Work, conversation_id: UUID, message_ids: Sequence[UUID], turn_id: UUID) -> None:
    """Open messages again that a turn has answered, so that the next turn sees to what has become of them."""
    work.require_agent()
    await _turns.reopen(work, conversation_id, message_ids, turn_id)


async def close(work: Work, conversation_id: UUID, message_ids: Sequence[UUID], reason: str) -> None:
    """Close messages that need no answer any more."""
    work.require_agent()
    await repository.mark_handled(work, conversation_id, f"no_answer:{reason}"[:40], None, message_ids)
