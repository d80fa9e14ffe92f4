"""What members ask of the days ahead: what will be sold, and what somebody should look at."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from core import messages
from domain.alerts import service as alerts
from domain.alerts import words
from domain.alerts.permissions import AlertsPermission
from domain.alerts.schemas import AlertView
from domain.catalog import service as catalog
from domain.forecasts import service as forecasts
from domain.forecasts.errors import DemandUnknown, ForecastNotReady, PeriodNotAhead
from domain.forecasts.permissions import ForecastsPermission
from domain.forecasts.schemas import Accuracy, Outlook
from domain.forecasts.service import Scope
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import Words, tool
from tools.drawing import Foretold, expected_amount
from tools.figures import MOST_ROWS
from tools.naming import Named, named
from tools.outcome import FactKind, Measured, ToolOutcome
from tools.speech import say


class Ahead(StrEnum):
    """Periods ahead that people name; a week ends on Sunday."""

    TODAY = "today"
    TOMORROW = "tomorrow"
    THIS_WEEK = "this_week"
    NEXT_WEEK = "next_week"
    THIS_MONTH = "this_month"
    NEXT_MONTH = "next_month"
    NEXT_7_DAYS = "next_7_days"
    NEXT_30_DAYS = "next_30_days"

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day that are left of it, seen from a day."""
        sunday = today + timedelta(days=6 - today.weekday())
        month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        after = (month + timedelta(days=32)).replace(day=1)
        one = timedelta(days=1)
        return {
            Ahead.TODAY: (today, today),
            Ahead.TOMORROW: (today + one, today + one),
            Ahead.THIS_WEEK: (today, sunday),
            Ahead.NEXT_WEEK: (sunday + one, sunday + 7 * one),
            Ahead.THIS_MONTH: (today, month - one),
            Ahead.NEXT_MONTH: (month, after - one),
            Ahead.NEXT_7_DAYS: (today, today + 6 * one),
            Ahead.NEXT_30_DAYS: (today, today + 29 * one),
        }[self]


@tool(permission=ForecastsPermission.READ, audience=AudienceKind.MANAGER)
async def forecast_query(
    ctx: ToolContext,
    product: Words = "",
    store: Words = "",
    period: Ahead | None = None,
    since: date | None = None,
    until: date | None = None,
) -> ToolOutcome:
    """Tell what will probably be sold, with its interval: of one product, or of those that will sell most.

    Args:
        product: The product's name or SKU, where one was said.
        store: The store's name or code, where one was said.
        period: A period ahead that people name; without any, the next seven days.
        since: The first day, where days were said instead of a period.
        until: The last day, which counts as well.
    """
    given: dict[str, object] = {"period": period, "since": since and since.isoformat(), "until": until and until.isoformat()}
    meant = await named(ctx, "forecast_query", given, store, product)
    if isinstance(meant, ToolOutcome):
        return meant
    today = ctx.workspace.today(ctx.work.now)
    first, last = (since or today, until or since or today) if since or until else (period or Ahead.NEXT_7_DAYS).days(today)
    try:
        if meant.goods is None:
            return await _best(ctx, meant, max(first, today), last)
        scope = Scope((meant.goods.variant_id,), store_ids=meant.stores or None)
        found = await forecasts.outlook(ctx.work, scope, first, last)
    except (ForecastNotReady, DemandUnknown) as error:
        return ctx.refuse(error.code, messages.refusal(error, ctx.language))
    except PeriodNotAhead:
        return ctx.refuse("forecast_not_ahead", say(ctx, "forecast_not_ahead"))
    measured = _measured(ctx, meant, found.first, found.last, found)
    low, value, high = (
        figured(ctx, name, amount, meant.goods.unit, measured)
        for name, amount in (("low", found.total.low), ("value", found.total.value), ("high", found.total.high))
    )
    told = say(
        ctx,
        "forecast_told",
        product=ctx.facts.name(meant.goods.name),
        scope=_scope(ctx, meant, found.first, found.last),
        value=value,
        low=low,
        high=high,
        until=ctx.facts.day(found.data_until),
    )
    place = meant.store.name if meant.store is not None else ""
    kept = Foretold(product=meant.goods.name, store=place, unit=meant.goods.unit, outlook=found)
    accuracy = _accuracy(ctx, found.accuracy, measured)
    return ctx.done("forecast_told", told + accuracy, data={"foretold": kept.model_dump(mode="json")})


async def _best(ctx: ToolContext, meant: Named, first: date, last: date) -> ToolOutcome:
    """What will sell most; of all together there is no number, as pieces and kilos have no sum."""
    if last < first:
        raise PeriodNotAhead
    run = await forecasts.newest(ctx.work)
    is_all = not meant.stores and ctx.work.principal.stores is None
    found = await forecasts.best(ctx.work, first, last, store_ids=meant.stores or None, limit=MOST_ROWS)
    if not found:
        raise DemandUnknown
    goods = await catalog.variants(ctx.work, [one.variant_id for one in found if one.variant_id is not None])
    accuracy = next((one for one in run.accuracy if one.level == ("product" if is_all else "product_store")), None)
    rows = []
    for one in found:
        known = goods.get(one.variant_id) if one.variant_id is not None else None
        if known is None:
            continue
        measured = Measured(
            metric=say(ctx, "forecast_metric"),
            scope=ctx.facts.read(_scope(ctx, meant, first, last)),
            row=known.name,
            as_of=run.made_at,
        )
        low, value, high = (
            figured(ctx, f"{known.sku} {name}", amount, known.unit, measured)
            for name, amount in (("low", one.total.low), ("value", one.total.value), ("high", one.total.high))
        )
        rows.append(say(ctx, "forecast_row", product=ctx.facts.name(known.name), value=value, low=low, high=high))
    whole = Measured(
        metric=say(ctx, "forecast_metric"), scope=ctx.facts.read(_scope(ctx, meant, first, last)), as_of=run.made_at
    )
    told = say(
        ctx,
        "forecast_best",
        scope=_scope(ctx, meant, first, last),
        rows="\n".join(rows),
        until=ctx.facts.day(run.data_until),
    )
    return ctx.done("forecast_best", told + _accuracy(ctx, accuracy, whole))


def _measured(ctx: ToolContext, meant: Named, first: date, last: date, found: Outlook) -> Measured:
    assert meant.goods is not None, "of one product"
    scope = f"{meant.goods.name}, {_scope(ctx, meant, first, last)}"
    return Measured(metric=say(ctx, "forecast_metric"), scope=ctx.facts.read(scope), as_of=found.made_at)


def _scope(ctx: ToolContext, meant: Named, first: date, last: date) -> str:
    period = ctx.facts.day(first)
    if last != first:
        period = say(ctx, "from_to", first=period, last=ctx.facts.day(last))
    return f"{period}, {ctx.facts.label(meant.store.name)}" if meant.store is not None else period


def figured(ctx: ToolContext, name: str, amount: float, unit: str, measured: Measured) -> str:
    """An amount that is expected."""
    value = expected_amount(amount)
    shown = messages.quantity(value, unit, ctx.workspace.country, ctx.language)
    return ctx.facts.add(FactKind.FIGURE, f"forecast {name}", str(value), shown, unit=unit, measured=measured)


def _accuracy(ctx: ToolContext, accuracy: Accuracy | None, measured: Measured) -> str:
    """How good such numbers were, with level and period; that it is not known, where the past is too short."""
    if accuracy is None or accuracy.wape_week is None:
        return f" {say(ctx, 'forecast_unmeasured')}"
    share = messages.quantity(Decimal(round(accuracy.wape_week * 100)), "UN", ctx.workspace.country, ctx.language)
    error = ctx.facts.add(FactKind.FIGURE, "forecast error", str(accuracy.wape_week), f"{share} %", measured=measured)
    level = say(ctx, f"forecast_level.{accuracy.level}")
    first, last = ctx.facts.day(accuracy.first), ctx.facts.day(accuracy.last)
    return f" {say(ctx, 'forecast_accuracy', error=error, level=level, first=first, last=last)}"


@tool(permission=AlertsPermission.READ, audience=AudienceKind.MANAGER)
async def alerts_query(ctx: ToolContext, store: Words = "") -> ToolOutcome:
    """List what somebody should look at: what ran out or will, what sells oddly, what is missing, what waits too long.

    Args:
        store: The store's name or code, where one was said.
    """
    meant = await named(ctx, "alerts_query", {}, store, "")
    if isinstance(meant, ToolOutcome):
        return meant
    found, after = await alerts.list_alerts(ctx.work, store_id=meant.store.id if meant.store else None, limit=MOST_ROWS)
    as_of = ctx.facts.moment("as_of", ctx.work.now)
    if not found:
        return ctx.done("alerts_none", say(ctx, "alerts_none", as_of=as_of))
    goods = await catalog.variants(ctx.work, {one.variant_id for one in found if one.variant_id is not None})
    places = {one.id: one.name for one in await catalog.all_stores(ctx.work)}
    rows = [_alert(ctx, one, {id: known.name for id, known in goods.items()}, places) for one in found]
    if after is not None:
        rows.append(say(ctx, "figure_has_more"))
    return ctx.done("alerts_told", say(ctx, "alerts_told", rows="\n".join(rows), as_of=as_of))


def _alert(ctx: ToolContext, one: AlertView, goods: dict[UUID, str], places: dict[UUID, str]) -> str:
    name = goods.get(one.variant_id, "") if one.variant_id is not None else ""
    place = places.get(one.store_id, "") if one.store_id is not None else ""

    def write(kind: str, value: str, unit: str) -> str:
        match kind:
            case "money":
                return ctx.facts.money(FactKind.AMOUNT, name or str(one.kind), Decimal(value), unit)
            case "name":
                return ctx.facts.label(value)
            case _:
                return ctx.facts.quantity(f"{name} {kind}", Decimal(value), unit)

    product = ctx.facts.name(name) if name else ""
    told = words.said(one, product, ctx.facts.label(place) if place else "", ctx.workspace.currency, ctx.language, write)
    return f"• {told}"
