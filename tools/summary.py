"""A draft in words and in data: its summary with buttons, and what falls short."""

from collections.abc import Sequence
from datetime import datetime

from domain.catalog import service as catalog
from domain.conversations.content import Button, Buttons
from domain.conversations.states import Trigger
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment, OrderStatus, PaymentStatus
from domain.orders.schemas import OrderLineView, OrderView, PriceChange, Shortage
from tools.context import Pending
from tools.facts import Facts, plain
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say

CONFIRM_PREFIX = "confirm:"
"""The id of a summary's confirming button is this and the token."""


def draft_data(order: OrderView) -> dict[str, object]:
    """The draft for the machine that reads the outcome."""
    return {
        "lines": [
            {"sku": line.sku, "name": line.name, "quantity": plain(line.quantity), "unit": line.unit} for line in order.lines
        ],
        "total": str(order.total),
        "currency": order.currency,
        "fulfilment": order.fulfilment.value if order.fulfilment else None,
        "status": order.status.value,
    }


def order_deeds(order: OrderView) -> list[tuple[Deed, str]]:
    """What may be said of a placed order."""
    number = str(order.number)
    deeds = [(Deed.ORDER_STATUS, number)]
    deeds.append((Deed.ORDER_CANCELLED if order.status is OrderStatus.CANCELLED else Deed.ORDER_CONFIRMED, number))
    if order.payment_status is PaymentStatus.PAID:
        deeds.append((Deed.PAYMENT_VERIFIED, number))
    if order.payment_status is PaymentStatus.CLAIMED:
        deeds.append((Deed.PAYMENT_CLAIMED, number))
    return deeds


def line_words(ctx: CustomerContext, facts: Facts, line: OrderLineView, currency: str) -> str:
    """One line of a draft: how much of what, and for how much."""
    return say(
        ctx,
        "summary.line",
        what=facts.amount(line.name, line.quantity, line.unit),
        amount=facts.money(FactKind.LINE_TOTAL, line.name, line.total, currency),
    )


async def stage_summary(ctx: CustomerContext, facts: Facts, order: OrderView, held_until: datetime | None) -> None:
    """Stage the summary with the buttons that carry its token; a change of the items in this turn makes it void."""
    token = order.confirmation_token
    lines = [line_words(ctx, facts, line, order.currency) for line in order.lines]
    placed = await orders.get(ctx.work, order.amends_order_id) if order.amends_order_id is not None else None
    title = say(ctx, "summary.amended", number=facts.order_number(placed.number)) if placed else say(ctx, "summary.title")
    sums = _sums(ctx, facts, order) + (_difference(ctx, facts, order, placed) if placed else "")
    order = order.model_copy(update={"payment_method": placed.payment_method}) if placed else order
    parts = [title, "\n".join(lines), sums, await _details(ctx, facts, order)]
    closing = [say(ctx, "summary.question")]
    if held_until is not None:
        closing.append(say(ctx, "held_until", until=facts.until("draft", held_until)))
    parts.append(" ".join(closing))
    ctx.staged.append(
        Buttons(
            text="\n\n".join(part for part in parts if part),
            buttons=(
                Button(id=f"{CONFIRM_PREFIX}{token}", title=say(ctx, "button.confirm")),
                Button(id=f"change:{token}", title=say(ctx, "button.change")),
                Button(id=f"cancel:{token}", title=say(ctx, "button.keep" if placed else "button.cancel")),
            ),
        )
    )
    ctx.signal(Trigger.CONFIRMATION_REQUESTED, order_id=str(order.id), token=token)


def _sums(ctx: CustomerContext, facts: Facts, order: OrderView) -> str:
    total = say(ctx, "summary.total", amount=facts.money(FactKind.TOTAL, "draft", order.total, order.currency))
    if order.fulfilment is not Fulfilment.DELIVERY:
        return total
    # The fee is a fact also where there is none: only it may say that the delivery costs nothing.
    amount = facts.money(FactKind.FEE, "draft", order.delivery_fee, order.currency)
    fee = say(ctx, "summary.fee", amount=amount) if order.delivery_fee else say(ctx, "summary.free_delivery")
    subtotal = say(ctx, "summary.subtotal", amount=facts.money(FactKind.SUBTOTAL, "draft", order.subtotal, order.currency))
    return "\n".join([subtotal, fee, total])


def _difference(ctx: CustomerContext, facts: Facts, order: OrderView, placed: OrderView) -> str:
    """What the placed order came to before, and by how much it would cost more or less."""
    before = facts.money(FactKind.TOTAL, str(placed.number), placed.total, placed.currency)
    words = [say(ctx, "summary.before", amount=before)]
    if order.total != placed.total:
        amount = facts.money(FactKind.DIFFERENCE, "draft", abs(order.total - placed.total), order.currency)
        words.append(say(ctx, "summary.more" if order.total > placed.total else "summary.less", amount=amount))
    return "\n" + "\n".join(words)


async def _details(ctx: CustomerContext, facts: Facts, order: OrderView) -> str:
    words = []
    if order.fulfilment is Fulfilment.DELIVERY and order.address_text:
        words.append(say(ctx, "summary.delivery", address=facts.add(FactKind.ADDRESS, "draft", order.address_text)))
    elif order.store_id is not None:
        store = await catalog.get_store_by_id(ctx.work, order.store_id)
        place = ", ".join(part for part in (store.name, store.address) if part)
        words.append(say(ctx, "summary.pickup", store=facts.add(FactKind.STORE, store.code, place)))
    if order.recipient_name:
        words.append(say(ctx, "summary.recipient", name=facts.add(FactKind.RECIPIENT, "draft", order.recipient_name)))
    method = ctx.workspace.payment_method(order.payment_method) if order.payment_method else None
    if method is not None:
        words.append(say(ctx, "summary.method", method=facts.add(FactKind.METHOD, method.code, method.name)))
    if order.notes:
        words.append(say(ctx, "summary.notes", notes=facts.add(FactKind.NOTES, "draft", order.notes)))
    return "\n".join(words)


def shortage_outcome(ctx: CustomerContext, order: OrderView, shortages: Sequence[Shortage]) -> ToolOutcome:
    """Say of which products less is there than wanted, and how much."""
    facts = ctx.facts
    words = [shortage_words(ctx, facts, shortage) for shortage in shortages]
    for point in filter(None, map(shortage_point, shortages)):
        ctx.leave_open(point)
    return ctx.refuse(
        "out_of_stock",
        " ".join(words),
        deeds=[(Deed.UNAVAILABLE, shortage.name) for shortage in shortages],
        note="Nothing is reserved. Offer what is left, another product, or to take it out of the order.",
        data={
            "shortages": [
                {"sku": one.sku, "wanted": plain(one.wanted), "available": plain(one.available)} for one in shortages
            ],
            "draft": draft_data(order),
        },
    )


def shortage_point(shortage: Shortage) -> Pending | None:
    """What is left of a product, which a yes or `then give me those` takes."""
    if shortage.available <= 0:
        return None
    arguments = {"product": shortage.sku, "quantity": float(shortage.available), "mode": "set"}
    options = [Option(sku=shortage.sku, name=shortage.name)]
    return Pending(kind="short", tool="update_draft", arguments=arguments, options=options)


def shortage_words(ctx: CustomerContext, facts: Facts, shortage: Shortage) -> str:
    """One product that falls short."""
    if shortage.available <= 0:
        return say(ctx, "sold_out", product=facts.name(shortage.name))
    return say(
        ctx,
        "only_left",
        product=facts.name(shortage.name),
        available=facts.quantity(shortage.name, shortage.available, shortage.unit, kind=FactKind.STOCK),
    )


def price_change_words(ctx: CustomerContext, facts: Facts, change: PriceChange, currency: str) -> str:
    """One price that is another one now."""
    if change.new is None:
        return say(ctx, "no_longer_sold", product=facts.name(change.name))
    return say(
        ctx,
        "price_is_now",
        product=facts.name(change.name),
        old=facts.money(FactKind.OLD_PRICE, change.name, change.old, currency),
        new=facts.money(FactKind.PRICE, change.name, change.new, currency),
    )
