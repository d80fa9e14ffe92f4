"""Figures for members of the staff: a metric of the catalogue, said with its period, its filters and the date of its data."""

from datetime import date

from core import messages
from domain.catalog import service as catalog
from domain.statistics import service as statistics
from domain.statistics.catalogue import TIMES
from domain.statistics.permissions import StatisticsPermission
from domain.statistics.schemas import Figure, Filters, Grain, Kind, MetricView, Period, PeriodName, Value
from tools.audience import AudienceKind
from tools.context import Pending, ToolContext
from tools.definition import Words, tool
from tools.drawing import written
from tools.naming import Named, named
from tools.outcome import FactKind, Measured, ToolOutcome
from tools.speech import listed, say

MOST_ROWS = 10
MOST_DAYS = 31

PERIOD_OF = "period_of"
"""The open point of a figure that waits for its period."""


@tool(permission=StatisticsPermission.READ, audience=AudienceKind.MANAGER)
async def metrics_query(
    ctx: ToolContext,
    metric: Words,
    period: PeriodName | None = None,
    since: date | None = None,
    until: date | None = None,
    store: Words = "",
    product: Words = "",
    split: Grain | None = None,
) -> ToolOutcome:
    """Measure one metric of the shop's catalogue. There are no other figures: nothing is computed from them.

    Args:
        metric: The name of a metric, as what_can_be_asked lists them.
        period: A period that people name. Leave it out for what stands now, and where they did not say any.
        since: The first day, where days were said instead of a period.
        until: The last day, which counts as well.
        store: The store's name or code, where one was said.
        product: The product's name or SKU, where one was said.
        split: By what the figure is split, where that was asked for.
    """
    about = statistics.metric(ctx.work, metric)
    title = messages.text(f"statistics.{about.name}", ctx.language)
    given: dict[str, object] = {"metric": metric, "period": period, "since": since and since.isoformat()}
    given |= {"until": until and until.isoformat(), "split": split}
    span = await _span(ctx, about, title, {**given, "store": store, "product": product}, period, since, until)
    if isinstance(span, ToolOutcome):
        return span
    meant = await named(ctx, "metrics_query", given, store, product)
    if isinstance(meant, ToolOutcome):
        return meant
    if meant.store is not None and not about.by_store:
        return ctx.refuse("figure_of_no_store", say(ctx, "figure_of_no_store", metric=title))
    if meant.goods is not None and not about.by_product:
        return ctx.refuse("figure_of_no_product", say(ctx, "figure_of_no_product", metric=title))
    goods = meant.goods.product_id if meant.goods is not None else None
    filters = Filters(stores=meant.stores, grain=split, limit=MOST_ROWS + 1, product=goods)
    figure = await statistics.measure(ctx.work, about.name, span, filters)
    return ctx.done("figure", await _told(ctx, title, figure, meant), data={"figure": figure.model_dump(mode="json")})


@tool(permission=StatisticsPermission.READ, audience=AudienceKind.MANAGER)
async def what_can_be_asked(ctx: ToolContext) -> ToolOutcome:
    """List everything that can be asked in this chat: the metrics, each with its name and formula, and the other questions."""
    known = statistics.metrics(ctx.work)
    titles = [messages.text(f"statistics.{one.name}", ctx.language) for one in known]
    note = "; ".join(f"{one.name}: {one.formula}" for one in known)
    lines = "\n".join(f"• {title}" for title in titles)
    return ctx.done("what_can_be_asked", say(ctx, "what_can_be_asked", metrics=lines), note=note)


async def _span(
    ctx: ToolContext,
    about: MetricView,
    title: str,
    given: dict[str, object],
    period: PeriodName | None,
    since: date | None,
    until: date | None,
) -> Period | ToolOutcome:
    """The days that are meant. A figure of no period is asked for one, and what stands now has no past."""
    today = await statistics.period_of(ctx.work, PeriodName.TODAY)
    if about.time is None:
        is_now = since is None and until is None and period in (None, PeriodName.TODAY)
        return today if is_now else ctx.refuse("figure_now_only", say(ctx, "figure_now_only", metric=title))
    if period is not None:
        return await statistics.period_of(ctx.work, period)
    if since is None:
        said = {name: value for name, value in given.items() if value not in (None, "")}
        point = Pending(kind=PERIOD_OF, tool="metrics_query", arguments=said)
        return ctx.ask("figure_of_when", say(ctx, "figure_of_when", metric=title), about=point)
    if since > today.last:
        return ctx.refuse("figure_of_future", say(ctx, "figure_of_future", metric=title))
    return Period(since, until or today.last)


async def _told(ctx: ToolContext, title: str, figure: Figure, meant: Named) -> str:
    """The whole answer: what was measured, of what, up to when, and the number or the table."""
    scope = [_period(ctx, figure)] if figure.period is not None else []
    scope += [ctx.facts.label(name) for name in await _stores(ctx, figure)]
    scope += [ctx.facts.name(meant.goods.product_name)] if meant.goods is not None else []
    of = f" ({', '.join(scope)})" if scope else ""
    measured = Measured(metric=title, scope=ctx.facts.read(", ".join(scope)), as_of=figure.as_of)
    as_of = ctx.facts.moment("as_of", figure.as_of)
    most = MOST_DAYS if figure.grain in TIMES else MOST_ROWS
    if not figure.values:
        return say(ctx, "figure_of_nothing", metric=title, scope=of, as_of=as_of)
    if figure.grain is None:
        return say(ctx, "figure", metric=title, scope=of, value=_values(ctx, figure, measured), as_of=as_of)
    rows = [_row(ctx, figure, value, measured) for value in figure.values[:most]]
    if len(figure.values) > most:
        rows.append(say(ctx, "figure_has_more"))
    return say(ctx, "figure_table", metric=title, scope=of, rows="\n".join(rows), as_of=as_of)


def _period(ctx: ToolContext, figure: Figure) -> str:
    assert figure.period is not None, "asked for figures of a period only"
    first, last = ctx.facts.day(figure.period.first), ctx.facts.day(figure.period.last)
    return first if first == last else say(ctx, "from_to", first=first, last=last)


async def _stores(ctx: ToolContext, figure: Figure) -> list[str]:
    names = {one.id: one.name for one in await catalog.all_stores(ctx.work)} if figure.stores else {}
    return [names[id] for id in figure.stores or () if id in names]


def _values(ctx: ToolContext, figure: Figure, measured: Measured) -> str:
    """The one number, or one in each currency."""
    return listed(ctx, [_value(ctx, figure, value, measured) for value in figure.values])


def _row(ctx: ToolContext, figure: Figure, value: Value, measured: Measured) -> str:
    label = _label(ctx, figure, value)
    named = measured.model_copy(update={"row": ctx.facts.read(label)})
    return f"• {label}: {_value(ctx, figure, value, named)}"


def _label(ctx: ToolContext, figure: Figure, value: Value) -> str:
    if figure.grain in TIMES and value.key is not None:
        return ctx.facts.day(date.fromisoformat(value.key))
    name = value.label or value.key
    return ctx.facts.label(name) if name else say(ctx, "figure_of_none")


def _value(ctx: ToolContext, figure: Figure, value: Value, measured: Measured) -> str:
    """One number as people read it; where there is nothing to take an average of, that is said."""
    if value.value is None:
        return say(ctx, "figure_without_data")
    shown = written(figure.kind, value.value, value.unit, ctx.workspace, ctx.language)
    subject = f"{figure.metric} {value.key or ''}".strip()
    currency = value.unit if figure.kind is Kind.MONEY else None
    told = str(value.value)
    return ctx.facts.add(FactKind.FIGURE, subject, told, shown, currency=currency, unit=value.unit, measured=measured)
