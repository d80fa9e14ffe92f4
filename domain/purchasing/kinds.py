"""The closed sets of purchasing."""

from enum import StrEnum


class PurchaseStatus(StrEnum):
    """Where a purchase order stands. It is closed when all of it has come, or the shop waits for no more."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PARTLY_RECEIVED = "partly_received"
    CLOSED = "closed"
    CANCELLED = "cancelled"
