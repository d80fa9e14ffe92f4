"""Payment tools: writing down what the customer says to have paid, and the receipts they send. Nothing here verifies."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access import Permission
from domain.accounts.schemas import PaymentMethod, PaymentMethodKind
from domain.catalog.search import Candidate, decide, rank
from domain.conversations import service as conversations
from domain.orders import service as orders
from domain.orders.schemas import OrderStatus, OrderView
from domain.payments import service as payments
from domain.payments.schemas import ClaimPayment, ClaimResult
from tools.context import Pending, ToolContext
from tools.definition import Amount, Words, tool
from tools.facts import Facts
from tools.outcome import Claim, Option, ToolOutcome
from tools.speech import listed, say

RECEIPT_WINDOW: Final = timedelta(minutes=15)
"""How long before a claim its receipt may have been sent."""


@tool(permission=Permission.PAYMENTS_CLAIM, writes=True)
async def register_payment(
    ctx: ToolContext,
    method: Words,
    reference: Words | None = None,
    amount: Amount | None = None,
    bank: Words | None = None,
    number: Words | None = None,
) -> ToolOutcome:
    """Write down that the customer says to have paid. It is only a claim: never say that the payment was received or
    verified. Receipts sent shortly before are tied to it.

    Args:
        method: How they paid, in their words, such as pago móvil, transferencia, efectivo.
        reference: The reference or the digits of it that they gave.
        amount: How much they paid, if they said it.
        bank: The bank, if they said it.
        number: The number of the order, if they said it.
    """
    facts = Facts(ctx)
    chosen = _method(ctx, method)
    if chosen is None:
        return _ask_method(ctx, facts, reference, amount, bank)
    paid = None if amount is None else Decimal(str(amount)).quantize(Decimal("0.01"))
    order = _choose(await payments.payable(ctx.work, ctx.customer_id, ctx.conversation_id), number, paid)
    if isinstance(order, tuple):
        return _no_order(ctx, facts, order, chosen, reference)
    if chosen.needs_reference and not reference:
        waiting = await _receipts_at_hand(ctx)
        if not waiting:
            return _ask_reference(ctx, facts, chosen)
    result = await payments.claim(
        ctx.work,
        ClaimPayment(
            order_id=order.id,
            customer_id=ctx.customer_id,
            method=chosen.code,
            kind=chosen.kind.value,
            bank=bank,
            reference=reference,
            amount=paid,
        ),
    )
    if result.payment is None:
        return facts.outcome(
            "reference_used",
            say(ctx, "reference_used"),
            status="refused",
            note="The staff have been told. Ask for the right reference, or offer request_human_handoff.",
        )
    linked = await payments.link_receipts(ctx.work, result.payment.id, await _receipts_at_hand(ctx))
    return _claimed(ctx, facts, result, chosen, receipts=len(linked))


def _method(ctx: ToolContext, words: str) -> PaymentMethod | None:
    """The shop's way of paying that the words mean."""
    methods = ctx.workspace.settings.payment_methods
    named = ctx.workspace.payment_method(words.strip().lower())
    if named is not None:
        return named
    known = [
        Candidate(method.code, method.name, aliases=(*method.aliases, method.kind.value, method.code.replace("_", " ")))
        for method in methods
    ]
    hits = decide(rank(words, known)).hits
    return ctx.workspace.payment_method(hits[0].sku) if len(hits) == 1 else None


def _ask_method(ctx: ToolContext, facts: Facts, reference: str | None, amount: float | None, bank: str | None) -> ToolOutcome:
    methods = ctx.workspace.settings.payment_methods
    options = [Option(sku=method.code, name=method.name) for method in methods]
    given = {"reference": reference, "amount": amount, "bank": bank}
    ctx.pending = Pending(
        kind="choose_method",
        tool="register_payment",
        arguments={name: value for name, value in given.items() if value is not None},
        options=options,
    )
    names = listed(ctx, [facts.add("method", method.code, method.name) for method in methods])
    return facts.outcome(
        "method_unknown",
        say(ctx, "which_method", methods=names),
        status="ask",
        options=options,
        note="Ask which of these it was, then repeat the call. Nothing was written down.",
    )


def _ask_reference(ctx: ToolContext, facts: Facts, method: PaymentMethod) -> ToolOutcome:
    ctx.pending = Pending(kind="payment_reference", tool="register_payment", arguments={"method": method.code})
    return facts.outcome(
        "reference_missing",
        say(ctx, "reference_missing", method=facts.add("method", method.code, method.name)),
        status="ask",
        note="Ask for the reference or a picture of the receipt, then repeat the call.",
    )


def _choose(open_orders: Sequence[OrderView], number: str | None, amount: Decimal | None) -> OrderView | tuple[OrderView, ...]:
    """The order that is paid for: the one named, the only one, or the only one of this amount; else those in question."""
    found = list(open_orders)
    if number is not None and any(letter.isdigit() for letter in number):
        wanted = "".join(letter for letter in number if letter.isdigit())
        found = [order for order in found if str(order.number) == wanted]
    if len(found) > 1 and amount is not None:
        found = [order for order in found if order.total == amount] or found
    unclaimed = [order for order in found if order.payment_status == "unpaid"]
    if len(found) > 1 and len(unclaimed) == 1:
        found = unclaimed
    return found[0] if len(found) == 1 else tuple(found)


def _no_order(
    ctx: ToolContext, facts: Facts, found: Sequence[OrderView], method: PaymentMethod | None, reference: str | None
) -> ToolOutcome:
    """There is nothing to pay, or several orders could be meant."""
    if not found:
        return facts.outcome(
            "nothing_to_pay",
            say(ctx, "nothing_to_pay"),
            status="refused",
            note="No order of this customer waits for a payment. An open order must be summarised first.",
        )
    given = {"method": method.code if method else None, "reference": reference}
    ctx.pending = Pending(
        kind="choose_order",
        tool="register_payment",
        arguments={name: value for name, value in given.items() if value is not None},
        options=[Option(sku=str(order.number), name=str(order.number)) for order in found if order.number],
    )
    named = [order for order in found if order.number is not None]
    lines = [
        say(
            ctx,
            "order_and_total",
            number=facts.order_number(order.number),
            total=facts.money("total", str(order.number), order.total, order.currency),
        )
        for order in named
    ]
    return facts.outcome(
        "which_order",
        say(ctx, "which_order", orders=listed(ctx, lines)),
        status="ask",
        note="Ask which order was paid, then repeat the call with its number.",
    )


def _claimed(
    ctx: ToolContext, facts: Facts, result: ClaimResult, method: PaymentMethod | None, *, receipts: int
) -> ToolOutcome:
    payment, order = result.payment, result.order
    assert payment is not None, "a claim without refusal has a payment"
    name = str(order.number) if order.number is not None else "draft"
    amount = facts.money("amount", name, payment.amount, payment.currency)
    words = [_claim_words(ctx, facts, result, method, amount)]
    if not result.repeated:
        ctx.signal("payment_claimed", order_id=str(order.id), payment_id=str(payment.id))
        words += _difference_words(ctx, facts, result, name)
    if receipts:
        words.append(say(ctx, "receipt_with_claim"))
    if order.status is OrderStatus.AWAITING_CONFIRMATION:
        words.append(say(ctx, "still_to_confirm"))
    claims = [(Claim.PAYMENT_CLAIMED, name), *([(Claim.RECEIPT_ATTACHED, name)] if receipts else [])]
    return facts.outcome(
        "payment_repeated" if result.repeated else "payment_claimed",
        " ".join(words),
        claims=claims,
        note="A claim only: a person verifies it. Do not say that it was received.",
        data={"number": name, "flags": [flag.value for flag in payment.flags]},
    )


def _claim_words(ctx: ToolContext, facts: Facts, result: ClaimResult, method: PaymentMethod | None, amount: str) -> str:
    payment, order = result.payment, result.order
    assert payment is not None, "a claim without refusal has a payment"
    order_words = say(ctx, "of_order", number=facts.order_number(order.number)) if order.number else say(ctx, "of_open_order")
    if result.repeated:
        return say(ctx, "payment_repeated", order=order_words)
    if method is not None and method.kind is PaymentMethodKind.CASH:
        return say(ctx, "cash_claimed", order=order_words, amount=amount)
    if payment.reference is None:
        return say(ctx, "payment_claimed_plain", order=order_words)
    return say(
        ctx,
        "payment_claimed",
        order=order_words,
        reference=facts.add("reference", str(order.number), payment.reference),
    )


def _difference_words(ctx: ToolContext, facts: Facts, result: ClaimResult, name: str) -> list[str]:
    if result.difference == 0:
        return []
    key = "paid_under" if result.difference < 0 else "paid_over"
    currency = result.order.currency
    return [
        say(
            ctx,
            key,
            due=facts.money("due", name, result.due, currency),
            difference=facts.money("difference", name, abs(result.difference), currency),
        )
    ]


async def _receipts_at_hand(ctx: ToolContext) -> list[UUID]:
    """The pictures and documents of this turn and of the last minutes that are nobody's receipt yet."""
    recent = await conversations.recent_files(ctx.work, ctx.conversation_id, ctx.work.now - RECEIPT_WINDOW)
    now = [
        message.attachment_id
        for message in ctx.messages
        if message.attachment_id is not None and message.kind in ("image", "document")
    ]
    return await payments.unlinked(ctx.work, list(dict.fromkeys([*recent, *now])))


@tool(permission=Permission.PAYMENTS_CLAIM, writes=True)
async def attach_receipt(ctx: ToolContext) -> ToolOutcome:
    """Tie the picture or document that the customer has just sent to their payment, as its receipt. Call it when they
    send a receipt; a payment is written down for it if there is none.
    """
    facts = Facts(ctx)
    files = await _receipts_at_hand(ctx)
    if not files:
        return facts.outcome(
            "no_receipt", say(ctx, "no_receipt"), status="refused", note="No picture came in the last minutes."
        )
    claimed = await payments.newest_claim(ctx.work, ctx.customer_id, ctx.conversation_id)
    if claimed is not None:
        await payments.link_receipts(ctx.work, claimed.id, files)
        return _attached(ctx, facts, await orders.get(ctx.work, claimed.order_id))
    order = _choose(await payments.payable(ctx.work, ctx.customer_id, ctx.conversation_id), None, None)
    if isinstance(order, tuple):
        if not order:
            return facts.outcome(
                "nothing_to_pay_receipt",
                say(ctx, "nothing_to_pay"),
                status="refused",
                note="No order waits for a payment. The picture is kept for the staff; ask what it is.",
            )
        order = order[0]
    result = await payments.claim(
        ctx.work,
        ClaimPayment(order_id=order.id, customer_id=ctx.customer_id, method=payments.RECEIPT_ONLY, kind=payments.RECEIPT_ONLY),
    )
    assert result.payment is not None, "a claim without a reference is never refused"
    await payments.link_receipts(ctx.work, result.payment.id, files)
    return _claimed(ctx, facts, result, None, receipts=len(files))


def _attached(ctx: ToolContext, facts: Facts, order: OrderView) -> ToolOutcome:
    name = str(order.number) if order.number is not None else "draft"
    ctx.signal("payment_claimed", order_id=str(order.id))
    return facts.outcome(
        "receipt_attached",
        say(ctx, "receipt_attached"),
        claims=[(Claim.RECEIPT_ATTACHED, name), (Claim.PAYMENT_CLAIMED, name)],
        note="A person verifies the payment. Do not say that it was received.",
    )
