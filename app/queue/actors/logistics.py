"""`route.plan`: has the solver find the routes of a store's day."""

import asyncio
import importlib
import time
from functools import partial
from uuid import UUID

from connectors.maps import StreetWays
from core import observability
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.logistics import planning
from domain.logistics.schemas import MadePlan

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
    lines = partial(distances.matrices, detour=settings.route_detour, speed_kmh=settings.route_speed_kmh)
    with StreetWays(settings.route_map_url, lines) as ways:
        found = await asyncio.to_thread(solving.plan, wanted, ways)
    made = MadePlan(found.tours, found.left_out, found.parts, ways.is_by_map, time.perf_counter() - began)
    async with open_work(principal) as work:
        is_kept = await planning.finish(work, wanted, made)
    log.info(
        "route.planned",
        plan_id=plan_id,
        routes=len(made.tours),
        left_out=len(made.left_out),
        parts=made.parts,
        is_by_map=made.is_by_map,
        seconds=made.seconds,
        is_kept=is_kept,
    )
