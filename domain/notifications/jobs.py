"""What is due in notifications: notices that are to be sent, and those whose sender died."""

from typing import Final

from sqlalchemy import text

from core.jobs import Job, Sweep

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
