"""What is due of routines: those that a workspace lacks, and those whose time has come."""

from typing import Final

from sqlalchemy import text

from core.jobs import Deadline, Job, Sweep
from domain.routines import service
from domain.routines.kinds import RoutineName

JOBS: Final = tuple(Job(name.value, "routines", name.limit_seconds) for name in RoutineName)

_DUE: Final = """
    SELECT workspace_id, id, coalesce(lease_until, due_at) AS since FROM routines AS due
    WHERE name = '%s' AND coalesce(lease_until, due_at) <= clock_timestamp()%s
    ORDER BY since LIMIT :limit
"""
"""One whose lease has run out is due whatever its time says: the run that it was taken for has not come to an end."""

_HAPPENED: Final = """
    AND (position IS NULL OR EXISTS (
        SELECT FROM event_positions AS placed
        WHERE placed.workspace_id = due.workspace_id AND placed.position > due.position
    ))"""

SWEEPS: Final = tuple(
    Sweep(name.value, "routine_id", text(_DUE % (name.value, _HAPPENED if name.follows_events else ""))) for name in RoutineName
)

DEADLINES: Final = (
    Deadline(
        "routines_missing",
        text(
            f"""
            SELECT w.id AS workspace_id, w.id FROM workspaces AS w
            WHERE w.is_active
              AND (SELECT count(*) FROM routines AS r WHERE r.workspace_id = w.id) < {len(RoutineName)}
            LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        service.ensure,
    ),
)
