"""Deliveries: the vehicles of a store, the plan of a day with its routes, and the sheet of each driver."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms
from app.console.catalogue import DELIVERIES
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web import drivers
from core.settings import get_settings
from core.work import open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.logistics import driving, fleet, planning
from domain.logistics import service as logistics
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import (
    AskPlan,
    ChangeStop,
    ChangeVehicle,
    Dispatch,
    Dispatched,
    Drop,
    NewVehicle,
    PlanSummary,
    Settle,
    StopView,
    VehicleView,
)

router = APIRouter(prefix="/console/@{workspace}/deliveries")

Reader = Annotated[Visit, may(DELIVERIES.permission)]
Planner = Annotated[Visit, may(LogisticsPermission.PLAN)]
Driver = Annotated[Visit, may(LogisticsPermission.DRIVE)]

PLANS: Final = 10
"""Plans that are shown of one day."""

_MAY_BE_EMPTIED: Final = ("driver_phone", "capacity_kg", "most_stops", "break_starts_at", "break_ends_at")


class _SaidOfStop(BaseModel):
    """What a form says of a stop; its window is given on the clock of the day of its plan."""

    day: date
    latitude: float | None = None
    longitude: float | None = None
    opens: time | None = None
    closes: time | None = None
    weight_kg: str | None = None
    service_minutes: str | None = None


@router.get("")
async def show(
    request: Request, visit: Reader, day: filters.Word = "", store: filters.Word = "", said: filters.Word = ""
) -> Response:
    """Show the plans of a day of a store, and its vehicles."""
    async with open_work(visit.principal) as work:
        begin, _ = filters.days(visit.workspace.zone, day, "")
        shown_day = begin.date() if begin else await accounts.today(work)
        stores = [each for each in await catalog.all_stores(work) if each.is_active]
        chosen = next((each for each in stores if each.id == filters.identified(store)), stores[0] if stores else None)
        vehicles, _ = await fleet.list_vehicles(work, chosen.id if chosen else None, limit=fleet.MOST_ITEMS)
        found, _ = await logistics.list_plans(work, store_id=chosen.id, day=shown_day, limit=PLANS) if chosen else ([], None)
        plans = [await logistics.get_plan(work, each.id) for each in found]
        stops = [stop for plan in plans for stop in (*plan.unplanned, *(each for route in plan.routes for each in route.stops))]
        called = {id: each.seen_by(visit.principal) for id, each in (await logistics.called(work, stops)).items()}
        driven = await fleet.vehicles_of(work, {route.vehicle_id for plan in plans for route in plan.routes})
    return page(
        request,
        "deliveries.html",
        visit,
        current=DELIVERIES,
        day=shown_day,
        next_day=shown_day + timedelta(days=1),
        stores=stores,
        store=chosen,
        vehicles=vehicles,
        driven=driven,
        plans=plans,
        called=called,
        said=said,
        may_plan=visit.principal.may(LogisticsPermission.PLAN),
    )


@router.post("/vehicles")
async def create_vehicle(request: Request, visit: Planner) -> Response:
    """Tell of a vehicle."""
    command = await forms.part(request, NewVehicle)
    await deeds.once(request, visit, VehicleView, lambda work: fleet.create_vehicle(work, command))
    return RedirectResponse(visit.at(f"deliveries?store={command.store_id}"), 303)


@router.post("/vehicles/{vehicle_id}")
async def change_vehicle(request: Request, visit: Planner, vehicle_id: UUID) -> Response:
    """Change a vehicle; what was emptied is empty."""
    emptied = await forms.emptied(request, *_MAY_BE_EMPTIED)
    command, seen = await forms.part(request, ChangeVehicle, **emptied), await forms.seen(request)
    done = await deeds.once(request, visit, VehicleView, lambda work: fleet.change_vehicle(work, vehicle_id, command, seen))
    return RedirectResponse(visit.at(f"deliveries?store={done.store_id}"), 303)


@router.post("/plan")
async def plan(request: Request, visit: Planner) -> Response:
    """Have a day planned, or planned anew."""
    command = await forms.part(request, AskPlan)
    await deeds.once(request, visit, PlanSummary, lambda work: planning.ask(work, command))
    return RedirectResponse(visit.at(f"deliveries?store={command.store_id}&day={command.day}&said=asked"), 303)


@router.post("/stops/{stop_id}")
async def change_stop(request: Request, visit: Planner, stop_id: UUID) -> Response:
    """Say where a stop is and when it is wanted."""
    given = await forms.part(request, _SaidOfStop)

    def moment(at: time | None) -> datetime | None:
        return None if at is None else datetime.combine(given.day, at, visit.workspace.zone)

    fields = given.model_dump(include={"latitude", "longitude", "weight_kg", "service_minutes"}, exclude_none=True)
    command = forms.judge(request, ChangeStop, fields | {"opens_at": moment(given.opens), "closes_at": moment(given.closes)})
    done = await deeds.once(request, visit, StopView, lambda work: planning.change_stop(work, stop_id, command))
    return RedirectResponse(visit.at(f"deliveries?store={done.store_id}&day={given.day}&said=changed"), 303)


@router.post("/stops/{stop_id}/drop")
async def drop_stop(request: Request, visit: Planner, stop_id: UUID) -> Response:
    """Take a stop off."""
    command = await forms.part(request, Drop)
    done = await deeds.once(request, visit, StopView, lambda work: planning.drop_stop(work, stop_id, command))
    return await _back(visit, done)


@router.post("/stops/{stop_id}/settle")
async def settle_stop(request: Request, visit: Driver, stop_id: UUID) -> Response:
    """Say what became of a stop."""
    command = await forms.part(request, Settle)
    done = await deeds.once(request, visit, StopView, lambda work: driving.settle(work, stop_id, command))
    return RedirectResponse(visit.at(f"deliveries/routes/{done.route_id}"), 303)


async def _back(visit: Visit, stop: StopView) -> Response:
    async with open_work(visit.principal) as work:
        day = (await logistics.get_plan(work, stop.plan_id)).day
    return RedirectResponse(visit.at(f"deliveries?store={stop.store_id}&day={day}&said=changed"), 303)


@router.get("/routes/{route_id}")
async def show_route(request: Request, visit: Reader, route_id: UUID, said: filters.Word = "") -> Response:
    """Show the sheet of a driver, which can be printed."""
    may_plan = visit.principal.may(LogisticsPermission.PLAN)
    async with open_work(visit.principal) as work:
        route = await logistics.get_route(work, route_id)
        called = {id: each.seen_by(visit.principal) for id, each in (await logistics.called(work, route.stops)).items()}
        vehicle = (await fleet.vehicles_of(work, [route.vehicle_id]))[route.vehicle_id]
        store = await catalog.get_store_by_id(work, route.store_id)
        plan_day = (await logistics.get_plan(work, route.plan_id)).day
        held = await driving.held(work, route_id) if may_plan else None
        link = drivers.link(work, held) if held else None
    return page(
        request,
        "delivery_route.html",
        visit,
        current=DELIVERIES,
        route=route,
        day=plan_day,
        called=called,
        vehicle=vehicle,
        store=store,
        link=get_settings().base_url + link.path if link else None,
        said=said,
        may_plan=may_plan,
        may_drive=visit.principal.may(LogisticsPermission.DRIVE),
    )


@router.post("/routes/{route_id}/dispatch")
async def dispatch(request: Request, visit: Planner, route_id: UUID) -> Response:
    """Let a route leave."""
    command = await forms.part(request, Dispatch)
    await deeds.once(request, visit, Dispatched, lambda work: driving.dispatch(work, route_id, command), is_secret=True)
    return RedirectResponse(visit.at(f"deliveries/routes/{route_id}?said=left"), 303)


@router.post("/routes/{route_id}/revoke")
async def revoke(request: Request, visit: Planner, route_id: UUID) -> Response:
    """Take the link of a route back, and show another."""
    await deeds.once(request, visit, Dispatched, lambda work: driving.revoke_link(work, route_id), is_secret=True)
    return RedirectResponse(visit.at(f"deliveries/routes/{route_id}?said=renewed"), 303)
