"""Catalogue tools: finding what is sold, and sending the list of it."""

from collections.abc import Sequence

from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import CategoryView, VariantView
from domain.catalog.words import read
from domain.connections.medium import TRAITS
from domain.conversations.content import Choices, Row, Section
from tools.context import Pending
from tools.definition import Sentence, Words, tool
from tools.facts import Facts
from tools.outcome import Deed, FactKind, Option, ToolOutcome
from tools.products import in_stock, meant, not_found, product_line, unit_price
from tools.serving import CustomerContext
from tools.speech import say

MOST_LISTED = 10
MOST_SENT = 30
"""More products than this are sent as a list of categories to choose from."""


@tool(permission=CatalogPermission.READ)
async def list_products(
    ctx: CustomerContext, query: Sentence | None = None, category: Words | None = None, limit: int = 5
) -> ToolOutcome:
    """Look up products on sale, with their prices and whether there is stock.

    Use it for every question about a product, a price or availability; never answer those from memory.

    Args:
        query: What the customer calls the product, in their own words, or an SKU. Leave out to list a category or all.
        category: Name of a category, to list what is in it.
        limit: How many products at most, from 1 to 10.
    """
    limit = max(1, min(limit, MOST_LISTED))
    if category is None and query and query.strip():
        return await _found(ctx, query, limit)
    page = await catalog.list_products(ctx.work, category, max(limit, MOST_LISTED if query else limit))
    if not page.items:
        key = "category_empty" if category else "catalog_empty"
        return ctx.refuse(key, note="Offer send_catalog to show what there is.")
    return await _shown(ctx, page.items, is_exact=False)


async def _found(ctx: CustomerContext, query: str, limit: int) -> ToolOutcome:
    """What the words name: a whole category, such as `bebidas`, or the products that fit them."""
    recognised = await catalog.recognise(ctx.work, query, with_categories=True)
    for category in () if recognised.sku else recognised.categories:
        page = await catalog.list_products(ctx.work, category, MOST_LISTED)
        if page.items:
            return await _shown(ctx, page.items, is_exact=False)
    found = await meant(ctx, query, recognised)
    marks, rest = _marks(query)
    if found.one is None and not found.several and marks and rest:
        found = await meant(ctx, rest)
    variants = [found.one] if found.one is not None else list(found.several[:limit])
    if not variants:
        return not_found(ctx, query)
    is_near = found.is_near or not any(marks <= {word.text for word in read(variant.name).words} for variant in variants)
    is_near = is_near and recognised.sku is None
    return await _shown(ctx, variants, is_exact=found.one is not None, is_near=is_near)


def _marks(query: str) -> tuple[set[str], str]:
    """The sizes and numbers of a query, which a product has or has not, and the query without them."""
    words = read(query).words
    marks = {word.text for word in words if word.is_exact}
    return marks, " ".join(word.text for word in words if word.text not in marks)


async def _shown(
    ctx: CustomerContext, variants: Sequence[VariantView], *, is_exact: bool, is_near: bool = False
) -> ToolOutcome:
    facts = ctx.facts
    stocked = await in_stock(ctx, [variant.variant_id for variant in variants])
    deeds = []
    options = []
    for variant in variants:
        deeds.append((Deed.AVAILABLE if stocked[variant.variant_id] else Deed.UNAVAILABLE, variant.name))
        price = unit_price(ctx, facts, variant)
        options.append(Option(sku=variant.sku, name=variant.name, detail=facts.read(price)))
    if len(variants) == 1:
        key = "product_found" if stocked[variants[0].variant_id] else "product_sold_out"
        key = "product_near" if is_near and key == "product_found" else key
        words = say(ctx, key, product=facts.name(variants[0].name), price=price)
    else:
        key = "products_found" if any(stocked.values()) else "products_sold_out"
        key = "products_near" if is_near and key == "products_found" else key
        lines = [product_line(ctx, facts, variant, available=stocked[variant.variant_id]) for variant in variants]
        words = say(ctx, key, lines="\n".join(lines))
    ctx.leave_open(Pending(kind="offered", tool="add_item_to_draft", options=options))
    return ctx.done(
        "products_found",
        words,
        deeds=deeds,
        options=options,
        note="" if is_exact else "These are candidates; use the SKU of the one the customer means.",
        data={"products": [_data(variant, stocked[variant.variant_id]) for variant in variants]},
    )


def _data(variant: VariantView, available: bool) -> dict[str, object]:
    return {
        "sku": variant.sku,
        "name": variant.name,
        "unit": variant.unit,
        "category": variant.category,
        "available": available,
    }


@tool(permission=CatalogPermission.READ)
async def send_catalog(ctx: CustomerContext, category: Words | None = None) -> ToolOutcome:
    """Send the customer a list of products with prices to tap on, or of categories if there are many products.

    Args:
        category: Name of a category, to send only what is in it.
    """
    page = await catalog.list_products(ctx.work, category, MOST_SENT)
    facts = ctx.facts
    if not page.items:
        key = "category_empty" if category else "catalog_empty"
        return ctx.refuse(key, note="Nothing was sent.")
    categories = await catalog.categories(ctx.work)
    if page.next_cursor is not None and not category and len(categories) > 1:
        return _send_categories(ctx, facts, categories)
    stocked = await in_stock(ctx, [variant.variant_id for variant in page.items])
    variants = [variant for variant in page.items if stocked[variant.variant_id]]
    if not variants:
        return ctx.refuse("all_sold_out", note="Nothing was sent.")
    sections: dict[str, list[Row]] = {}
    for variant in variants:
        sections.setdefault(variant.category or "", []).append(_row(ctx, facts, variant))
    ctx.staged.append(
        Choices(
            text=say(ctx, "catalog_body", shop=facts.add(FactKind.SHOP, "shop", ctx.workspace.name)),
            opener=say(ctx, "catalog_button"),
            sections=tuple(
                Section(title=facts.add(FactKind.CATEGORY, name, name) if name else None, rows=tuple(rows))
                for name, rows in sections.items()
            ),
            language=ctx.language,
        )
    )
    options = [Option(sku=variant.sku, name=variant.name) for variant in variants]
    ctx.leave_open(Pending(kind="offered", tool="add_item_to_draft", options=options))
    deeds = [(Deed.CATALOG_SENT, category or "all"), *((Deed.AVAILABLE, variant.name) for variant in variants)]
    return ctx.done(
        "catalog_sent", deeds=deeds, options=options, data={"products": len(variants), "more": page.next_cursor is not None}
    )


def _row(ctx: CustomerContext, facts: Facts, variant: VariantView) -> Row:
    name, price = facts.name(variant.name), unit_price(ctx, facts, variant)
    # A name that is cut in the row's title stands whole in its description.
    description = f"{name} · {price}" if len(variant.name) > TRAITS[ctx.medium].rows.title else price
    return Row(id=variant.sku, title=name, description=description)


def _category_row(ctx: CustomerContext, facts: Facts, category: CategoryView) -> Row:
    title = facts.add(FactKind.CATEGORY, category.name, category.name)
    number = facts.count(category.name, category.products)
    return Row(id=category.path, title=title, description=say(ctx, "category_size", count=category.products, number=number))


def _send_categories(ctx: CustomerContext, facts: Facts, categories: Sequence[CategoryView]) -> ToolOutcome:
    filled = [category for category in categories if category.products]
    ctx.staged.append(
        Choices(
            text=say(ctx, "categories_body", shop=facts.add(FactKind.SHOP, "shop", ctx.workspace.name)),
            opener=say(ctx, "categories_button"),
            sections=(Section(rows=tuple(_category_row(ctx, facts, category) for category in filled)),),
            language=ctx.language,
        )
    )
    return ctx.done(
        "categories_sent",
        deeds=[(Deed.CATALOG_SENT, "categories")],
        note="When the customer names a category, call send_catalog or list_products with it.",
        data={"categories": [category.name for category in filled]},
    )
