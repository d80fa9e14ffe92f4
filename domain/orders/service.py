"""Orders, as they are read: one, a customer's, a page of them, and the steps that one went through."""

from collections.abc import Sequence
from uuid import UUID

from core.work import Work
from domain.orders import repository
from domain.orders.drafts import view, view_of, views
from domain.orders.errors import OrderNotFound
from domain.orders.models import OrderStatus, PaymentStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderPage, OrderView, StatusChangeView


async def get(work: Work, order_id: UUID) -> OrderView:
    """One order of the workspace."""
    work.require(OrdersPermission.READ)
    order = await repository.get(work, order_id)
    if order is None:
        raise OrderNotFound
    return await view(work, order)


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


async def list_orders(
    work: Work,
    *,
    statuses: Sequence[OrderStatus] | None = None,
    payment_status: PaymentStatus | None = None,
    customer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 20,
) -> OrderPage:
    """Orders of the workspace, newest first; `before` is the cursor of the page before."""
    work.require(OrdersPermission.READ)
    limit = max(1, min(limit, 100))
    rows = await repository.page(
        work,
        statuses=statuses,
        payment_status=payment_status,
        customer_id=customer_id,
        before=before,
        limit=limit + 1,
    )
    items = await views(work, rows[:limit])
    return OrderPage(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


async def status_history(work: Work, order_id: UUID) -> list[StatusChangeView]:
    """The steps of an order, oldest first."""
    work.require(OrdersPermission.READ)
    return [StatusChangeView.model_validate(row) for row in await repository.status_history(work, order_id)]
