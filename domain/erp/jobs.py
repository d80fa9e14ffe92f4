"""What is due of the ERP: connections whose time has come, and runs that wait or that nobody is at any more."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Deadline, Job, Retention, Sweep
from domain.erp import syncing

JOBS: Final = (Job(syncing.SYNC_JOB, "erp", 600),)

SWEEPS: Final = (
    Sweep(
        syncing.SYNC_JOB,
        "connection_id",
        text(
            """
            SELECT run.workspace_id, run.connection_id AS id, min(run.next_try_at) AS since
            FROM sync_jobs AS run JOIN erp_connections AS erp
              ON erp.workspace_id = run.workspace_id AND erp.id = run.connection_id
            WHERE run.status IN ('pending', 'running') AND run.next_try_at < clock_timestamp() AND erp.is_active
              AND (erp.lease_until IS NULL OR erp.lease_until < clock_timestamp())
            GROUP BY run.workspace_id, run.connection_id ORDER BY since LIMIT :limit
            """
        ),
    ),
)

DEADLINES: Final = (
    Deadline(
        "erp_due",
        text(
            """
            SELECT workspace_id, id FROM erp_connections
            WHERE is_active AND due_at <= clock_timestamp() ORDER BY due_at LIMIT :limit
            """
        ),
        syncing.begin_due,
    ),
)

RETENTIONS: Final = (
    Retention(
        "sync_jobs",
        timedelta(days=90),
        "the run ended",
        text(
            """
            DELETE FROM sync_jobs WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM sync_jobs WHERE completed_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
)
