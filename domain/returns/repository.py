"""All SQL of returns. The order is locked first, then the return, then the stock."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import case, exists, func, select

from core.paging import part
from core.tables import Base
from core.work import Work, own
from domain.returns.kinds import ReturnStatus
from domain.returns.models import CreditNote, CustomerReturn, CustomerReturnArrival, CustomerReturnLine

_ORDERS = Base.metadata.tables["orders"]

_VISIBLE = exists().where(_ORDERS.c.workspace_id == CustomerReturn.workspace_id, _ORDERS.c.id == CustomerReturn.order_id)
"""A return is seen by whoever sees its order: Postgres hides orders of other stores, and returns know no store."""


async def get(work: Work, return_id: UUID) -> CustomerReturn | None:
    """One return, unless its order is one of a store in which whoever works does not."""
    query = select(CustomerReturn).where(own(CustomerReturn, work), CustomerReturn.id == return_id, _VISIBLE)
    return (await work.session.scalars(query)).one_or_none()


async def lock(work: Work, return_id: UUID) -> CustomerReturn | None:
    """One return, locked and read afresh."""
    query = select(CustomerReturn).where(own(CustomerReturn, work), CustomerReturn.id == return_id, _VISIBLE)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def lines_of(work: Work, return_ids: Iterable[UUID]) -> Sequence[CustomerReturnLine]:
    """The lines of returns in their order, read afresh."""
    query = (
        select(CustomerReturnLine)
        .where(own(CustomerReturnLine, work), CustomerReturnLine.return_id.in_(set(return_ids)))
        .order_by(CustomerReturnLine.position)
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def coming_back(work: Work, order_id: UUID) -> Mapping[UUID, Decimal]:
    """How much of each product of an order is back or on its way back: a closed return counts with what came."""
    is_over = CustomerReturn.status == ReturnStatus.CLOSED
    counted = case((is_over, CustomerReturnLine.received), else_=CustomerReturnLine.requested)
    query = (
        select(CustomerReturnLine.variant_id, func.sum(counted).label("quantity"))
        .join(
            CustomerReturn,
            (CustomerReturn.workspace_id == CustomerReturnLine.workspace_id)
            & (CustomerReturn.id == CustomerReturnLine.return_id),
        )
        .where(
            own(CustomerReturnLine, work),
            CustomerReturn.order_id == order_id,
            CustomerReturn.status != ReturnStatus.CANCELLED,
        )
        .group_by(CustomerReturnLine.variant_id)
    )
    return {row.variant_id: row.quantity for row in await work.session.execute(query)}


async def arrival(work: Work, return_id: UUID, store_id: UUID, key: str) -> CustomerReturnArrival | None:
    """The arrival of a return in a store with this key."""
    query = select(CustomerReturnArrival).where(
        own(CustomerReturnArrival, work),
        CustomerReturnArrival.return_id == return_id,
        CustomerReturnArrival.store_id == store_id,
        CustomerReturnArrival.key == key,
    )
    return (await work.session.scalars(query)).one_or_none()


async def notes_of(work: Work, return_ids: Iterable[UUID]) -> Sequence[CreditNote]:
    """The credit notes of returns, oldest first."""
    query = select(CreditNote).where(own(CreditNote, work), CreditNote.return_id.in_(set(return_ids)))
    return (await work.session.scalars(query.order_by(CreditNote.number))).all()


async def page(
    work: Work,
    *,
    statuses: Sequence[ReturnStatus] | None,
    order_id: UUID | None,
    customer_id: UUID | None,
    before: int | None,
    limit: int,
) -> Sequence[CustomerReturn]:
    """Returns, newest first, before a number."""
    query = select(CustomerReturn).where(own(CustomerReturn, work), _VISIBLE)
    if statuses is not None:
        query = query.where(CustomerReturn.status.in_(statuses))
    if order_id is not None:
        query = query.where(CustomerReturn.order_id == order_id)
    if customer_id is not None:
        query = query.where(CustomerReturn.customer_id == customer_id)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [CustomerReturn.number], place, limit, falls=True))).all()
