"""All SQL of orders."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Uuid, and_, any_, bindparam, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert

from core.paging import part
from core.prepared import Prepared
from core.tables import new_id
from core.work import Work, own
from domain.orders.kinds import OPEN, OrderStatus, PaymentStatus
from domain.orders.models import Order, OrderCounter, OrderLine, OrderStatusChange
from domain.orders.schemas import OrderFilter, OrderSort

FIRST_NUMBER = 1001
"""Numbers begin here, so that the first customers do not count the shop's orders."""

# What every turn asks is built once: building a statement costs more than Postgres needs to answer it.

_CUSTOMER = bindparam("customer", type_=Uuid)
_OPEN_DRAFT = select(Order).where(
    own(Order),
    Order.conversation_id == bindparam("conversation", type_=Uuid),
    Order.status.in_([literal(status, Order.status.type) for status in sorted(OPEN)]),
)
_LINES = (
    select(OrderLine)
    .where(own(OrderLine), OrderLine.order_id == any_(bindparam("orders", type_=ARRAY(Uuid))))
    .order_by(OrderLine.position, OrderLine.id)
)
_NEWEST = (
    select(Order.id)
    .where(own(Order), Order.customer_id == _CUSTOMER, Order.number.is_not(None))
    .order_by(Order.number.desc())
    .limit(bindparam("limit", type_=BigInteger))
)


def _with_lines(orders: Select[Order]) -> Select[Order, OrderLine]:
    """The orders with a row for each of their lines, or one without."""
    of_order = and_(OrderLine.workspace_id == Order.workspace_id, OrderLine.order_id == Order.id)
    return orders.add_columns(OrderLine).outerjoin(OrderLine, of_order).order_by(OrderLine.position, OrderLine.id)


# A lock is never taken together with the lines: while it waits for another writer, the lines would grow old.
_LOCKED_DRAFT = _OPEN_DRAFT.with_for_update(key_share=True).execution_options(populate_existing=True)
_DRAFT_WITH_LINES = Prepared(_with_lines(_OPEN_DRAFT))
_OPEN_AND_NEWEST = Prepared(
    _with_lines(
        select(Order).where(
            own(Order),
            Order.id.in_(union_all(_OPEN_DRAFT.with_only_columns(Order.id), select(_NEWEST.subquery().c.id))),
        )
    )
)
_HISTORY_WITH_LINES = Prepared(
    _with_lines(select(Order).where(own(Order), Order.id.in_(_NEWEST.scalar_subquery())).order_by(Order.number.desc()))
)


async def insert_draft(work: Work, order: Order) -> UUID | None:
    """Store a new draft unless the conversation has an open one; its id, or None."""
    return await work.session.scalar(
        insert(Order)
        .values(
            workspace_id=work.workspace_id,
            id=order.id,
            customer_id=order.customer_id,
            conversation_id=order.conversation_id,
            store_id=order.store_id,
            status=OrderStatus.DRAFT,
            payment_status=PaymentStatus.UNPAID,
            currency=order.currency,
            subtotal=0,
            delivery_fee=0,
            total=0,
            recipient_name=order.recipient_name,
            recipient_phone=order.recipient_phone,
            amends_order_id=order.amends_order_id,
            amends_version=order.amends_version,
            version=1,
        )
        .on_conflict_do_nothing()
        .returning(Order.id)
    )


async def lock(work: Work, order_id: UUID) -> Order | None:
    """One order, locked."""
    return await work.session.scalar(
        select(Order)
        .where(own(Order, work), Order.id == order_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def conversation_of(work: Work, order_id: UUID) -> UUID | None:
    """The conversation in which an order was placed, if it was placed in one."""
    query = select(Order.conversation_id).where(own(Order, work), Order.id == order_id)
    return await work.session.scalar(query)


async def lock_draft(work: Work, conversation_id: UUID) -> Order | None:
    """The open draft of a conversation, locked."""
    return await work.session.scalar(_LOCKED_DRAFT, {"workspace": work.workspace_id, "conversation": conversation_id})


async def draft_of(work: Work, conversation_id: UUID) -> Order | None:
    """The open draft of a conversation."""
    return await work.session.scalar(_OPEN_DRAFT, {"workspace": work.workspace_id, "conversation": conversation_id})


async def draft_with_lines(work: Work, conversation_id: UUID) -> tuple[Order, list[OrderLine]] | None:
    """The open draft of a conversation, and its lines."""
    parameters = {"workspace": work.workspace_id, "conversation": conversation_id}
    return next(iter(await _together(work, _DRAFT_WITH_LINES, parameters)), None)


async def open_and_newest(
    work: Work, conversation_id: UUID, customer_id: UUID
) -> tuple[tuple[Order, list[OrderLine]] | None, tuple[Order, list[OrderLine]] | None]:
    """The open draft of a conversation, and the customer's newest order that got a number, each with its lines."""
    parameters = {"workspace": work.workspace_id, "conversation": conversation_id, "customer": customer_id, "limit": 1}
    found = await _together(work, _OPEN_AND_NEWEST, parameters)
    draft = next((each for each in found if each[0].conversation_id == conversation_id and each[0].status in OPEN), None)
    return draft, next((each for each in found if each[0].number is not None), None)


async def _together(
    work: Work, query: Prepared[Order, OrderLine], parameters: Mapping[str, object]
) -> list[tuple[Order, list[OrderLine]]]:
    found: dict[UUID, tuple[Order, list[OrderLine]]] = {}
    for order, line in await query.all(work.session, parameters):
        _, lines = found.setdefault(order.id, (order, []))
        if line is not None:
            lines.append(line)
    return list(found.values())


async def amended_by(work: Work, conversation_id: UUID, token: str) -> UUID | None:
    """The placed order that is amended by the draft whose summary carried the token, if it is an amendment."""
    query = select(Order.amends_order_id).where(
        own(Order, work),
        Order.conversation_id == conversation_id,
        Order.confirmation_token == token,
    )
    return await work.session.scalar(query)


async def lock_by_token(work: Work, conversation_id: UUID, token: str) -> Order | None:
    """The order of this conversation whose summary carried the token, locked."""
    return await work.session.scalar(
        select(Order)
        .where(
            own(Order, work),
            Order.conversation_id == conversation_id,
            Order.confirmation_token == token,
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def by_number(work: Work, customer_id: UUID, number: int) -> Order | None:
    """A placed order of this customer."""
    return await work.session.scalar(
        select(Order).where(own(Order, work), Order.customer_id == customer_id, Order.number == number)
    )


async def get(work: Work, order_id: UUID) -> Order | None:
    """One order."""
    return await work.session.get(Order, (work.workspace_id, order_id))


async def several(work: Work, order_ids: Collection[UUID]) -> list[Order]:
    """Orders by their ids."""
    return list(await work.session.scalars(select(Order).where(own(Order, work), Order.id.in_(order_ids))))


async def history(work: Work, customer_id: UUID, *, limit: int) -> list[tuple[Order, list[OrderLine]]]:
    """The customer's placed or cancelled orders that got a number, newest first, with their lines."""
    parameters = {"workspace": work.workspace_id, "customer": customer_id, "limit": limit}
    return await _together(work, _HISTORY_WITH_LINES, parameters)


async def page(
    work: Work, wanted: OrderFilter, sort: OrderSort, after: tuple[Decimal | datetime, UUID] | None, limit: int
) -> list[Order]:
    """Orders of the workspace from behind a place (a value to sort by, and an id); amendments are no orders."""
    conditions = [own(Order, work), Order.amends_order_id.is_(None), *_of(wanted)]
    by = Order.total if sort in (OrderSort.DEAREST, OrderSort.CHEAPEST) else Order.created_at
    falls = sort in (OrderSort.NEWEST, OrderSort.DEAREST)
    return list(await work.session.scalars(part(select(Order).where(*conditions), [by, Order.id], after, limit, falls=falls)))


def _of(wanted: OrderFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.statuses:
        yield Order.status.in_(wanted.statuses)
    if wanted.since is not None:
        yield Order.created_at >= wanted.since
    if wanted.until is not None:
        yield Order.created_at < wanted.until
    if wanted.placed_since is not None:
        yield Order.confirmed_at >= wanted.placed_since
    if wanted.placed_until is not None:
        yield Order.confirmed_at < wanted.placed_until
    if wanted.customer_ids is not None:
        yield Order.customer_id.in_(wanted.customer_ids)
    for column, value in (
        (Order.payment_status, wanted.payment_status),
        (Order.fulfilment, wanted.fulfilment),
        (Order.store_id, wanted.store_id),
        (Order.number, wanted.number),
    ):
        if value is not None:
            yield column == value


async def amendments(work: Work, order_id: UUID) -> list[Order]:
    """The amendments of a placed order, oldest first."""
    rows = await work.session.scalars(
        select(Order)
        .where(own(Order, work), Order.amends_order_id == order_id)
        .order_by(Order.id)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def owed(work: Work, customer_id: UUID, besides: UUID) -> Decimal:
    """What has left for a customer, or been handed over, and is not wholly paid, another order apart."""
    query = select(func.coalesce(func.sum(Order.total), 0)).where(
        own(Order, work),
        Order.customer_id == customer_id,
        Order.status.in_((OrderStatus.SHIPPED, OrderStatus.DELIVERED)),
        Order.payment_status != PaymentStatus.PAID,
        Order.id != besides,
    )
    return Decimal(await work.session.scalar(query) or 0)


async def lines(work: Work, order_ids: Iterable[UUID]) -> dict[UUID, list[OrderLine]]:
    """The lines of orders, in the order in which they were added."""
    found: dict[UUID, list[OrderLine]] = {}
    for row in await work.session.scalars(_LINES, {"workspace": work.workspace_id, "orders": list(order_ids)}):
        found.setdefault(row.order_id, []).append(row)
    return found


async def status_history(work: Work, order_id: UUID) -> list[OrderStatusChange]:
    """The steps of an order, oldest first."""
    rows = await work.session.scalars(
        select(OrderStatusChange)
        .where(own(OrderStatusChange, work), OrderStatusChange.order_id == order_id)
        .order_by(OrderStatusChange.created_at, OrderStatusChange.id)
    )
    return list(rows)


async def next_number(work: Work) -> int:
    """The next order number of the workspace. Other confirmations wait for this transaction from here on."""
    statement = insert(OrderCounter).values(workspace_id=work.workspace_id, id=new_id(), last_number=FIRST_NUMBER)
    number: int | None = await work.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["workspace_id"], set_={"last_number": OrderCounter.last_number + 1}
        ).returning(OrderCounter.last_number)
    )
    assert number is not None, "the upsert returns the row"
    return number
