"""The desk of the operators: which conversations want somebody, what was said in them, and what became of them."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from core import events
from core.access import PrincipalKind
from core.event_types import EventType
from core.events import Event
from core.work import Work
from domain.conversations import _desk as sql
from domain.conversations import clocks, repository, service
from domain.conversations._places import next_place, place, read_place
from domain.conversations._rows import locked
from domain.conversations.content import Content, Text
from domain.conversations.errors import ConversationNotFound, TooLate
from domain.conversations.kinds import MessageStatus
from domain.conversations.models import Conversation
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import (
    CustomerConversation,
    DeskEntry,
    DeskFilter,
    DeskPage,
    HandoffPage,
    HandoffStep,
    HandoffView,
    NewMessage,
    Queue,
    ThreadMessage,
    ThreadPage,
)
from domain.customers import service as customers

MOST_FOUND_BY_NAME = 200
EVERYTHING = DeskFilter()


async def _entries(work: Work, rows: Iterable[sql.Listed]) -> list[DeskEntry]:
    listed = [(CustomerConversation.model_validate(row), handoff, active_at) for row, handoff, active_at in rows]
    last = await sql.last_messages(work, [row.id for row, _, _ in listed])
    contacts = await customers.masked_contacts(work, [row.contact_address_id for row, _, _ in listed])
    return [
        DeskEntry(
            id=row.id,
            customer_id=row.customer_id,
            contact=contacts[row.contact_address_id],
            connection_id=row.connection_id,
            voice=row.voice,
            operator_id=row.operator_id,
            handoff=None if handoff is None else HandoffView.model_validate(handoff),
            tags=row.tags,
            active_at=active_at,
            last_inbound_at=row.last_inbound_at,
            last_message=ThreadMessage.model_validate(last[row.id]) if row.id in last else None,
        )
        for row, handoff, active_at in listed
    ]


async def list_conversations(
    work: Work, wanted: DeskFilter = EVERYTHING, limit: int = 20, after: str | None = None
) -> DeskPage:
    """Conversations of a queue, the last active first; of those that wait, the longest waiting first."""
    work.require(ConversationsPermission.READ)
    conditions = {
        Queue.ALL: [],
        Queue.MINE: [sql.of_operator(work.principal.id)],
        Queue.UNASSIGNED: [sql.of_nobody()],
        Queue.WAITING: [sql.waiting()],
        Queue.SNOOZED: [sql.resting()],
    }[wanted.queue]
    conditions = [*conditions, *sql.narrowed(wanted)]
    if wanted.search:
        found = await customers.list_customers(work, wanted.search, limit=MOST_FOUND_BY_NAME)
        meant = [*(customer.id for customer in found.items), *wanted.customer_ids]
        conditions.append(sql.about(work, wanted.search, meant))
    waiting = wanted.queue is Queue.WAITING
    rows = await sql.page(work, conditions, read_place(after), limit + 1, oldest=waiting)
    shown = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        row, handoff, active_at = shown[-1]
        next_cursor = place(handoff.requested_at if waiting and handoff is not None else active_at, row.id)
    return DeskPage(items=await _entries(work, shown), next_cursor=next_cursor)


async def get_entry(work: Work, conversation_id: UUID) -> DeskEntry:
    """One conversation as it stands in the queues; raises ConversationNotFound."""
    work.require(ConversationsPermission.READ)
    row = await sql.one(work, conversation_id)
    if row is None:
        raise ConversationNotFound
    return (await _entries(work, [row]))[0]


async def list_messages(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> ThreadPage:
    """What was said in a conversation, the newest first; raises ConversationNotFound."""
    await _require(work, conversation_id)
    return await sql.page_of_thread(work, conversation_id, limit, after)


async def reply(
    work: Work, conversation_id: UUID, text: str, seen: UUID, undo_within: timedelta = timedelta()
) -> ThreadMessage:
    """Write to the customer; `conversations.reply` says when that is refused, and what `undo_within` is for."""
    work.require(ConversationsPermission.REPLY)
    (message_id,) = await service.reply(work, conversation_id, Text(text=text), seen=seen, undo_within=undo_within)
    return ThreadMessage.model_validate(await repository.message(work, message_id))


async def take_back(work: Work, conversation_id: UUID, message_id: UUID) -> Content:
    """Take back one's own reply that has not left yet; what it said is returned. Raises ConversationNotFound and TooLate."""
    work.require(ConversationsPermission.REPLY)
    conversation = await locked(work, conversation_id)
    row = await repository.message(work, message_id)
    if row is None or row.conversation_id != conversation_id or row.author_id != work.principal.id:
        raise TooLate
    if row.status != MessageStatus.QUEUED:
        raise TooLate
    row.status = MessageStatus.CANCELLED
    await work.session.flush()
    await clocks.taken_back(work, conversation, row)
    return row.content


async def messages_since(work: Work, since: datetime, limit: int, besides: Collection[UUID] = ()) -> list[NewMessage]:
    """The messages that were written since, the oldest first: where they stand, without their words."""
    work.require(ConversationsPermission.READ)
    return [NewMessage.model_validate(row) for row in await sql.messages_since(work, since, limit, besides)]


async def list_handoffs(work: Work, conversation_id: UUID, limit: int = 20, after: str | None = None) -> HandoffPage:
    """The stretches of a conversation with people, the newest first; raises ConversationNotFound."""
    await _require(work, conversation_id)
    rows = await sql.handoffs(work, conversation_id, read_place(after), limit + 1)
    return HandoffPage(
        items=[HandoffView.model_validate(row) for row in rows[:limit]],
        next_cursor=next_place([(row.requested_at, row.id) for row in rows], limit),
    )


async def list_all_handoffs(
    work: Work,
    is_open: bool | None = None,
    team_id: UUID | None = None,
    taken_by: UUID | None = None,
    limit: int = 20,
    after: str | None = None,
) -> HandoffPage:
    """The stretches with people of all conversations, the newest first."""
    work.require(ConversationsPermission.READ)
    rows = await sql.all_handoffs(work, is_open, team_id, taken_by, read_place(after), limit + 1)
    return HandoffPage(
        items=[HandoffView.model_validate(row) for row in rows[:limit]],
        next_cursor=next_place([(row.requested_at, row.id) for row in rows], limit),
    )


async def list_steps(work: Work, handoff_ids: Collection[UUID]) -> list[HandoffStep]:
    """What happened to some hand-offs, in its order, as far as events are kept."""
    work.require(ConversationsPermission.READ)
    return [_step(event) for event in await sql.steps(work, handoff_ids)]


def _step(event: Event) -> HandoffStep:
    after = event.after or {}
    return HandoffStep(
        id=event.id,
        handoff_id=event.subject_id,
        at=event.created_at,
        kind=event.type.partition(".")[2],
        by=event.actor_id if event.actor_kind == PrincipalKind.USER else None,
        operator_id=after.get("operator_id"),
        team_id=after.get("team_id"),
        until=after.get("until"),
        reason=event.reason,
    )


async def tag(work: Work, conversation_id: UUID, tags: Collection[str]) -> DeskEntry:
    """Give a conversation these tags in the place of those that it had; raises ConversationNotFound."""
    work.require(ConversationsPermission.REPLY)
    await _give_tags(work, await locked(work, conversation_id), tags)
    return await get_entry(work, conversation_id)


async def add_tags(work: Work, conversation_id: UUID, tags: Collection[str]) -> None:
    """Give a conversation tags beside those that it has; raises ConversationNotFound."""
    work.require(ConversationsPermission.REPLY)
    row = await locked(work, conversation_id)
    await _give_tags(work, row, {*row.tags, *tags})


async def _give_tags(work: Work, row: Conversation, tags: Collection[str]) -> None:
    wanted = sorted(set(tags))
    if wanted == row.tags:
        return
    before, row.tags = row.tags, wanted
    await work.session.flush()
    events.record(work, EventType.CONVERSATION_TAGGED, subject=row.id, before={"tags": before}, after={"tags": wanted})


async def known_tags(work: Work, limit: int = 100) -> list[str]:
    """The tags that conversations have, the most used first."""
    work.require(ConversationsPermission.READ)
    return await sql.known_tags(work, limit)


async def _require(work: Work, conversation_id: UUID) -> None:
    await service.get(work, conversation_id)
