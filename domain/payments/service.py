"""Payments: a customer's word is a claim, staff's decision makes it a payment, and receipts are the evidence."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core import events
from core.errors import Conflict, CursorRefused, Invalid, NotFound
from core.event_types import EventType
from core.work import Work
from domain.orders import drafts, fulfilment
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound
from domain.orders.kinds import PLACED, OrderStatus, PaymentStatus
from domain.orders.schemas import OrderView
from domain.payments import repository
from domain.payments.claims import PAYABLE, NothingToPay, balance_of, payment_status, tie, view_of
from domain.payments.kinds import PaymentState
from domain.payments.models import Payment
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Balance, PaymentFilter, PaymentPage, PaymentView


class PaymentNotFound(NotFound):
    """No such payment."""

    code = "payment_not_found"


class PaymentDecided(Conflict):
    """Staff have already decided otherwise."""

    code = "payment_decided"


class PaymentMoved(Conflict):
    """The order of the payment came while it was being decided; look at it again."""

    code = "payment_moved"


class AmountMissing(Invalid):
    """Nobody has said how much was paid, so staff must say how much came."""

    code = "amount_missing"


async def verify(work: Work, payment_id: UUID, *, amount: Decimal | None = None, note: str | None = None) -> PaymentView:
    """Staff have seen the money; `amount` is what really came, where it differs from what was claimed."""
    work.require(PaymentsPermission.VERIFY)
    payment = await _lock(work, payment_id)
    if payment.status == PaymentState.VERIFIED and amount in (None, payment.verified_amount):
        return view_of(payment)
    if payment.status != PaymentState.CLAIMED:
        raise PaymentDecided
    if amount is None and payment.amount is None:
        raise AmountMissing
    came = amount or payment.amount
    assert came is not None, "an amount is known"
    work.principal.require_amount(came)
    payment.verified_amount = came
    await _decide(work, payment, PaymentState.VERIFIED, note)
    events.record(work, EventType.PAYMENT_VERIFIED, subject=payment.id, reason=note, after={"amount": payment.verified_amount})
    return view_of(payment)


async def reject(work: Work, payment_id: UUID, reason: str) -> PaymentView:
    """Staff have not seen the money; the order waits for another payment."""
    work.require(PaymentsPermission.VERIFY)
    payment = await _lock(work, payment_id)
    if payment.status == PaymentState.REJECTED:
        return view_of(payment)
    if payment.status != PaymentState.CLAIMED:
        raise PaymentDecided
    await _decide(work, payment, PaymentState.REJECTED, reason)
    events.record(work, EventType.PAYMENT_REJECTED, subject=payment.id, reason=reason)
    return view_of(payment)


async def link(work: Work, payment_id: UUID, order_id: UUID) -> PaymentView:
    """Staff tie a payment that has no order to one of its customer's orders. Once more changes nothing."""
    work.require(PaymentsPermission.VERIFY)
    order = await orders.lock(work, order_id)
    payment = await repository.lock(work, payment_id)
    if payment is None:
        raise PaymentNotFound
    if payment.customer_id != order.customer_id:
        raise OrderNotFound
    if payment.order_id == order.id:
        return view_of(payment)
    if payment.order_id is not None:
        raise PaymentMoved
    if payment.status == PaymentState.REJECTED:
        raise PaymentDecided
    if order.status not in PAYABLE or order.total == 0:
        raise NothingToPay
    await tie(work, order, payment)
    await settle(work, order.id)
    return view_of(payment)


async def _lock(work: Work, payment_id: UUID) -> Payment:
    """Lock order and payment, in that order, as a claim does."""
    unlocked = await repository.get(work, payment_id)
    if unlocked is None:
        raise PaymentNotFound
    order_id = unlocked.order_id
    if order_id is not None:
        await orders.lock(work, order_id)
    payment = await repository.lock(work, payment_id)
    assert payment is not None, "payments are never deleted"
    if payment.order_id != order_id:
        raise PaymentMoved
    return payment


async def _decide(work: Work, payment: Payment, state: PaymentState, reason: str | None) -> None:
    payment.status = state
    payment.decided_at = work.now
    payment.decided_by = work.principal.id
    payment.decision_reason = reason
    await work.session.flush()
    if payment.order_id is not None:
        await settle(work, payment.order_id)


async def settle(work: Work, order_id: UUID) -> OrderView:
    """Let an order say what its payments come to, after one was decided or its total has changed."""
    work.require(PaymentsPermission.CLAIM)
    order = await orders.lock(work, order_id)
    found = payment_status(balance_of(order, await repository.of_order(work, order.id)))
    return order if found == order.payment_status else await fulfilment.record_payment(work, order.id, found)


async def balance(work: Work, order: OrderView) -> Balance:
    """What is paid of an order, what is claimed, and what is open."""
    work.require(PaymentsPermission.READ)
    refunded = sum((row.amount for row in await repository.refunds_of(work, order.id)), Decimal(0))
    return balance_of(order, await repository.of_order(work, order.id)).model_copy(update={"refunded": refunded})


async def payable(work: Work, customer_id: UUID, conversation_id: UUID) -> list[OrderView]:
    """The customer's orders that can be paid, newest first: placed and not wholly paid, or waiting for their yes."""
    work.require(PaymentsPermission.READ)
    placed = await orders.history(work, customer_id, limit=20)
    found = [order for order in placed if order.status in PLACED and order.payment_status != PaymentStatus.PAID]
    draft = await drafts.open_draft(work, conversation_id)
    if draft is not None and draft.status == OrderStatus.AWAITING_CONFIRMATION and draft.amends_order_id is None:
        found.append(draft)
    return found


async def newest_claim(work: Work, customer_id: UUID, conversation_id: UUID) -> PaymentView | None:
    """The customer's newest payment that waits for staff, its order being open or still to come."""
    work.require(PaymentsPermission.READ)
    ids = [order.id for order in await payable(work, customer_id, conversation_id)]
    payment = await repository.newest_claim(work, customer_id, ids)
    return view_of(payment) if payment is not None else None


async def get(work: Work, payment_id: UUID) -> PaymentView:
    """One payment."""
    work.require(PaymentsPermission.READ)
    payment = await repository.get(work, payment_id)
    if payment is None:
        raise PaymentNotFound
    return view_of(payment)


async def list_for_order(work: Work, order_id: UUID) -> list[PaymentView]:
    """The payments of an order, oldest first; raises OrderNotFound."""
    work.require(PaymentsPermission.READ)
    await orders.get(work, order_id)
    return [view_of(payment) for payment in await repository.of_order(work, order_id)]


async def list_payments(
    work: Work, wanted: PaymentFilter, *, oldest_first: bool = False, place: str | None = None, limit: int = 20
) -> PaymentPage:
    """Payments, the newest first or the oldest; `place` is the cursor of the page before."""
    work.require(PaymentsPermission.READ)
    rows = await repository.page(work, wanted, _place(place), limit + 1, oldest_first=oldest_first)
    last = rows[limit - 1] if len(rows) > limit else None
    next_cursor = f"{last.claimed_at.isoformat()} {last.id}" if last is not None else None
    return PaymentPage(items=[view_of(payment) for payment in rows[:limit]], next_cursor=next_cursor)


def _place(place: str | None) -> tuple[datetime, UUID] | None:
    at, _, id = (place or "").rpartition(" ")
    try:
        return (datetime.fromisoformat(at), UUID(id)) if place is not None else None
    except ValueError as error:
        raise CursorRefused from error


async def pending(work: Work, *, limit: int = 20) -> list[PaymentView]:
    """Payments that wait for staff, oldest first."""
    work.require(PaymentsPermission.VERIFY)
    return [view_of(payment) for payment in await repository.claimed(work, limit=max(1, min(limit, 100)))]


async def without_order(work: Work, *, limit: int = 100) -> list[PaymentView]:
    """Payments that are for no order yet and were not refused, oldest first."""
    work.require(PaymentsPermission.VERIFY)
    return [view_of(payment) for payment in await repository.without_order(work, limit=max(1, min(limit, 100)))]
