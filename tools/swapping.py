"""The tool that puts one product in the place of another, wholly or in part, in one step."""

from decimal import Decimal

from domain.catalog import service as catalog
from domain.conversations.states import Trigger
from domain.orders import drafts
from domain.orders.permissions import OrdersPermission
from tools.amending import line_holder, told
from tools.definition import Quantity, Sentence, tool
from tools.outcome import Deed, FactKind, ToolOutcome
from tools.products import ask_which, meant, meant_line, not_found, shortages
from tools.serving import CustomerContext
from tools.speech import say
from tools.summary import draft_data, shortage_outcome


@tool(permission=OrdersPermission.DRAFT, writes=True)
async def swap_item_in_draft(
    ctx: CustomerContext,
    product: Sentence,
    replacement: Sentence,
    quantity: Quantity | None = None,
    new_quantity: Quantity | None = None,
) -> ToolOutcome:
    """Put another product in the place of one that is in the order: all of it, or only some.

    Args:
        product: The SKU, or what the customer calls the product that is in the order.
        replacement: The SKU, or what they call the product that they want instead.
        quantity: How many of the first to take out; leave out for all of it. "Change one shirt for jeans" is 1.
        new_quantity: How many of the other to put in; leave out for as many as are taken out.
    """
    holder = await line_holder(ctx, product)
    if isinstance(holder, ToolOutcome):
        return holder
    facts = ctx.facts
    draft = holder.draft
    lines = meant_line(draft.lines, product) if draft is not None else ()
    if draft is None or len(lines) != 1:
        key = "ambiguous_line" if lines else "not_in_draft"
        words = say(ctx, key, options=", ".join(facts.name(line.name) for line in lines))
        return ctx.result("ask" if lines else "refused", key, words, note="Nothing was changed.")
    line = lines[0]
    found = await meant(ctx, replacement)
    taken = line.quantity if not quantity else min(Decimal(str(quantity)), line.quantity)
    wanted = Decimal(str(new_quantity)) if new_quantity else taken
    if found.one is None:
        if not found.several:
            return not_found(ctx, replacement)
        return ask_which(ctx, found.several, "swap_item_in_draft", replacement, {"product": line.sku, "quantity": float(taken)})
    if found.one.variant_id == line.variant_id:
        words = say(ctx, "quantity_missing", product=facts.name(line.name))
        return ctx.ask("same_product", words, note="It is the same product. Nothing was changed.")
    variant, old = found.one, await catalog.find(ctx.work, line.sku)
    if not variant.allows(wanted) or (old is not None and not old.allows(taken)):
        step = facts.quantity(variant.name, variant.grain, variant.unit, kind=FactKind.STEP)
        words = say(ctx, "sold_in_steps", product=facts.name(variant.name), step=step)
        return ctx.ask("quantity_not_allowed", words, note="Ask how many. Nothing was changed.")
    had = draft.line(variant.variant_id)
    short = await shortages(ctx, draft, [(variant, wanted + (had.quantity if had is not None else 0))])
    if short:
        return shortage_outcome(ctx, draft, short)
    await holder.opened(ctx)
    await drafts.add_item(ctx.work, ctx.conversation_id, variant.variant_id, wanted)
    order = await drafts.change_item(ctx.work, ctx.conversation_id, line.variant_id, line.quantity - taken)
    ctx.signal(Trigger.ITEMS_CHANGED, order_id=str(order.id))
    words = say(
        ctx,
        "item_swapped",
        old=facts.amount(line.name, taken, line.unit),
        new=facts.amount(variant.name, wanted, variant.unit),
    )
    facts.money(FactKind.TOTAL, "draft", order.total, order.currency)
    deeds = [(Deed.ITEM_REMOVED, line.name), (Deed.ITEM_ADDED, variant.name)]
    outcome = ctx.done("item_swapped", words, deeds=deeds, data={"draft": draft_data(order)})
    return told(ctx, holder, outcome)
