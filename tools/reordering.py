"""What members ask of ordering again: what, how much and why; and for a day, whether it can be there in time."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core import messages
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.forecasts import service as forecasts
from domain.forecasts.errors import DemandUnknown, ForecastNotReady, PeriodNotAhead
from domain.replenishment import ahead
from domain.replenishment import service as replenishment
from domain.replenishment.errors import LevelsUnknown
from domain.replenishment.permissions import ReplenishmentPermission
from domain.replenishment.schemas import Needed, ProposalView
from domain.suppliers import service as suppliers
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Words, tool
from tools.figures import MOST_ROWS
from tools.foretelling import figured
from tools.naming import Named, named
from tools.outcome import FactKind, Measured, ToolOutcome
from tools.speech import say


@tool(permission=ReplenishmentPermission.READ, audience=AudienceKind.MANAGER)
async def replenishment_query(ctx: ToolContext, product: Words = "", store: Words = "", by: date | None = None) -> ToolOutcome:
    """Tell what should be ordered of suppliers or fetched from other stores, how much and why.

    Args:
        product: The product's name or SKU, where one was said.
        store: The store that needs it, where one was said.
        by: The day for which it is needed, where one was said; of a week or a month its last day.
    """
    meant = await named(ctx, "replenishment_query", {"by": by and by.isoformat()}, store, product)
    if isinstance(meant, ToolOutcome):
        return meant
    if by is not None:
        return await _for_day(ctx, meant, by)
    found, after = await replenishment.list_proposals(
        ctx.work,
        store_id=meant.store.id if meant.store is not None else None,
        variant_ids=[meant.goods.variant_id] if meant.goods is not None else None,
        limit=MOST_ROWS,
    )
    as_of = ctx.facts.moment("as_of", max((one.planned_at for one in found), default=ctx.work.now))
    if not found:
        return ctx.done("replenishment_none", say(ctx, "replenishment_none", as_of=as_of))
    goods = await catalog.variants(ctx.work, {one.variant_id for one in found})
    names = await _names(ctx, {one.supplier_id for one in found if one.supplier_id is not None})
    rows = [_proposal(ctx, one, goods[one.variant_id], names) for one in found]
    if after is not None:
        rows.append(say(ctx, "figure_has_more"))
    return ctx.done("replenishment_told", say(ctx, "replenishment_told", rows="\n".join(rows), as_of=as_of))


async def _names(ctx: ToolContext, supplier_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of all stores and of some suppliers."""
    places = {one.id: one.name for one in await catalog.all_stores(ctx.work)}
    return places | {id: one.name for id, one in (await suppliers.views(ctx.work, supplier_ids)).items()}


def _proposal(ctx: ToolContext, one: ProposalView, goods: VariantView, names: Mapping[UUID, str]) -> str:
    fields = {
        each: ctx.facts.quantity(f"{goods.name} {each}", Decimal(str(one.why[each])), goods.unit)
        for each in ("on_hand", "held", "incoming", "expected", "level")
    }
    key = "replenishment_row" if one.supplier_id is not None else "replenishment_move"
    return messages.filled(say(ctx, key), fields | _what(ctx, one, goods, names))


def _what(ctx: ToolContext, one: ProposalView, goods: VariantView, names: Mapping[UUID, str]) -> dict[str, str]:
    """What is proposed, for whom, of whom and at what cost."""
    source = one.supplier_id or one.from_store_id
    assert source is not None, "every proposal has one source"
    return {
        "product": ctx.facts.name(goods.name),
        "quantity": ctx.facts.quantity(goods.name, one.quantity, goods.unit),
        "store": ctx.facts.label(names.get(one.store_id, "")),
        "source": ctx.facts.label(names.get(source, "")),
        "cost": f", {ctx.facts.money(FactKind.LINE_TOTAL, goods.name, one.cost)}" if one.cost is not None else "",
    }


async def _for_day(ctx: ToolContext, meant: Named, day: date) -> ToolOutcome:
    """What is to be ordered for a day, with the last day for an order and when the goods are there."""
    try:
        found = await ahead.needed_for(
            ctx.work,
            day,
            meant.store.id if meant.store is not None else None,
            meant.goods.variant_id if meant.goods is not None else None,
        )
    except (ForecastNotReady, DemandUnknown, LevelsUnknown) as error:
        return ctx.refuse(error.code, messages.refusal(error, ctx.language))
    except PeriodNotAhead:
        return ctx.refuse("needed_not_ahead", say(ctx, "needed_not_ahead"))
    run = await forecasts.newest(ctx.work)
    on, until = ctx.facts.day(day), ctx.facts.day(run.data_until)
    if not found:
        return ctx.done("needed_none", say(ctx, "needed_none", day=on, until=until))
    shown = found[:MOST_ROWS]
    goods = await catalog.variants(ctx.work, {one.variant_id for one in shown})
    named_so = await _names(ctx, {one.delivery.supplier_id for one in shown if one.delivery is not None})
    groups: dict[str, list[str]] = {}
    for one in shown:
        # What comes of one supplier comes on one day, which is said once.
        head = _head(ctx, one, named_so, day)
        groups.setdefault(head, []).append(_needed(ctx, one, goods[one.variant_id], named_so, day, run.made_at))
    rows = [line for head, lines in groups.items() for line in (head, *lines)]
    if len(found) > MOST_ROWS:
        rows.append(say(ctx, "figure_has_more"))
    return ctx.done("needed_told", say(ctx, "needed_told", rows="\n".join(rows), day=on, until=until))


def _needed(ctx: ToolContext, one: Needed, goods: VariantView, names: Mapping[UUID, str], day: date, made_at: datetime) -> str:
    """One product in one store: what to order, what there is, and what will be sold."""
    place = names.get(one.store_id, "")
    until = say(ctx, "needed_until", day=ctx.facts.day(day), store=ctx.facts.label(place))
    measured = Measured(metric=say(ctx, "forecast_metric"), scope=ctx.facts.read(until), row=goods.name, as_of=made_at)
    expected = {
        name: figured(ctx, f"{goods.sku} {place} {name}", amount, goods.unit, measured)
        for name, amount in (("low", one.expected.low), ("expected", one.expected.value), ("high", one.expected.high))
    }
    there = {
        name: ctx.facts.quantity(f"{goods.name} {name}", amount, goods.unit)
        for name, amount in (("free", one.free), ("coming", one.coming), ("late", one.late), ("short", one.short))
    }
    product, store = ctx.facts.name(goods.name), ctx.facts.label(place)
    if one.proposal is None:
        parts = [say(ctx, "needed_short", product=product, store=store, short=there["short"])]
    else:
        key = "needed_order" if one.proposal.supplier_id is not None else "needed_move"
        parts = [messages.filled(say(ctx, key), _what(ctx, one.proposal, goods, names))]
    parts.append(messages.filled(say(ctx, "needed_stock"), there | expected))
    if one.late_on is not None:
        parts.append(say(ctx, "needed_late", late=there["late"], on=ctx.facts.day(one.late_on)))
    return " ".join(parts)


def _head(ctx: ToolContext, one: Needed, names: Mapping[UUID, str], day: date) -> str:
    """When it has to be ordered to be there by the day, or that it cannot be, and how long what is proposed lasts."""
    if one.proposal is not None and one.proposal.supplier_id is None:
        return say(ctx, "needed_between")
    if one.delivery is None:
        return say(ctx, "needed_of_nobody")
    source = ctx.facts.label(names.get(one.delivery.supplier_id, ""))
    order_on, arrives = ctx.facts.day(one.delivery.order_on), ctx.facts.day(one.delivery.arrives)
    if one.delivery.order_by is None:
        when = say(ctx, "needed_too_late", order_on=order_on, arrives=arrives, source=source)
    else:
        when = say(ctx, "needed_in_time", order_by=ctx.facts.day(one.delivery.order_by), source=source)
    key = "needed_covers" if one.delivery.covers_until >= day else "needed_covers_less"
    lasts = say(ctx, key, covers_until=ctx.facts.day(one.delivery.covers_until), order_on=order_on)
    return f"{when} {lasts}"
