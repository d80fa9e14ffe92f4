"""What customers say to have paid: kept as they told it, with the order it is for or until that order comes."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core import events
from core.errors import Conflict
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import service as conversations
from domain.conversations.kinds import NoticeDetails, NoticeKind
from domain.orders import fulfilment
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound, PaymentMethodUnknown
from domain.orders.kinds import PLACED, OrderStatus, PaymentStatus
from domain.orders.schemas import OrderView
from domain.payments import references, repository
from domain.payments.kinds import PaymentKind, PaymentState
from domain.payments.models import Payment
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import Balance, ClaimPayment, ClaimResult, EnterPayment, Flag, PaymentView

RECEIPT_ONLY = "receipt"
"""The kind and the method of a claim that rests on a receipt alone; staff see from the picture how it was paid."""

PAYABLE = (OrderStatus.AWAITING_CONFIRMATION, *PLACED)
"""A customer may pay before saying yes: the claim then keeps the stock for a while, and the yes is still needed."""

AHEAD = timedelta(days=7)
"""How long a payment that was told before its order waits for it; later only staff tie it to one."""

_AMOUNT_FLAGS = frozenset({Flag.AMOUNT_ASSUMED, Flag.AMOUNT_UNDER, Flag.AMOUNT_OVER})


class NothingToPay(Conflict):
    """The order cannot be paid: it is not asked for yet, is paid, or was cancelled."""

    code = "nothing_to_pay"


class ReferenceUsed(Conflict):
    """The whole reference of the payment was used for another one of the same method and bank."""

    code = "payment_reference_used"


def view_of(payment: Payment) -> PaymentView:
    """A payment as other rooms see it."""
    return PaymentView.model_validate(payment)


def balance_of(order: OrderView, payments: Sequence[Payment]) -> Balance:
    """What of an order's total is verified, claimed and open."""
    verified = sum((payment.verified_amount or Decimal(0) for payment in payments), Decimal(0))
    claimed = sum((p.amount or Decimal(0) for p in payments if p.status == PaymentState.CLAIMED), Decimal(0))
    return Balance(total=order.total, verified=verified, claimed=claimed)


def payment_status(found: Balance) -> PaymentStatus:
    """What an order's payments make of it; what is only claimed pays nothing."""
    if found.verified >= found.total:
        return PaymentStatus.PAID
    if found.claimed > 0:
        return PaymentStatus.CLAIMED
    return PaymentStatus.PARTLY_PAID if found.verified > 0 else PaymentStatus.UNPAID


async def claim(work: Work, command: ClaimPayment) -> ClaimResult:
    """Record what a customer says to have paid for an order of theirs. Saying it again changes nothing.

    The amount that was said is the amount that is claimed, whatever is due; without one, what is due is assumed until
    the customer says it. A full reference that was used for another order is refused and shown to staff; everything
    else that looks odd is only flagged.
    """
    work.require(PaymentsPermission.CLAIM)
    if command.order_id is None:
        raise OrderNotFound
    order = await orders.lock(work, command.order_id)
    if order.customer_id != command.customer_id:
        raise OrderNotFound
    is_open = order.status in PAYABLE and order.payment_status != PaymentStatus.PAID
    if is_open and await link_ahead(work, order.id, command):
        order = await orders.get(work, order.id)
    claims = await repository.of_order(work, order.id)
    reference = references.clean(command.reference)
    earlier = _same_claim(claims, command, reference)
    if earlier is not None:
        return await _said_again(work, order, claims, earlier, command)
    if order.status not in PAYABLE or order.payment_status == PaymentStatus.PAID or order.total == 0:
        raise NothingToPay
    told_before = _unfinished(claims, command)
    due = balance_of(order, [each for each in claims if each is not told_before]).due
    amount = command.amount or (told_before.amount if told_before is not None else None) or due or order.total
    values = await _values(work, command, order, reference, amount)
    values["flags"] = [*_amount_flags(command.amount, due), *await _reference_flags(work, order.id, values)]
    payment = await _store(work, told_before, values)
    if payment is None:
        await _tell_staff(work, NoticeKind.PAYMENT_REFERENCE_REUSED, order, f"payment_reference_reused:{order.id}:{reference}")
        return ClaimResult(payment=None, order=order, refusal="reference_used", due=due)
    events.record(work, EventType.PAYMENT_CLAIMED, subject=payment.id, after={"amount": amount, "flags": values["flags"]})
    order = await fulfilment.record_payment(work, order.id, PaymentStatus.CLAIMED)
    await _tell_staff(work, NoticeKind.PAYMENT_CLAIMED, order, f"payment_claimed:{payment.id}", subject_id=payment.id)
    return ClaimResult(payment=view_of(payment), order=order, due=due, difference=_difference(command.amount, due))


async def enter(work: Work, order_id: UUID, command: EnterPayment) -> PaymentView:
    """Write down a payment of an order that was told to staff, or handed to them; it counts once it is verified.

    Raises OrderNotFound, NothingToPay, PaymentMethodUnknown and ReferenceUsed.
    """
    work.require(PaymentsPermission.CLAIM)
    order = await orders.lock(work, order_id)
    method = (await accounts.get_workspace(work)).payment_method(command.method)
    if method is None:
        raise PaymentMethodUnknown(method=command.method)
    if order.status not in PAYABLE or order.payment_status == PaymentStatus.PAID or order.total == 0:
        raise NothingToPay
    told = ClaimPayment(
        order_id=order.id,
        customer_id=order.customer_id,
        method=method.code,
        kind=method.kind,
        **command.model_dump(include={"bank", "reference", "amount"}),
    )
    due = balance_of(order, await repository.of_order(work, order.id)).due
    values = await _values(work, told, order, references.clean(command.reference), command.amount)
    values["flags"] = [*_amount_flags(command.amount, due), *await _reference_flags(work, order.id, values)]
    payment = await repository.insert_payment(work, values)
    if payment is None:
        raise ReferenceUsed
    events.record(
        work,
        EventType.PAYMENT_CLAIMED,
        subject=payment.id,
        reason=command.note,
        after={"amount": command.amount, "flags": values["flags"]},
    )
    found = balance_of(order, await repository.of_order(work, order.id))
    await fulfilment.record_payment(work, order.id, payment_status(found))
    return view_of(payment)


async def claim_ahead(work: Work, command: ClaimPayment, conversation_id: UUID, *, named: str | None = None) -> ClaimResult:
    """Record what a customer says to have paid before there is an order to pay; it waits for the order.

    Its amount is what was said, or open. A reference that the customer gave for an order already is that payment again.
    `named` is the number of an order that they said and that is none of theirs to pay: the payment waits for staff then,
    or until they tell it for another order.
    """
    work.require(PaymentsPermission.CLAIM)
    reference = references.clean(command.reference)
    paid = _same_claim(await _of_orders(work, command, reference), command, reference)
    if paid is not None:
        return await claim(work, command.model_copy(update={"order_id": paid.order_id}))
    claims = await repository.ahead(work, command.customer_id, work.now - AHEAD)
    earlier = _same_claim(claims, command, reference)
    if earlier is not None:
        return await _said_again(work, None, claims, earlier, command)
    told_before = _unfinished(claims, command)
    amount = command.amount or (told_before.amount if told_before is not None else None)
    values = await _values(work, command, None, reference, amount)
    is_unmatched = named is not None or (told_before is not None and Flag.ORDER_UNMATCHED in told_before.flags)
    flags = [*([Flag.ORDER_UNMATCHED] if is_unmatched else []), *await _reference_flags(work, None, values)]
    values |= {"conversation_id": conversation_id, "flags": flags}
    payment = await _store(work, told_before, values)
    if payment is None:
        subject = f"payment_reference_reused:{command.customer_id}:{reference}"
        await _notify(work, NoticeKind.PAYMENT_REFERENCE_REUSED, subject, conversation_id, command.customer_id, {})
        return ClaimResult(payment=None, order=None, refusal="reference_used")
    after = {"amount": amount, "order": None, "named": named, "flags": flags}
    events.record(work, EventType.PAYMENT_CLAIMED, subject=payment.id, after=after)
    payload: NoticeDetails = {"named": named} if named is not None else {}
    await _notify(work, NoticeKind.PAYMENT_CLAIMED, f"payment_claimed:{payment.id}", conversation_id, payment.id, payload)
    return ClaimResult(payment=view_of(payment), order=None)


async def link_ahead(work: Work, order_id: UUID, told: ClaimPayment | None = None) -> list[PaymentView]:
    """Tie to an order what its customer told to have paid before it came; what was tied, oldest first.

    What was told for an order that is not theirs to pay is tied when it is `told` again, for this one.
    """
    work.require(PaymentsPermission.CLAIM)
    order = await orders.lock(work, order_id)
    ahead = await repository.ahead(work, order.customer_id, work.now - AHEAD) if order.total > 0 else []
    waiting = [payment for payment in ahead if Flag.ORDER_UNMATCHED not in payment.flags or _tells_more(payment, told)]
    for payment in waiting:
        await tie(work, order, payment)
    if waiting:
        found = balance_of(order, await repository.of_order(work, order.id))
        await fulfilment.record_payment(work, order.id, payment_status(found))
    return [view_of(payment) for payment in waiting]


async def tie(work: Work, order: OrderView, payment: Payment) -> None:
    """Make a payment that has no order one of this order, which is locked as the payment is."""
    work.require(PaymentsPermission.CLAIM)
    due = balance_of(order, await repository.of_order(work, order.id)).due
    kept = [flag for flag in payment.flags if flag not in _AMOUNT_FLAGS and flag != Flag.ORDER_UNMATCHED]
    known = payment.amount or payment.verified_amount
    payment.flags = [*_amount_flags(known, due), *kept]
    payment.amount = known or due or order.total
    payment.order_id = order.id
    await work.session.flush()
    events.record(
        work, EventType.PAYMENT_LINKED, subject=payment.id, after={"order_id": str(order.id), "amount": payment.amount}
    )


def _tells_more(payment: Payment, told: ClaimPayment | None) -> bool:
    """Whether what is told now is this payment, once more or with more of it."""
    if told is None:
        return False
    return bool(_same_claim([payment], told, references.clean(told.reference)) or _unfinished([payment], told))


async def _of_orders(work: Work, command: ClaimPayment, reference: str | None) -> list[Payment]:
    """The customer's payments of orders that a claim ahead may repeat: with its reference, or of the order it names."""
    key = references.key(reference)
    found = await repository.with_reference(work, command.customer_id, key) if key is not None else []
    if command.order_id is not None:
        of_named = await repository.of_order(work, command.order_id)
        found += [payment for payment in of_named if payment.customer_id == command.customer_id]
    return found


def _difference(stated: Decimal | None, due: Decimal) -> Decimal:
    """What was said beyond, or short of, what is due; of an amount that nobody said nothing can be told."""
    return stated - due if stated is not None else Decimal(0)


def _same_claim(claims: Sequence[Payment], command: ClaimPayment, reference: str | None) -> Payment | None:
    """The payment that this claim repeats: the same reference; without one the same method, and no other amount."""
    key = references.key(reference)
    for payment in claims:
        if payment.status == PaymentState.REJECTED or payment.reference_key != key:
            continue
        if key is not None or (payment.method == command.method and command.amount in (None, payment.amount)):
            return payment
    return None


async def _said_again(
    work: Work, order: OrderView | None, claims: Sequence[Payment], payment: Payment, command: ClaimPayment
) -> ClaimResult:
    """The same payment once more; another amount of it corrects the one that was said before, until staff decide."""
    others = [each for each in claims if each is not payment and each.order_id == payment.order_id]
    due = balance_of(order, others).due if order is not None else Decimal(0)
    stated = command.amount
    if stated in (None, payment.amount) or payment.status != PaymentState.CLAIMED:
        return ClaimResult(payment=view_of(payment), order=order, repeated=True, due=due)
    before, payment.amount = payment.amount, stated
    kept = [flag for flag in payment.flags if flag not in _AMOUNT_FLAGS]
    payment.flags = [*_amount_flags(stated, due), *kept] if order is not None else kept
    await work.session.flush()
    events.record(work, EventType.PAYMENT_CORRECTED, subject=payment.id, before={"amount": before}, after={"amount": stated})
    return ClaimResult(
        payment=view_of(payment), order=order, due=due, difference=_difference(stated, due) if order else Decimal(0)
    )


def _unfinished(claims: Sequence[Payment], command: ClaimPayment) -> Payment | None:
    """An open claim of which this one tells more: a receipt alone, or one without a reference, and no other amount."""
    if command.kind == RECEIPT_ONLY:
        return None
    for payment in claims:
        is_open = payment.status == PaymentState.CLAIMED and payment.reference is None
        is_same_way = payment.kind == RECEIPT_ONLY or payment.method == command.method
        was_assumed = payment.amount is None or Flag.AMOUNT_ASSUMED in payment.flags
        if is_open and is_same_way and (was_assumed or command.amount in (None, payment.amount)):
            return payment
    return None


async def _store(work: Work, told_before: Payment | None, values: dict[str, Any]) -> Payment | None:
    """The claim as a payment: the one of which more is told now, else a new one.

    None if its full reference was already used.
    """
    if told_before is None:
        return await repository.insert_payment(work, values)
    values = {name: value for name, value in values.items() if name not in ("claimed_at", "conversation_id")}
    return told_before if await repository.complete_payment(work, told_before, values) else None


async def _values(
    work: Work, command: ClaimPayment, order: OrderView | None, reference: str | None, amount: Decimal | None
) -> dict[str, Any]:
    key = references.key(reference)
    return {
        "order_id": order.id if order is not None else None,
        "customer_id": command.customer_id,
        "method": command.method,
        "kind": command.kind,
        "bank": command.bank,
        "bank_key": references.bank_key(command.bank),
        "reference": reference,
        "reference_key": key,
        "reference_tail": references.tail(key),
        "reference_is_full": key is not None and references.is_full(reference),
        "amount": amount,
        "currency": order.currency if order is not None else await accounts.currency(work),
        "status": PaymentState.CLAIMED,
        "claimed_at": work.now,
    }


def _amount_flags(stated: Decimal | None, due: Decimal) -> list[Flag]:
    if stated is None:
        return [Flag.AMOUNT_ASSUMED]
    if stated < due:
        return [Flag.AMOUNT_UNDER]
    return [Flag.AMOUNT_OVER] if stated > due else []


async def _reference_flags(work: Work, order_id: UUID | None, values: dict[str, Any]) -> list[Flag]:
    key = values["reference_key"]
    if key is None:
        return (
            []
            if values["kind"] == PaymentKind.CASH
            else [Flag.RECEIPT_ONLY if values["kind"] == RECEIPT_ONLY else Flag.NO_REFERENCE]
        )
    flags = [] if values["reference_is_full"] else [Flag.SHORT_REFERENCE]
    alike = await repository.like(work, order_id, key, values["reference_tail"])
    if any(payment.reference_key == key for payment in alike):
        flags.append(Flag.REFERENCE_SEEN)
    elif alike:
        flags.append(Flag.REFERENCE_SIMILAR)
    return flags


async def _tell_staff(
    work: Work, kind: NoticeKind, order: OrderView, dedupe_key: str, *, subject_id: UUID | None = None
) -> None:
    payload: NoticeDetails = {"order_id": str(order.id), "number": order.number}
    if order.store_id is not None:
        payload["store_id"] = str(order.store_id)
    await _notify(work, kind, dedupe_key, order.conversation_id, subject_id or order.id, payload)


async def _notify(
    work: Work, kind: NoticeKind, dedupe_key: str, conversation_id: UUID | None, subject_id: UUID, payload: NoticeDetails
) -> None:
    await conversations.notify(
        work,
        kind,
        dedupe_key=dedupe_key[:200],
        conversation_id=conversation_id,
        subject_id=subject_id,
        payload=payload,
    )
