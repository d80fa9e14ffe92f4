"""Orders, as they are read: one, a customer's, a page of them, and the steps that one went through."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from core.errors import CursorRefused
from core.work import Work
from domain.orders import repository
from domain.orders.drafts import view, view_of, views
from domain.orders.errors import OrderNotFound
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderFilter, OrderHistory, OrderPage, OrderSort, OrderView, StatusChangeView

_BY_TOTAL = (OrderSort.DEAREST, OrderSort.CHEAPEST)


async def get(work: Work, order_id: UUID) -> OrderView:
    """One order of the workspace."""
    work.require(OrdersPermission.READ)
    order = await repository.get(work, order_id)
    if order is None:
        raise OrderNotFound
    return await view(work, order)


async def several(work: Work, order_ids: Collection[UUID]) -> dict[UUID, OrderView]:
    """Orders by their ids; one that is not there is left out."""
    work.require(OrdersPermission.READ)
    found = await views(work, await repository.several(work, order_ids))
    return {order.id: order for order in found}


async def lock(work: Work, order_id: UUID) -> OrderView:
    """One order, locked until the end of this work: for rooms that change something that belongs to it."""
    work.require(OrdersPermission.READ)
    order = await repository.lock(work, order_id)
    if order is None:
        raise OrderNotFound
    return await view(work, order)


async def by_number(work: Work, customer_id: UUID, number: int) -> OrderView:
    """A placed order of this customer, and of nobody else; raises OrderNotFound."""
    work.require(OrdersPermission.READ)
    order = await repository.by_number(work, customer_id, number)
    if order is None:
        raise OrderNotFound(number=number)
    return await view(work, order)


async def history(work: Work, customer_id: UUID, *, limit: int = 10) -> list[OrderView]:
    """The customer's orders that were placed, newest first."""
    work.require(OrdersPermission.READ)
    placed = await repository.history(work, customer_id, limit=max(1, min(limit, 100)))
    return [view_of(order, lines) for order, lines in placed]


async def open_and_newest(work: Work, conversation_id: UUID, customer_id: UUID) -> tuple[OrderView | None, OrderView | None]:
    """The open draft of a conversation, and the customer's newest order that was placed."""
    work.require(OrdersPermission.READ)
    draft, newest = await repository.open_and_newest(work, conversation_id, customer_id)
    return view_of(*draft) if draft is not None else None, view_of(*newest) if newest is not None else None


async def list_orders(
    work: Work,
    wanted: OrderFilter | None = None,
    *,
    sort: OrderSort = OrderSort.NEWEST,
    place: str | None = None,
    limit: int = 20,
) -> OrderPage:
    """Orders of the workspace, drafts among them; `place` is the cursor of the page before."""
    work.require(OrdersPermission.READ)
    limit = max(1, min(limit, 100))
    rows = await repository.page(work, wanted or OrderFilter(), sort, _place(place, sort), limit + 1)
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        by = last.total if sort in _BY_TOTAL else last.created_at.isoformat()
        next_cursor = f"{by} {last.id}"
    return OrderPage(items=await views(work, rows[:limit]), next_cursor=next_cursor)


def _place(place: str | None, sort: OrderSort) -> tuple[Decimal | datetime, UUID] | None:
    """A place of the list: the value by which it is sorted, and an id."""
    if place is None:
        return None
    by, _, id = place.rpartition(" ")
    try:
        return (Decimal(by) if sort in _BY_TOTAL else datetime.fromisoformat(by)), UUID(id)
    except (ValueError, InvalidOperation) as error:
        raise CursorRefused from error


async def whole_history(work: Work, order_id: UUID) -> OrderHistory:
    """What an order went through, and what was to be changed of it, oldest first."""
    work.require(OrdersPermission.READ)
    steps = await status_history(work, order_id)
    amendments = await views(work, await repository.amendments(work, order_id))
    return OrderHistory(steps=steps, amendments=[each.seen_by(work.principal) for each in amendments])


async def status_history(work: Work, order_id: UUID) -> list[StatusChangeView]:
    """The steps of an order, oldest first."""
    work.require(OrdersPermission.READ)
    return [StatusChangeView.model_validate(row) for row in await repository.status_history(work, order_id)]
