"""The closed sets of notifications: what staff are told, on which ways, and who wants to know."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class NoticeKind(StrEnum):
    """What staff are told."""

    HANDOFF_REQUESTED = "handoff_requested"
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
    STOCK_LOW = "stock_low"
    SUBSCRIPTION_CLOSED = "subscription_closed"
    OTHER = "other"
    """What this release has no words for."""

    @classmethod
    def of(cls, name: str) -> "NoticeKind":
        """The kind of this name, `other` for one that is not known."""
        return cls(name) if name in set(cls) else cls.OTHER


class Way(StrEnum):
    """How a person is reached. The inbox is where everything is kept."""

    INBOX = "inbox"
    MAIL = "mail"
    WEBHOOK = "webhook"
    WHATSAPP = "whatsapp"


class NoticeStatus(StrEnum):
    """Where a notice is. What was being sent when its process died stays unconfirmed: nobody is told twice."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    DROPPED = "dropped"
    """It was read in the inbox before it was due, or the person is not reached that way or may not act on it any more."""


_ATTEND: Final = "conversations:take"

CONCERNED: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.HANDOFF_REQUESTED: _ATTEND,
    NoticeKind.CUSTOMER_WROTE: _ATTEND,
    NoticeKind.CUSTOMER_EDITED: _ATTEND,
    NoticeKind.CUSTOMER_DELETED: _ATTEND,
    NoticeKind.CHANGED_AFTER_THE_DEED: _ATTEND,
    NoticeKind.MESSAGE_FAILED: _ATTEND,
    NoticeKind.MESSAGE_REJECTED: _ATTEND,
    NoticeKind.MESSAGE_UNCONFIRMED: _ATTEND,
    NoticeKind.ATTACHMENT_FAILED: _ATTEND,
    NoticeKind.PAYMENT_CLAIMED: "payments:verify",
    NoticeKind.PAYMENT_REFERENCE_REUSED: "payments:verify",
    NoticeKind.ORDER_AMENDED: "orders:fulfil",
    NoticeKind.ORDER_EXPIRED: "orders:fulfil",
    NoticeKind.STOCK_LOW: "stock:adjust",
    NoticeKind.SUBSCRIPTION_CLOSED: "operations:manage",
    NoticeKind.OTHER: "operations:manage",
}
"""Who wants to know: those who hold the right to do something about it."""
