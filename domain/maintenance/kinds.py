"""The closed sets of maintenance."""

from enum import StrEnum


class WorkOrderStatus(StrEnum):
    """Where a work order stands."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Finding(StrEnum):
    """What was found on a machine of which a warning had been given."""

    CONFIRMED = "confirmed"
    """What the warning was of."""
    OTHER = "other"
    """Something else was wrong with it."""
    NOTHING = "nothing"
    """Nothing was wrong: a false alarm."""
