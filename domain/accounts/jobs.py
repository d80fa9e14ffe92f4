"""What is due in accounts: mails."""

from typing import Final

from sqlalchemy import text

from core.jobs import Job, Sweep

JOBS: Final = (Job("mail.send", "notification-send", 60),)

# A mail belongs to no workspace, so it has no row in the outbox: this is the bell that it waits for.
SWEEPS: Final = (
    Sweep(
        "mail.send",
        "mail_id",
        text(
            """
            SELECT id, coalesce(lease_until, next_try_at) AS since FROM mails
            WHERE (status = 'queued' AND next_try_at <= clock_timestamp())
               OR (status = 'sending' AND lease_until <= clock_timestamp())
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)
