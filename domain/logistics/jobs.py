"""What is due in logistics: plans that are to be made, and what was brought long ago."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Job, Retention, Sweep
from domain.logistics.planning import JOB

JOBS: Final = (Job(JOB, "routes", 150),)

SWEEPS: Final = (
    Sweep(
        JOB,
        "plan_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM delivery_plans
            WHERE status = 'pending' AND next_try_at < clock_timestamp()
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)

KEPT: Final = timedelta(days=365)

RETENTIONS: Final = (
    Retention(
        "delivery_stops",
        KEPT,
        "it was brought or not",
        text(
            """
            DELETE FROM delivery_stops WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM delivery_stops WHERE settled_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
        "one that is still to be brought",
    ),
    Retention(
        "delivery_plans, with their routes",
        KEPT,
        "it was asked for",
        text(
            """
            DELETE FROM delivery_plans WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM delivery_plans p
                WHERE status = 'done' AND created_at < clock_timestamp() - :kept AND NOT EXISTS (
                    SELECT FROM delivery_stops s WHERE s.workspace_id = p.workspace_id AND s.plan_id = p.id
                ) LIMIT :limit
            )
            """
        ),
        "one of which a stop is kept",
    ),
)
