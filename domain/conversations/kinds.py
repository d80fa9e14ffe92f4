"""The closed sets of conversations, and what a notice to staff carries."""

from enum import StrEnum
from typing import TypedDict

from pydantic import JsonValue


class AttemptOutcome(StrEnum):
    """What is known after a try to send."""

    SENT = "sent"
    RETRY = "retry"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class AttachmentStatus(StrEnum):
    """Whether the bytes of a file are here."""

    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"
    DISCARDED = "discarded"


class HandoffReason(StrEnum):
    """Why people were asked for."""

    CUSTOMER_ASKED = "customer_asked"
    REPEATED_FAILURE = "repeated_failure"
    TOOL_REQUEST = "tool_request"
    OPERATOR_TOOK = "operator_took"
    CANNOT_ANSWER = "cannot_answer"
    RULE_VIP = "rule_vip"
    """The workspace has people attend customers of this kind."""
    RULE_AMOUNT = "rule_amount"
    RULE_TOPIC = "rule_topic"
    RULE_INSISTENT = "rule_insistent"
    """The customer asks once more for what the agent has answered in vain."""


class HandoffOutcome(StrEnum):
    """How a stretch with people ended: the agent goes on, or the matter is settled."""

    RELEASED = "released"
    RESOLVED = "resolved"


class Voice(StrEnum):
    """Who speaks: the agent, nobody until a person comes, or one operator."""

    AGENT = "agent"
    WAITING = "waiting"
    OPERATOR = "operator"


class Direction(StrEnum):
    """From the customer, or to the customer."""

    IN = "in"
    OUT = "out"


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    OPERATOR = "operator"
    SYSTEM = "system"


class MessageStatus(StrEnum):
    """Where an outgoing message stands; an incoming one is `received`. The order of moves is in `status.py`."""

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    RETRY = "retry"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class SuggestionStatus(StrEnum):
    """How far a suggested reply is."""

    PENDING = "pending"
    MADE = "made"
    REFUSED = "refused"


class NoSuggestion(StrEnum):
    """Why the agent suggests nothing."""

    NOTHING_TO_ANSWER = "nothing_to_answer"
    """The customer has written nothing since a person of the shop wrote last."""
    DEED_WANTED = "deed_wanted"
    """The customer wants something done: that is for whoever attends to do, and to tell."""
    NOT_UNDERSTOOD = "not_understood"
    """The agent did not understand what the customer wants, or no model has answered."""


class NoticeKind(StrEnum):
    """What staff are told."""

    HANDOFF_REQUESTED = "handoff_requested"
    HANDOFF_OFFERED = "handoff_offered"
    HANDOFF_RETURNED = "handoff_returned"
    HANDOFF_BREACHED = "handoff_breached"
    SNOOZE_OVER = "snooze_over"
    MENTIONED = "mentioned"
    REPLY_HELD = "reply_held"
    CUSTOMER_WROTE = "customer_wrote"
    CUSTOMER_EDITED = "customer_edited"
    CUSTOMER_DELETED = "customer_deleted"
    CHANGED_AFTER_THE_DEED = "changed_after_the_deed"
    MESSAGE_FAILED = "message_failed"
    MESSAGE_REJECTED = "message_rejected"
    MESSAGE_UNCONFIRMED = "message_unconfirmed"
    ATTACHMENT_FAILED = "attachment_failed"
    PAYMENT_CLAIMED = "payment_claimed"
    PAYMENT_REFERENCE_REUSED = "payment_reference_reused"
    ORDER_AMENDED = "order_amended"
    ORDER_EXPIRED = "order_expired"
    CHANGE_NOT_AGREED = "change_not_agreed"
    STOCK_LOW = "stock_low"
    SUBSCRIPTION_CLOSED = "subscription_closed"
    ALERTS_RAISED = "alerts_raised"
    ALERTS_WAITING = "alerts_waiting"
    ALERTS_ESCALATED = "alerts_escalated"
    ASSISTANT_ANSWERED = "assistant_answered"
    """The answer of the assistant to a member who asked from their telephone, where it goes and nowhere else."""
    OTHER = "other"
    """What this release has no words for."""

    @classmethod
    def of(cls, name: str) -> "NoticeKind":
        """The kind of this name, `other` for one that is not known."""
        return cls(name) if name in set(cls) else cls.OTHER


class NoticeDetails(TypedDict, total=False):
    """What a notification says besides its kind and subject; every kind has its own part of it."""

    reason: str | None
    error_code: str | None
    kind: str
    author: str
    number: int | None
    order_id: str
    named: str
    elsewhere: bool
    deleted: bool
    inbound_event_id: str
    store_id: str
    store: str
    product: str
    available: str
    count: int
    critical: int
    text: str
    language: str
    line_id: str
    figures: list[dict[str, JsonValue]]
    member_id: str
    """The one person whom it concerns; without it, all who can do something about it."""
    clock: str
