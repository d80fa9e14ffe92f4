"""The plan of a store's day: wanted by somebody, solved by a worker, and made anew as often as it is wanted.

Its stops are rows as soon as it is wanted, so an order is in one plan only; the worker gives them routes.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from core import events, outbox
from core.event_types import EventType
from core.tables import new_id
from core.unique import unique
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.catalog import service as catalog
from domain.logistics import repository
from domain.logistics.errors import (
    DayOver,
    NothingToDeliver,
    NoVehicle,
    PlanUnderWay,
    StopNotFound,
    StopRefused,
    StoreWithoutPosition,
    TooManyStops,
)
from domain.logistics.kinds import PlanStatus, StopOutcome
from domain.logistics.models import Plan, Route, Stop, Vehicle
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import AskPlan, ChangeStop, Drop, MadePlan, PlanSummary, StopView, ToPlan, TourOf

JOB: Final = "route.plan"
PATIENCE: Final = timedelta(minutes=3)
MOST_ATTEMPTS: Final = 5
MOST_STOPS: Final = 1_000
SERVICE_MINUTES: Final = 5
"""How long a stop takes of which nobody has said otherwise."""


async def ask(work: Work, command: AskPlan) -> PlanSummary:
    """Have a day planned, with everything that waits now. Each asking begins anew; what has left stays as it is.

    Raises StoreNotFound, StoreWithoutPosition, DayOver, NoVehicle, NothingToDeliver, PlanUnderWay and TooManyStops.
    """
    work.require(LogisticsPermission.PLAN)
    workspace = await accounts.get_workspace(work)
    store = await catalog.get_store_by_id(work, command.store_id)
    if store.latitude is None:
        raise StoreWithoutPosition(store=store.name)
    if command.day < workspace.today(work.now):
        raise DayOver(day=command.day)
    row = await repository.lock_waiting_plan(work, command.store_id, command.day) or await _begin(work, command)
    await _take_apart(work, row)
    row.status, row.attempts, row.asked = PlanStatus.PENDING, 0, row.asked + 1
    row.distance_m = row.seconds = row.parts = row.is_by_map = None
    row.next_try_at = work.system_time + PATIENCE
    stops = [each for each in await repository.stops(work, row.id, locked=True) if each.outcome is StopOutcome.OPEN]
    found = await repository.waiting(work, command.store_id, MOST_STOPS + 1 - len(stops))
    if len(stops) + len(found) > MOST_STOPS:
        raise TooManyStops(most=MOST_STOPS)
    if not stops and not found:
        raise NothingToDeliver
    async with unique(work, PlanUnderWay()):  # another day of the store is being planned just now
        work.session.add_all(_stop(work, row, each) for each in found)
    if not await _tours(work, row, workspace):
        raise NoVehicle
    await work.session.flush()
    events.record(work, EventType.DELIVERY_PLAN_REQUESTED, subject=row.id, after=command.model_dump(mode="json"))
    outbox.enqueue(work, JOB, plan_id=row.id)
    await work.session.refresh(row)
    return PlanSummary.model_validate(row)


async def _begin(work: Work, command: AskPlan) -> Plan:
    row = Plan(
        workspace_id=work.workspace_id,
        id=new_id(),
        store_id=command.store_id,
        day=command.day,
        status=PlanStatus.PENDING,
        asked=0,
        attempts=0,
        next_try_at=work.system_time + PATIENCE,
    )
    async with unique(work, PlanUnderWay()):
        work.session.add(row)
    return row


async def _take_apart(work: Work, row: Plan) -> None:
    """Take the stops of a plan out of its routes, which go, and take off what is not to be brought any more."""
    for stop in await repository.stops(work, row.id, locked=True):
        stop.route_id = stop.position = stop.arrives_at = stop.left_out = None
    await work.session.flush()
    await repository.forget_routes(work, row.id)
    await repository.drop_settled(work, row.id)


def _stop(work: Work, plan: Plan, found: Row[Any]) -> Stop:
    return Stop(
        workspace_id=work.workspace_id,
        id=new_id(),
        store_id=plan.store_id,
        plan_id=plan.id,
        order_id=found.order_id,
        transfer_id=found.transfer_id,
        latitude=found.latitude,
        longitude=found.longitude,
        weight_kg=found.weight_kg,
        is_weight_known=found.is_weight_known,
        service_minutes=SERVICE_MINUTES if found.service_minutes is None else found.service_minutes,
        outcome=StopOutcome.OPEN,
        created_at=work.now,  # by the clock on which orders are packed
    )


async def _tours(work: Work, plan: Plan, workspace: WorkspaceView) -> tuple[TourOf, ...]:
    """The tours that can be made on the day of a plan, from now on."""
    begin = datetime.combine(plan.day, time(), workspace.zone)
    vehicles = await repository.free_vehicles(work, plan.store_id, plan.id, begin, begin + timedelta(days=1))
    return tuple(tour for vehicle in vehicles for tour in _tours_of(vehicle, begin, work.now))


def _tours_of(vehicle: Vehicle, begin: datetime, now: datetime) -> list[TourOf]:
    """The whole shift, or what lies before a break and behind it."""
    times = [each for each in (vehicle.starts_at, vehicle.break_starts_at, vehicle.break_ends_at, vehicle.ends_at) if each]
    moments = [datetime.combine(begin.date(), each, begin.tzinfo) for each in times]
    spans = [(max(opens, now), closes) for opens, closes in zip(moments[::2], moments[1::2], strict=True)]
    limits = (vehicle.id, vehicle.capacity_kg, vehicle.most_stops)
    return [TourOf(*limits, opens, closes) for opens, closes in spans if opens < closes]


async def take(work: Work, plan_id: UUID) -> ToPlan | None:
    """What is to be solved, None if it is over. One that many workers died of fails for good."""
    work.require_runtime()
    row = await repository.plan(work, plan_id, locked=True)
    if row is None or row.status is not PlanStatus.PENDING:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        row.status = PlanStatus.FAILED
        return None
    row.attempts += 1
    row.next_try_at = work.system_time + PATIENCE
    workspace = await accounts.get_workspace(work)
    store = await catalog.get_store_by_id(work, row.store_id)
    if store.latitude is None or store.longitude is None:
        row.status = PlanStatus.FAILED
        return None
    stops = [each for each in await repository.stops(work, row.id) if each.outcome is StopOutcome.OPEN]
    return ToPlan(
        plan_id=row.id,
        asked=row.asked,
        midnight=datetime.combine(row.day, time(), workspace.zone).astimezone(UTC),
        depot=(store.latitude, store.longitude),
        tours=await _tours(work, row, workspace),
        stops=tuple(StopView.model_validate(each) for each in stops),
    )


async def finish(work: Work, wanted: ToPlan, made: MadePlan) -> bool:
    """Give the stops their routes; False where the plan was asked for anew meanwhile, or a stop has changed."""
    work.require_runtime()
    row = await repository.plan(work, wanted.plan_id, locked=True)
    if row is None or row.status is not PlanStatus.PENDING or row.asked != wanted.asked:
        return False
    stops = {each.id: each for each in await repository.stops(work, row.id, locked=True)}
    for tour in made.tours:
        route = Route(
            workspace_id=work.workspace_id,
            id=new_id(),
            store_id=row.store_id,
            plan_id=row.id,
            vehicle_id=tour.vehicle_id,
            leaves_at=tour.leaves_at,
            returns_at=tour.returns_at,
            distance_m=tour.distance_m,
            link_version=0,
        )
        work.session.add(route)
        await work.session.flush()
        for position, placed in enumerate(tour.stops):
            stop = stops[placed.stop_id]
            stop.route_id, stop.position, stop.arrives_at = route.id, position, placed.arrives_at
    for stop_id, why in made.left_out.items():
        stops[stop_id].left_out = why
    row.status, row.seconds, row.distance_m = PlanStatus.READY, made.seconds, sum(tour.distance_m for tour in made.tours)
    row.parts, row.is_by_map = made.parts, made.is_by_map
    after = {"routes": len(made.tours), "left_out": len(made.left_out), "distance_m": row.distance_m}
    events.record(work, EventType.DELIVERY_PLAN_MADE, subject=row.id, after=after)
    return True


async def change_stop(work: Work, stop_id: UUID, command: ChangeStop) -> StopView:
    """Say where a stop is, when on its plan's day it is wanted, its weight or how long it takes; the next planning counts it.

    Raises StopNotFound, StopRefused and PlanUnderWay.
    """
    work.require(LogisticsPermission.PLAN)
    plan, stop = await _before_leaving(work, stop_id)
    begin = datetime.combine(plan.day, time(), (await accounts.get_workspace(work)).zone)
    for name in ("opens_at", "closes_at"):
        moment = getattr(command, name)
        if moment is not None and not begin <= moment <= begin + timedelta(days=1):
            raise StopRefused(field=name)
    for name, value in command.model_dump(exclude_unset=True).items():
        if value is not None or name not in ("weight_kg", "service_minutes"):
            setattr(stop, name, value)
    if (stop.latitude is None) != (stop.longitude is None):
        raise StopRefused(field="longitude")
    if stop.opens_at is not None and stop.closes_at is not None and stop.opens_at > stop.closes_at:
        raise StopRefused(field="closes_at")
    if command.weight_kg is not None:
        stop.is_weight_known = True
    after = command.model_dump(mode="json", exclude_unset=True, exclude={"latitude", "longitude"})
    events.record(work, EventType.DELIVERY_STOP_CHANGED, subject=stop.id, after=after)
    await work.session.flush()
    return StopView.model_validate(stop)


async def drop_stop(work: Work, stop_id: UUID, command: Drop) -> StopView:
    """Take a stop off its plan; what it is about waits again. Once more changes nothing. Raises StopNotFound, PlanUnderWay."""
    work.require(LogisticsPermission.PLAN)
    _, stop = await _before_leaving(work, stop_id)
    if stop.outcome is StopOutcome.OPEN:
        stop.outcome, stop.reason, stop.settled_at = StopOutcome.DROPPED, command.reason, work.now
        events.record(work, EventType.DELIVERY_STOP_DROPPED, subject=stop.id, reason=command.reason)
        await work.session.flush()
    return StopView.model_validate(stop)


async def _before_leaving(work: Work, stop_id: UUID) -> tuple[Plan, Stop]:
    """A stop that has not left, locked, with its plan before it."""
    seen = await repository.stop(work, stop_id)
    if seen is None:
        raise StopNotFound
    plan = await repository.plan(work, seen.plan_id, locked=True)
    stop = await repository.stop(work, stop_id, locked=True)
    if plan is None or stop is None:
        raise StopNotFound
    route = await repository.route(work, stop.route_id) if stop.route_id is not None else None
    if plan.status in (PlanStatus.PENDING, PlanStatus.DONE) or (route is not None and route.dispatched_at is not None):
        raise PlanUnderWay
    return plan, stop
