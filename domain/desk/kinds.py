"""The closed sets of what the desk has prepared."""

from enum import StrEnum


class PlannedStatus(StrEnum):
    """Where a reply that goes out later is."""

    WAITING = "waiting"
    SENT = "sent"
    HELD = "held"
    """Its time came and it did not fit any more: its writer was told why."""
    CANCELLED = "cancelled"


class HeldReason(StrEnum):
    """Why a reply did not go out when its time came."""

    NOT_YOURS = "not_your_conversation"
    OTHERS_WROTE = "messages_unseen"
    WINDOW_CLOSED = "window_closed"
    NOT_PERMITTED = "not_permitted"
