"""All SQL of logistics."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, delete, select, text

from core.paging import part
from core.work import Work, own
from domain.logistics.kinds import BEFORE_LEAVING, StopOutcome
from domain.logistics.models import Plan, Route, Stop, Vehicle

_WAITING: Final = text(
    """
    SELECT o.id AS order_id, CAST(NULL AS uuid) AS transfer_id,
           coalesce((o.address->>'latitude')::float8, said.latitude) AS latitude,
           coalesce((o.address->>'longitude')::float8, said.longitude) AS longitude,
           coalesce(said.weight_kg, sum(l.quantity * coalesce(p.weight, 0))) AS weight_kg,
           coalesce(said.is_weight_known, bool_and(p.weight IS NOT NULL)) AS is_weight_known, said.service_minutes
    FROM orders o
    JOIN order_lines l ON l.workspace_id = o.workspace_id AND l.order_id = o.id
    JOIN product_variants v ON v.workspace_id = l.workspace_id AND v.id = l.variant_id
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    LEFT JOIN LATERAL (
        SELECT s.* FROM delivery_stops s
        WHERE s.workspace_id = o.workspace_id AND s.order_id = o.id AND s.created_at >= o.packed_at
        ORDER BY s.id DESC LIMIT 1
    ) said ON true
    WHERE o.workspace_id = :workspace AND o.store_id = :store AND o.fulfilment = 'delivery'
      AND (o.status = 'confirmed' AND o.packed_at IS NOT NULL OR o.status = 'shipped' AND said.outcome = 'failed')
      AND NOT EXISTS (
          SELECT FROM delivery_stops s WHERE s.workspace_id = o.workspace_id AND s.order_id = o.id AND s.outcome = 'open'
      )
    GROUP BY o.id, o.address, said.latitude, said.longitude, said.weight_kg, said.is_weight_known, said.service_minutes
    UNION ALL
    SELECT NULL, t.id, st.latitude, st.longitude,
           coalesce(said.weight_kg,
                    sum((CASE t.status WHEN 'approved' THEN l.requested ELSE l.sent END) * coalesce(p.weight, 0))),
           coalesce(said.is_weight_known, bool_and(p.weight IS NOT NULL)), said.service_minutes
    FROM stock_transfers t
    JOIN stores st ON st.workspace_id = t.workspace_id AND st.id = t.to_store_id
    JOIN stock_transfer_lines l ON l.workspace_id = t.workspace_id AND l.transfer_id = t.id
    JOIN product_variants v ON v.workspace_id = l.workspace_id AND v.id = l.variant_id
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    LEFT JOIN LATERAL (
        SELECT s.* FROM delivery_stops s WHERE s.workspace_id = t.workspace_id AND s.transfer_id = t.id
        ORDER BY s.id DESC LIMIT 1
    ) said ON true
    WHERE t.workspace_id = :workspace AND t.from_store_id = :store
      AND (t.status = 'approved' OR t.status = 'in_transit' AND said.outcome = 'failed')
      AND said.outcome IS DISTINCT FROM 'open'
    GROUP BY t.id, st.latitude, st.longitude, said.weight_kg, said.is_weight_known, said.service_minutes
    ORDER BY order_id, transfer_id
    LIMIT :limit
    """
)


async def waiting(work: Work, store_id: UUID, limit: int) -> list[Row[Any]]:
    """What waits in a store to be brought and is in no plan, with what was said of it when it was tried before.

    An order that was packed anew since then is another one: it may go elsewhere.
    """
    values = {"workspace": work.workspace_id, "store": store_id, "limit": limit}
    return list(await work.session.execute(_WAITING, values))


def _locking(query: Select[Any], is_locked: bool) -> Select[Any]:
    return query.with_for_update(key_share=True).execution_options(populate_existing=True) if is_locked else query


async def vehicles(work: Work, store_id: UUID | None, after: UUID | None, limit: int) -> Sequence[Vehicle]:
    """Vehicles, the newest first."""
    query = select(Vehicle).where(own(Vehicle, work))
    if store_id is not None:
        query = query.where(Vehicle.store_id == store_id)
    place = None if after is None else (after,)
    return (await work.session.scalars(part(query, [Vehicle.id], place, limit, falls=True))).all()


async def free_vehicles(work: Work, store_id: UUID, plan_id: UUID, begin: datetime, end: datetime) -> Sequence[Vehicle]:
    """The vehicles in use of a store that another plan does not send out between two moments."""
    busy = select(Route.vehicle_id).where(
        own(Route, work), Route.plan_id != plan_id, Route.leaves_at < end, Route.returns_at > begin
    )
    query = select(Vehicle).where(own(Vehicle, work), Vehicle.store_id == store_id, Vehicle.is_active, Vehicle.id.not_in(busy))
    return (await work.session.scalars(query.order_by(Vehicle.id))).all()


async def vehicle(work: Work, vehicle_id: UUID, *, locked: bool = False) -> Vehicle | None:
    """One vehicle."""
    query = select(Vehicle).where(own(Vehicle, work), Vehicle.id == vehicle_id)
    found: Vehicle | None = await work.session.scalar(_locking(query, locked))
    return found


async def vehicles_of(work: Work, vehicle_ids: Collection[UUID]) -> Sequence[Vehicle]:
    """Vehicles by their ids."""
    return (await work.session.scalars(select(Vehicle).where(own(Vehicle, work), Vehicle.id.in_(vehicle_ids)))).all()


async def plan(work: Work, plan_id: UUID, *, locked: bool = False) -> Plan | None:
    """One plan."""
    found: Plan | None = await work.session.scalar(_locking(select(Plan).where(own(Plan, work), Plan.id == plan_id), locked))
    return found


async def lock_waiting_plan(work: Work, store_id: UUID, day: date) -> Plan | None:
    """The plan of a store's day of which nothing has left, locked."""
    query = select(Plan).where(own(Plan, work), Plan.store_id == store_id, Plan.day == day, Plan.status.in_(BEFORE_LEAVING))
    found: Plan | None = await work.session.scalar(_locking(query, True))
    return found


async def plans(work: Work, store_id: UUID | None, day: date | None, before: UUID | None, limit: int) -> Sequence[Plan]:
    """Plans, the newest first, before one of them."""
    query = select(Plan).where(own(Plan, work))
    if store_id is not None:
        query = query.where(Plan.store_id == store_id)
    if day is not None:
        query = query.where(Plan.day == day)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [Plan.id], place, limit, falls=True))).all()


async def routes(work: Work, plan_id: UUID) -> Sequence[Route]:
    """The routes of a plan, as they leave."""
    query = select(Route).where(own(Route, work), Route.plan_id == plan_id).order_by(Route.leaves_at, Route.id)
    return (await work.session.scalars(query)).all()


async def route(work: Work, route_id: UUID, *, locked: bool = False) -> Route | None:
    """One route."""
    query = select(Route).where(own(Route, work), Route.id == route_id)
    found: Route | None = await work.session.scalar(_locking(query, locked))
    return found


async def forget_routes(work: Work, plan_id: UUID) -> None:
    """Take away the routes of a plan, none of whose stops is in one."""
    await work.session.execute(delete(Route).where(own(Route, work), Route.plan_id == plan_id))


async def stops(work: Work, plan_id: UUID, *, locked: bool = False) -> Sequence[Stop]:
    """The stops of a plan: in the order of their routes, or by id where they are to be changed."""
    query = select(Stop).where(own(Stop, work), Stop.plan_id == plan_id)
    ordered = query.order_by(Stop.id) if locked else query.order_by(Stop.position, Stop.id)
    return (await work.session.scalars(_locking(ordered, locked))).all()


_SETTLED: Final = text(
    """
    UPDATE delivery_stops s SET outcome = 'dropped', settled_at = :now
    WHERE s.workspace_id = :workspace AND s.plan_id = :plan AND s.outcome = 'open' AND (
        EXISTS (SELECT FROM orders o WHERE o.workspace_id = s.workspace_id AND o.id = s.order_id
                AND (o.status NOT IN ('confirmed', 'shipped') OR o.fulfilment <> 'delivery' OR o.store_id <> s.store_id
                     OR o.packed_at IS NULL OR o.packed_at > s.created_at))
        OR EXISTS (SELECT FROM stock_transfers t WHERE t.workspace_id = s.workspace_id AND t.id = s.transfer_id
                   AND t.status NOT IN ('approved', 'in_transit')))
    """
)


async def drop_settled(work: Work, plan_id: UUID) -> None:
    """Take off a plan what was cancelled or handed over meanwhile, and orders that were changed and packed anew."""
    await work.session.execute(_SETTLED, {"workspace": work.workspace_id, "plan": plan_id, "now": work.now})


async def stops_of_route(work: Work, route_id: UUID, *, locked: bool = False) -> Sequence[Stop]:
    """The stops of a route in their order."""
    query = select(Stop).where(own(Stop, work), Stop.route_id == route_id).order_by(Stop.position, Stop.id)
    return (await work.session.scalars(_locking(query, locked))).all()


async def stop(work: Work, stop_id: UUID, *, locked: bool = False) -> Stop | None:
    """One stop."""
    query = select(Stop).where(own(Stop, work), Stop.id == stop_id)
    found: Stop | None = await work.session.scalar(_locking(query, locked))
    return found


async def has_open_stops(work: Work, plan_id: UUID) -> bool:
    """Whether something of a plan is neither brought, nor tried, nor taken off."""
    query = select(Stop.id).where(own(Stop, work), Stop.plan_id == plan_id, Stop.outcome == StopOutcome.OPEN).limit(1)
    return await work.session.scalar(query) is not None
