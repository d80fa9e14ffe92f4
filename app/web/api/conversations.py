"""Conversations: the queues of the operators, what is said in them, and whose voice it is."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from agent import takeover
from agent.takeover import Takeover
from app.web import outgoing
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from app.web.meant import customers_meant
from core.access import Principal
from core.work import open_work
from domain.accounts.attending import Word
from domain.conversations import desk, numbers, sending_files, suggestions, templates
from domain.conversations import handoffs as attending
from domain.conversations import notes as noting
from domain.conversations.kinds import HandoffOutcome
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import (
    DeskEntry,
    DeskFilter,
    HandoffStep,
    HandoffView,
    NoteView,
    Queue,
    ShownNumber,
    SuggestionView,
    ThreadMessage,
    Transfer,
)
from domain.conversations.templates import SendTemplate, TemplateOffer
from domain.customers.permissions import CustomersPermission

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


class SnoozeConversation(_Body):
    """Until when a conversation rests."""

    until: AwareDatetime | None = Field(None, description="Null until the customer writes, which wakes it in any case.")


class SetTags(_Body):
    """What a conversation is about, in the staff's words."""

    tags: Annotated[tuple[Word, ...], Field(max_length=20)]


@router.get("/conversations")
async def list_(
    caller: Reader,
    paging: Paged,
    queue: Annotated[Queue, Query(description="Those that wait come with the longest waiting first.")] = Queue.ALL,
    search: Annotated[
        str | None,
        Query(
            min_length=2,
            max_length=100,
            description="Part of a name or telephone, an order's number, or words that were written; the last may be short.",
        ),
    ] = None,
    team_id: UUID | None = None,
    operator_id: UUID | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    is_late: Annotated[bool, Query(description="Only those in which a clock has struck and the customer waits.")] = False,
) -> Page[DeskEntry]:
    """List conversations, the last active first."""
    async with open_work(caller) as work:
        meant = await customers_meant(work, search)
        wanted = DeskFilter(
            queue=queue,
            search=search,
            team_id=team_id,
            operator_id=operator_id,
            tag=tag,
            is_late=is_late,
            customer_ids=meant,
        )
        found = await desk.list_conversations(work, wanted, paging.limit, paging.place)
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


@router.post(
    "/conversations/{conversation_id}/files",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The bytes of a picture or a PDF, of a kind that the customer's medium shows.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def send_file(
    write: Writer,
    request: Request,
    conversation_id: UUID,
    last_seen_message_id: UUID,
    name: Annotated[str | None, Query(max_length=200)] = None,
    caption: Annotated[str | None, Query(max_length=1000)] = None,
) -> ThreadMessage:
    """Send a picture or a document, in a conversation that the caller has taken and read to its end."""
    kept = await outgoing.keep(write.caller, conversation_id, await request.body(), name)
    return await write.once(
        ThreadMessage, lambda work: sending_files.send(work, conversation_id, kept, caption, last_seen_message_id)
    )


@router.get("/conversations/{conversation_id}/templates")
async def offered(caller: Reader, conversation_id: UUID) -> Page[TemplateOffer]:
    """List the approved templates that may be sent where words may not, with their prices."""
    async with open_work(caller) as work:
        return Page(data=await templates.offered(work, conversation_id), has_more=False, next_cursor=None)


@router.post("/conversations/{conversation_id}/templates", status_code=201)
async def send_template(write: Writer, conversation_id: UUID, body: SendTemplate) -> ThreadMessage:
    """Send an approved template, in a conversation that the caller has taken and read to its end."""
    return await write.once(ThreadMessage, lambda work: templates.send(work, conversation_id, body))


@router.post("/conversations/{conversation_id}/suggestion", status_code=202)
async def suggest(write: Writer, conversation_id: UUID) -> SuggestionView:
    """Have the agent think of what it would answer, in a conversation that the caller has taken; nothing is sent."""
    return await write.once(SuggestionView, lambda work: suggestions.ask(work, conversation_id))


@router.get("/conversations/{conversation_id}/suggestion")
async def suggestion(caller: Reader, conversation_id: UUID) -> SuggestionView:
    """Show what the agent would answer, until somebody writes."""
    async with open_work(caller) as work:
        return await suggestions.get(work, conversation_id)


@router.delete("/conversations/{conversation_id}/suggestion", status_code=204)
async def discard_suggestion(write: Writer, conversation_id: UUID) -> None:
    """Put away what the agent would answer."""
    await write.run(lambda work: suggestions.discard(work, conversation_id))


@router.post("/conversations/{conversation_id}/release")
async def release(write: Taker, conversation_id: UUID, body: ReleaseConversation) -> HandoffView:
    """Give a conversation back to the agent, with a note of what was agreed."""
    return await write.once(HandoffView, lambda work: takeover.release(work, conversation_id, body.note))


@router.post("/conversations/{conversation_id}/resolve")
async def resolve(write: Taker, conversation_id: UUID, body: ReleaseConversation) -> HandoffView:
    """Settle what people were asked for: whatever the customer writes next is answered by the agent."""
    return await write.once(
        HandoffView, lambda work: takeover.release(work, conversation_id, body.note, HandoffOutcome.RESOLVED)
    )


@router.post("/conversations/{conversation_id}/reopen")
async def reopen(write: Taker, conversation_id: UUID) -> Takeover:
    """Take up again what was given back or settled."""
    return await write.once(Takeover, lambda work: takeover.reopen(work, conversation_id))


@router.post("/conversations/{conversation_id}/transfer")
async def transfer(write: Taker, conversation_id: UUID, body: Transfer) -> HandoffView:
    """Give a conversation to a colleague or a team; it waits for them."""
    return await write.once(HandoffView, lambda work: attending.transfer(work, conversation_id, body))


@router.post("/conversations/{conversation_id}/snooze")
async def snooze(write: Taker, conversation_id: UUID, body: SnoozeConversation) -> HandoffView:
    """Let a conversation rest until a time, or until the customer writes."""
    return await write.once(HandoffView, lambda work: attending.snooze(work, conversation_id, body.until))


@router.post("/conversations/{conversation_id}/wake")
async def wake(write: Taker, conversation_id: UUID) -> HandoffView:
    """End the rest of a conversation."""
    return await write.once(HandoffView, lambda work: attending.wake(work, conversation_id))


@router.put("/conversations/{conversation_id}/tags")
async def tag(write: Writer, conversation_id: UUID, body: SetTags) -> DeskEntry:
    """Give a conversation these tags in the place of those that it had."""
    return await write.once(DeskEntry, lambda work: desk.tag(work, conversation_id, body.tags))


@router.post("/conversations/{conversation_id}/number")
async def number(write: Annotated[Write, may_write(CustomersPermission.REVEAL)], conversation_id: UUID) -> ShownNumber:
    """Show the customer's whole number or address; that it was shown, and to whom, is kept."""
    return await write.once(ShownNumber, lambda work: numbers.show(work, conversation_id), is_secret=True)


@router.get("/handoffs")
async def all_handoffs(
    caller: Reader,
    paging: Paged,
    is_open: Annotated[bool | None, Query(description="Those that wait or are with people, or those that have ended.")] = None,
    team_id: UUID | None = None,
    taken_by: UUID | None = None,
) -> Page[HandoffView]:
    """List the stretches with people of all conversations, the newest first, with the time that they waited and took."""
    async with open_work(caller) as work:
        found = await desk.list_all_handoffs(work, is_open, team_id, taken_by, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.get("/handoffs/{handoff_id}/steps")
async def steps(caller: Reader, handoff_id: UUID) -> Page[HandoffStep]:
    """Show what happened to a hand-off, in its order."""
    async with open_work(caller) as work:
        return Page(data=await desk.list_steps(work, [handoff_id]), has_more=False, next_cursor=None)


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
        found = await noting.list_notes(work, conversation_id, paging.limit, paging.place)
    return paging.page(found.items, found.next_cursor)


@router.post("/conversations/{conversation_id}/notes", status_code=201)
async def note(write: Writer, conversation_id: UUID, body: NewNote) -> NoteView:
    """Note something that the customer never sees."""
    return await write.once(NoteView, lambda work: noting.add_note(work, conversation_id, body.text))
