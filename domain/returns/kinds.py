"""The closed sets of returns."""

from enum import StrEnum


class ReturnStatus(StrEnum):
    """Where a return stands; it is received as soon as something of it came."""

    REQUESTED = "requested"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CreditKind(StrEnum):
    """What a customer got for what came back."""

    REFUND = "refund"
    EXCHANGE = "exchange"
