"""Statistics: the shop's figures, each with its unit, its period and the moment up to which it counts."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field

from app.web.api.callers import may
from app.web.api.routing import noun
from core import messages
from core.access import Principal
from core.work import Work, open_work
from domain.statistics import service as statistics
from domain.statistics.permissions import StatisticsPermission
from domain.statistics.schemas import (
    Figure,
    Filters,
    Grain,
    MetricView,
    Period,
    PeriodName,
    PeriodRefused,
    ProductMovements,
)
from domain.stock.kinds import MovementType

router = noun("statistics")

Reader = Annotated[Principal, may(StatisticsPermission.READ)]
Named = Annotated[PeriodName | None, Query(description="A period that people name; else `since` and `until`.")]
Since = Annotated[date | None, Query(description="The first day, in the workspace's calendar.")]
Until = Annotated[date | None, Query(description="The last day; it counts as well.")]
Stores = Annotated[list[UUID] | None, Query(max_length=100, description="Only these stores.")]


class TitledMetric(MetricView):
    """A metric with its name for people, in the language of whoever asks."""

    title: str


class Metrics(BaseModel):
    """What can be measured."""

    data: list[TitledMetric]


class Figures(BaseModel):
    """What was measured, in the order in which it was asked for."""

    data: list[Figure]


class Movements(BaseModel):
    """What moved, by product."""

    period: tuple[date, date] = Field(description="The first and the last day, both included.")
    data: list[ProductMovements]


async def period_of(work: Work, named: PeriodName | None, since: date | None, until: date | None) -> Period:
    """The period that a request means: a named one, or days; without any, the last thirty days."""
    if named is not None and (since or until):
        raise PeriodRefused(first=since or "-", last=until or "-")
    usual = await statistics.period_of(work, named or PeriodName.LAST_30_DAYS)
    if named is not None or (since is None and until is None):
        return usual
    return Period(since or min(usual.first, until or usual.first), until or max(usual.last, since or usual.last))


@router.get("/statistics/metrics")
async def list_metrics(caller: Reader, request: Request) -> Metrics:
    """List what the caller can measure, with its formula, and how it can be split."""
    language = messages.choose_language(request.headers.get("accept-language"))
    async with open_work(caller) as work:
        found = statistics.metrics(work)
    titled = [TitledMetric(title=messages.text(f"statistics.{one.name}", language), **one.model_dump()) for one in found]
    return Metrics(data=titled)


@router.get("/statistics")
async def get(
    caller: Reader,
    metric: Annotated[list[str], Query(min_length=1, max_length=20, description="Names of `GET /statistics/metrics`.")],
    period: Named = None,
    since: Since = None,
    until: Until = None,
    store_id: Stores = None,
    grain: Annotated[Grain | None, Query(description="What each figure is split by.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many stores, products … at most.")] = 100,
) -> Figures:
    """Measure some metrics for a period of the workspace's calendar."""
    filters = Filters(tuple(store_id or ()), grain, limit)
    async with open_work(caller) as work:
        wanted = await period_of(work, period, since, until)
        return Figures(data=[await statistics.measure(work, name, wanted, filters) for name in metric])


@router.get("/statistics/products")
async def list_products(
    caller: Reader,
    type: MovementType,
    period: Named = None,
    since: Since = None,
    until: Until = None,
    store_id: Stores = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Movements:
    """Add up what was sold, bought, counted … of each active product, the most first."""
    async with open_work(caller) as work:
        wanted = await period_of(work, period, since, until)
        data = await statistics.movements(work, type, wanted, tuple(store_id or ()), limit)
    return Movements(period=(wanted.first, wanted.last), data=data)
