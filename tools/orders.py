"""Order tools: cancelling an order, and where it stands."""

from domain.catalog import service as catalog
from domain.conversations.content import Button, Buttons
from domain.conversations.states import Trigger
from domain.orders import drafts, fulfilment
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.payments import service as payments
from tools.context import Pending
from tools.definition import Sentence, Words, tool
from tools.facts import Facts
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say
from tools.summary import order_deeds

MOST_LOOKED_AT = 5
"""Orders among which the one to cancel is looked for, when no number is said."""


def _number(raw: str | None) -> int | None:
    digits = "".join(letter for letter in raw or "" if letter.isdigit())
    return int(digits) if 0 < len(digits) <= 15 else None


async def _find(ctx: CustomerContext, number: str | None) -> OrderView | None:
    """The customer's order with this number; without one, their newest."""
    if number is not None and number.strip():
        wanted = _number(number)
        if wanted is None:
            return None
        try:
            return await orders.by_number(ctx.work, ctx.customer_id, wanted)
        except OrderNotFound:
            return None
    placed = await orders.history(ctx.work, ctx.customer_id, limit=1)
    return placed[0] if placed else None


async def _to_cancel(ctx: CustomerContext, number: str | None) -> OrderView | None:
    """The order with this number; without one, their newest that can still be called off, or else their newest."""
    if number is not None and number.strip():
        return await _find(ctx, number)
    placed = await orders.history(ctx.work, ctx.customer_id, limit=MOST_LOOKED_AT)
    open_ones = [order for order in placed if order.status is OrderStatus.CONFIRMED and order.payment_status == "unpaid"]
    return next(iter([*open_ones, *placed]), None)


def _no_order(ctx: CustomerContext, facts: Facts, number: str | None) -> ToolOutcome:
    key = "order_not_found" if number else "no_orders_yet"
    return ctx.refuse(key, note="This customer has no such order.")


@tool(permission=OrdersPermission.CANCEL, writes=True)
async def cancel_order(ctx: CustomerContext, number: Words | None = None, reason: Sentence | None = None) -> ToolOutcome:
    """Cancel an order of this customer. A placed order is only cancelled after the customer was asked and agreed: the
    first call asks, the same call after their yes cancels. Without a number it gives up the open order.

    Args:
        number: The number of the placed order; leave out for the open order that is not placed yet.
        reason: Why, in the customer's words.
    """
    facts = ctx.facts
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is not None and draft.amends_order_id is not None and not number:
        return await drop_amendment(ctx, draft)
    if not number and draft is not None and draft.lines:
        await fulfilment.discard_draft(ctx.work, draft.id, reason)
        ctx.settle_all()
        ctx.signal(Trigger.ORDER_CANCELLED, order_id=str(draft.id))
        return ctx.done("draft_discarded", deeds=[(Deed.DRAFT_CLEARED, "draft")])
    order = await _to_cancel(ctx, number)
    if order is None:
        return _no_order(ctx, facts, number)
    shown = facts.order_number(order.number)
    if order.status is OrderStatus.CANCELLED:
        deeds = [(Deed.ORDER_CANCELLED, str(order.number))]
        return ctx.done("already_cancelled", say(ctx, "already_cancelled", number=shown), deeds=deeds)
    if order.status is not OrderStatus.CONFIRMED or order.payment_status != "unpaid":
        key = "cancel_needs_person" if order.payment_status != "unpaid" else "order_too_far"
        return ctx.refuse(
            key,
            say(ctx, key, number=shown),
            deeds=order_deeds(order),
            note="Only a person can decide: offer request_human_handoff.",
        )
    if not _was_asked(ctx, order):
        return ask_cancel(ctx, facts, order)
    cancelled = await fulfilment.cancel(ctx.work, order.id, reason)
    if draft is not None and draft.amends_order_id == order.id:
        await fulfilment.discard_draft(ctx.work, draft.id, "the order is cancelled")
        draft = None
    if draft is None:
        ctx.signal(Trigger.ORDER_CANCELLED, order_id=str(cancelled.id), number=cancelled.number)
    return ctx.done(
        "order_cancelled",
        say(ctx, "order_cancelled", number=shown),
        deeds=[(Deed.ORDER_CANCELLED, str(order.number)), (Deed.ORDER_STATUS, str(order.number))],
        data={"number": str(order.number)},
    )


def _was_asked(ctx: CustomerContext, order: OrderView) -> bool:
    """Whether the question that was open before this turn is the cancelling of this very order."""
    number = str(order.number)
    return any(asked.kind == "cancel_order" and asked.arguments.get("number") == number for asked in ctx.asked_before)


async def drop_amendment(ctx: CustomerContext, draft: OrderView) -> ToolOutcome:
    """Give up the open change of a placed order, which stays as it was."""
    assert draft.amends_order_id is not None, "only an amendment is dropped"
    placed = await orders.get(ctx.work, draft.amends_order_id)
    await fulfilment.discard_draft(ctx.work, draft.id, "the customer did not want the change")
    ctx.signal(Trigger.ORDER_CANCELLED, order_id=str(draft.id))
    facts = ctx.facts
    return ctx.done(
        "amendment_dropped",
        say(ctx, "amendment_dropped", number=facts.order_number(placed.number)),
        deeds=[(Deed.DRAFT_CLEARED, "draft"), *order_deeds(placed)],
        note="The placed order is not cancelled. If the customer wants that, call cancel_order with its number.",
        data={"number": str(placed.number)},
    )


def ask_cancel(ctx: CustomerContext, facts: Facts, order: OrderView) -> ToolOutcome:
    """Ask whether a placed order shall be cancelled."""
    words = say(
        ctx,
        "ask_cancel",
        number=facts.order_number(order.number),
        total=facts.money(FactKind.TOTAL, str(order.number), order.total, order.currency),
    )
    options = [Option(sku="yes", name=say(ctx, "button.cancel_yes")), Option(sku="no", name=say(ctx, "button.cancel_no"))]
    ctx.staged.append(
        Buttons(text=words, buttons=tuple(Button(id=f"{option.sku}:cancel_order", title=option.name) for option in options))
    )
    return ctx.ask(
        "ask_cancel",
        say(ctx, "asked_to_cancel"),
        about=Pending(kind="cancel_order", tool="cancel_order", arguments={"number": str(order.number)}, options=options),
        note="The question goes out with buttons. Repeat this call only after the customer's yes. Nothing is cancelled yet.",
        data={"number": str(order.number)},
    )


@tool(permission=OrdersPermission.READ)
async def get_order_status(ctx: CustomerContext, number: Words | None = None) -> ToolOutcome:
    """Read where an order of this customer stands and whether it is paid.

    Args:
        number: The number of the order; leave out for the newest.
    """
    facts = ctx.facts
    order = await _find(ctx, number)
    if order is None:
        return _no_order(ctx, facts, number)
    name = str(order.number)
    words = [
        say(
            ctx,
            "order_status",
            number=facts.order_number(order.number),
            status=say(ctx, f"status.{order.status}"),
            total=facts.money(FactKind.TOTAL, name, order.total, order.currency),
        )
    ]
    if order.status is not OrderStatus.CANCELLED:
        words.append(await _payment_words(ctx, facts, order))
    if order.status is OrderStatus.CONFIRMED and order.fulfilment is Fulfilment.PICKUP and order.store_id is not None:
        store = await catalog.get_store_by_id(ctx.work, order.store_id)
        words.append(say(ctx, "pickup_at", store=facts.add(FactKind.STORE, store.code, store.name)))
    return ctx.done(
        "order_status",
        " ".join(words),
        deeds=order_deeds(order),
        data={"number": name, "status": order.status.value, "payment_status": order.payment_status.value},
    )


async def _payment_words(ctx: CustomerContext, facts: Facts, order: OrderView) -> str:
    name = str(order.number)
    balance = await payments.balance(ctx.work, order)
    return say(
        ctx,
        f"payment_status.{order.payment_status}",
        due=facts.money(FactKind.DUE, name, balance.total - balance.verified, order.currency),
    )
