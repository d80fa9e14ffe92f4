"""Conversations: the queues of the operators, what is said in them, and whose voice it is."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from agent import takeover
from agent.takeover import Takeover
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.conversations import desk
from domain.conversations.desk import Queue
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskEntry, HandoffView, NoteView, ThreadMessage

router = noun("conversations")

Reader = Annotated[Principal, may(ConversationsPermission.READ)]
Taker = Annotated[Write, may_write(ConversationsPermission.TAKE)]
Writer = Annotated[Write, may_write(ConversationsPermission.REPLY)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reply(_Body):
    """What an operator writes to a customer."""

    text: str = Field(min_length=1, max_length=4096)
    last_seen_message_id: UUID = Field(description="The newest message of the thread that the writer has read.")


class NewNote(_Body):
    """Something to be noted for colleagues."""

    text: str = Field(min_length=1, max_length=4000)


class ReleaseConversation(_Body):
    """Giving a conversation back."""

    note: str | None = Field(None, max_length=1000, description="What was agreed; the agent is told.")


@router.get("/conversations")
async def list_(
    caller: Reader,
    paging: Paged,
    queue: Annotated[Queue, Query(description="Those that wait come with the longest waiting first.")] = Queue.ALL,
    search: Annotated[
        str | None, Query(min_length=2, max_length=100, description="Part of a name, a number or of words that were written.")
    ] = None,
) -> Page[DeskEntry]:
    """List conversations, the last active first."""
    async with open_work(caller) as work:
        found = await desk.list_conversations(work, queue, search, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/conversations/{conversation_id}")
async def get(caller: Reader, conversation_id: UUID) -> DeskEntry:
    """Show whose voice a conversation has, and its open hand-off."""
    async with open_work(caller) as work:
        return await desk.get_entry(work, conversation_id)


@router.get("/conversations/{conversation_id}/messages")
async def messages(caller: Reader, conversation_id: UUID, paging: Paged) -> Page[ThreadMessage]:
    """Show what was said, the newest first."""
    async with open_work(caller) as work:
        found = await desk.list_messages(work, conversation_id, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.post("/conversations/{conversation_id}/take")
async def take(write: Taker, conversation_id: UUID) -> Takeover:
    """Take a conversation: the agent falls silent, and what it has done and not said is told."""
    return await write.once(Takeover, lambda work: takeover.take(work, conversation_id))


@router.post("/conversations/{conversation_id}/reply", status_code=201)
async def reply(write: Writer, conversation_id: UUID, body: Reply) -> ThreadMessage:
    """Write to the customer, in a conversation that the caller has taken and read to its end."""
    return await write.once(ThreadMessage, lambda work: desk.reply(work, conversation_id, body.text, body.last_seen_message_id))


@router.post("/conversations/{conversation_id}/release")
async def release(write: Taker, conversation_id: UUID, body: ReleaseConversation) -> HandoffView:
    """Give a conversation back to the agent, with a note of what was agreed."""
    return await write.once(HandoffView, lambda work: takeover.release(work, conversation_id, body.note))


@router.get("/conversations/{conversation_id}/handoffs")
async def handoffs(caller: Reader, conversation_id: UUID, paging: Paged) -> Page[HandoffView]:
    """List the stretches of a conversation with people, the newest first."""
    async with open_work(caller) as work:
        found = await desk.list_handoffs(work, conversation_id, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/conversations/{conversation_id}/notes")
async def notes(caller: Reader, conversation_id: UUID, paging: Paged) -> Page[NoteView]:
    """List what staff have noted, the newest first."""
    async with open_work(caller) as work:
        found = await desk.list_notes(work, conversation_id, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.post("/conversations/{conversation_id}/notes", status_code=201)
async def note(write: Writer, conversation_id: UUID, body: NewNote) -> NoteView:
    """Note something that the customer never sees."""
    return await write.once(NoteView, lambda work: desk.add_note(work, conversation_id, body.text))
