"""Payments: a customer's word is a claim, staff's decision makes it a payment, and receipts are the evidence."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import audit
from core.access import Permission
from core.errors import Conflict, NotFound
from core.work import Work
from domain.conversations import service as conversations
from domain.orders import service as orders
from domain.orders.schemas import PLACED, OrderStatus, OrderView, PaymentStatus
from domain.payments import references, repository
from domain.payments.models import Payment, PaymentState
from domain.payments.receipts import link_receipts, receipt_stored, receipts_of, unlinked
from domain.payments.schemas import Balance, ClaimPayment, ClaimResult, Flag, PaymentView

__all__ = [
    "RECEIPT_ONLY",
    "NothingToPay",
    "PaymentDecided",
    "PaymentNotFound",
    "balance",
    "claim",
    "get",
    "link_receipts",
    "list_for_order",
    "newest_claim",
    "payable",
    "pending",
    "receipt_stored",
    "receipts_of",
    "reject",
    "unlinked",
    "verify",
]

CASH = "cash"

RECEIPT_ONLY = "receipt"
"""The kind of a claim that rests on a receipt alone; staff see from the picture how it was paid."""

PAYABLE = (OrderStatus.AWAITING_CONFIRMATION, *PLACED)
"""A customer may pay before saying yes: the claim then keeps the stock, and the yes is still needed."""


class PaymentNotFound(NotFound):
    """No such payment."""

    code = "payment_not_found"


class NothingToPay(Conflict):
    """The order cannot be paid: it is not asked for yet, is paid, or was cancelled."""

    code = "nothing_to_pay"


class PaymentDecided(Conflict):
    """Staff have already decided otherwise."""

    code = "payment_decided"


async def claim(work: Work, command: ClaimPayment) -> ClaimResult:
    """Record what a customer says to have paid for an order of theirs. Saying it again changes nothing.

    A full reference that was used for another order is refused and shown to staff; everything else that looks odd is
    only flagged.
    """
    work.require(Permission.PAYMENTS_CLAIM)
    order = await orders.lock(work, command.order_id)
    if order.customer_id != command.customer_id:
        raise orders.OrderNotFound
    claims = await repository.of_order(work, order.id)
    before = _balance(order, claims)
    reference = references.clean(command.reference)
    earlier = _same_claim(claims, command, reference)
    if earlier is not None:
        return ClaimResult(payment=_view(earlier), order=order, repeated=True, due=before.due)
    if order.status not in PAYABLE or order.payment_status == PaymentStatus.PAID or order.total == 0:
        raise NothingToPay
    due = before.due or order.total
    amount = command.amount or due
    values = _values(work, command, order, reference, amount)
    values["flags"] = [*_amount_flags(command, amount, due), *await _reference_flags(work, order.id, values)]
    payment = await _store(work, claims, command, values)
    if payment is None:
        await _tell_staff(work, "payment_reference_reused", order, f"payment_reference_reused:{order.id}:{reference}")
        return ClaimResult(payment=None, order=order, refusal="reference_used", due=due)
    audit.record(work, "payment.claimed", target=payment, after={"amount": amount, "flags": values["flags"]})
    order = await orders.record_payment(work, order.id, PaymentStatus.CLAIMED)
    await _tell_staff(work, "payment_claimed", order, f"payment_claimed:{payment.id}", subject_id=payment.id)
    return ClaimResult(payment=_view(payment), order=order, due=due, difference=amount - due)


async def _store(work: Work, claims: Sequence[Payment], command: ClaimPayment, values: dict[str, Any]) -> Payment | None:
    """The claim as a payment: the one that a receipt alone stood for, if there is one, else a new one.

    None if its full reference was already used.
    """
    receipt_only = next((each for each in claims if each.kind == RECEIPT_ONLY and each.status == PaymentState.CLAIMED), None)
    if receipt_only is None or command.kind == RECEIPT_ONLY or command.amount not in (None, receipt_only.amount):
        return await repository.insert_payment(work, values)
    values.pop("claimed_at")
    return receipt_only if await repository.complete_payment(work, receipt_only, values) else None


def _values(work: Work, command: ClaimPayment, order: OrderView, reference: str | None, amount: Decimal) -> dict[str, Any]:
    key = references.key(reference)
    return {
        "order_id": order.id,
        "customer_id": order.customer_id,
        "method": command.method,
        "kind": command.kind,
        "bank": command.bank,
        "bank_key": references.bank_key(command.bank),
        "reference": reference,
        "reference_key": key,
        "reference_tail": references.tail(key),
        "reference_is_full": key is not None and references.is_full(reference),
        "amount": amount,
        "currency": order.currency,
        "status": PaymentState.CLAIMED,
        "claimed_at": work.now,
    }


def _same_claim(claims: Sequence[Payment], command: ClaimPayment, reference: str | None) -> Payment | None:
    """The payment that this claim repeats: same order, same reference; or same method, none having a reference."""
    key = references.key(reference)
    for payment in claims:
        if payment.status == PaymentState.REJECTED or payment.reference_key != key:
            continue
        if key is not None or payment.method == command.method:
            return payment
    return None


def _amount_flags(command: ClaimPayment, amount: Decimal, due: Decimal) -> list[Flag]:
    if command.amount is None:
        return [Flag.AMOUNT_ASSUMED]
    if amount < due:
        return [Flag.AMOUNT_UNDER]
    return [Flag.AMOUNT_OVER] if amount > due else []


async def _reference_flags(work: Work, order_id: UUID, values: dict[str, Any]) -> list[Flag]:
    key = values["reference_key"]
    if key is None:
        return [] if values["kind"] == CASH else [Flag.RECEIPT_ONLY if values["kind"] == RECEIPT_ONLY else Flag.NO_REFERENCE]
    flags = [] if values["reference_is_full"] else [Flag.SHORT_REFERENCE]
    alike = await repository.like(work, order_id, key, values["reference_tail"])
    if any(payment.reference_key == key for payment in alike):
        flags.append(Flag.REFERENCE_SEEN)
    elif alike:
        flags.append(Flag.REFERENCE_SIMILAR)
    return flags


async def _tell_staff(work: Work, kind: str, order: OrderView, dedupe_key: str, *, subject_id: UUID | None = None) -> None:
    await conversations.notify(
        work,
        kind,
        dedupe_key=dedupe_key[:200],
        conversation_id=order.conversation_id,
        subject_id=subject_id or order.id,
        payload={"order_id": str(order.id), "number": order.number},
    )


async def verify(work: Work, payment_id: UUID, *, amount: Decimal | None = None, note: str | None = None) -> PaymentView:
    """Staff have seen the money; `amount` is what really came, where it differs from what was claimed."""
    work.require(Permission.PAYMENTS_VERIFY)
    payment = await _lock(work, payment_id)
    if payment.status == PaymentState.VERIFIED and amount in (None, payment.verified_amount):
        return _view(payment)
    if payment.status != PaymentState.CLAIMED:
        raise PaymentDecided
    payment.verified_amount = amount or payment.amount
    await _decide(work, payment, PaymentState.VERIFIED, note)
    audit.record(work, "payment.verified", target=payment, reason=note, after={"amount": payment.verified_amount})
    return _view(payment)


async def reject(work: Work, payment_id: UUID, reason: str) -> PaymentView:
    """Staff have not seen the money; the order waits for another payment."""
    work.require(Permission.PAYMENTS_VERIFY)
    payment = await _lock(work, payment_id)
    if payment.status == PaymentState.REJECTED:
        return _view(payment)
    if payment.status != PaymentState.CLAIMED:
        raise PaymentDecided
    await _decide(work, payment, PaymentState.REJECTED, reason)
    audit.record(work, "payment.rejected", target=payment, reason=reason)
    return _view(payment)


async def _lock(work: Work, payment_id: UUID) -> Payment:
    """Lock order and payment, in that order, as a claim does."""
    unlocked = await repository.get(work, payment_id)
    if unlocked is None:
        raise PaymentNotFound
    await orders.lock(work, unlocked.order_id)
    payment = await repository.lock(work, payment_id)
    assert payment is not None, "payments are never deleted"
    return payment


async def _decide(work: Work, payment: Payment, state: PaymentState, reason: str | None) -> None:
    payment.status = state
    payment.decided_at = work.now
    payment.decided_by = work.principal.id
    payment.decision_reason = reason
    await work.session.flush()
    order = await orders.get(work, payment.order_id)
    found = _balance(order, await repository.of_order(work, order.id))
    await orders.record_payment(work, order.id, _payment_status(found))


def _payment_status(found: Balance) -> PaymentStatus:
    if found.verified >= found.total:
        return PaymentStatus.PAID
    if found.claimed > 0:
        return PaymentStatus.CLAIMED
    return PaymentStatus.PARTLY_PAID if found.verified > 0 else PaymentStatus.UNPAID


def _balance(order: OrderView, payments: Sequence[Payment]) -> Balance:
    verified = sum((payment.verified_amount or Decimal(0) for payment in payments), Decimal(0))
    claimed = sum((p.amount for p in payments if p.status == PaymentState.CLAIMED), Decimal(0))
    return Balance(total=order.total, verified=verified, claimed=claimed)


async def balance(work: Work, order: OrderView) -> Balance:
    """What is paid of an order, what is claimed, and what is open."""
    work.require(Permission.PAYMENTS_READ)
    return _balance(order, await repository.of_order(work, order.id))


async def payable(work: Work, customer_id: UUID, conversation_id: UUID) -> list[OrderView]:
    """The customer's orders that can be paid, newest first: placed and not wholly paid, or waiting for their yes."""
    work.require(Permission.PAYMENTS_READ)
    placed = await orders.history(work, customer_id, limit=20)
    found = [order for order in placed if order.status in PLACED and order.payment_status != PaymentStatus.PAID]
    draft = await orders.open_draft(work, conversation_id)
    if draft is not None and draft.status == OrderStatus.AWAITING_CONFIRMATION:
        found.append(draft)
    return found


async def newest_claim(work: Work, customer_id: UUID, conversation_id: UUID) -> PaymentView | None:
    """The customer's newest payment that waits for staff."""
    ids = [order.id for order in await payable(work, customer_id, conversation_id)]
    payment = await repository.newest_claim(work, customer_id, ids)
    return _view(payment) if payment is not None else None


async def get(work: Work, payment_id: UUID) -> PaymentView:
    """One payment."""
    work.require(Permission.PAYMENTS_READ)
    payment = await repository.get(work, payment_id)
    if payment is None:
        raise PaymentNotFound
    return _view(payment)


async def list_for_order(work: Work, order_id: UUID) -> list[PaymentView]:
    """The payments of an order, oldest first."""
    work.require(Permission.PAYMENTS_READ)
    return [_view(payment) for payment in await repository.of_order(work, order_id)]


async def pending(work: Work, *, limit: int = 20) -> list[PaymentView]:
    """Payments that wait for staff, oldest first."""
    work.require(Permission.PAYMENTS_VERIFY)
    return [_view(payment) for payment in await repository.claimed(work, limit=max(1, min(limit, 100)))]


def _view(payment: Payment) -> PaymentView:
    return PaymentView.model_validate(payment)
