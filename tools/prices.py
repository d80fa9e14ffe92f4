"""Changing what a product costs, for members of the staff."""

from decimal import Decimal

from domain.catalog import pricing
from domain.catalog.permissions import CatalogPermission
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Amount, Words, tool
from tools.managing import Preview
from tools.outcome import FactKind, ToolOutcome
from tools.speech import say


async def _pricing(ctx: ToolContext, sku: str, price: float) -> Preview:
    """What the price is and would be, bound to the version of the product."""
    variant, version = await pricing.lock_price(ctx.work, sku)
    facts = ctx.facts
    words = say(
        ctx,
        "price_proposed",
        product=facts.name(variant.name),
        before=facts.money(FactKind.OLD_PRICE, variant.name, variant.price),
        after=facts.money(FactKind.PRICE, variant.name, Decimal(str(price))),
    )
    return Preview(words, {"variant": str(variant.variant_id), "price": str(variant.price), "version": str(version)})


@tool(permission=CatalogPermission.WRITE, writes=True, audience=AudienceKind.MANAGER, preview=_pricing)
async def set_price(ctx: ToolContext, sku: Words, price: Amount) -> ToolOutcome:
    """Change the price of a product from now on; orders that were confirmed keep theirs. For staff only.

    Args:
        sku: The SKU of the product.
        price: The new price, in the currency of the shop.
    """
    variant = await pricing.set_price(ctx.work, sku, Decimal(str(price)))
    facts = ctx.facts
    said = say(
        ctx, "price_changed", product=facts.name(variant.name), price=facts.money(FactKind.PRICE, variant.name, variant.price)
    )
    return ctx.done("price_changed", said, data={"sku": variant.sku, "price": str(variant.price)})
