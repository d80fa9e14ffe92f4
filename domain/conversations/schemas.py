"""What the rest of the house sees of conversations."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.conversations.content import Content, Stored, said
from domain.conversations.kinds import (
    AttachmentStatus,
    Author,
    Direction,
    HandoffOutcome,
    MessageStatus,
    NoSuggestion,
    SuggestionStatus,
    Voice,
)
from domain.customers.schemas import ContactView


class Frozen(BaseModel):
    """A value that nobody changes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Worded(Frozen):
    """Whatever has a content."""

    content: Content

    @property
    def text(self) -> str:
        """Its own words, if it has any."""
        return said(self.content)


class Sender(Frozen):
    """Whoever wrote: `address` is where an answer goes; `user_id` is the stable key of the person, if there is one."""

    address: str
    user_id: str | None = None
    name: str | None = None
    phone: str | None = None


class Incoming(Worded):
    """What a customer sent, free of any provider's words: a message, or a change of an earlier one.

    `received_at` is the provider's time; `notes` say what was repaired or could not be read. The stored event that it came
    with, and its place among results that arrived together, are known at the door.
    """

    provider_message_id: str | None
    sender: Sender
    received_at: datetime
    reply_to: str | None = None
    notes: tuple[str, ...] = ()
    inbound_event_id: UUID | None = None
    batch_position: int = 0


class Changed(Frozen):
    """What `change` made of an edit or a deletion; `message_id` is None where it changes nothing that is known.

    What came from another address than the message is `elsewhere` and changes nothing.
    """

    conversation_id: UUID
    message_id: UUID | None
    outcome: Literal["edited", "deleted", "received", "forgotten", "repeated", "elsewhere"]
    needs_answer: bool = False


class Received(Frozen):
    """What `receive` made of an incoming message; `created` is False for a repetition."""

    conversation_id: UUID
    customer_id: UUID
    message_id: UUID | None
    created: bool
    voice: Voice
    needs_answer: bool


class OpenMessage(Worded):
    """A customer's message that waits for an answer; a turn keeps those that it answers as JSON."""

    id: UUID
    content: Stored
    attachment_id: UUID | None = None
    received_at: datetime
    reply_to: str | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    answered_in: UUID | None = None
    """The turn that has answered it already, before it was edited or deleted."""


class MessageView(Worded):
    """One message of a thread."""

    id: UUID
    conversation_id: UUID
    direction: Literal["in", "out"]
    author: Author
    author_id: UUID | None
    position: int
    status: str
    error_code: str | None
    turn_id: UUID | None
    reply_to: str | None
    provider_message_id: str | None
    received_at: datetime | None
    sent_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
    handled_ref: UUID | None
    edited_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime


class ThreadMessage(Frozen):
    """One message as staff read it.

    `error_code` says why one of the shop's did not arrive, `turn_id` in which turn the agent said it.
    """

    id: UUID
    direction: Direction
    author: Author
    author_id: UUID | None
    content: Stored
    status: MessageStatus
    error_code: str | None
    turn_id: UUID | None
    created_at: datetime
    received_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    edited_at: datetime | None
    deleted_at: datetime | None


class ThreadPage(Frozen):
    """A part of a thread, the newest message first."""

    items: list[ThreadMessage]
    next_cursor: str | None


class VisitorPage(Frozen):
    """What a visitor's page has not seen yet, the oldest first.

    `number` is that of the last change, from which the page goes on; `is_answering` is whether the agent owes an answer.
    """

    items: list[MessageView]
    number: int
    has_earlier: bool
    is_answering: bool
    voice: Voice


class ConversationView(Frozen):
    """A conversation and who speaks in it: with a customer, or the one that a member of the staff has with the agent."""

    id: UUID
    workspace_id: UUID
    customer_id: UUID | None
    member_id: UUID | None
    voice: Voice
    voice_epoch: int
    operator_id: UUID | None
    last_inbound_at: datetime | None

    @property
    def party_id(self) -> UUID:
        """The customer or the member with whom it is."""
        party = self.customer_id or self.member_id
        assert party is not None, "a check of the table holds one of them"
        return party


class CustomerConversation(ConversationView):
    """A conversation with a customer, and the line by which it goes."""

    connection_id: UUID
    customer_id: UUID
    contact_address_id: UUID
    tags: tuple[str, ...]


class SentMessage(Frozen):
    """A message that went out, and its conversation."""

    message_id: UUID
    conversation_id: UUID


class HandoffView(Frozen):
    """One stretch with people.

    `since` is when it last came to somebody, or back to those that wait; the seconds are those before it. The customer waits
    since `waits_since`, and is awaited where that is null; what is due is due in business hours.
    """

    id: UUID
    conversation_id: UUID
    reason: str
    detail: str | None
    topic: str | None
    team_id: UUID | None
    requested_at: datetime
    offered_to: UUID | None
    offered_at: datetime | None
    taken_by: UUID | None
    taken_at: datetime | None
    released_at: datetime | None
    released_by: UUID | None
    outcome: HandoffOutcome | None
    note: str | None
    since: datetime
    waited_seconds: int
    handled_seconds: int
    waits_since: datetime | None
    first_response_at: datetime | None
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    response_breached_at: datetime | None
    resolution_breached_at: datetime | None
    breaches: int
    is_snoozed: bool
    snoozed_until: datetime | None

    @property
    def due_at(self) -> datetime | None:
        """When something is due next, over or not."""
        return min((each for each in (self.response_due_at, self.resolution_due_at) if each is not None), default=None)

    @property
    def is_breached(self) -> bool:
        """Whether the clock that runs has struck."""
        struck = self.response_breached_at is not None or self.resolution_breached_at is not None
        return struck and self.waits_since is not None


class Queue(StrEnum):
    """Which conversations are wanted."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    SNOOZED = "snoozed"


class DeskFilter(BaseModel):
    """Which conversations are wanted, and of them those of a team, of a person, with a tag, or those that are late.

    `search` is part of a customer's name, number or e-mail, or words that were written, of which the last may be a beginning.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue: Queue = Queue.ALL
    search: str | None = Field(None, min_length=2, max_length=100)
    team_id: UUID | None = None
    operator_id: UUID | None = None
    tag: str | None = Field(None, max_length=40)
    is_late: bool = False
    customer_ids: tuple[UUID, ...] = ()
    """Customers who are meant by the search as well, as those of an order with this number."""


class Transfer(BaseModel):
    """To whom a conversation goes: a colleague, or a team, with what they should know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operator_id: UUID | None = None
    team_id: UUID | None = None
    note: str | None = Field(None, max_length=500)

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if (self.operator_id is None) == (self.team_id is None):
            raise ValueError("it goes to a person or to a team")
        return self


class HandoffStep(Frozen):
    """Something that happened to a hand-off: by whom, to whom, and why."""

    id: UUID
    handoff_id: UUID
    at: datetime
    kind: str = Field(description="As the event is called: `requested`, `offered`, `taken`, `transferred`, `returned`, …")
    by: UUID | None
    operator_id: UUID | None
    team_id: UUID | None
    until: datetime | None
    reason: str | None


class HandoffPage(Frozen):
    """A part of the hand-offs of a conversation."""

    items: list[HandoffView]
    next_cursor: str | None


class DeskEntry(Frozen):
    """A conversation as operators see it in a queue: with whom, whose voice it has, and why a person is wanted."""

    id: UUID
    customer_id: UUID
    contact: ContactView
    connection_id: UUID
    voice: Voice
    operator_id: UUID | None
    handoff: HandoffView | None
    tags: tuple[str, ...]
    active_at: datetime
    last_inbound_at: datetime | None
    last_message: ThreadMessage | None


class ShownNumber(Frozen):
    """A customer's whole number, or the address by which they write."""

    conversation_id: UUID
    number: str


class DeskPage(Frozen):
    """A part of a queue."""

    items: list[DeskEntry]
    next_cursor: str | None


class NoteView(Frozen):
    """Something that staff have noted on a conversation."""

    id: UUID
    conversation_id: UUID
    author_id: UUID | None
    text: str
    created_at: datetime


class NotePage(Frozen):
    """A part of the notes on a conversation."""

    items: list[NoteView]
    next_cursor: str | None


class FileView(Frozen):
    """A file that came with a message; `sha256` is the key of its bytes, and None while they have not been fetched."""

    id: UUID
    message_id: UUID
    kind: str
    status: AttachmentStatus
    content_type: str | None
    size: int | None
    sha256: str | None


class NewMessage(Frozen):
    """That there is a message, and in which conversation."""

    id: UUID
    conversation_id: UUID
    created_at: datetime


class SuggestionView(Frozen):
    """What the agent would answer: its words once it is `made`, or why there are none.

    `message_id` is the newest message of the thread that it was thought with, which a reply says to have been seen.
    """

    conversation_id: UUID
    status: SuggestionStatus
    text: str | None
    refusal: NoSuggestion | None
    message_id: UUID | None
