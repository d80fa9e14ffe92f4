"""What members of the staff ask of the shelves: how much there is and where, what moved, and what is low."""

from typing import Literal
from uuid import UUID

from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.stock import service as stock
from domain.stock.permissions import StockPermission
from tools.audience import AudienceKind
from tools.context import Pending, ToolContext
from tools.definition import Words, tool
from tools.figures import MOST_ROWS
from tools.naming import Named, named
from tools.outcome import FactKind, ToolOutcome
from tools.speech import say


@tool(permission=StockPermission.READ, audience=AudienceKind.MANAGER)
async def inventory_query(
    ctx: ToolContext, what: Literal["levels", "movements", "low"] = "levels", product: Words = "", store: Words = ""
) -> ToolOutcome:
    """Look at the stock: how much of a product there is in each store, its last movements, or what is below its minimum.

    Args:
        what: `levels` of a product, its `movements` (or those of a store), or what is `low`.
        product: The product's name or SKU.
        store: The store's name or code, where one was said.
    """
    if what == "levels" and not product.strip():
        point = Pending(
            kind="product_of", tool="inventory_query", arguments={"what": what, **({"store": store} if store else {})}
        )
        return ctx.ask("inventory_of_what", about=point)
    meant = await named(ctx, "inventory_query", {"what": what}, store, product)
    if isinstance(meant, ToolOutcome):
        return meant
    names = {one.id: one.name for one in await catalog.all_stores(ctx.work)}
    match what:
        case "levels":
            assert meant.goods is not None, "asked for above"
            rows = await _levels(ctx, meant, meant.goods, names)
        case "movements":
            rows = await _movements(ctx, meant, names)
        case "low":
            rows = await _low(ctx, meant, names)
    title = _title(ctx, meant)
    as_of = ctx.facts.moment("as_of", ctx.work.now)
    if not rows:
        return ctx.done(f"inventory_no_{what}", say(ctx, f"inventory_no_{what}", scope=title, as_of=as_of))
    told = say(ctx, f"inventory_{what}", scope=title, rows="\n".join(rows), as_of=as_of)
    return ctx.done(f"inventory_{what}", told)


def _title(ctx: ToolContext, meant: Named) -> str:
    parts = [ctx.facts.name(meant.goods.name)] if meant.goods is not None else []
    parts += [ctx.facts.label(meant.store.name)] if meant.store is not None else []
    return f" ({', '.join(parts)})" if parts else ""


async def _levels(ctx: ToolContext, meant: Named, goods: VariantView, names: dict[UUID, str]) -> list[str]:
    rows = []
    for level in await stock.levels(ctx.work, goods.variant_id):
        if meant.store is not None and level.store_id != meant.store.id:
            continue
        place = names.get(level.store_id, "")
        of = f"{goods.name}, {place}"
        rows.append(
            say(
                ctx,
                "inventory_level",
                store=ctx.facts.label(place),
                on_hand=ctx.facts.quantity(of, level.on_hand, goods.unit, kind=FactKind.STOCK),
                held=ctx.facts.quantity(f"{of}, held", level.held, goods.unit),
                available=ctx.facts.quantity(f"{of}, available", level.available, goods.unit),
                minimum=ctx.facts.quantity(f"{of}, minimum", level.min_stock, goods.unit),
            )
        )
    return rows


async def _movements(ctx: ToolContext, meant: Named, names: dict[UUID, str]) -> list[str]:
    moved = await stock.movements(
        ctx.work,
        variant_id=meant.goods.variant_id if meant.goods is not None else None,
        store_id=meant.store.id if meant.store is not None else None,
        limit=MOST_ROWS,
    )
    goods = await catalog.variants(ctx.work, {one.variant_id for one in moved})
    return [
        say(
            ctx,
            "inventory_movement",
            at=ctx.facts.moment("movement", one.occurred_at),
            kind=say(ctx, f"movement.{one.type}"),
            product=ctx.facts.name(goods[one.variant_id].name),
            change=ctx.facts.quantity(f"movement {one.sequence}", one.delta, goods[one.variant_id].unit),
            left=ctx.facts.quantity(f"after {one.sequence}", one.quantity_after, goods[one.variant_id].unit),
            store=ctx.facts.label(names.get(one.store_id, "")),
        )
        for one in moved
        if one.variant_id in goods
    ]


async def _low(ctx: ToolContext, meant: Named, names: dict[UUID, str]) -> list[str]:
    low = await stock.low_stock(ctx.work, meant.store.id if meant.store is not None else None)
    if meant.goods is not None:
        low = [level for level in low if level.variant_id == meant.goods.variant_id]
    goods = await catalog.variants(ctx.work, {level.variant_id for level in low[:MOST_ROWS]})
    rows = []
    for level in low[:MOST_ROWS]:
        if (one := goods.get(level.variant_id)) is None:
            continue
        place = names.get(level.store_id, "")
        of = f"{one.name}, {place}"
        available = ctx.facts.quantity(f"{of}, available", level.available, one.unit)
        minimum = ctx.facts.quantity(f"{of}, minimum", level.min_stock, one.unit)
        product, store = ctx.facts.name(one.name), ctx.facts.label(place)
        rows.append(say(ctx, "inventory_low_level", product=product, store=store, available=available, minimum=minimum))
    if len(low) > MOST_ROWS:
        rows.append(say(ctx, "rows_of_all", shown=ctx.facts.count("shown", len(rows)), all=ctx.facts.count("low", len(low))))
    return rows
