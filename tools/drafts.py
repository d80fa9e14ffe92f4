"""Draft tools: what the customer puts into the open order, takes out of it, and where it shall go."""

from collections.abc import Sequence, Set
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.conversations.content import Cart
from domain.conversations.states import State, Trigger
from domain.orders import drafts
from domain.orders.kinds import OrderStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import CartItem, CartResult, OrderLineView, OrderView
from tools.amending import Target, line_holder, live_order, order_meant, target_of, told
from tools.context import Pending
from tools.definition import Quantity, Sentence, Words, tool
from tools.facts import COUNTED, Facts, measured_in, plain
from tools.measures import TooLittle, UnitMismatch, amount_sold
from tools.orders import ask_cancel, drop_amendment
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.products import ask_which, meant, meant_line, not_found, own_words, shortages, unit_price
from tools.serving import CustomerContext
from tools.speech import listed, say
from tools.starting import begin_draft
from tools.summary import draft_data, line_words, price_change_words, shortage_outcome


def _changed(ctx: CustomerContext, facts: Facts, order: OrderView) -> dict[str, object]:
    """After a change of the items: tell the session, and put the new sum among the facts."""
    ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(order.id))
    facts.money(FactKind.TOTAL, "draft", order.total, order.currency)
    return {"draft": draft_data(order)}


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def create_order_draft(
    ctx: CustomerContext,
    existing: Literal["ask", "add", "replace"] = "ask",
    cart: Annotated[list[CartItem], Field(max_length=100)] | None = None,
) -> ToolOutcome:
    """Begin an order, or take in the cart that the customer sent from the catalogue. add_item_to_draft begins
    an order by itself, so this is only needed for a cart.

    Args:
        existing: What to do if the order already has items: ask the customer, add to them, or replace them.
        cart: The items of the cart; leave out to take the cart of the customer's message of this turn.
    """
    items = cart if cart is not None else _cart_of_turn(ctx)
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    facts = ctx.facts
    if items and draft is not None and draft.lines and existing == "ask":
        return _ask_replace(ctx, facts, items)
    order = await begin_draft(ctx)
    if items:
        result = await drafts.apply_catalog_order(ctx.work, ctx.conversation_id, items, replace=existing == "replace")
        had = {line.sku for line in order.lines} if existing == "add" else set()
        target = await target_of(ctx, order)
        if draft is None and ctx.state == State.DONE:
            target = Target(order, beside=await live_order(ctx))
        return told(ctx, target, _cart_outcome(ctx, facts, result, had))
    ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(order.id))
    key = "draft_continued" if order.lines else "draft_created"
    names = listed(ctx, [facts.name(line.name) for line in order.lines])
    return ctx.done(
        key, say(ctx, key, products=names), deeds=[(Deed.DRAFT_CREATED, "draft")], data={"draft": draft_data(order)}
    )


def _cart_of_turn(ctx: CustomerContext) -> list[CartItem]:
    """The items of the carts of this turn; what cannot be read as an item is left out."""
    found = []
    for message in ctx.messages:
        for line in message.content.items if isinstance(message.content, Cart) else ():
            try:
                found.append(CartItem(sku=line.sku, quantity=line.quantity, price=line.price))
            except ValidationError:
                continue
    return found


def _ask_replace(ctx: CustomerContext, facts: Facts, items: Sequence[CartItem]) -> ToolOutcome:
    options = [
        Option(sku="add", name=say(ctx, "button.add_cart")),
        Option(sku="replace", name=say(ctx, "button.replace_cart")),
    ]
    cart = [item.model_dump(mode="json", exclude_none=True) for item in items]
    return ctx.ask(
        "replace_draft",
        about=Pending(kind="replace_draft", tool="create_order_draft", arguments={"cart": cart}, options=options),
        note="Ask, then call create_order_draft again with `existing` set to add or replace and the same cart.",
        data={"cart": cart},
    )


def _cart_outcome(ctx: CustomerContext, facts: Facts, result: CartResult, had: Set[str]) -> ToolOutcome:
    """What became of a cart; where the order `had` some of it before, the lines say what it has now, not what was added."""
    data = _changed(ctx, facts, result.order)
    added = [line for line in result.order.lines if line.sku in result.added]
    words = []
    if added:
        lines = [line_words(ctx, facts, line, result.order.currency) for line in added]
        total = facts.money(FactKind.TOTAL, "draft", result.order.total, result.order.currency)
        key = "cart_merged" if had & set(result.added) else "cart_added"
        words.append(say(ctx, key, lines="\n".join(lines), total=total))
    words += [price_change_words(ctx, facts, change, result.order.currency) for change in result.price_changes]
    if result.unknown:
        words.append(say(ctx, "cart_unknown", count=len(result.unknown), number=facts.count("unknown", len(result.unknown))))
    if result.unusable:
        words.append(say(ctx, "cart_unusable"))
    return ctx.result(
        "ok" if added else "refused",
        "cart_applied" if added else "cart_empty",
        "\n\n".join(words),
        deeds=[(Deed.ITEM_ADDED, line.name) for line in added],
        note="Prices are the shop's own, whatever the catalogue on the phone showed.",
        data={**data, "unknown": list(result.unknown), "unusable": list(result.unusable)},
    )


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def add_item_to_draft(
    ctx: CustomerContext,
    product: Sentence,
    quantity: Quantity | None = None,
    unit: Words | None = None,
    order: Words | None = None,
) -> ToolOutcome:
    """Add a product to the customer's order (an order is begun if there is none). Call it once per product. To change
    how many of a product are in the order, use change_item_in_draft.

    Args:
        product: The SKU, or what the customer calls the product, with brand and size if they said them.
        quantity: How many; leave out only if the customer did not say.
        unit: The unit if the customer said one, such as kg, g, docena, paquete; or the money if they said for how much,
            such as bs, pesos, dólares: 500 bs of cheese is quantity 500, unit bs.
        order: The number of a placed order if it shall be added to that one, or `new` if the customer wants a new order;
            leave out where neither was said.
    """
    found = await meant(ctx, product)
    asked: dict[str, object] = {"quantity": quantity, "unit": unit, "order": order}
    if found.one is None:
        if not found.several:
            words = own_words(ctx, product)
            ctx.leave_open(
                Pending(kind="unknown", tool="update_draft", arguments={"product": product, **_given(asked)}, words=words)
            )
            return not_found(ctx, product)
        return ask_which(ctx, found.several, "add_item_to_draft", product, _given(asked))
    variant = found.one
    if quantity is None:
        return _ask_quantity(ctx, variant)
    amount = await amount_sold(ctx.work, variant, Decimal(str(quantity)), unit)
    if isinstance(amount, TooLittle):
        return _too_little(ctx, variant, amount.money)
    if isinstance(amount, UnitMismatch):
        return _ask_countable(ctx, variant, "add_item_to_draft")
    target = await order_meant(ctx, "add_item_to_draft", {**asked, "product": variant.sku}, order, adds=True)
    if isinstance(target, ToolOutcome):
        return target
    draft = target.draft or await begin_draft(ctx)
    line = draft.line(variant.variant_id)
    short = await shortages(ctx, draft, [(variant, amount + (line.quantity if line is not None else 0))])
    if short:
        return shortage_outcome(ctx, draft, short)
    await target.opened(ctx)
    changed = await drafts.add_item(ctx.work, ctx.conversation_id, variant.variant_id, amount)
    return told(ctx, target, _added(ctx, changed, variant, amount))


def _given(asked: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in asked.items() if value is not None}


def _too_little(ctx: CustomerContext, variant: VariantView, money: Decimal) -> ToolOutcome:
    """The amount of money that the customer gave does not buy any of it."""
    facts = ctx.facts
    words = say(
        ctx,
        "money_too_little",
        money=facts.money(FactKind.BUDGET, "customer", money, variant.currency),
        product=facts.name(variant.name),
        price=unit_price(ctx, facts, variant),
    )
    return ctx.refuse("money_too_little", words, note="Nothing was added.", data={"sku": variant.sku})


def _added(ctx: CustomerContext, order: OrderView, variant: VariantView, amount: Decimal) -> ToolOutcome:
    facts = ctx.facts
    ctx.settle(variant.sku)
    line = order.line(variant.variant_id)
    assert line is not None, "it was just added"
    # The first quantity among the facts is that of the line, whose total is the amount: whoever joins them says a true sum.
    together = facts.quantity(line.name, line.quantity, line.unit)
    total = facts.money(FactKind.LINE_TOTAL, line.name, line.total, order.currency)
    what = facts.amount(line.name, amount, line.unit)
    if line.quantity == amount:
        words = say(ctx, "item_added", what=what, amount=total)
    else:
        words = say(ctx, "item_added_more", what=what, together=together, amount=total)
    facts.money(FactKind.PRICE, line.name, line.unit_price, order.currency, measured_in(line.unit))
    data = _changed(ctx, facts, order)
    return ctx.done(
        "item_added",
        words,
        deeds=[(Deed.ITEM_ADDED, line.name), (Deed.AVAILABLE, line.name)],
        data={**data, "sku": line.sku, "quantity": plain(line.quantity), "added": plain(amount)},
    )


def _ask_quantity(ctx: CustomerContext, variant: VariantView) -> ToolOutcome:
    facts = ctx.facts
    return ctx.ask(
        "quantity_missing",
        say(ctx, "quantity_missing", product=facts.name(variant.name)),
        about=Pending(
            kind="choose_quantity",
            tool="add_item_to_draft",
            arguments={"product": variant.sku},
            options=[Option(sku=variant.sku, name=variant.name)],
        ),
        note="Ask how many, then repeat the call with this SKU.",
        data={"sku": variant.sku},
        options=(),
    )


def _ask_countable(ctx: CustomerContext, variant: VariantView, tool_name: str) -> ToolOutcome:
    """The quantity cannot be sold: say in what it is sold."""
    facts = ctx.facts
    grain = facts.quantity(variant.name, variant.grain, variant.unit, kind=FactKind.STEP)
    by_piece = variant.grain == 1 and variant.unit.upper() in COUNTED
    key = "sold_by_piece" if by_piece else "sold_in_steps"
    return ctx.ask(
        "quantity_not_allowed",
        say(ctx, key, product=facts.name(variant.name), step=grain),
        about=Pending(
            kind="choose_quantity",
            tool=tool_name,
            arguments={"product": variant.sku},
            options=[Option(sku=variant.sku, name=variant.name)],
        ),
        note=f"Sold in multiples of {plain(variant.grain)} {variant.unit}. Ask how many, then repeat the call with this SKU.",
        data={"sku": variant.sku, "step": plain(variant.grain), "unit": variant.unit},
        options=(),
    )


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def change_item_in_draft(
    ctx: CustomerContext, product: Sentence, quantity: Quantity, unit: Words | None = None
) -> ToolOutcome:
    """Set how many of a product are in the order; zero takes it out. What the order does not have yet is added.

    Args:
        product: The SKU, or what the customer calls the product that is in the order.
        quantity: How many there shall be in all; 0 to take it out.
        unit: The unit if the customer said one.
    """
    holder = await line_holder(ctx, product)
    if isinstance(holder, ToolOutcome):
        return holder
    draft = holder.draft
    facts = ctx.facts
    lines = meant_line(draft.lines, product) if draft is not None else ()
    if not lines and quantity:
        return await add_item_to_draft(ctx, product, quantity, unit)
    if draft is None or not draft.lines:
        return ctx.refuse("draft_empty", note="There is nothing to take out.")
    if not lines:
        return ctx.refuse(
            "not_in_draft",
            note="The order has no such product, so there is nothing to take out.",
            data={"draft": draft_data(draft)},
        )
    if len(lines) > 1:
        return _ask_line(ctx, facts, [(line.sku, line.name) for line in lines], quantity, unit)
    line = lines[0]
    ctx.settle(line.sku)
    if quantity == 0:
        if holder.amends is not None and len(draft.lines) == 1:
            return ask_cancel(ctx, facts, holder.amends)
        await holder.opened(ctx)
        order = await drafts.remove_item(ctx.work, ctx.conversation_id, line.variant_id)
        return told(ctx, holder, _removed(ctx, order, line.name))
    return await _set_quantity(ctx, holder, line, Decimal(str(quantity)), unit)


async def _set_quantity(
    ctx: CustomerContext, holder: Target, line: OrderLineView, quantity: Decimal, unit: str | None
) -> ToolOutcome:
    facts = ctx.facts
    variant = await catalog.find(ctx.work, line.sku)
    if variant is None:
        return _no_longer_sold(ctx, line)
    amount = await amount_sold(ctx.work, variant, quantity, unit)
    if isinstance(amount, TooLittle):
        return _too_little(ctx, variant, amount.money)
    if isinstance(amount, UnitMismatch):
        return _ask_countable(ctx, variant, "change_item_in_draft")
    if not holder.may_hold(variant, line, amount):
        return _no_longer_sold(ctx, line)
    assert holder.draft is not None, "it has the line"
    short = await shortages(ctx, holder.draft, [(variant, amount)])
    if short:
        return shortage_outcome(ctx, holder.draft, short)
    await holder.opened(ctx)
    order = await drafts.change_item(ctx.work, ctx.conversation_id, line.variant_id, amount)
    changed = order.line(line.variant_id)
    assert changed is not None, "its quantity is not zero"
    words = say(
        ctx,
        "item_changed",
        product=facts.name(line.name),
        quantity=facts.quantity(line.name, changed.quantity, changed.unit),
        amount=facts.money(FactKind.LINE_TOTAL, line.name, changed.total, order.currency),
    )
    data = _changed(ctx, facts, order)
    return told(ctx, holder, ctx.done("item_changed", words, deeds=[(Deed.ITEM_CHANGED, line.name)], data=data))


def _no_longer_sold(ctx: CustomerContext, line: OrderLineView) -> ToolOutcome:
    facts = ctx.facts
    return ctx.refuse(
        "not_for_sale",
        say(ctx, "no_longer_sold", product=facts.name(line.name)),
        deeds=[(Deed.UNAVAILABLE, line.name)],
        note="Take it out of the order with quantity 0.",
    )


def _removed(ctx: CustomerContext, order: OrderView, name: str) -> ToolOutcome:
    facts = ctx.facts
    key = "item_removed" if order.lines else "last_item_removed"
    words = say(ctx, key, product=facts.name(name))
    return ctx.done("item_removed", words, deeds=[(Deed.ITEM_REMOVED, name)], data=_changed(ctx, facts, order))


def _ask_line(
    ctx: CustomerContext, facts: Facts, lines: Sequence[tuple[str, str]], quantity: float, unit: str | None
) -> ToolOutcome:
    options = [Option(sku=sku, name=name) for sku, name in lines]
    arguments: dict[str, Any] = {"quantity": quantity} | ({"unit": unit} if unit else {})
    names = listed(ctx, [facts.name(name) for _, name in lines])
    return ctx.ask(
        "ambiguous_line",
        say(ctx, "ambiguous_line", options=names),
        about=Pending(kind="choose_product", tool="change_item_in_draft", arguments=arguments, options=options),
        note="Ask which one is meant, then repeat the call with its SKU. Nothing was changed.",
    )


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def clear_draft(ctx: CustomerContext) -> ToolOutcome:
    """Take everything out of the open order, when the customer wants to begin anew or does not want it any more."""
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is None or (not draft.lines and draft.status == OrderStatus.DRAFT):
        return ctx.refuse("draft_empty", note="There is no open order.")
    if draft.amends_order_id is not None:
        return await drop_amendment(ctx, draft)
    order = await drafts.clear(ctx.work, ctx.conversation_id)
    ctx.settle_all()
    ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(order.id))
    return ctx.done("draft_cleared", deeds=[(Deed.DRAFT_CLEARED, "draft")], data={"draft": draft_data(order)})
