"""Returns of customers: what shall come back, what came, what of it is sold again, and what the customer got for it."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core import events
from core.db import storable
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from domain.returns import repository
from domain.returns._rows import by_product, digest, each_once, locked, views
from domain.returns.errors import (
    ArrivalExceedsReturn,
    NotReturnable,
    ReturnExceedsOrder,
    ReturnNotFound,
    StoreMissing,
)
from domain.returns.kinds import ReturnStatus
from domain.returns.models import CustomerReturn, CustomerReturnArrival, CustomerReturnLine
from domain.returns.permissions import ReturnsPermission
from domain.returns.schemas import Arrival, NewReturn, ReturnPage, ReturnView
from domain.stock import documents, quantities

MOST_ITEMS = 100
SCOPE = "customer_return"


async def request(work: Work, command: NewReturn) -> ReturnView:
    """Open a return of goods that have left the shop; raises NotReturnable, ReturnExceedsOrder."""
    work.require(ReturnsPermission.WRITE)
    order = await orders.lock(work, command.order_id)
    if order.status not in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        raise NotReturnable(number=order.number)
    wanted = by_product(command.lines)
    taken = await repository.coming_back(work, order.id)
    lines = {line.variant_id: line for line in order.lines}
    for variant_id, quantity in wanted.items():
        left = lines[variant_id].quantity - taken.get(variant_id, Decimal(0)) if variant_id in lines else Decimal(0)
        if quantity > left:
            raise ReturnExceedsOrder(variant_id=variant_id, quantity=quantity, left=left)
    await quantities.require_quantities(work, wanted, sale=False)
    row = CustomerReturn(
        workspace_id=work.workspace_id,
        id=new_id(),
        order_id=order.id,
        customer_id=order.customer_id,
        number=await documents.next_number(work, SCOPE),
        status=ReturnStatus.REQUESTED,
        currency=order.currency,
        reason=storable(command.reason),
    )
    work.session.add(row)
    await work.session.flush()
    for position, (variant_id, quantity) in enumerate(wanted.items()):
        work.session.add(
            CustomerReturnLine(
                workspace_id=work.workspace_id,
                id=new_id(),
                return_id=row.id,
                variant_id=variant_id,
                position=position,
                requested=quantity,
                unit_price=lines[variant_id].unit_price,
            )
        )
    after = {"order_id": order.id, "number": row.number, "lines": {str(id): quantity for id, quantity in wanted.items()}}
    events.record(work, EventType.CUSTOMER_RETURN_REQUESTED, subject=row.id, reason=row.reason, after=after)
    return (await views(work, [row]))[0]


async def receive(work: Work, return_id: UUID, command: Arrival) -> ReturnView:
    """Take goods of a return in, in one or many arrivals; only what is resellable is put on the shelf.

    The same key twice is one arrival. Raises ArrivalExceedsReturn, KeyReused.
    """
    work.require(ReturnsPermission.WRITE)
    order, row = await locked(work, return_id, ReturnStatus.REQUESTED, ReturnStatus.RECEIVED)
    store_id = command.store_id or order.store_id
    if store_id is None:
        raise StoreMissing(field="store_id")
    known = await repository.arrival(work, row.id, store_id, command.key)
    if known is not None:
        if known.digest != digest(command):
            raise KeyReused(scope=SCOPE)
        return (await views(work, [row]))[0]
    each_once(command.lines)
    lines = {line.variant_id: line for line in await repository.lines_of(work, [row.id])}
    for came in command.lines:
        line = lines.get(came.variant_id)
        left = line.requested - line.received if line is not None else Decimal(0)
        if line is None or came.received > left or came.resellable > came.received:
            raise ArrivalExceedsReturn(variant_id=came.variant_id, quantity=came.received, left=left)
    await quantities.require_quantities(work, {came.variant_id: came.received for came in command.lines}, sale=False)
    for came in command.lines:
        lines[came.variant_id].received += came.received
        lines[came.variant_id].resellable += came.resellable
    arrival = CustomerReturnArrival(
        workspace_id=work.workspace_id,
        id=new_id(),
        return_id=row.id,
        store_id=store_id,
        key=command.key,
        digest=digest(command),
        received_at=work.now,
    )
    work.session.add(arrival)
    fit = {came.variant_id: came.resellable for came in command.lines if came.resellable > 0}
    if fit:
        await documents.take_back(work, store_id, order.id, fit, arrival.id, row.reason)
    before, row.status = row.status, ReturnStatus.RECEIVED
    after = {"status": row.status, "lines": [came.model_dump(mode="json") for came in command.lines]}
    events.record(work, EventType.CUSTOMER_RETURN_RECEIVED, subject=row.id, before={"status": before}, after=after)
    return (await views(work, [row]))[0]


async def close(work: Work, return_id: UUID, reason: str) -> ReturnView:
    """Wait for nothing more of a return of which something came. Once more changes nothing."""
    work.require(ReturnsPermission.WRITE)
    _, row = await locked(work, return_id, ReturnStatus.RECEIVED, ReturnStatus.CLOSED)
    return await _end(work, row, ReturnStatus.CLOSED, EventType.CUSTOMER_RETURN_CLOSED, reason)


async def cancel(work: Work, return_id: UUID, reason: str) -> ReturnView:
    """Give up a return of which nothing came. Once more changes nothing."""
    work.require(ReturnsPermission.WRITE)
    _, row = await locked(work, return_id, ReturnStatus.REQUESTED, ReturnStatus.CANCELLED)
    return await _end(work, row, ReturnStatus.CANCELLED, EventType.CUSTOMER_RETURN_CANCELLED, reason)


async def _end(work: Work, row: CustomerReturn, status: ReturnStatus, type: EventType, reason: str) -> ReturnView:
    if row.status != status:
        before, row.status, row.ended_at = row.status, status, work.now
        events.record(work, type, subject=row.id, reason=reason, before={"status": before}, after={"status": status})
    return (await views(work, [row]))[0]


async def get(work: Work, return_id: UUID) -> ReturnView:
    """One return."""
    work.require(ReturnsPermission.READ)
    row = await repository.get(work, return_id)
    if row is None:
        raise ReturnNotFound
    return (await views(work, [row]))[0]


async def list_returns(
    work: Work,
    *,
    statuses: Sequence[ReturnStatus] | None = None,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    before: int | None = None,
    limit: int = 20,
) -> ReturnPage:
    """Returns, newest first; `before` is the cursor of the page before."""
    work.require(ReturnsPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page(
        work, statuses=statuses, order_id=order_id, customer_id=customer_id, before=before, limit=limit + 1
    )
    items = tuple(await views(work, rows[:limit]))
    return ReturnPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)
