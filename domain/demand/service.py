"""Demand: what was sold of a variant in a store, day by day, and which of these days say what was wanted."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from core.errors import Invalid
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.demand import repository
from domain.demand.bulk import bulk_days
from domain.demand.models import DemandDay
from domain.demand.permissions import DemandPermission
from domain.demand.schemas import DemandDayView, DemandSeries

LONGEST_DAYS = 5 * 366
_NOTHING = Decimal(0)


class DemandPeriodRefused(Invalid):
    """The period ends before it begins, or is longer than five years."""

    code = "demand_period_refused"


async def series(work: Work, store_id: UUID, variant_id: UUID, first: date, last: date) -> DemandSeries:
    """Every day of a variant in a store between two days; raises DemandPeriodRefused, StoreNotFound and
    ProductNotFound.
    """
    work.require(DemandPermission.READ)
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise DemandPeriodRefused(first=first, last=last)
    store = await catalog.get_store_by_id(work, store_id)
    variant = (await catalog.variants(work, [variant_id])).get(variant_id)
    if variant is None:
        raise ProductNotFound(sku=variant_id)
    rows = await repository.days_of(work, store.id, variant_id, last)
    days = [day for day in _days(rows, last) if day.day >= first]
    return DemandSeries(store_id=store.id, variant_id=variant_id, unit=variant.unit, first=first, last=last, days=days)


def _days(rows: Sequence[DemandDay], last: date) -> Iterator[DemandDayView]:
    """The days from the first row to the last day, those without a row among them."""
    bulk = bulk_days([float(row.largest) for row in rows])
    is_empty = False
    day = rows[0].day if rows else last + timedelta(days=1)
    for row, is_bulk in zip(rows, bulk, strict=True):
        while day < row.day:
            yield _quiet(day, is_empty)
            day += timedelta(days=1)
        yield DemandDayView(
            day=day,
            demand=max(row.sold - row.returned, _NOTHING),
            sold=row.sold,
            returned=row.returned,
            price=row.price,
            is_censored=row.was_empty or is_empty,
            is_bulk=is_bulk,
        )
        is_empty = is_empty if row.is_empty_after is None else row.is_empty_after
        day += timedelta(days=1)
    while day <= last:
        yield _quiet(day, is_empty)
        day += timedelta(days=1)


def _quiet(day: date, is_empty: bool) -> DemandDayView:
    return DemandDayView(
        day=day, demand=_NOTHING, sold=_NOTHING, returned=_NOTHING, price=None, is_censored=is_empty, is_bulk=False
    )
