"""`route.plan`: has the solver find the routes of a store's day."""

import asyncio
import importlib
import time
from uuid import UUID

from core import observability
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.logistics import planning

log = observability.log(__name__)


async def plan(workspace_id: str, plan_id: str) -> None:
    """Solve the plan beside the event loop; what was asked for anew meanwhile, another run makes."""
    principal = Principal.system(UUID(workspace_id))
    async with open_work(principal) as work:
        wanted = await planning.take(work, UUID(plan_id))
    if wanted is None:
        return
    # A worker that takes over must not wait for the solver to be loaded.
    distances = await asyncio.to_thread(importlib.import_module, "analytics.routing.distances")
    solving = await asyncio.to_thread(importlib.import_module, "domain.logistics.solving")
    began, settings = time.perf_counter(), get_settings()
    ways = distances.matrices(solving.places(wanted), settings.route_detour, settings.route_speed_kmh)
    tours, left_out = await asyncio.to_thread(solving.plan, wanted, *ways)
    seconds = time.perf_counter() - began
    async with open_work(principal) as work:
        is_kept = await planning.finish(work, wanted, tours, left_out, seconds)
    log.info("route.planned", plan_id=plan_id, routes=len(tours), left_out=len(left_out), seconds=seconds, is_kept=is_kept)
