"""What is due in notifications: notices to be sent, those whose sender died, and for how long they are kept."""

from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.jobs import Job, Retention, Sweep

JOBS: Final = (Job("notice.send", "notification-send", 60),)

SWEEPS: Final = (
    Sweep(
        "notice.send",
        "notice_id",
        text(
            """
            SELECT workspace_id, id, coalesce(lease_until, due_at) AS since FROM notices
            WHERE (status = 'pending' AND due_at < clock_timestamp() - interval '2 seconds')
               OR (status = 'sending' AND lease_until <= clock_timestamp())
            ORDER BY due_at LIMIT :limit
            """
        ),
    ),
)


def _forget(table: str, which: str) -> TextClause:
    return text(
        f"DELETE FROM {table} WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM {table} AS old"  # noqa: S608 - constants
        f" WHERE created_at < clock_timestamp() - :kept AND {which} LIMIT :limit)"
    )


_WAITS: Final = "status IN ('pending', 'sending')"
_UNREAD: Final = "way = 'inbox' AND read_at IS NULL"

RETENTIONS: Final = (
    Retention(
        "notices",
        timedelta(days=90),
        "somebody was told",
        _forget("notices", f"NOT ({_WAITS}) AND NOT ({_UNREAD})"),
        "what has not gone out yet",
    ),
    Retention("notices that nobody has read", timedelta(days=365), "somebody was told", _forget("notices", _UNREAD)),
    Retention(
        "notifications, which notices are made of",
        timedelta(days=90),
        "it was raised",
        _forget(
            "notifications",
            "coalesce(sent_at::text, parked_reason) IS NOT NULL AND NOT EXISTS (SELECT FROM notices AS told"
            " WHERE told.workspace_id = old.workspace_id AND told.notification_id = old.id)",
        ),
        "one of which somebody may still hear",
    ),
)
