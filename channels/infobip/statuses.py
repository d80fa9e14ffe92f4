"""What Infobip's status groups and error ids mean for us; decided on numbers, because the names vary."""

from channels.base import ReportStatus
from channels.infobip.wire import StatusDetail

WINDOW_CLOSED = "window_closed"
"""The stable code for a free-form message outside WhatsApp's 24-hour window, whoever found out."""

MARKETING_REFUSED = "marketing_refused"
"""The stable code for a person who has told WhatsApp that they want no marketing of this sender."""

_STABLE = {7010: WINDOW_CLOSED, 7033: MARKETING_REFUSED}
DUPLICATES = frozenset({23, 7280})
"""Ids which say that a message with this id has been taken before."""

_GROUPS: dict[int, ReportStatus] = {0: "sent", 1: "sent", 2: "failed", 3: "delivered", 4: "failed", 5: "failed"}


def report_status(status: StatusDetail | None, error: StatusDetail | None) -> ReportStatus | None:
    """How far a message has come; None when the numbers say nothing that we know."""
    if status is not None and status.group_id is not None:
        return _GROUPS.get(status.group_id)
    return "failed" if error is not None and error.id else None


def error_code(status: StatusDetail | None, error: StatusDetail | None) -> str:
    """A stable code for a refusal: one of its own, or `infobip_<id>` of the error, else of the status."""
    for detail in (error, status):
        if detail is not None and detail.id:
            return _STABLE.get(detail.id, f"infobip_{detail.id}")
    return "infobip_refused"
