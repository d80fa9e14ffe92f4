"""Stock tools: setting goods aside for a customer's draft, and corrections by staff."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from domain.catalog import service as catalog
from domain.orders import confirmation, drafts
from domain.stock import service as stock
from domain.stock.permissions import StockPermission
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Sentence, Words, tool
from tools.managing import Preview
from tools.outcome import Deed, FactKind, ToolOutcome
from tools.serving import CustomerContext
from tools.speech import say
from tools.summary import draft_data, shortage_outcome

Change = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]


@tool(permission=StockPermission.HOLD, writes=True)
async def reserve_stock(ctx: CustomerContext) -> ToolOutcome:
    """Set aside the goods of the open draft for a while, without asking for the confirmation yet. Only if the customer
    wants things kept for them; request_confirmation does it anyway.
    """
    draft = await drafts.open_draft(ctx.work, ctx.conversation_id)
    facts = ctx.facts
    if draft is None or not draft.lines:
        return ctx.refuse("draft_empty", note="There is nothing to reserve.")
    result = await confirmation.reserve(ctx.work, ctx.conversation_id)
    if result.held_until is None:
        return shortage_outcome(ctx, result.order, result.shortages)
    return ctx.done(
        "stock_reserved",
        say(ctx, "stock_reserved", until=facts.until("draft", result.held_until)),
        deeds=[(Deed.STOCK_RESERVED, line.name) for line in result.order.lines],
        data={"draft": draft_data(result.order)},
    )


async def _adjustment(ctx: ToolContext, sku: str, store: str, change: float, reason: str) -> Preview:
    """What a correction would leave, bound to what lies on the shelf."""
    variant = await catalog.get_variant(ctx.work, sku)
    place = await catalog.get_store(ctx.work, store)
    level = await stock.lock_level(ctx.work, place.id, variant.variant_id)
    facts, delta = ctx.facts, Decimal(str(change))
    words = say(
        ctx,
        "adjust_proposed",
        product=facts.name(variant.name),
        store=facts.add(FactKind.STORE, place.code, place.name),
        before=facts.quantity(f"{variant.name}, before", level.on_hand, variant.unit, kind=FactKind.STOCK),
        after=facts.quantity(f"{variant.name}, after", level.on_hand + delta, variant.unit, kind=FactKind.STOCK),
        change=facts.quantity(f"{variant.name}, change", delta, variant.unit),
        reason=facts.label(reason),
    )
    state = {"variant": str(variant.variant_id), "store": str(place.id), "on_hand": str(level.on_hand), "held": str(level.held)}
    return Preview(words, state)


@tool(permission=StockPermission.ADJUST, writes=True, audience=AudienceKind.MANAGER, preview=_adjustment)
async def adjust_stock(ctx: ToolContext, sku: Words, store: Words, change: Change, reason: Sentence) -> ToolOutcome:
    """Correct the stock of a product in a store by hand, with a reason. For staff only.

    Args:
        sku: The SKU of the product.
        store: The code of the store.
        change: How much more (positive) or less (negative) there is than the system says.
        reason: Why: breakage, loss, found, theft, …
    """
    variant = await catalog.get_variant(ctx.work, sku)
    place = await catalog.get_store(ctx.work, store)
    delta = Decimal(str(change))
    line = await stock.adjust(ctx.work, place.id, variant.variant_id, delta, reason)
    facts = ctx.facts
    return ctx.done(
        "stock_adjusted",
        say(
            ctx,
            "stock_adjusted",
            product=facts.name(variant.name),
            store=facts.add(FactKind.STORE, place.code, place.name),
            quantity=facts.quantity(variant.name, line.quantity_after, variant.unit, kind=FactKind.STOCK),
        ),
        data={"sku": variant.sku, "store": place.code, "on_hand": str(line.quantity_after)},
    )
