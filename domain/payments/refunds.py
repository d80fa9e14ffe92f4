"""Giving money back: never more than was paid, and each refund once."""

from decimal import Decimal
from uuid import UUID

from core import events
from core.db import storable
from core.errors import Conflict
from core.event_types import EventType
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work
from domain.orders import fulfilment
from domain.orders import service as orders
from domain.payments import repository
from domain.payments.claims import balance_of
from domain.payments.models import Refund
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import NewRefund, RefundView

SCOPE = "refund"


class RefundExceedsPaid(Conflict):
    """More would be given back than was paid and is not back already."""

    code = "refund_exceeds_paid"


async def refund(work: Work, order_id: UUID, command: NewRefund) -> RefundView:
    """Give money of an order back, whose payments staff have verified. The same key twice is one refund.

    Raises RefundExceedsPaid, and KeyReused if the key came with another amount.
    """
    work.require(PaymentsPermission.REFUND)
    order = await orders.lock(work, order_id)
    given = await repository.refunds_of(work, order.id)
    known = next((row for row in given if row.key == command.key), None)
    if known is not None:
        if known.amount != command.amount:
            raise KeyReused(scope=SCOPE)
        return RefundView.model_validate(known)
    back = sum((row.amount for row in given), Decimal(0))
    left = balance_of(order, await repository.of_order(work, order.id)).verified - back
    if command.amount > left:
        raise RefundExceedsPaid(amount=command.amount, left=left)
    work.principal.require_amount(command.amount)
    row = Refund(
        workspace_id=work.workspace_id,
        id=new_id(),
        order_id=order.id,
        currency=order.currency,
        refunded_at=work.now,
        refunded_by=work.principal.id,
        **storable(command.model_dump()),
    )
    work.session.add(row)
    await work.session.flush()
    await fulfilment.record_refund(work, order.id, back + command.amount)
    view = RefundView.model_validate(row)
    told = view.model_dump(mode="json", include={"amount", "method", "id"})
    events.record(work, EventType.ORDER_REFUNDED, subject=order.id, reason=command.reason, after=told)
    return view


async def refunds_of(work: Work, order_id: UUID) -> list[RefundView]:
    """What of an order was given back, oldest first; raises OrderNotFound."""
    work.require(PaymentsPermission.READ)
    await orders.get(work, order_id)
    return [RefundView.model_validate(row) for row in await repository.refunds_of(work, order_id)]
