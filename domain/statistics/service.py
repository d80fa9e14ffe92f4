"""Measuring: a metric of the catalogue for a period of the workspace's calendar, for whoever may see what it is made of."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.statistics import repository
from domain.statistics.catalogue import BY_NAME, METRICS, TIMES, Metric
from domain.statistics.permissions import StatisticsPermission
from domain.statistics.schemas import (
    Figure,
    Filters,
    Grain,
    GrainRefused,
    Kind,
    MetricUnknown,
    MetricView,
    Period,
    PeriodName,
    ProductMovements,
    Span,
    Value,
)
from domain.stock.kinds import MovementType
from domain.stock.permissions import StockPermission

MOST_PARTS = 2_000
"""A day each of five years; other parts are as many as are asked for."""


def metrics(work: Work) -> list[MetricView]:
    """What the caller can measure."""
    work.require(StatisticsPermission.READ)
    return [_view(metric) for metric in METRICS if work.principal.may(metric.permission)]


def metric(work: Work, name: str) -> MetricView:
    """One metric; raises MetricUnknown, and NotPermitted without the right to see what it is made of."""
    return _view(_permitted(work, name))


def _view(metric: Metric) -> MetricView:
    return MetricView(
        name=metric.name,
        kind=metric.kind,
        formula=metric.formula,
        time=metric.time,
        grains=list(metric.grains),
        by_store=metric.store is not None,
    )


def _permitted(work: Work, name: str) -> Metric:
    work.require(StatisticsPermission.READ)
    metric = BY_NAME.get(name)
    if metric is None:
        raise MetricUnknown(name=name[:60], known=", ".join(BY_NAME))
    work.require(metric.permission)
    return metric


async def period_of(work: Work, name: PeriodName) -> Period:
    """A period that people name, as it is now in the workspace."""
    return Period.named(name, await accounts.today(work))


async def measure(work: Work, name: str, period: Period, filters: Filters | None = None) -> Figure:
    """What a metric came to in a period; the period does not matter to what stands now.

    Of the stores that are asked for only those count in which the caller works. Raises MetricUnknown, GrainRefused for a
    grain or a limit to stores or a product that the metric does not have, and NotPermitted.
    """
    filters = filters or Filters()
    metric = _permitted(work, name)
    grain = filters.grain or metric.grain
    if grain is not None and grain not in metric.grains:
        raise GrainRefused(metric=metric.name, grain=grain, known=", ".join(metric.grains) or "-")
    if filters.stores and metric.store is None:
        raise GrainRefused(metric=metric.name, grain=Grain.STORE, known=", ".join(metric.grains) or "-")
    if filters.product is not None and Grain.PRODUCT not in metric.grains:
        raise GrainRefused(metric=metric.name, grain=Grain.PRODUCT, known=", ".join(metric.grains) or "-")
    workspace = await accounts.get_workspace(work)
    since, until = _bounds(period, workspace.zone)
    stores = _stores(work, filters) if metric.store is not None else ()
    rows = await repository.measured(
        work,
        metric,
        grain,
        since=since,
        until=until,
        timezone=workspace.timezone,
        stores=stores,
        product=filters.product,
        limit=MOST_PARTS if grain in TIMES or grain is None else filters.limit,
    )
    values = [Value(key=row.key, label=row.label, unit=row.unit, value=row.value) for row in rows]
    return Figure(
        metric=metric.name,
        kind=metric.kind,
        period=Span(first=period.first, last=period.last, timezone=workspace.timezone) if metric.has_period else None,
        as_of=work.now,
        grain=grain,
        stores=sorted(stores) or None,
        values=list(_complete(metric, grain, period, values, workspace)),
    )


async def movements(
    work: Work, type: MovementType, period: Period, stores: tuple[UUID, ...] = (), limit: int = 100
) -> list[ProductMovements]:
    """What moved of each active product in one way, the most first; products that did not move are not there."""
    work.require(StatisticsPermission.READ)
    work.require(StockPermission.READ)
    since, until = _bounds(period, (await accounts.get_workspace(work)).zone)
    rows = await repository.by_product(work, type, since, until, _stores(work, Filters(stores=stores)), limit)
    return [ProductMovements.model_validate(row._mapping) for row in rows]


def _stores(work: Work, filters: Filters) -> tuple[UUID, ...]:
    """The stores to be counted, none for all; who works in some sees these alone, and of others nothing."""
    return filters.stores or tuple(work.principal.stores or ())


def _bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a period, and the first one behind it."""
    end = period.last + timedelta(days=1)
    return datetime.combine(period.first, time(), zone), datetime.combine(end, time(), zone)


def _complete(
    metric: Metric, grain: Grain | None, period: Period, values: list[Value], workspace: WorkspaceView
) -> Iterator[Value]:
    """The parts of a figure with those in which nothing happened: every day has its place, and nothing at all is zero."""
    nothing = Decimal(0) if metric.zero else None
    unit = values[0].unit if values else _usual_unit(metric, workspace)
    if grain is None:
        yield from values or [Value(value=nothing, unit=unit)]
        return
    if grain not in TIMES:
        yield from values
        return
    found: dict[str | None, list[Value]] = {}
    for value in values:
        found.setdefault(value.key, []).append(value)
    for day in _days(period, grain):
        yield from found.get(day.isoformat()) or [Value(key=day.isoformat(), value=nothing, unit=unit)]


def _usual_unit(metric: Metric, workspace: WorkspaceView) -> str:
    if metric.unit.startswith("'"):
        return metric.unit.strip("'")
    return workspace.currency if metric.kind is Kind.MONEY else ""


def _days(period: Period, grain: Grain) -> Iterator[date]:
    """The first days of the days, weeks or months of a period."""
    day = period.first
    if grain is Grain.WEEK:
        day -= timedelta(days=day.weekday())
    elif grain is Grain.MONTH:
        day = day.replace(day=1)
    while day <= period.last:
        yield day
        if grain is Grain.MONTH:
            day = (day + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if grain is Grain.WEEK else 1)
