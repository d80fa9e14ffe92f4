"""Plans and routes, as they are read, and the sheet of a driver."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from core.work import Work
from domain.catalog import service as catalog
from domain.logistics import repository
from domain.logistics.errors import PlanNotFound, RouteNotFound
from domain.logistics.models import Route, Stop
from domain.logistics.permissions import LogisticsPermission
from domain.logistics.schemas import Called, PlanSummary, PlanView, RouteView, StopView
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from domain.stock import transfers

MOST_ITEMS: Final = 100


async def list_plans(
    work: Work, *, store_id: UUID | None = None, day: date | None = None, before: UUID | None = None, limit: int = 20
) -> tuple[list[PlanSummary], UUID | None]:
    """Plans, the newest first, and the place of the next page."""
    work.require(LogisticsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.plans(work, store_id, day, before, limit + 1)
    views = [PlanSummary.model_validate(row) for row in rows[:limit]]
    return views, views[-1].id if len(rows) > limit else None


async def get_plan(work: Work, plan_id: UUID) -> PlanView:
    """One plan with its routes; raises PlanNotFound."""
    work.require(LogisticsPermission.READ)
    row = await repository.plan(work, plan_id)
    if row is None:
        raise PlanNotFound
    by_route: dict[UUID | None, list[Stop]] = {}
    for stop in await repository.stops(work, row.id):
        by_route.setdefault(stop.route_id, []).append(stop)
    return PlanView(
        **PlanSummary.model_validate(row).model_dump(),
        routes=tuple(view_of_route(each, by_route.get(each.id, [])) for each in await repository.routes(work, row.id)),
        unplanned=tuple(StopView.model_validate(each) for each in by_route.get(None, [])),
    )


async def get_route(work: Work, route_id: UUID) -> RouteView:
    """One route with its stops; raises RouteNotFound."""
    work.require(LogisticsPermission.READ)
    row = await repository.route(work, route_id)
    if row is None:
        raise RouteNotFound
    return view_of_route(row, await repository.stops_of_route(work, row.id))


def view_of_route(row: Route, stops: Sequence[Stop]) -> RouteView:
    """A route with its stops in their order."""
    fields = {name: getattr(row, name) for name in RouteView.model_fields if name != "stops"}
    return RouteView(**fields, stops=tuple(StopView.model_validate(each) for each in stops))


async def called(work: Work, stops: Sequence[StopView]) -> dict[UUID, Called]:
    """What stands on a sheet about stops, by their ids: read from the orders, as it is kept nowhere else."""
    work.require(LogisticsPermission.READ)
    known = await orders.several(work, [each.order_id for each in stops if each.order_id is not None])
    stores = {each.id: each for each in await catalog.all_stores(work)}
    found: dict[UUID, Called] = {}
    for stop in stops:
        if stop.order_id in known:
            found[stop.id] = _of_order(known[stop.order_id])
        elif stop.transfer_id is not None:
            transfer = await transfers.get_transfer(work, stop.transfer_id)
            store = stores.get(transfer.to_store_id)
            found[stop.id] = Called(
                number=transfer.number,
                name=store.name if store else None,
                phone=store.phone if store else None,
                address=store.address if store else None,
                notes=transfer.reason,
                total=None,
                currency=None,
                payment_status=None,
                goods=(),
            )
    return found


def _of_order(order: OrderView) -> Called:
    return Called(
        number=order.number,
        name=order.recipient_name,
        phone=order.recipient_phone,
        address=order.address_text,
        notes=order.notes,
        total=order.total,
        currency=order.currency,
        payment_status=order.payment_status,
        goods=tuple(f"{line.quantity.normalize():f} {line.unit} {line.name}" for line in order.lines),
    )
