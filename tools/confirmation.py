"""Confirmation tools: sending the summary, and placing the order on the customer's real yes."""

from domain.accounts.schemas import PaymentMethod
from domain.catalog import service as catalog
from domain.conversations.states import Trigger
from domain.customers import service as customers
from domain.orders import confirmation, drafts
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import ConfirmationRequest, ConfirmationResult, OrderView
from domain.payments import claims
from domain.payments import service as payments
from tools.amending import changes_over
from tools.definition import AWAITING, Words, tool
from tools.delivery import ask_zone
from tools.facts import Facts
from tools.outcome import Deed, FactKind, ToolOutcome
from tools.payment_words import balance_words, linked_words
from tools.points import note_words, point_data, point_words, unavailable
from tools.serving import CustomerContext
from tools.speech import flowing, say
from tools.summary import draft_data, order_deeds, price_change_words, shortage_outcome, stage_summary


@tool(permission=OrdersPermission.CONFIRM, writes=True)
async def request_confirmation(ctx: CustomerContext) -> ToolOutcome:
    """Send the customer the summary of the order with buttons to confirm it, and set the goods aside. Call it when the
    customer has said all they want. Do not repeat the summary in your own words.
    """
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    facts = ctx.facts
    if draft is None or not draft.lines:
        return ctx.refuse("draft_empty", note="Add a product first.")
    if (open_first := await _open_first(ctx, facts)) is not None:
        return open_first
    result = await confirmation.request_confirmation(ctx.work, ctx.conversation_id)
    if result.refusal is not None:
        return _not_ready(ctx, facts, result)
    await stage_summary(ctx, facts, result.order, result.held_until)
    return await _requested(ctx, facts, result)


async def _open_first(ctx: CustomerContext, facts: Facts) -> ToolOutcome | None:
    """The questions that are still open about the order, which come before any confirmation."""
    questions = [point for point in ctx.points if point.is_question]
    if not questions:
        return None
    for point in questions:
        ctx.settled.append(point)
        ctx.leave_open(point.model_copy(update={"holds_up": True}))
    words = [say(ctx, "points_first"), *await point_words(ctx, facts, questions)]
    return ctx.ask(
        "points_open",
        flowing(words),
        note="The order is not complete while these are open: put the answers into the order with update_draft, or remove "
        "there what the customer does not want; then call request_confirmation.",
        data={"open": point_data(questions)},
    )


async def _requested(
    ctx: CustomerContext, facts: Facts, result: ConfirmationRequest, code: str = "confirmation_requested"
) -> ToolOutcome:
    notes = [point for point in ctx.points if point.is_of_order]
    ctx.settled.extend(notes)
    words = note_words(ctx, facts, notes)
    words += [price_change_words(ctx, facts, change, result.order.currency) for change in result.price_changes]
    amended = result.order.amends_order_id
    if amended is None:
        words.append(say(ctx, "confirmation_requested"))
    else:
        placed = await orders.get(ctx.work, amended)
        words.append(say(ctx, "amendment_requested", number=facts.order_number(placed.number)))
    deeds = [(Deed.CONFIRMATION_REQUESTED, "draft")]
    deeds += [(Deed.STOCK_RESERVED, line.name) for line in result.order.lines]
    deeds += unavailable(notes)
    return ctx.result(
        "ok" if code == "confirmation_requested" else "ask",
        code,
        " ".join(words),
        deeds=deeds,
        note="The summary with its buttons goes out when this turn ends. The order is not placed yet.",
        data={"draft": draft_data(result.order), "token": result.token},
    )


def _not_ready(ctx: CustomerContext, facts: Facts, result: ConfirmationRequest) -> ToolOutcome:
    data: dict[str, object] = {"draft": draft_data(result.order)}
    if result.refusal == "not_changeable":
        ctx.signal(Trigger.ORDER_CANCELLED, order_id=str(result.order.id))
        return changes_over(ctx, result.order)
    if result.refusal == "details_missing":
        ctx.signal(Trigger.DETAILS_MISSING, missing=list(result.missing))
        return ctx.ask(
            "details_missing",
            say(ctx, f"ask.{result.missing[0]}"),
            note=f"Ask for: {', '.join(result.missing)}. Then set_delivery_details and request_confirmation.",
            data={**data, "missing": list(result.missing)},
        )
    ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(result.order.id))
    if result.refusal == "out_of_stock":
        return shortage_outcome(ctx, result.order, result.shortages)
    if result.refusal == "outside_zones":
        names = set(result.zones)
        return ask_zone(ctx, [zone for zone in ctx.workspace.settings.delivery_zones if zone.name in names])
    if result.refusal == "below_minimum":
        assert result.minimum is not None, "the refusal says so"
        words = say(
            ctx,
            "below_minimum",
            minimum=facts.money(FactKind.MINIMUM, "order", result.minimum, result.order.currency),
            subtotal=facts.money(FactKind.SUBTOTAL, "draft", result.order.subtotal, result.order.currency),
        )
        return ctx.refuse("below_minimum", words, note="Offer to add something.", data=data)
    words = " ".join(price_change_words(ctx, facts, change, result.order.currency) for change in result.price_changes)
    return ctx.refuse(
        "not_for_sale",
        words,
        deeds=[(Deed.UNAVAILABLE, change.name) for change in result.price_changes],
        note="Take these out with change_item_in_draft, quantity 0.",
        data=data,
    )


@tool(permission=OrdersPermission.CONFIRM, states=AWAITING, writes=True)
async def confirm_order(ctx: CustomerContext, token: Words) -> ToolOutcome:
    """Place the order whose summary the customer has just accepted, by its button or by a plain yes. Never call it on a
    question, on a condition, or together with a change.

    Args:
        token: The confirmation token of the open summary.
    """
    if (open_first := await _open_first(ctx, ctx.facts)) is not None:
        return open_first
    if not _agreed(ctx, token):
        return await _ask_again(ctx)
    result = await confirmation.confirm(ctx.work, ctx.conversation_id, ctx.customer_id, token)
    if result.refusal == "price_changed":
        return await _ask_again(ctx, result, code="price_changed")
    if result.refusal == "out_of_stock":
        ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(result.order.id))
        return shortage_outcome(ctx, result.order, result.shortages)
    if result.refusal == "not_changeable":
        ctx.signal(Trigger.ORDER_CANCELLED, order_id=str(result.order.id))
        return changes_over(ctx, result.order)
    if result.amended_from is not None:
        return await _amended(ctx, result.order)
    return await _confirmed(ctx, result)


async def _amended(ctx: CustomerContext, order: OrderView) -> ToolOutcome:
    """The placed order is another one now: its total, and what of it is still to be paid."""
    facts = ctx.facts
    ctx.settle_all()
    order = await payments.settle(ctx.work, order.id)
    ctx.signal(Trigger.ORDER_CONFIRMED, order_id=str(order.id), number=order.number)
    name = str(order.number)
    total = facts.money(FactKind.TOTAL, name, order.total, order.currency)
    words = [say(ctx, "order_amended", number=facts.order_number(order.number), total=total)]
    words.append(await _what_next(ctx, facts, order))
    words += await balance_words(ctx, facts, order) if order.payment_status != "unpaid" else _how_to_pay(ctx, facts, order)
    deeds = [*order_deeds(order), *((Deed.ITEM_CHANGED, line.name) for line in order.lines)]
    return ctx.done("order_amended", "\n\n".join(words), deeds=deeds, data={"number": name, "draft": draft_data(order)})


def _agreed(ctx: CustomerContext, token: str) -> bool:
    """Real assent: everything the customer wrote is read, the summary has gone out, and they pressed its button or
    said nothing but yes after it.
    """
    consent = ctx.consent
    if consent.open_messages or consent.summary_sent_at is None:
        return False
    if consent.token_pressed is not None:
        return consent.token_pressed == token
    return consent.pure_assent


async def _ask_again(
    ctx: CustomerContext, result: ConfirmationResult | None = None, *, code: str = "consent_missing"
) -> ToolOutcome:
    """Send the summary with its buttons once more, with what has changed since the last one."""
    facts = ctx.facts
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is None or not draft.lines:
        return ctx.refuse("draft_empty", note="There is no open order.")
    request = await confirmation.request_confirmation(ctx.work, ctx.conversation_id)
    if request.refusal is not None:
        return _not_ready(ctx, facts, request)
    await stage_summary(ctx, facts, request.order, request.held_until)
    if result is not None:
        request = request.model_copy(update={"price_changes": result.price_changes})
    return await _requested(ctx, facts, request, code)


async def _confirmed(ctx: CustomerContext, result: ConfirmationResult) -> ToolOutcome:
    order = result.order
    facts = ctx.facts
    ctx.settle_all()
    if order.fulfilment is Fulfilment.DELIVERY and order.address_text:
        await customers.save_address(
            ctx.work,
            ctx.customer_id,
            order.address_text,
            recipient_name=order.recipient_name,
            phone=order.recipient_phone,
        )
    if not result.repeated:
        ctx.signal(Trigger.ORDER_CONFIRMED, order_id=str(order.id), number=order.number)
    number = facts.order_number(order.number)
    words = [
        say(
            ctx,
            "order_confirmed",
            number=number,
            total=facts.money(FactKind.TOTAL, str(order.number), order.total, order.currency),
        )
    ]
    words.append(await _what_next(ctx, facts, order))
    deeds = [(Deed.ORDER_CONFIRMED, str(order.number)), (Deed.ORDER_STATUS, str(order.number))]
    if linked := await claims.link_ahead(ctx.work, order.id):
        order = await orders.get(ctx.work, order.id)
        words += await linked_words(ctx, facts, order, linked)
        deeds.append((Deed.PAYMENT_CLAIMED, str(order.number)))
    words += _how_to_pay(ctx, facts, order)
    return ctx.done(
        "order_confirmed", "\n\n".join(words), deeds=deeds, data={"number": str(order.number), "draft": draft_data(order)}
    )


async def _what_next(ctx: CustomerContext, facts: Facts, order: OrderView) -> str:
    if order.fulfilment is Fulfilment.DELIVERY and order.address_text:
        return say(ctx, "next_delivery", address=facts.add(FactKind.ADDRESS, str(order.number), order.address_text))
    assert order.store_id is not None, "an order that is fetched has a store"
    store = await catalog.get_store_by_id(ctx.work, order.store_id)
    place = ", ".join(part for part in (store.name, store.address) if part)
    return say(ctx, "next_pickup", store=facts.add(FactKind.STORE, store.code, place))


def _how_to_pay(ctx: CustomerContext, facts: Facts, order: OrderView) -> list[str]:
    chosen = ctx.workspace.payment_method(order.payment_method) if order.payment_method else None
    methods = ctx.workspace.settings.payment_methods if chosen is None else (chosen,)
    if order.payment_status != "unpaid" or not methods:
        return []
    lines = "\n".join(_way_to_pay(ctx, facts, method) for method in methods)
    words = [say(ctx, "ways_to_pay", methods=lines)]
    after = [say(ctx, "pay_tell")] if any(method.needs_reference for method in methods) else []
    if order.cancel_deadline is not None:
        after.append(say(ctx, "pay_until", until=facts.until(str(order.number), order.cancel_deadline)))
    return [*words, " ".join(after)] if after else words


def _way_to_pay(ctx: CustomerContext, facts: Facts, method: PaymentMethod) -> str:
    name = facts.add(FactKind.METHOD, method.code, method.name)
    if not method.instructions:
        return say(ctx, "way_to_pay_plain", method=name)
    return say(ctx, "way_to_pay", method=name, instructions=facts.add(FactKind.INSTRUCTIONS, method.code, method.instructions))
