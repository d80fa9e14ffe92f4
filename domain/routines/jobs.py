"""What is due of routines: those that a workspace lacks, and those whose time has come."""

from typing import Final

from sqlalchemy import text

from core.jobs import Deadline, Job, Sweep
from domain.routines import service
from domain.routines.kinds import RoutineName

JOBS: Final = tuple(Job(name.value, "routines", name.limit_seconds) for name in RoutineName)

_DUE: Final = """
    SELECT workspace_id, id, coalesce(lease_until, due_at) AS since FROM routines AS due
    WHERE name = '{name}' AND coalesce(lease_until, due_at) <= clock_timestamp() {also}
    ORDER BY since LIMIT :limit
"""
"""One whose lease has run out is due whatever its time says: the run that it was taken for has not come to an end."""

_HAPPENED: Final = """
    ({0}.position IS NULL OR EXISTS (
        SELECT FROM event_positions AS placed
        WHERE placed.workspace_id = {0}.workspace_id AND placed.position > {0}.position
    ))"""

_PROJECTED: Final = f"""
    AND NOT EXISTS (
        SELECT FROM routines AS days WHERE days.workspace_id = due.workspace_id AND days.name = '{RoutineName.DEMAND_PROJECT}'
          AND (days.lease_until IS NOT NULL OR days.due_at <= clock_timestamp() AND {_HAPPENED.format("days")})
    )"""
"""Who asks for forecasts after an import gets those of its days: a training waits for days that are made, or about to be."""


def _due(name: RoutineName) -> str:
    also = _PROJECTED if name is RoutineName.FORECAST_TRAIN else ""
    return _DUE.format(name=name, also="AND" + _HAPPENED.format("due") if name.follows_events else also)


SWEEPS: Final = tuple(Sweep(name.value, "routine_id", text(_due(name))) for name in RoutineName)

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
