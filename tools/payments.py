"""Payment tools: writing down what the customer says to have paid, and the receipts they send. Nothing here verifies."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from string import digits
from typing import Any, Final
from uuid import UUID

from domain.accounts.schemas import PaymentMethod
from domain.catalog.search import Candidate, decide, rank
from domain.conversations import files as conversation_files
from domain.conversations.content import File
from domain.conversations.files import DOCUMENTARY
from domain.conversations.states import Trigger
from domain.orders import drafts
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound
from domain.orders.kinds import OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.payments import claims
from domain.payments import receipts as payments_receipts
from domain.payments import service as payments
from domain.payments.permissions import PaymentsPermission
from domain.payments.schemas import ClaimPayment
from tools.context import Pending
from tools.definition import Amount, Words, tool
from tools.facts import Facts
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.payment_words import claimed
from tools.serving import CustomerContext
from tools.speech import listed, say
from tools.starting import begin_draft

RECEIPT_WINDOW: Final = timedelta(minutes=15)
"""How long before a claim its receipt may have been sent."""


@tool(permission=PaymentsPermission.CLAIM, writes=True, quotes=("reference", "amount", "bank"))
async def register_payment(
    ctx: CustomerContext,
    method: Words,
    reference: Words | None = None,
    amount: Amount | None = None,
    bank: Words | None = None,
    number: Words | None = None,
) -> ToolOutcome:
    """Write down that the customer says to have paid, also before there is an order. It is only a claim: never say that
    the payment was received or verified. Receipts sent shortly before are tied to it. If they only say how they will
    pay, use choose_payment_method.

    Args:
        method: How they paid, in their words, such as pago móvil, transferencia, efectivo.
        reference: The reference or the digits of it that they gave.
        amount: How much they paid, if they said it.
        bank: The bank, if they said it.
        number: The number of the order, if they said it.
    """
    facts = ctx.facts
    told = {"reference": reference, "amount": amount, "bank": bank, "number": number}
    chosen = method_meant(ctx, method)
    if chosen is None:
        return ask_method(ctx, facts, "register_payment", told, "which_method")
    paid = None if amount is None else Decimal(str(amount)).quantize(Decimal("0.01"))
    wanted = _digits(number)
    order = _choose(await payments.payable(ctx.work, ctx.customer_id, ctx.conversation_id), wanted, paid)
    receipts = await _receipts_at_hand(ctx)
    if isinstance(order, tuple) and (order or not (paid or reference or receipts)):
        return _no_order(ctx, facts, order, {**told, "method": chosen.code})
    if chosen.needs_reference and not reference and not receipts and paid is None:
        return _ask_reference(ctx, facts, chosen, told)
    command = ClaimPayment(
        order_id=await _named(ctx, wanted) if isinstance(order, tuple) else order.id,
        customer_id=ctx.customer_id,
        method=chosen.code,
        kind=chosen.kind.value,
        bank=bank,
        reference=reference,
        amount=paid,
    )
    if isinstance(order, tuple):
        result = await claims.claim_ahead(ctx.work, command, ctx.conversation_id, named=wanted or None)
    else:
        result = await claims.claim(ctx.work, command)
    if result.payment is None:
        return ctx.refuse(
            "reference_used", note="The staff have been told. Ask for the right reference, or offer request_human_handoff."
        )
    linked = await payments_receipts.link_receipts(ctx.work, result.payment.id, receipts)
    lacks_reference = chosen.needs_reference and result.payment.reference is None and not receipts
    if lacks_reference:
        ctx.leave_open(Pending(kind="payment_reference", tool="register_payment", arguments=_kept(told, chosen)))
    return await claimed(ctx, facts, result, chosen, receipts=len(linked), asks_reference=lacks_reference)


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def choose_payment_method(ctx: CustomerContext, method: Words, number: Words | None = None) -> ToolOutcome:
    """Note how the customer wants to pay, before they have paid: in cash on delivery, by transfer, and so on. It is about
    the open order, or else their newest placed one. Use register_payment once they say that they have paid.

    Args:
        method: The way of paying in their words.
        number: The number of the placed order, if they said it.
    """
    facts = ctx.facts
    chosen = method_meant(ctx, method)
    if chosen is None:
        return ask_method(ctx, facts, "choose_payment_method", {"number": number}, "which_method_later")
    order = await _to_be_paid(ctx, number)
    if order is None:
        return _no_order(ctx, facts, (), {})
    order = await drafts.choose_payment_method(ctx.work, order.id, chosen.code)
    words = [say(ctx, "payment_method_noted", method=facts.add(FactKind.METHOD, chosen.code, chosen.name))]
    if order.number is not None:
        if chosen.instructions and order.payment_status == "unpaid":
            words.append(facts.add(FactKind.INSTRUCTIONS, chosen.code, chosen.instructions))
    elif order.status is OrderStatus.AWAITING_CONFIRMATION:
        words.append(say(ctx, "still_to_confirm"))
    return ctx.done(
        "payment_method_noted",
        " ".join(words),
        deeds=[(Deed.METHOD_CHOSEN, chosen.code)],
        note="Only how they will pay is noted. Nothing is paid or claimed.",
        data={"number": str(order.number) if order.number is not None else "draft", "method": chosen.code},
    )


async def _to_be_paid(ctx: CustomerContext, number: str | None) -> OrderView | None:
    """The order whose payment is spoken of: the one with the number, the open one, the newest that is not paid."""
    found = await payments.payable(ctx.work, ctx.customer_id, ctx.conversation_id)
    if number is not None:
        return next((order for order in found if str(order.number) == _digits(number)), None)
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is not None and draft.amends_order_id is None:
        return draft
    return found[0] if found else await begin_draft(ctx)


def _digits(number: str | None) -> str:
    """The number of an order as it was said, without what people write around it; no longer than one can be."""
    return "".join(letter for letter in number or "" if letter in digits)[:15]


async def _named(ctx: CustomerContext, number: str) -> UUID | None:
    """The customer's order of this number, though it cannot be paid."""
    with suppress(OrderNotFound):
        return (await orders.by_number(ctx.work, ctx.customer_id, int(number))).id if number else None
    return None


def _kept(told: Mapping[str, object], method: PaymentMethod) -> dict[str, Any]:
    """What was told of a payment while something else of it is asked for."""
    return {"method": method.code, **{name: value for name, value in told.items() if value is not None}}


def method_meant(ctx: CustomerContext, words: str) -> PaymentMethod | None:
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


def ask_method(ctx: CustomerContext, facts: Facts, tool_name: str, told: Mapping[str, object], question: str) -> ToolOutcome:
    """Ask for one of the shop's ways of paying; the answer repeats the call with what was told."""
    methods = ctx.workspace.settings.payment_methods
    options = [Option(sku=method.code, name=method.name) for method in methods]
    names = listed(ctx, [facts.add(FactKind.METHOD, method.code, method.name) for method in methods])
    return ctx.ask(
        "method_unknown",
        say(ctx, question, methods=names),
        about=Pending(
            kind="choose_method",
            tool=tool_name,
            arguments={name: value for name, value in told.items() if value is not None},
            options=options,
        ),
        note="Ask which of these it is, then repeat the call. Nothing was written down.",
    )


def _ask_reference(ctx: CustomerContext, facts: Facts, method: PaymentMethod, told: Mapping[str, object]) -> ToolOutcome:
    return ctx.ask(
        "reference_missing",
        say(ctx, "reference_missing", method=facts.add(FactKind.METHOD, method.code, method.name)),
        about=Pending(kind="payment_reference", tool="register_payment", arguments=_kept(told, method)),
        note="Ask for the reference or a picture of the receipt, then repeat the call.",
    )


def _choose(open_orders: Sequence[OrderView], number: str, amount: Decimal | None) -> OrderView | tuple[OrderView, ...]:
    """The order that is paid for: the one named, the only one, or the only one of this amount; else those in question."""
    found = list(open_orders)
    if number:
        found = [order for order in found if str(order.number) == number]
    if len(found) > 1 and amount is not None:
        found = [order for order in found if order.total == amount] or found
    unclaimed = [order for order in found if order.payment_status == "unpaid"]
    if len(found) > 1 and len(unclaimed) == 1:
        found = unclaimed
    return found[0] if len(found) == 1 else tuple(found)


def _no_order(ctx: CustomerContext, facts: Facts, found: Sequence[OrderView], told: Mapping[str, object]) -> ToolOutcome:
    """There is nothing to pay, or several orders could be meant."""
    if not found:
        return ctx.refuse(
            "nothing_to_pay", note="No order of this customer waits for a payment. An open order must be summarised first."
        )
    named = [order for order in found if order.number is not None]
    lines = [
        say(
            ctx,
            "order_and_total",
            number=facts.order_number(order.number),
            total=facts.money(FactKind.TOTAL, str(order.number), order.total, order.currency),
        )
        for order in named
    ]
    return ctx.ask(
        "which_order",
        say(ctx, "which_order", orders=listed(ctx, lines)),
        about=Pending(
            kind="choose_order",
            tool="register_payment",
            arguments={name: value for name, value in told.items() if value is not None},
            options=[Option(sku=str(order.number), name=str(order.number)) for order in found if order.number],
        ),
        note="Ask which order was paid, then repeat the call with its number.",
        options=(),
    )


async def _receipts_at_hand(ctx: CustomerContext) -> list[UUID]:
    """The pictures and documents of this turn and of the last minutes that are nobody's receipt yet."""
    recent = await conversation_files.recent_files(ctx.work, ctx.conversation_id, ctx.work.now - RECEIPT_WINDOW)
    now = [
        message.attachment_id
        for message in ctx.messages
        if message.attachment_id is not None and isinstance(message.content, File) and message.content.media in DOCUMENTARY
    ]
    return await payments_receipts.unlinked(ctx.work, list(dict.fromkeys([*recent, *now])))


@tool(permission=PaymentsPermission.CLAIM, writes=True)
async def attach_receipt(ctx: CustomerContext) -> ToolOutcome:
    """Tie the picture or document that the customer has just sent to their payment, as its receipt. Call it when they
    send a receipt; a payment is written down for it if there is none.
    """
    facts = ctx.facts
    files = await _receipts_at_hand(ctx)
    if not files:
        return ctx.refuse("no_receipt", note="No picture came in the last minutes.")
    newest = await payments.newest_claim(ctx.work, ctx.customer_id, ctx.conversation_id)
    if newest is not None:
        if len(await payments_receipts.link_receipts(ctx.work, newest.id, files)) < len(files):
            raise payments_receipts.TooManyReceipts(most=payments_receipts.MOST)
        return await _attached(ctx, facts, newest.order_id)
    found = _choose(await payments.payable(ctx.work, ctx.customer_id, ctx.conversation_id), "", None)
    order = next(iter(found), None) if isinstance(found, tuple) else found
    command = ClaimPayment(
        order_id=order.id if order is not None else None,
        customer_id=ctx.customer_id,
        method=claims.RECEIPT_ONLY,
        kind=claims.RECEIPT_ONLY,
    )
    if order is None:
        result = await claims.claim_ahead(ctx.work, command, ctx.conversation_id)
    else:
        result = await claims.claim(ctx.work, command)
    assert result.payment is not None, "a claim without a reference is never refused"
    await payments_receipts.link_receipts(ctx.work, result.payment.id, files)
    return await claimed(ctx, facts, result, None, receipts=len(files))


async def _attached(ctx: CustomerContext, facts: Facts, order_id: UUID | None) -> ToolOutcome:
    order = await orders.get(ctx.work, order_id) if order_id is not None else None
    name = str(order.number) if order is not None and order.number is not None else "draft"
    ctx.signal(Trigger.PAYMENT_CLAIMED)
    return ctx.done(
        "receipt_attached",
        deeds=[(Deed.RECEIPT_ATTACHED, name), (Deed.PAYMENT_CLAIMED, name)],
        note="A person verifies the payment. Do not say that it was received.",
    )
