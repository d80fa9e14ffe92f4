"""What is due in subscriptions: events that nobody has made deliveries of, and deliveries that are to be sent."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Job, Retention, Sweep

JOBS: Final = (Job("subscription.deliver", "subscription-deliver", 180),)

# An event has no row in the outbox: whoever wants it is found behind its position.
SWEEPS: Final = (
    Sweep(
        "subscription.deliver",
        "subscription_id",
        text(
            """
            SELECT workspace_id, id, touched_at AS since FROM subscriptions AS told
            WHERE status = 'active' AND EXISTS (
                SELECT 1 FROM event_positions AS placed
                WHERE placed.workspace_id = told.workspace_id AND placed.position > told.position
            )
            LIMIT :limit
            """
        ),
    ),
    Sweep(
        "subscription.deliver",
        "subscription_id",
        text(
            """
            SELECT due.workspace_id, due.subscription_id AS id, min(due.next_try_at) AS since
            FROM subscription_deliveries AS due JOIN subscriptions AS told
              ON told.workspace_id = due.workspace_id AND told.id = due.subscription_id
            WHERE due.status = 'pending' AND due.next_try_at <= clock_timestamp()
              AND (due.lease_until IS NULL OR due.lease_until <= clock_timestamp())
              AND (due.is_by_hand OR told.status = 'active' AND NOT EXISTS (
                SELECT 1 FROM subscription_deliveries AS earlier
                WHERE earlier.workspace_id = due.workspace_id AND earlier.subscription_id = due.subscription_id
                  AND earlier.status = 'pending' AND earlier.subject_id = due.subject_id
                  AND earlier.position < due.position AND NOT earlier.is_by_hand
              ))
            GROUP BY due.workspace_id, due.subscription_id LIMIT :limit
            """
        ),
    ),
)

RETENTIONS: Final = (
    Retention(
        "subscription_deliveries",
        timedelta(days=30),
        "the event was to be told",
        text(
            """
            DELETE FROM subscription_deliveries WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM subscription_deliveries
                WHERE created_at < clock_timestamp() - :kept AND status <> 'pending' LIMIT :limit
            )
            """
        ),
        "what is still to be told",
    ),
)
