"""What is due in accounts: mails, and for how long sign-ins, links and mails are kept."""

from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.jobs import Job, Retention, Sweep

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


def _forget(table: str, old: str) -> TextClause:
    return text(
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {old} LIMIT :limit)"  # noqa: S608 - constants
    )


RETENTIONS: Final = (
    Retention(
        "sign_ins, with their refresh_tokens",
        timedelta(days=30),
        "it ended or ran out",
        _forget("sign_ins", "least(ended_at, expires_at) < clock_timestamp() - :kept"),
    ),
    Retention(
        "one_time_tokens",
        timedelta(days=7),
        "the link ran out",
        _forget("one_time_tokens", "expires_at < clock_timestamp() - :kept"),
    ),
    Retention(
        "mails",
        timedelta(days=30),
        "it was written",
        _forget("mails", "created_at < clock_timestamp() - :kept AND status NOT IN ('queued', 'sending')"),
        "what has not gone out yet",
    ),
    Retention(
        "identity_events",
        timedelta(days=365),
        "it happened",
        _forget("identity_events", "created_at < clock_timestamp() - :kept"),
    ),
)
