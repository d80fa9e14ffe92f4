"""The closed sets of conversations that other rooms name as well."""

from enum import StrEnum


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
