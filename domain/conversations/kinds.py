"""The closed sets of conversations, and what a notice to staff carries."""

from enum import StrEnum
from typing import TypedDict


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
