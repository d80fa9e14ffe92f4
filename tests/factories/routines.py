"""Routines of a workspace, run now."""

from uuid import UUID

from app.queue.actors import routines as runner
from core.access import Principal
from core.work import open_work
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.repository import find

LOOK_AHEAD = (
    RoutineName.DEMAND_PROJECT,
    RoutineName.FORECAST_TRAIN,
    RoutineName.REPLENISHMENT_PLAN,
    RoutineName.ALERTS_WATCH,
)
"""All of them, in the order in which one follows from another."""


async def run_routines(workspace_id: UUID, *names: RoutineName) -> None:
    """Run routines one after the other, as workers do; it fails if one of them does."""
    principal = Principal.system(workspace_id)
    for name in names:
        async with open_work(principal) as work:
            await routines.ensure(work, workspace_id)
            await routines.hasten(work, [name])
        async with open_work(principal) as work:
            row = await find(work, name)
        assert row is not None
        await runner.run(str(workspace_id), str(row.id))
        async with open_work(principal) as work:
            after = await find(work, name)
        assert after is not None
        assert (after.runs, after.error) == (row.runs + 1, None)
