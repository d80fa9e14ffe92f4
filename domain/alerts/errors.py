"""Refusals about alerts."""

from core.errors import Conflict, Invalid, NotFound


class AlertNotFound(NotFound):
    """No such alert."""

    code = "alert_not_found"


class AlertResolved(Conflict):
    """The cause of the alert is gone, and the alert with it."""

    code = "alert_resolved"


class SnoozeRefused(Invalid):
    """An alert is put off until a moment ahead, a quarter of a year at most."""

    code = "snooze_refused"


class OwnerUnknown(Invalid):
    """Nobody of the shop's staff has this id."""

    code = "owner_unknown"
