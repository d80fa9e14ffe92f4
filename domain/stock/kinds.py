"""The closed sets of stock."""

from enum import StrEnum


class MovementType(StrEnum):
    """Why stock moved."""

    COUNT = "count"
    SALE = "sale"
    PURCHASE = "purchase"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    RETURN = "return"


class HoldStatus(StrEnum):
    """Where a hold stands; only an active one keeps stock from others."""

    ACTIVE = "active"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


class TransferStatus(StrEnum):
    """Where a transfer stands; it is received when nothing of it is on its way any more."""

    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class TransferOutcome(StrEnum):
    """What became of goods that were on their way."""

    RECEIVED = "received"
    RETURNED = "returned"
    LOST = "lost"


class CountStatus(StrEnum):
    """Where a count stands; its differences are booked when it is applied."""

    OPEN = "open"
    APPLIED = "applied"
    CANCELLED = "cancelled"
