"""What is said of a payment that was claimed: what was told, for which order, and what is missing."""

from decimal import Decimal

from domain.accounts.schemas import PaymentMethod, PaymentMethodKind
from domain.conversations.states import Trigger
from domain.orders import drafts
from domain.orders.kinds import OrderStatus
from domain.orders.schemas import OrderView
from domain.payments import service as payments
from domain.payments.schemas import ClaimResult, Flag, PaymentView
from tools.facts import Facts
from tools.outcome import Deed, FactKind, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say

_WAITS = {
    False: " It waits for the order, which is not placed yet.",
    True: " No order that the customer can pay has this number: staff find out what it is for.",
}
"""Notes on a payment without an order, by whether one was named that cannot be paid."""


async def claimed(
    ctx: CustomerContext,
    facts: Facts,
    result: ClaimResult,
    method: PaymentMethod | None,
    *,
    receipts: int,
    asks_reference: bool = False,
) -> ToolOutcome:
    """The outcome of a claim that was written down."""
    payment, order = result.payment, result.order
    assert payment is not None, "a claim without refusal has a payment"
    name = str(order.number) if order is not None and order.number is not None else "draft"
    words = [_claim_words(ctx, facts, result, payment, method)]
    if not result.repeated:
        ctx.signal(Trigger.PAYMENT_CLAIMED, payment_id=str(payment.id))
        words += _difference_words(ctx, facts, result, name)
    if receipts:
        words.append(say(ctx, "receipt_with_claim"))
    if asks_reference and method is not None:
        words.append(say(ctx, "reference_missing", method=facts.add(FactKind.METHOD, method.code, method.name)))
    elif Flag.ORDER_UNMATCHED in payment.flags:
        words.append(say(ctx, "ahead_unmatched"))
    elif order is None:
        words.append(await _missing_words(ctx))
    elif order.status is OrderStatus.AWAITING_CONFIRMATION:
        words.append(say(ctx, "still_to_confirm"))
    code = "payment_repeated" if result.repeated else "payment_claimed"
    deeds = [(Deed.PAYMENT_CLAIMED, name), *([(Deed.RECEIPT_ATTACHED, name)] if receipts else [])]
    return ctx.done(
        code if order is not None else "payment_ahead",
        " ".join(words),
        deeds=deeds,
        note="A claim only: a person verifies it. Do not say that it was received."
        + ("" if order is not None else _WAITS[Flag.ORDER_UNMATCHED in payment.flags]),
        data={"number": name, "flags": [flag.value for flag in payment.flags]},
    )


def _claim_words(
    ctx: CustomerContext, facts: Facts, result: ClaimResult, payment: PaymentView, method: PaymentMethod | None
) -> str:
    order = result.order
    order_words = _order_words(ctx, facts, order, payment)
    if result.repeated:
        return say(ctx, "payment_repeated", order=order_words)
    name = str(order.number) if order is not None and order.number is not None else "draft"
    amount = facts.money(FactKind.AMOUNT, name, payment.amount, payment.currency) if payment.amount is not None else None
    if method is not None and method.kind is PaymentMethodKind.CASH and amount is not None and order is not None:
        return say(ctx, "cash_claimed", order=order_words, amount=amount)
    was_said = amount is not None and Flag.AMOUNT_ASSUMED not in payment.flags
    what = say(ctx, "the_payment_of", amount=amount) if was_said else say(ctx, "the_payment")
    if payment.reference is None:
        return say(ctx, "payment_claimed_plain", payment=what, order=order_words)
    reference = facts.add(FactKind.REFERENCE, name, payment.reference)
    return say(ctx, "payment_claimed", payment=what, order=order_words, reference=reference)


def _order_words(ctx: CustomerContext, facts: Facts, order: OrderView | None, payment: PaymentView) -> str:
    if order is None and Flag.ORDER_UNMATCHED in payment.flags:
        return say(ctx, "of_unmatched_order")
    if order is None:
        return say(ctx, "of_coming_order")
    return say(ctx, "of_order", number=facts.order_number(order.number)) if order.number else say(ctx, "of_open_order")


def _difference_words(ctx: CustomerContext, facts: Facts, result: ClaimResult, name: str) -> list[str]:
    if result.difference == 0 or result.order is None:
        return []
    key = "paid_under" if result.difference < 0 else "paid_over"
    currency = result.order.currency
    return [
        say(
            ctx,
            key,
            due=facts.money(FactKind.DUE, name, result.due, currency),
            difference=facts.money(FactKind.DIFFERENCE, name, abs(result.difference), currency),
        )
    ]


async def _missing_words(ctx: CustomerContext) -> str:
    """What is still needed for an order to which a payment that was told ahead can belong."""
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is None or not draft.lines:
        return say(ctx, "ahead_no_order")
    missing = await drafts.missing_details(ctx.work, draft)
    return f"{say(ctx, 'ahead_details')} {say(ctx, f'ask.{missing[0]}')}" if missing else say(ctx, "ahead_unconfirmed")


async def linked_words(ctx: CustomerContext, facts: Facts, order: OrderView, linked: list[PaymentView]) -> list[str]:
    """What became of the payments that were told before their order, and what is left to pay."""
    name = str(order.number)
    told = sum((payment.amount or Decimal(0) for payment in linked), Decimal(0))
    words = [say(ctx, "payment_linked", amount=facts.money(FactKind.AMOUNT, name, told, order.currency))]
    return [" ".join([*words, *await balance_words(ctx, facts, order)])]


async def balance_words(ctx: CustomerContext, facts: Facts, order: OrderView) -> list[str]:
    """What of an order is left to pay, or was paid beyond its total."""
    name = str(order.number)
    balance = await payments.balance(ctx.work, order)
    over = balance.verified + balance.claimed - balance.total
    if balance.due > 0:
        return [say(ctx, "left_to_pay", due=facts.money(FactKind.DUE, name, balance.due, order.currency))]
    if over > 0:
        return [say(ctx, "more_than_total", difference=facts.money(FactKind.DIFFERENCE, name, over, order.currency))]
    return []
