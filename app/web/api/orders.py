"""Orders: what was ordered, where each order stands, and what the shop does with it."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime, Field

from agent import proposing
from app.web.api.callers import may
from app.web.api.fields import expanding
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import Work, open_work
from domain.catalog import service as catalog
from domain.catalog.schemas import StoreView
from domain.customers import service as customers
from domain.customers.schemas import CustomerView
from domain.orders import amendments, by_staff
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment, OrderStatus, PaymentStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import (
    CancelOrder,
    NewOrder,
    OrderFilter,
    OrderHistory,
    OrderInput,
    OrderSort,
    OrderView,
    ProposeChange,
    ShipOrder,
    ShownOrder,
)
from domain.payments import placing
from domain.payments import service as payments
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Balance, PaymentView

router = noun("orders")

Reader = Annotated[Principal, may(OrdersPermission.READ)]
Expand = Annotated[frozenset[str], expanding("customer", "store")]
Drafter = Annotated[Write, may_write(OrdersPermission.DRAFT)]
Confirmer = Annotated[Write, may_write(OrdersPermission.CONFIRM)]
Canceller = Annotated[Write, may_write(OrdersPermission.CANCEL)]
Fulfiller = Annotated[Write, may_write(OrdersPermission.FULFIL)]


class ListedOrder(ShownOrder):
    """An order, with whose it is and from where it is served where that was asked for."""

    customer: CustomerView | None = Field(None, description="With `expand=customer`.")
    store: StoreView | None = Field(None, description="With `expand=store`; null while it has none.")


class OrderDetail(ListedOrder):
    """An order with what it went through and, for those who may see it, what was paid of it."""

    history: OrderHistory
    payments: list[PaymentView] | None = Field(description="Null for those who may not see payments.")
    balance: Balance | None


@router.get("/orders")
async def list_(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[OrderStatus] | None, Query(max_length=10, description="Any of these.")] = None,
    payment_status: PaymentStatus | None = None,
    fulfilment: Fulfilment | None = None,
    store_id: UUID | None = None,
    customer_id: UUID | None = None,
    number: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    since: Annotated[AwareDatetime | None, Query(description="Made at this moment or after it.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Made before this moment.")] = None,
    sort: OrderSort = OrderSort.NEWEST,
    expand: Expand = frozenset(),
) -> Page[ListedOrder]:
    """List orders, drafts among them, the newest first."""
    wanted = OrderFilter(
        statuses=tuple(status or ()),
        payment_status=payment_status,
        fulfilment=fulfilment,
        store_id=store_id,
        customer_ids=None if customer_id is None else (customer_id,),
        number=number,
        since=since,
        until=until,
    )
    async with open_work(caller) as work:
        found = await orders.list_orders(work, wanted, sort=sort, place=paging.place, limit=paging.limit)
        shown = await _expanded(work, found.items, expand)
    return paging.page(shown, found.next_cursor)


async def _expanded(work: Work, found: Sequence[OrderView], expand: frozenset[str]) -> list[ListedOrder]:
    """Orders with what is wanted of what their ids stand for: one query for each kind."""
    people = await customers.by_ids(work, {each.customer_id for each in found}) if "customer" in expand else {}
    stores = {each.id: each for each in await catalog.all_stores(work)} if "store" in expand else {}
    return [
        ListedOrder(
            **_shown(work, each).model_dump(),
            customer=people.get(each.customer_id),
            store=stores.get(each.store_id) if each.store_id is not None else None,
        )
        for each in found
    ]


@router.post("/orders", status_code=201)
async def create(write: Drafter, body: NewOrder, response: Response) -> ShownOrder:
    """Begin an order for a customer; it is a draft until it is confirmed."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.create(work, body))

    return _told(response, await write.once(ShownOrder, act))


@router.get("/orders/{order_id}")
async def get(caller: Reader, order_id: UUID, response: Response, expand: Expand = frozenset()) -> OrderDetail:
    """Show an order with its lines, what it went through, and its payments."""
    async with open_work(caller) as work:
        order = await orders.get(work, order_id)
        sees_payments = caller.may(PaymentsPermission.READ)
        detail = OrderDetail(
            **(await _expanded(work, [order], expand))[0].model_dump(),
            history=await orders.whole_history(work, order_id),
            payments=await payments.list_for_order(work, order_id) if sees_payments else None,
            balance=await payments.balance(work, order) if sees_payments else None,
        )
    tell(response, detail.version)
    return detail


@router.patch("/orders/{order_id}")
async def change(write: Drafter, seen: SeenVersion, order_id: UUID, body: OrderInput, response: Response) -> ShownOrder:
    """Change a draft of staff: lines, where it goes, how it is paid. An empty body brings it to today's prices."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.change(work, order_id, body, seen))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/confirm")
async def confirm(write: Confirmer, order_id: UUID, response: Response) -> ShownOrder:
    """Place a draft of staff, or apply their amendment: prices and stock are looked at once more."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await placing.confirm(work, order_id))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/amend", status_code=201)
async def amend(write: Drafter, order_id: UUID, response: Response) -> ShownOrder:
    """Begin to change a placed order of staff: a draft with its content, which is changed and confirmed like any."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await amendments.amend_by_staff(work, order_id))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/propose", status_code=201)
async def propose(write: Confirmer, order_id: UUID, body: ProposeChange, response: Response) -> ShownOrder:
    """Put a change of a placed order to its customer in the chat, with buttons: it applies if they accept it in time."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await proposing.propose(work, order_id, body))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/pack")
async def pack(write: Fulfiller, order_id: UUID, response: Response) -> ShownOrder:
    """Say that the goods are put together."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.pack(work, order_id))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/ship")
async def ship(write: Fulfiller, order_id: UUID, response: Response, body: ShipOrder | None = None) -> ShownOrder:
    """Send an order out. One that was to be paid before leaves unpaid within the customer's credit, or for a reason."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.ship(work, order_id, body or ShipOrder()))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/deliver")
async def deliver(write: Fulfiller, order_id: UUID, response: Response) -> ShownOrder:
    """Say that the customer has the goods: brought, or fetched at the store."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.deliver(work, order_id))

    return _told(response, await write.once(ShownOrder, act))


@router.post("/orders/{order_id}/cancel")
async def cancel(write: Canceller, order_id: UUID, body: CancelOrder, response: Response) -> ShownOrder:
    """Cancel an order and put its goods back, or give a draft up."""

    async def act(work: Work) -> ShownOrder:
        return _shown(work, await by_staff.cancel(work, order_id, body))

    return _told(response, await write.once(ShownOrder, act))


def _shown(work: Work, order: OrderView) -> ShownOrder:
    """An order as the caller may see it, without the token that only its customer's answer carries."""
    return ShownOrder.model_validate(order.seen_by(work.principal))


def _told(response: Response, order: ShownOrder) -> ShownOrder:
    tell(response, order.version)
    return order
