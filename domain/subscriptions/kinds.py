"""The closed sets of subscriptions."""

from enum import StrEnum


class SubscriptionStatus(StrEnum):
    """Whether anything is sent: staff pause a subscription, and the house closes one that fails for a day."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
