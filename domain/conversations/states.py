"""Where a session of a conversation may stand, and what can move it. Which moves are legal is the agent's to know."""

from enum import StrEnum


class State(StrEnum):
    """Where a session stands."""

    IDLE = "IDLE"
    COLLECTING_ORDER = "COLLECTING_ORDER"
    NEEDS_DETAILS = "NEEDS_DETAILS"
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    EXECUTING = "EXECUTING"
    DONE = "DONE"
    HANDOFF = "HANDOFF"


OPEN = (State.IDLE, State.COLLECTING_ORDER, State.NEEDS_DETAILS, State.AWAITING_CONFIRMATION, State.DONE)
"""The states in which the agent talks: not while an order is being placed, nor while a person attends."""


class Trigger(StrEnum):
    """What can move a session."""

    ITEMS_CHANGED = "items_changed"
    DETAILS_MISSING = "details_missing"
    CONFIRMATION_REQUESTED = "confirmation_requested"
    CONFIRMATION_VOIDED = "confirmation_voided"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_EXECUTED = "order_executed"
    ORDER_CANCELLED = "order_cancelled"
    PAYMENT_CLAIMED = "payment_claimed"
    HANDOFF_REQUESTED = "handoff_requested"
    HANDOFF_RELEASED = "handoff_released"
    TIMED_OUT = "timed_out"
