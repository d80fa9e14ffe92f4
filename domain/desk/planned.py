"""Replies that go out later: as their writer would send them then, if they still fit, or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from core import events
from core.errors import NotPermitted
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import colleagues
from domain.connections.medium import TRAITS
from domain.conversations import desk
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.errors import MessagesUnseen, NotYourConversation
from domain.conversations.kinds import NoticeKind, Voice
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry
from domain.desk import repository
from domain.desk.errors import PlannedReplyNotFound, PlannedTooFar, WindowEndsBefore
from domain.desk.kinds import HeldReason, PlannedStatus
from domain.desk.models import PlannedReply
from domain.desk.schemas import PlannedReplyView, PlanReply

LONGEST: Final = timedelta(days=30)


async def plan(work: Work, conversation_id: UUID, command: PlanReply) -> PlannedReplyView:
    """Have a reply go out later, in a conversation that the caller, a person, has. Raises NotYourConversation,
    PlannedTooFar, and WindowEndsBefore where the medium will not let free words be sent at that time.
    """
    work.require(ConversationsPermission.REPLY)
    author_id = work.require_person()
    entry = await desk.get_entry(work, conversation_id)
    if entry.voice is not Voice.OPERATOR or entry.operator_id != author_id:
        raise NotYourConversation
    if not work.now < command.send_at <= work.now + LONGEST:
        raise PlannedTooFar
    if not TRAITS[entry.contact.medium].may_write(entry.last_inbound_at, command.send_at):
        raise WindowEndsBefore
    row = PlannedReply(
        workspace_id=work.workspace_id,
        id=new_id(),
        conversation_id=conversation_id,
        author_id=author_id,
        text=command.text,
        seen_id=command.last_seen_message_id,
        send_at=command.send_at,
        status=PlannedStatus.WAITING,
    )
    work.session.add(row)
    await work.session.flush()
    after = {"conversation_id": str(conversation_id), "send_at": command.send_at.isoformat()}
    events.record(work, EventType.PLANNED_REPLY_CREATED, subject=row.id, after=after)
    return PlannedReplyView.model_validate(row)


async def waiting(work: Work, conversation_id: UUID) -> Sequence[PlannedReplyView]:
    """The replies of a conversation that wait for their time, the first first."""
    work.require(ConversationsPermission.READ)
    return [PlannedReplyView.model_validate(row) for row in await repository.planned(work, conversation_id)]


async def cancel(work: Work, conversation_id: UUID, planned_id: UUID) -> PlannedReplyView:
    """Take back one's own reply that waits for its time; raises PlannedReplyNotFound."""
    work.require(ConversationsPermission.REPLY)
    row = await repository.lock(work, PlannedReply, planned_id)
    is_own = row is not None and row.conversation_id == conversation_id and row.author_id == work.principal.id
    if row is None or not is_own or row.status is not PlannedStatus.WAITING:
        raise PlannedReplyNotFound
    row.status = PlannedStatus.CANCELLED
    await work.session.flush()
    events.record(work, EventType.PLANNED_REPLY_CANCELLED, subject=row.id)
    return PlannedReplyView.model_validate(row)


async def settle(work: Work, planned_id: UUID) -> bool:
    """Send a reply whose time has come, in the name of its writer, or hold it and tell them why."""
    work.require_runtime()
    found = await repository.find(work, PlannedReply, planned_id)
    if found is None:
        return False
    await conversations.lock(work, found.conversation_id)
    row = await repository.lock(work, PlannedReply, planned_id)
    if row is None or row.status is not PlannedStatus.WAITING or row.send_at > work.now:
        return False
    entry = await desk.get_entry(work, row.conversation_id)
    row.reason = await _send(work, row, entry)
    row.status = PlannedStatus.SENT if row.reason is None else PlannedStatus.HELD
    await work.session.flush()
    if row.reason is not None:
        events.record(work, EventType.PLANNED_REPLY_HELD, subject=row.id, reason=row.reason)
        await conversations.notify(
            work,
            NoticeKind.REPLY_HELD,
            dedupe_key=f"reply_held:{row.id}",
            conversation_id=row.conversation_id,
            subject_id=row.id,
            payload={"member_id": str(row.author_id), "reason": row.reason},
        )
    return True


async def _send(work: Work, row: PlannedReply, entry: DeskEntry) -> HeldReason | None:
    """Send it as its writer; why it is held, if it is."""
    if not TRAITS[entry.contact.medium].may_write(entry.last_inbound_at, work.now):
        return HeldReason.WINDOW_CLOSED
    author = await colleagues.principal(work, row.author_id)
    if author is None:
        return HeldReason.NOT_PERMITTED
    try:
        # What is said to a customer belongs to no store.
        theirs = work.acting_for(replace(author, stores=None))
        (row.message_id,) = await conversations.reply(theirs, row.conversation_id, Text(text=row.text), seen=row.seen_id)
    except NotPermitted:
        return HeldReason.NOT_PERMITTED
    except NotYourConversation:
        return HeldReason.NOT_YOURS
    except MessagesUnseen:
        return HeldReason.OTHERS_WROTE
    return None
