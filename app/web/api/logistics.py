"""Logistics: vehicles, the plan of a store's day, its routes, and what became of each stop."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web import drivers
from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import Work, open_work
from domain.logistics import driving, fleet, planning
from domain.logistics import service as logistics
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import (
    AskPlan,
    ChangeStop,
    ChangeVehicle,
    Dispatch,
    Drop,
    NewVehicle,
    PlanSummary,
    PlanView,
    RouteLink,
    RouteView,
    Settle,
    StopView,
    VehicleView,
)

router = noun("logistics")

Reader = Annotated[Principal, may(LogisticsPermission.READ)]
Planner = Annotated[Write, may_write(LogisticsPermission.PLAN)]
Driver = Annotated[Write, may_write(LogisticsPermission.DRIVE)]


@router.get("/logistics/vehicles")
async def list_vehicles(caller: Reader, paging: Paged, store_id: UUID | None = None) -> Page[VehicleView]:
    """List vehicles, the newest first."""
    async with open_work(caller) as work:
        found, place = await fleet.list_vehicles(work, store_id, paging.id, paging.limit)
    return paging.page(found, place)


@router.post("/logistics/vehicles", status_code=201)
async def create_vehicle(write: Planner, body: NewVehicle, response: Response) -> VehicleView:
    """Tell of a vehicle and its driver."""
    made = await write.once(VehicleView, lambda work: fleet.create_vehicle(work, body))
    tell(response, made.version)
    return made


@router.patch("/logistics/vehicles/{vehicle_id}")
async def change_vehicle(
    write: Planner, seen: SeenVersion, vehicle_id: UUID, body: ChangeVehicle, response: Response
) -> VehicleView:
    """Change a vehicle; only what is said is changed."""
    changed = await write.once(VehicleView, lambda work: fleet.change_vehicle(work, vehicle_id, body, seen))
    tell(response, changed.version)
    return changed


@router.get("/logistics/plans")
async def list_plans(caller: Reader, paging: Paged, store_id: UUID | None = None, day: date | None = None) -> Page[PlanSummary]:
    """List plans, the newest first."""
    async with open_work(caller) as work:
        found, place = await logistics.list_plans(work, store_id=store_id, day=day, before=paging.id, limit=paging.limit)
    return paging.page(found, place)


@router.post("/logistics/plans", status_code=202)
async def ask(write: Planner, body: AskPlan) -> PlanSummary:
    """Have a store's day planned, or planned anew with what waits now; a worker makes it."""
    return await write.once(PlanSummary, lambda work: planning.ask(work, body))


@router.get("/logistics/plans/{plan_id}")
async def get_plan(caller: Reader, plan_id: UUID) -> PlanView:
    """Show a plan: its routes with their stops, and the stops that are in none, each with its reason."""
    async with open_work(caller) as work:
        return await logistics.get_plan(work, plan_id)


@router.get("/logistics/routes/{route_id}")
async def get_route(caller: Reader, route_id: UUID) -> RouteView:
    """Show a route with its stops in their order."""
    async with open_work(caller) as work:
        return await logistics.get_route(work, route_id)


@router.post("/logistics/routes/{route_id}/dispatch")
async def dispatch(write: Planner, route_id: UUID, body: Dispatch) -> RouteLink:
    """Let a route leave: its orders are shipped, and its driver gets a link. Once more gives the link again, for longer."""

    async def act(work: Work) -> RouteLink:
        return drivers.link(work, await driving.dispatch(work, route_id, body))

    return await write.once(RouteLink, act, is_secret=True)


@router.post("/logistics/routes/{route_id}/revoke-link")
async def revoke_link(write: Planner, route_id: UUID) -> RouteLink:
    """Take the links of a route back, and get another."""

    async def act(work: Work) -> RouteLink:
        return drivers.link(work, await driving.revoke_link(work, route_id))

    return await write.once(RouteLink, act, is_secret=True)


@router.patch("/logistics/stops/{stop_id}")
async def change_stop(write: Planner, stop_id: UUID, body: ChangeStop) -> StopView:
    """Say where a stop is, when it is wanted, what it weighs or how long it takes; the next planning counts it."""
    return await write.once(StopView, lambda work: planning.change_stop(work, stop_id, body))


@router.post("/logistics/stops/{stop_id}/drop")
async def drop_stop(write: Planner, stop_id: UUID, body: Drop) -> StopView:
    """Take a stop off a plan that has not left with it; what it is about waits again."""
    return await write.once(StopView, lambda work: planning.drop_stop(work, stop_id, body))


@router.post("/logistics/stops/{stop_id}/settle")
async def settle_stop(write: Driver, stop_id: UUID, body: Settle) -> StopView:
    """Say what became of a stop of a route that has left."""
    return await write.once(StopView, lambda work: driving.settle(work, stop_id, body))
