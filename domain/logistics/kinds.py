"""The closed sets of logistics."""

from enum import StrEnum


class PlanStatus(StrEnum):
    """Where the plan of a store's day stands. The first three may still be planned anew."""

    PENDING = "pending"
    """A worker is to make it."""
    READY = "ready"
    FAILED = "failed"
    UNDER_WAY = "under_way"
    """A route of it has left: what comes in later is the next plan's."""
    DONE = "done"


BEFORE_LEAVING = (PlanStatus.PENDING, PlanStatus.READY, PlanStatus.FAILED)


class StopOutcome(StrEnum):
    """What became of a stop."""

    OPEN = "open"
    DELIVERED = "delivered"
    FAILED = "failed"
    """It was tried; the next plan has it again."""
    DROPPED = "dropped"
    """It was taken off before it was tried, or there is nothing to bring any more."""


class LeftOut(StrEnum):
    """Why no route comes by a stop: nobody knows where it is, or as `analytics.routing` says."""

    NO_POSITION = "no_position"
    TOO_HEAVY = "too_heavy"
    OUT_OF_TIME = "out_of_time"
    NO_ROOM = "no_room"
