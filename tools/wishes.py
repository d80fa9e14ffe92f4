"""What enters an order needs a wish in the customer's words; what nobody wished for is proposed instead."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.catalog.search import Verdict, decide, similarity
from domain.catalog.words import read
from domain.orders import drafts
from tools.amending import live_order
from tools.changes import DraftLine, OpenPoint
from tools.context import Pending
from tools.measures import UnitMismatch, bought_for, in_unit_of_sale, money_of
from tools.outcome import Option, ToolOutcome
from tools.products import meant, meant_line, priced
from tools.serving import CustomerContext, Wishes
from tools.speech import say

ADDS, SETS, UPDATES = "add_item_to_draft", "change_item_in_draft", "update_draft"


async def proposed(ctx: CustomerContext, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome | None:
    """The question whether the customer wants what a call would put into the order or take out of it, if no words of
    theirs wish for it; None if the call may run. A call that would not change anything puts its own question.
    """
    product, quantity = arguments.get("product"), arguments.get("quantity")
    if ctx.wishes is not None and arguments.get("cart") and not ctx.wishes.changes:
        note = "The customer has not asked for any of this, so nothing was changed. Answer their question."
        return ctx.refuse("not_wished_for", "", note=note)
    if ctx.wishes is None or tool not in (ADDS, SETS) or not isinstance(product, str):
        return None
    if not isinstance(quantity, int | float) or isinstance(quantity, bool) or quantity < 0:
        return None
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is None or not draft.lines:
        draft = await live_order(ctx)
    lines = meant_line(draft.lines, product) if draft is not None and tool == SETS else ()
    if lines:
        found = await catalog.find(ctx.work, lines[0].sku) if len(lines) == 1 and not ctx.wishes.changes else None
    else:
        found = (await meant(ctx, product)).one
    if found is None or (not lines and (not quantity or await _is_wished(ctx, ctx.wishes, found))):
        return None
    unit = arguments.get("unit")
    amount = await _amount(ctx, found, Decimal(str(quantity)), unit if isinstance(unit, str) else None)
    return None if amount is None else _ask(ctx, tool, found, amount, {**arguments, "product": found.sku})


async def only_wished(ctx: CustomerContext, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a call that changes many lines, with what nobody wished for as points to be confirmed."""
    if ctx.wishes is None or tool != UPDATES:
        return arguments
    try:
        lines = [DraftLine.model_validate(line) for line in arguments.get("lines") or ()]
    except (ValidationError, TypeError):
        return arguments  # the tool says what is wrong with them
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    if draft is None or not draft.lines:
        draft = await live_order(ctx)
    kept: list[DraftLine] = []
    points: list[OpenPoint] = []
    for line in lines:
        known = meant_line(draft.lines, line.phrase) if draft is not None and line.mode != "add" else ()
        takes_away = line.mode == "remove" or line.quantity == 0
        if known:
            sku = known[0].sku if len(known) == 1 and not ctx.wishes.changes else None
        else:
            found = None if takes_away or line.quantity is None else (await meant(ctx, line.phrase)).one
            sku = None if found is None or await _is_wished(ctx, ctx.wishes, found) else found.sku
        if sku is None:
            kept.append(line)
        elif not takes_away:
            point = OpenPoint(kind="confirm", skus=[sku], quantity=line.quantity, unit=line.unit, mode=line.mode)
            points.append(point.model_copy(update={"words": line.words or line.product}))
    if len(kept) == len(lines):
        return arguments
    asked = [*(arguments.get("open_points") or ()), *(point.model_dump() for point in points)]
    return {**arguments, "lines": [line.model_dump() for line in kept], "open_points": asked}


async def _is_wished(ctx: CustomerContext, wishes: Wishes, variant: VariantView) -> bool:
    """Whether one of the customer's phrases means the product, or they agreed to what the thread had named."""
    head = read(variant.name).words[:1]
    named = read(wishes.named).words
    if any(similarity(one, word) >= catalog.SAME_WORD for one in head for word in named):
        return True
    for phrase in wishes.phrases:
        hits = await catalog.search(ctx.work, phrase)
        if decide(hits).verdict is not Verdict.NONE and any(hit.sku == variant.sku for hit in hits):
            return True
    return False


async def _amount(ctx: CustomerContext, variant: VariantView, quantity: Decimal, unit: str | None) -> Decimal | None:
    """How much of it is meant, in its unit of sale; None if it is not sold so."""
    money = money_of(quantity, unit, variant.currency)
    amount = bought_for(money, variant) if money is not None else await in_unit_of_sale(ctx.work, variant, quantity, unit)
    if isinstance(amount, UnitMismatch):
        return None
    return amount if not quantity or (amount and variant.allows(amount)) else None


def _ask(ctx: CustomerContext, tool: str, variant: VariantView, amount: Decimal, arguments: Mapping[str, Any]) -> ToolOutcome:
    facts = ctx.facts
    options = [Option(sku=variant.sku, name=variant.name, detail=facts.read(priced(facts, variant)))]
    if amount:
        what = facts.amount(variant.name, amount, variant.unit)
        words = say(ctx, "propose_item", product=facts.name(variant.name), price=priced(facts, variant), what=what)
    else:
        words = say(ctx, "propose_removal", product=facts.name(variant.name))
    return ctx.ask(
        "not_wished_for",
        words,
        about=Pending(kind="choose_product", tool=tool, arguments=dict(arguments), options=options),
        note="The customer has not asked for this, so nothing was changed. Answer their question and ask whether they want it.",
    )
