"""Orders: the list, the sheet of each one, and what the shop does with it; and orders that staff put together themselves."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent import proposing
from app.console import deeds, filters, forms, order_sheet
from app.console.catalogue import ORDERS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import Work, open_work
from domain.catalog import service as catalog
from domain.customers import service as customers
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import CustomerView
from domain.orders import amendments, by_staff
from domain.orders import service as orders
from domain.orders.kinds import OPEN, PLACED, Fulfilment, OrderStatus, PaymentStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import (
    CancelOrder,
    NewOrder,
    OrderFilter,
    OrderInput,
    OrderView,
    ProposeChange,
    ShipOrder,
    ShownOrder,
)
from domain.payments import by_staff as payments_by_staff
from domain.payments import placing, refunds
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import EnterPayment, NewRefund, PaymentView, RefundView

router = APIRouter(prefix="/console/@{workspace}/orders")

Reader = Annotated[Visit, may(OrdersPermission.READ)]
Drafter = Annotated[Visit, may(OrdersPermission.DRAFT)]
Confirmer = Annotated[Visit, may(OrdersPermission.CONFIRM)]
Canceller = Annotated[Visit, may(OrdersPermission.CANCEL)]
Fulfiller = Annotated[Visit, may(OrdersPermission.FULFIL)]
Enterer = Annotated[Visit, may(PaymentsPermission.CLAIM)]
Refunder = Annotated[Visit, may(PaymentsPermission.REFUND)]

GROUPS: Final[dict[str, tuple[OrderStatus, ...]]] = {
    "open": OPEN,
    "placed": PLACED,
    **{status.value: (status,) for status in (*PLACED, OrderStatus.CANCELLED)},
}
"""What the list can be narrowed to."""

_MOST_CUSTOMERS: Final = 100
"""Whose orders a search over names looks at: the newest of those whom it finds."""

_LARGEST_NUMBER: Final = 18
"""Digits."""


async def _customers(work: Work, words: str) -> tuple[UUID, ...]:
    found = await customers.list_customers(work, words, limit=_MOST_CUSTOMERS)
    return tuple(customer.id for customer in found.items)


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    status: filters.Word = "",
    payment: filters.Word = "",
    fulfilment: filters.Word = "",
    store: filters.Word = "",
    customer: filters.Word = "",
    since: filters.Word = "",
    until: filters.Word = "",
    search: filters.Words = "",
) -> Response:
    """List orders, the newest first. Days are those on which they were placed; a search is for a number or a customer."""
    words = search.strip().removeprefix("#")
    number = int(words) if words.isdecimal() and len(words) <= _LARGEST_NUMBER else None
    knows_people = visit.principal.may(CustomersPermission.READ)
    first, last = filters.days(visit.workspace.zone, since, until)
    only = filters.identified(customer)
    async with open_work(visit.principal) as work:
        ids: tuple[UUID, ...] | None = None if only is None else (only,)
        if words and number is None:
            ids = await _customers(work, words) if knows_people else ()
        wanted = OrderFilter(
            statuses=GROUPS.get(status, ()),
            payment_status=filters.chosen(PaymentStatus, payment),
            fulfilment=filters.chosen(Fulfilment, fulfilment),
            store_id=filters.identified(store),
            customer_ids=ids,
            number=number,
            placed_since=first,
            placed_until=last,
        )
        found = await orders.list_orders(work, wanted, place=paging.place, limit=paging.limit)
        people = await customers.by_ids(work, {order.customer_id for order in found.items}) if knows_people else {}
        stores = await catalog.all_stores(work)
    chosen = {
        "status": status,
        "payment": payment,
        "fulfilment": fulfilment,
        "store": store,
        "customer": customer,
        "since": since,
        "until": until,
        "search": search,
    }
    return page(
        request,
        "orders.html",
        visit,
        current=ORDERS,
        paged=paging.page(found.items, found.next_cursor),
        is_first=paging.place is None,
        chosen=chosen,
        query=filters.query(chosen),
        groups=list(GROUPS),
        people=people,
        stores=stores,
        may_draft=visit.principal.may(OrdersPermission.DRAFT),
    )


@router.get("/new")
async def begin(request: Request, visit: Drafter, search: filters.Words = "") -> Response:
    """Choose for whom an order is put together."""
    found: list[CustomerView] = []
    if visit.principal.may(CustomersPermission.READ):
        async with open_work(visit.principal) as work:
            found = (await customers.list_customers(work, search, limit=12)).items
    return page(request, "order_new.html", visit, current=ORDERS, found=found, search=search)


@router.get("/{order_id}")
async def open_(request: Request, visit: Reader, order_id: UUID, find: filters.Words = "") -> Response:
    """Show an order."""
    async with open_work(visit.principal) as work:
        sheet = await order_sheet.read(work, order_id, find)
    return page(
        request,
        "order.html",
        visit,
        current=ORDERS,
        sheet=sheet,
        order=sheet.order,
        find=find,
        methods=visit.workspace.settings.payment_methods,
        may_see_numbers=visit.principal.may(CustomersPermission.REVEAL),
        may_verify=visit.principal.may(PaymentsPermission.VERIFY),
    )


async def _done(request: Request, visit: Visit, act: Callable[[Work], Awaitable[OrderView]]) -> Response:
    """Do something with an order, once, and show it. The token of its customer is kept nowhere."""

    async def shown(work: Work) -> ShownOrder:
        return ShownOrder.model_validate((await act(work)).seen_by(work.principal))

    order = await deeds.once(request, visit, ShownOrder, shown)
    return RedirectResponse(visit.at(f"orders/{order.id}"), 303)


@router.post("")
async def create(request: Request, visit: Drafter) -> Response:
    """Begin an order for a customer."""
    command = await forms.take(request, NewOrder)
    return await _done(request, visit, lambda work: by_staff.create(work, command))


@router.post("/{order_id}/lines")
async def change_lines(
    request: Request,
    visit: Drafter,
    order_id: UUID,
    seen: Annotated[int, Form(ge=0)],
    sku: Annotated[list[str], Form(max_length=100)],
    quantity: Annotated[list[str], Form(max_length=100)],
) -> Response:
    """Set how much of products an order has; nothing, or zero, takes one out."""
    lines = [{"sku": each, "quantity": said or 0} for each, said in zip(sku, quantity, strict=False)]
    command = await forms.take(request, OrderInput, besides=("seen", "sku", "quantity"), lines=lines)
    return await _done(request, visit, lambda work: by_staff.change(work, order_id, command, seen))


@router.post("/{order_id}/details")
async def change_details(request: Request, visit: Drafter, order_id: UUID, seen: Annotated[int, Form(ge=0)]) -> Response:
    """Say where an order goes and how it is paid; without anything it is brought to today's prices."""
    command = await forms.take(request, OrderInput, besides=("seen",))
    return await _done(request, visit, lambda work: by_staff.change(work, order_id, command, seen))


@router.post("/{order_id}/confirm")
async def confirm(request: Request, visit: Confirmer, order_id: UUID) -> Response:
    """Place what staff put together."""
    return await _done(request, visit, lambda work: placing.confirm(work, order_id))


@router.post("/{order_id}/propose")
async def propose(
    request: Request,
    visit: Confirmer,
    order_id: UUID,
    sku: Annotated[list[str], Form(max_length=101)],
    quantity: Annotated[list[str], Form(max_length=101)],
) -> Response:
    """Put a change of a placed order to its customer in the chat; the order is shown with what waits for an answer."""
    lines = [{"sku": each, "quantity": said or 0} for each, said in zip(sku, quantity, strict=False) if each]
    command = await forms.take(request, ProposeChange, besides=("sku", "quantity"), lines=lines)
    return await _done(request, visit, lambda work: proposing.propose(work, order_id, command))


@router.post("/{order_id}/amend")
async def amend(request: Request, visit: Drafter, order_id: UUID) -> Response:
    """Begin to change a placed order."""
    return await _done(request, visit, lambda work: amendments.amend_by_staff(work, order_id))


@router.post("/{order_id}/pack")
async def pack(request: Request, visit: Fulfiller, order_id: UUID) -> Response:
    """Say that the goods are put together."""
    return await _done(request, visit, lambda work: by_staff.pack(work, order_id))


@router.post("/{order_id}/ship")
async def ship(request: Request, visit: Fulfiller, order_id: UUID) -> Response:
    """Send an order out."""
    command = await forms.take(request, ShipOrder)
    return await _done(request, visit, lambda work: by_staff.ship(work, order_id, command))


@router.post("/{order_id}/deliver")
async def deliver(request: Request, visit: Fulfiller, order_id: UUID) -> Response:
    """Say that the customer has the goods."""
    return await _done(request, visit, lambda work: by_staff.deliver(work, order_id))


@router.post("/{order_id}/cancel")
async def cancel(request: Request, visit: Canceller, order_id: UUID) -> Response:
    """Cancel an order, or give a draft up."""
    command = await forms.take(request, CancelOrder)
    return await _done(request, visit, lambda work: by_staff.cancel(work, order_id, command))


@router.post("/{order_id}/payments")
async def enter_payment(request: Request, visit: Enterer, order_id: UUID) -> Response:
    """Write down a payment of an order."""
    command = await forms.take(request, EnterPayment)
    await deeds.once(request, visit, PaymentView, lambda work: payments_by_staff.enter(work, order_id, command))
    return RedirectResponse(visit.at(f"orders/{order_id}"), 303)


@router.post("/{order_id}/refunds")
async def refund(
    request: Request,
    visit: Refunder,
    order_id: UUID,
    key: Annotated[str, Form(min_length=1, max_length=200)],
    amount: Annotated[Decimal, Form(gt=0, max_digits=14, decimal_places=2)],
) -> Response:
    """Give money of an order back."""
    command = await forms.take(request, NewRefund, key=key, amount=amount)
    await deeds.once(request, visit, RefundView, lambda work: refunds.refund(work, order_id, command))
    return RedirectResponse(visit.at(f"orders/{order_id}"), 303)
