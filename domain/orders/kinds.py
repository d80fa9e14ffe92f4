"""The closed sets of orders."""

from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order stands. The first two are the open draft of a conversation, the last is the end of an amendment."""

    DRAFT = "draft"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    APPLIED = "applied"


OPEN = (OrderStatus.DRAFT, OrderStatus.AWAITING_CONFIRMATION)

PLACED = (OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED)


class PaymentStatus(StrEnum):
    """How much of an order is paid; a claim is not a payment until staff have verified it."""

    UNPAID = "unpaid"
    CLAIMED = "claimed"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"


class Fulfilment(StrEnum):
    """How the goods reach the customer."""

    DELIVERY = "delivery"
    PICKUP = "pickup"
