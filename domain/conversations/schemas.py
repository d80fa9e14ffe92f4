"""What the rest of the house sees of conversations."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.conversations.models import Author, Direction, MessageStatus, Voice

__all__ = [
    "Author",
    "Changed",
    "ConversationView",
    "Direction",
    "HandoffReason",
    "HandoffView",
    "IncomingChange",
    "IncomingMedia",
    "IncomingMessage",
    "MessageStatus",
    "MessageView",
    "OpenMessage",
    "OutgoingMessage",
    "Received",
    "Voice",
]

HandoffReason = Literal["customer_asked", "repeated_failure", "tool_request", "operator_took", "cannot_answer"]


class Frozen(BaseModel):
    """A value that nobody changes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class IncomingMedia(Frozen):
    """A file that the channel says came with a message."""

    url: str
    kind: Literal["image", "document", "audio", "voice", "video", "sticker"]


class IncomingMessage(Frozen):
    """A customer's message as the ingest hands it over, free of any channel's format.

    `received_at` is the provider's time; `batch_position` is its place among results that arrived together.
    """

    provider_message_id: str
    address: str
    user_id: str | None = None
    phone: str | None = None
    profile_name: str | None = None
    kind: str
    text: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)
    media: IncomingMedia | None = None
    reply_to: str | None = None
    received_at: datetime
    batch_position: int = 0
    inbound_event_id: UUID


class IncomingChange(Frozen):
    """A customer's edit or deletion of an earlier message; `message` is what it reads now, None if it was deleted."""

    provider_message_id: str
    address: str
    user_id: str | None = None
    phone: str | None = None
    profile_name: str | None = None
    at: datetime
    message: IncomingMessage | None = None
    inbound_event_id: UUID


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


class OpenMessage(Frozen):
    """A customer's message that waits for an answer."""

    id: UUID
    kind: str
    text: str | None
    payload: dict[str, Any]
    attachment_id: UUID | None
    received_at: datetime
    reply_to: str | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    answered_in: UUID | None = None
    """The turn that has answered it already, before it was edited or deleted."""


class MessageView(Frozen):
    """One message of a thread."""

    id: UUID
    conversation_id: UUID
    direction: Literal["in", "out"]
    author: Author
    author_id: UUID | None
    kind: str
    text: str | None
    payload: dict[str, Any]
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
    revisions: list[dict[str, Any]]
    """The words and payloads as they were before each edit, oldest first."""
    created_at: datetime


class ConversationView(Frozen):
    """A conversation and who speaks in it."""

    id: UUID
    workspace_id: UUID
    connection_id: UUID
    customer_id: UUID
    contact_address_id: UUID
    voice: Voice
    voice_epoch: int
    operator_id: UUID | None
    last_inbound_at: datetime | None


class SentMessage(Frozen):
    """A message that went out, and its conversation."""

    message_id: UUID
    conversation_id: UUID


class HandoffView(Frozen):
    """One stretch with people."""

    id: UUID
    conversation_id: UUID
    reason: str
    detail: str | None
    requested_at: datetime
    taken_by: UUID | None
    taken_at: datetime | None
    released_at: datetime | None
    note: str | None


class OutgoingMessage(Frozen):
    """A message to be queued for the customer. Its texts are final: no slot is left in them."""

    kind: Literal["text", "buttons", "list", "image", "document", "template"] = "text"
    text: str
    payload: dict[str, Any] = Field(default_factory=dict)
    reply_to: str | None = None
