"""What is due in logistics: plans that are to be made."""

from typing import Final

from sqlalchemy import text

from core.jobs import Job, Sweep
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
