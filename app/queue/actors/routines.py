"""Routines: takes one that is due, does what it is there for, and says how it went."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from core import db, observability
from core.access import Principal
from core.errors import Abandoned
from core.work import open_work
from domain.alerts import watching
from domain.demand import projecting
from domain.forecasts import service as forecasts
from domain.replenishment import planning
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.schemas import Taken

AFTER_SALES: Final = timedelta(hours=1)
"""How soon sales change the forecasts: what is sold within an hour is learnt from at once. The first ones wait for nothing."""

log = observability.log(__name__)


async def project_demand(principal: Principal, taken: Taken) -> int | None:
    """Make the days of demand anew that have changed."""
    async with open_work(principal) as work:
        done = await projecting.project(work, taken.position)
        await routines.keep(work, taken)
    # Not in the transaction above, which holds one routine already. Who dies here is followed by another who reads it again.
    async with open_work(principal) as work:
        if done.has_sold:
            is_first = done.has_past and not await forecasts.are_made(work)
            await routines.hasten(work, [RoutineName.FORECAST_TRAIN], routines.AT_ONCE if is_first else AFTER_SALES)
        if done.is_low:
            await routines.hasten(work, [RoutineName.ALERTS_WATCH, RoutineName.REPLENISHMENT_PLAN])
    log.info("demand.projected", position=done.position, days=done.days)
    return done.position


async def train_forecasts(principal: Principal, taken: Taken) -> None:
    """Make all forecasts anew, and look at once whether they tell of trouble."""
    # What it computes with takes seconds to load, for which a worker that takes over must not keep customers waiting.
    training = await asyncio.to_thread(importlib.import_module, "domain.forecasts.training")
    log.info("forecast.trained", series=await training.train(principal, taken))
    async with open_work(principal) as work:
        await routines.hasten(work, [RoutineName.ALERTS_WATCH, RoutineName.REPLENISHMENT_PLAN])


async def plan_replenishment(principal: Principal, taken: Taken) -> None:
    """Plan what to order and to move."""
    done = await planning.replenish(principal, taken)
    log.info("replenishment.planned", proposals=done.proposals, orders=done.orders, sent=done.sent)


async def watch_alerts(principal: Principal, taken: Taken) -> None:
    """Look for everything that somebody should look at."""
    async with open_work(principal) as work:
        done = await watching.watch(work)
        await routines.keep(work, taken)
    log.info("alerts.watched", raised=done.raised, resolved=done.resolved, escalated=done.escalated)


DEEDS: Final[Mapping[RoutineName, Callable[[Principal, Taken], Awaitable[int | None]]]] = {
    RoutineName.DEMAND_PROJECT: project_demand,
    RoutineName.ALERTS_WATCH: watch_alerts,
    RoutineName.FORECAST_TRAIN: train_forecasts,
    RoutineName.REPLENISHMENT_PLAN: plan_replenishment,
}
"""What each routine does; it tells up to where it has read the stream of events, if it follows it."""


async def run(workspace_id: str, routine_id: str) -> None:
    """Run a routine, unless it is not due any more; whatever goes wrong is told by its row, and tried again."""
    principal = Principal.system(UUID(workspace_id))
    async with open_work(principal) as work:
        taken = await routines.take(work, UUID(routine_id))
    if taken is None:
        return
    position, error = None, None
    try:
        position = await DEEDS[taken.name](principal, taken)
    except Abandoned:
        raise
    except Exception as failure:
        if db.is_outage(failure):
            raise
        log.exception("routine.failed", routine=taken.name.value)
        error = type(failure).__name__
    except asyncio.CancelledError as cancelled:
        # This worker stops, or the run took too long: the next one need not wait until the lease is over.
        async with open_work(principal) as work:
            await routines.finish(work, taken, error=type(cancelled).__name__)
        raise
    async with open_work(principal) as work:
        await routines.finish(work, taken, position=position, error=error)
