"""Forecasts: what will probably be sold of something in a period, read from the newest run.

The table is the cache: a number belongs to a run, the run to a position of the event stream (`data_version`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from core.access import Principal
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.forecasts import repository
from domain.forecasts.errors import DemandUnknown, ForecastNotReady, PeriodNotAhead, RunNotFound, SalesNotImported
from domain.forecasts.intervals import Curve, Number, added
from domain.forecasts.kinds import Level
from domain.forecasts.models import Forecast, ForecastRun
from domain.forecasts.permissions import ForecastsPermission
from domain.forecasts.schemas import (
    Accuracy,
    DayAhead,
    ForecastView,
    Interval,
    Outlook,
    Prediction,
    ProductNamed,
    RunView,
)
from domain.imports import looking as imports
from domain.imports.kinds import ImportStatus
from domain.imports.sheets.headings import FileType
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.schemas import Asked

LONGEST_DAYS = 365
MOST_ITEMS = 100
_MEASURED_AT = {
    Level.VARIANT_STORE: "product_store",
    Level.VARIANT: "product",
    Level.CATEGORY: "product",
    Level.STORE: "store",
    Level.TOTAL: "total",
}
"""The level at which forecasts of a level were measured, or the next finer one."""

_OF_ONE_STORE = frozenset({Level.VARIANT_STORE, Level.STORE})
"""The levels that add nothing up over stores."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about: a product, or the products of some categories, or all; in some stores, or in all."""

    variant_ids: tuple[UUID, ...] | None = None
    category_id: UUID | None = None
    store_ids: tuple[UUID, ...] | None = None


async def predict(work: Work, product: str, days_ahead: int, store_id: UUID | None = None) -> Prediction:
    """What will probably be sold of a product, by its id, code or SKU, from today on; raises ProductNotFound,
    ForecastNotReady and DemandUnknown.
    """
    work.require(ForecastsPermission.READ)
    meant = await _product(work, product)
    variants = tuple(await repository.variants_of(work, meant.id, ()))
    stores = None if store_id is None else ((await catalog.get_store_by_id(work, store_id)).id,)
    first = await accounts.today(work)
    said = await outlook(work, Scope(variants, store_ids=stores), first, first + timedelta(days=days_ahead - 1))
    return Prediction(
        product=ProductNamed(id=meant.id, code=meant.code, name=meant.name),
        unit=meant.unit,
        days_ahead=days_ahead,
        prediction=said,
        generated_at=said.made_at,
    )


async def _product(work: Work, said: str) -> Any:
    found = await repository.product(work, said)
    if found is None:
        raise ProductNotFound(sku=said[:100])
    return found


async def outlook(work: Work, scope: Scope, first: date, last: date) -> Outlook:
    """What will probably be sold between two days; of a period that has begun, from today on.

    Whoever works in some stores sees theirs alone. Raises PeriodNotAhead, ForecastNotReady and DemandUnknown.
    """
    work.require(ForecastsPermission.READ)
    today = await accounts.today(work)
    first = max(first, today)
    if last < first or (last - today).days >= LONGEST_DAYS:
        raise PeriodNotAhead(first=first, last=last)
    run = await _run(work)
    level, rows = await _rows(work, scope)
    if not rows:
        raise DemandUnknown
    curves = [_curve(row) for row in rows]
    begin, end = (first - run.first_day).days, (last - run.first_day).days
    total = added([curve.between(begin, end) for curve in curves])
    days = [
        DayAhead(date=run.first_day + timedelta(days=at), **_rounded(added([curve.between(at, at) for curve in curves])))
        for at in range(begin, end + 1)
    ]
    return Outlook(
        level=level,
        first=first,
        last=last,
        total=Interval(**_rounded(total)),
        basis=total.basis,
        days=days,
        data_until=run.first_day - timedelta(days=1),
        made_at=run.created_at,
        data_version=run.position,
        models=sorted({row.model for row in rows}),
        accuracy=next(iter(_accuracies(run, [level])), None),
    )


def _curve(row: Forecast) -> Curve:
    return Curve(row.mean, row.day_width, row.sum_widths)


def _rounded(number: Number) -> dict[str, float]:
    return {"value": round(number.value, 2), "low": round(number.low, 2), "high": round(number.high, 2)}


async def _run(work: Work) -> ForecastRun:
    run = await repository.newest_run(work)
    if run is None:
        raise ForecastNotReady(retry_after=60)
    return run


async def _rows(work: Work, scope: Scope) -> tuple[Level, Collection[Forecast]]:
    """The forecasts that add up to a scope: one that was measured whole where there is one, else all its parts."""
    stores = scope.store_ids if work.principal.stores is None else _own(scope.store_ids, work.principal.stores)
    if scope.variant_ids is None and scope.category_id is None:
        level = Level.TOTAL if stores is None else Level.STORE
        return level, await repository.find(work, level, store_ids=stores)
    variants = scope.variant_ids
    if variants is None:
        categories = [scope.category_id] if scope.category_id is not None else []
        if stores is None:
            return Level.CATEGORY, await repository.find(work, Level.CATEGORY, category_ids=categories)
        variants = tuple(await repository.variants_of(work, None, categories))
    level = Level.VARIANT if stores is None else Level.VARIANT_STORE
    return level, await repository.find(work, level, variant_ids=variants, store_ids=stores)


def _own(wanted: tuple[UUID, ...] | None, own: frozenset[UUID]) -> tuple[UUID, ...]:
    return tuple(own if wanted is None else own & set(wanted))


async def best(
    work: Work, first: date, last: date, *, store_ids: tuple[UUID, ...] | None = None, limit: int = 10
) -> list[ForecastView]:
    """The products of which most will be sold between two days, in some stores or in all; raises ForecastNotReady."""
    work.require(ForecastsPermission.READ)
    stores = store_ids if work.principal.stores is None else _own(store_ids, work.principal.stores)
    views = await _each(work, Level.VARIANT if stores is None else Level.VARIANT_STORE, first, last, store_ids=stores)
    return sorted(views, key=lambda one: (-one.total.value, str(one.variant_id), str(one.store_id)))[:limit]


async def of_places(
    work: Work,
    first: date,
    last: date,
    *,
    store_ids: tuple[UUID, ...] | None = None,
    variant_ids: tuple[UUID, ...] | None = None,
) -> list[ForecastView]:
    """What will probably be sold of each variant in each store between two days.

    Raises PeriodNotAhead and ForecastNotReady.
    """
    work.require(ForecastsPermission.READ)
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise PeriodNotAhead(first=first, last=last)
    stores = store_ids if work.principal.stores is None else _own(store_ids, work.principal.stores)
    return await _each(work, Level.VARIANT_STORE, first, last, store_ids=stores, variant_ids=variant_ids)


async def _each(work: Work, level: Level, first: date, last: date, **only: tuple[UUID, ...] | None) -> list[ForecastView]:
    """The forecasts of a level between two days."""
    run = await _run(work)
    rows = await repository.find(work, level, **only)
    days = (last - first).days + 1
    return [_view(row, first, (first - run.first_day).days, days) for row in rows]


async def listing(
    work: Work,
    level: Level,
    days_ahead: int,
    *,
    variant_ids: Collection[UUID] | None = None,
    store_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 20,
) -> tuple[list[ForecastView], UUID | None]:
    """The forecasts of a level for the days from today on, none before the first run, and the place of the next page."""
    work.require(ForecastsPermission.READ)
    run = await repository.newest_run(work)
    if run is None:
        return [], None
    today = await accounts.today(work)
    if level not in _OF_ONE_STORE:
        work.require_all_stores()
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page(work, level, variant_ids=variant_ids, store_id=store_id, after=after, limit=limit + 1)
    begin = (today - run.first_day).days
    views = [_view(row, today, begin, days_ahead) for row in rows[:limit]]
    return views, rows[limit - 1].id if len(rows) > limit else None


def _view(row: Forecast, today: date, begin: int, days: int) -> ForecastView:
    total = _curve(row).between(begin, begin + days - 1)
    return ForecastView(
        level=row.level,
        store_id=row.store_id,
        variant_id=row.variant_id,
        category_id=row.category_id,
        first=today,
        last=today + timedelta(days=days - 1),
        total=Interval(**_rounded(total)),
        basis=total.basis,
        demand_class=row.demand_class,
        model=row.model,
    )


async def are_made(work: Work) -> bool:
    """Whether anything is forecast; a run before the first sales has come to no series."""
    work.require_runtime()
    run = await repository.newest_run(work)
    return run is not None and run.series > 0


async def newest(work: Work) -> RunView:
    """The run whose forecasts stand, with what such forecasts were worth; raises RunNotFound.

    Whoever works in some stores sees how many series these have, and errors at the levels that add up no stores.
    """
    work.require(ForecastsPermission.READ)
    run = await repository.newest_run(work)
    if run is None:
        raise RunNotFound
    is_all = work.principal.stores is None
    return RunView(
        id=run.id,
        made_at=run.created_at,
        data_version=run.position,
        first_day=run.first_day,
        data_until=run.first_day - timedelta(days=1),
        horizon_days=run.horizon,
        series=run.series if is_all else await repository.count(work, Level.VARIANT_STORE),
        chosen=run.chosen,
        accuracy=_accuracies(run, Level if is_all else _OF_ONE_STORE),
        seconds=run.seconds,
    )


def _accuracies(run: ForecastRun, levels: Iterable[Level]) -> list[Accuracy]:
    """How good forecasts of some levels were, as far as that was measured, the finest first."""
    if run.accuracy is None:
        return []
    wanted = {_MEASURED_AT[level] for level in levels}
    about = {name: run.accuracy[name] for name in ("first", "last", "horizon_days", "origins", "series")}
    names = Accuracy.model_fields.keys()
    return [
        Accuracy.model_validate({"level": level, **about, **{name: value for name, value in found.items() if name in names}})
        for level in dict.fromkeys(_MEASURED_AT.values())
        if level in wanted and (found := run.accuracy["levels"].get(level)) is not None
    ]


async def ask_for_training(work: Work, import_id: UUID | None = None) -> Asked:
    """Have all forecasts made anew, now; after an import of sales, that has to be through. Raises SalesNotImported."""
    work.require(ForecastsPermission.TRAIN)
    if import_id is not None:
        file = await imports.get(work, import_id)
        if file.file_type is not FileType.SALES or file.status is not ImportStatus.COMPLETED:
            raise SalesNotImported
    system = work.acting_for(Principal.system(work.workspace_id))
    await routines.hasten(system, [RoutineName.DEMAND_PROJECT, RoutineName.FORECAST_TRAIN])
    return Asked(asked_at=work.now)
