"""Routes on their way: they leave, their drivers say what became of each stop, and the orders follow.

A driver has no account: a signed link opens one route, says what stands on it, and lapses. Every verb may be repeated.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core import events
from core.db import storable
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.logistics import repository
from domain.logistics.errors import (
    PlanUnderWay,
    RouteLinkOver,
    RouteNotFound,
    StopNotFound,
    StopReasonMissing,
    StopSettled,
)
from domain.logistics.kinds import PlanStatus, StopOutcome
from domain.logistics.models import Plan, Route, Stop
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import Dispatch, Dispatched, RouteView, Settle, StopView
from domain.logistics.service import view_of_route
from domain.orders import by_staff
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.schemas import ShipOrder
from domain.stock import transfers
from domain.stock.kinds import TransferOutcome, TransferStatus
from domain.stock.schemas import QuantityLine, TransferStep

HALF_AN_HOUR: Final = timedelta(minutes=30)
"""Customers are told an hour around the time that was worked out."""

LINK_LASTS: Final = timedelta(hours=12)
"""How long after a route should be back its link still opens: whoever is late has to say what became of the rest."""


async def dispatch(work: Work, route_id: UUID, command: Dispatch) -> Dispatched:
    """A route leaves: its orders are on their way, and their customers are told. Once more gives the same link for longer.

    What is not to be brought any more is taken off. Raises RouteNotFound, PlanUnderWay, and what shipping raises.
    """
    work.require(LogisticsPermission.PLAN)
    plan, route = await _lock(work, route_id)
    if plan.status is PlanStatus.PENDING:
        raise PlanUnderWay
    if route.dispatched_at is None:
        await _send(work, route, await repository.stops_of_route(work, route.id, locked=True), command)
        route.dispatched_at, route.link_version, plan.status = work.now, route.link_version + 1, PlanStatus.UNDER_WAY
        events.record(work, EventType.ROUTE_DISPATCHED, subject=route.id, reason=storable(command.reason))
        await work.session.flush()
        await _close(work, plan)
    route.link_until = max(route.returns_at, work.now) + LINK_LASTS
    await work.session.flush()
    return Dispatched(route_id=route.id, link_version=route.link_version, link_until=route.link_until)


async def _send(work: Work, route: Route, stops: Sequence[Stop], command: Dispatch) -> None:
    """Ship what is on a route: conversations and orders are locked before shelves, as in a turn."""
    zone = (await accounts.get_workspace(work)).zone
    delay = max(work.now - route.leaves_at, timedelta(0))
    for stop in stops:
        if stop.outcome is not StopOutcome.OPEN or stop.order_id is None:
            continue
        order = await orders.get(work, stop.order_id)
        arrives = _arrives(work, stop, delay, zone)
        if order.packed_at is None or order.packed_at > stop.created_at:
            _drop(work, stop)  # the order was changed since, so what was planned is another
        elif order.status is OrderStatus.CONFIRMED and order.fulfilment is Fulfilment.DELIVERY:
            await by_staff.ship(work, order.id, ShipOrder(reason=command.reason), arrives)
        elif order.status is OrderStatus.SHIPPED:
            await by_staff.ship_again(work, order.id, arrives)
        else:
            _drop(work, stop)
    for stop in stops:
        if stop.outcome is not StopOutcome.OPEN or stop.transfer_id is None:
            continue
        transfer = await transfers.get_transfer(work, stop.transfer_id)
        if transfer.status is TransferStatus.APPROVED:
            await transfers.send_transfer(work, transfer.id)
        elif transfer.status is not TransferStatus.IN_TRANSIT:
            _drop(work, stop)


def _arrives(work: Work, stop: Stop, delay: timedelta, zone: ZoneInfo) -> tuple[str, str] | None:
    """The hour in which a stop is reached, on the clock of the shop, by how late its route leaves; None on another day."""
    assert stop.arrives_at is not None, "a stop of a route has its time"
    at = (stop.arrives_at + delay).astimezone(zone)
    if at.date() != work.now.astimezone(zone).date():
        return None
    return f"{at - HALF_AN_HOUR:%H:%M}", f"{at + HALF_AN_HOUR:%H:%M}"


def _drop(work: Work, stop: Stop) -> None:
    stop.outcome, stop.settled_at = StopOutcome.DROPPED, work.now
    events.record(work, EventType.DELIVERY_STOP_DROPPED, subject=stop.id)


async def held(work: Work, route_id: UUID) -> Dispatched | None:
    """The link of a route that opens now, None before it has left and after it has lapsed; raises RouteNotFound."""
    work.require(LogisticsPermission.PLAN)
    route = await repository.route(work, route_id)
    if route is None:
        raise RouteNotFound
    if route.link_until is None or route.link_until < work.now:
        return None
    return Dispatched(route_id=route.id, link_version=route.link_version, link_until=route.link_until)


async def revoke_link(work: Work, route_id: UUID) -> Dispatched:
    """Take the links of a route back and give another; raises RouteNotFound, and PlanUnderWay before it has left."""
    work.require(LogisticsPermission.PLAN)
    _, route = await _lock(work, route_id)
    if route.dispatched_at is None:
        raise PlanUnderWay
    route.link_version += 1
    route.link_until = max(route.returns_at, work.now) + LINK_LASTS
    events.record(work, EventType.ROUTE_LINK_REVOKED, subject=route.id)
    await work.session.flush()
    return Dispatched(route_id=route.id, link_version=route.link_version, link_until=route.link_until)


async def by_link(work: Work, route_id: UUID, link_version: int) -> RouteView:
    """The route that a link opens; raises RouteLinkOver."""
    work.require(LogisticsPermission.DRIVE)
    route = await repository.route(work, route_id)
    if route is None or route.link_version != link_version or route.link_until is None or route.link_until < work.now:
        raise RouteLinkOver
    if not (await accounts.get_workspace(work)).is_active:
        raise RouteLinkOver
    return view_of_route(route, await repository.stops_of_route(work, route.id))


async def stores_on(work: Work, route_id: UUID, link_version: int) -> frozenset[UUID]:
    """The stores between which the route of a link moves goods; raises RouteLinkOver."""
    work.require_runtime()
    route = await by_link(work, route_id, link_version)
    moved = [await transfers.get_transfer(work, each.transfer_id) for each in route.stops if each.transfer_id is not None]
    return frozenset({route.store_id, *(each.to_store_id for each in moved)})


async def settle(work: Work, stop_id: UUID, command: Settle) -> StopView:
    """Say what became of a stop; the same twice changes nothing.

    A delivered order is delivered, goods of a transfer are received. Raises StopNotFound, StopReasonMissing, and
    StopSettled where something else was said, or the route has not left.
    """
    work.require(LogisticsPermission.DRIVE)
    if command.outcome == "failed" and command.reason is None:
        raise StopReasonMissing
    seen = await repository.stop(work, stop_id)
    if seen is None:
        raise StopNotFound
    plan = await repository.plan(work, seen.plan_id, locked=True)
    stop = await repository.stop(work, stop_id, locked=True)
    assert plan is not None, "the plan of a stop stays"
    assert stop is not None, "a stop stays"
    wanted = StopOutcome(command.outcome)
    if stop.outcome is wanted:
        return StopView.model_validate(stop)
    route = await repository.route(work, stop.route_id) if stop.route_id is not None else None
    if stop.outcome is not StopOutcome.OPEN or route is None or route.dispatched_at is None:
        raise StopSettled(outcome=stop.outcome)
    if wanted is StopOutcome.DELIVERED:
        await _hand_over(work, stop)
    elif stop.order_id is not None:
        await by_staff.bring_back(work, stop.order_id)
    stop.outcome, stop.reason, stop.settled_at = wanted, storable(command.reason), work.now
    type = EventType.DELIVERY_STOP_DELIVERED if wanted is StopOutcome.DELIVERED else EventType.DELIVERY_STOP_FAILED
    events.record(work, type, subject=stop.id, reason=stop.reason, after={"route_id": str(route.id)})
    await work.session.flush()
    await _close(work, plan)
    return StopView.model_validate(stop)


async def settle_by_link(work: Work, route_id: UUID, link_version: int, stop_id: UUID, command: Settle) -> StopView:
    """`settle` a stop of the route that a link opens; raises RouteLinkOver, and StopNotFound for one of another route."""
    route = await by_link(work, route_id, link_version)
    if stop_id not in {each.id for each in route.stops}:
        raise StopNotFound
    return await settle(work, stop_id, command)


async def _hand_over(work: Work, stop: Stop) -> None:
    if stop.order_id is not None:
        await by_staff.deliver(work, stop.order_id)
        return
    assert stop.transfer_id is not None, "a stop is of an order or of a transfer"
    transfer = await transfers.get_transfer(work, stop.transfer_id)
    left = [QuantityLine(variant_id=line.variant_id, quantity=line.in_transit) for line in transfer.lines if line.in_transit]
    if left:
        step = TransferStep(key=f"stop {stop.id}", outcome=TransferOutcome.RECEIVED, lines=tuple(left))
        await transfers.settle_transfer(work, transfer.id, step)


async def _close(work: Work, plan: Plan) -> None:
    if not await repository.has_open_stops(work, plan.id):
        plan.status = PlanStatus.DONE
        await work.session.flush()


async def _lock(work: Work, route_id: UUID) -> tuple[Plan, Route]:
    """A route, locked, with its plan before it."""
    seen = await repository.route(work, route_id)
    if seen is None:
        raise RouteNotFound
    plan = await repository.plan(work, seen.plan_id, locked=True)
    route = await repository.route(work, route_id, locked=True)
    if plan is None or route is None:
        raise RouteNotFound
    return plan, route
