"""Making all forecasts of a workspace: loaded by workers only, and computed beside the event loop, without a transaction.

Panels are worked on one batch after the other; sums over products, categories and stores are added up from the same numbers,
so that they agree.
"""

import asyncio
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.backtest import Backtest, backtest
from analytics.forecasting.classes import DemandClass, classify
from analytics.forecasting.forecast import Band, Forecast, Pair, forecast
from analytics.forecasting.history import History
from analytics.forecasting.panel import Floats, Panel
from analytics.forecasting.spans import LATELY, sum_widths, surprises
from core.access import Principal
from core.tables import new_id
from core.work import open_work
from domain.accounts import service as accounts
from domain.demand import panels
from domain.demand.panels import Batch, Past
from domain.forecasts import repository
from domain.forecasts.intervals import SPANS
from domain.forecasts.kinds import Level
from domain.forecasts.models import ForecastRun
from domain.routines import service as routines
from domain.routines.kinds import RoutineName
from domain.routines.schemas import Taken

HORIZON: Final = 28
KEPT_RUNS: Final = 30
MEASURED_EVERY: Final = timedelta(hours=20)
"""How old the measure of the forecasts may be that a new run takes over; to measure costs three times what it measures."""

_LEAST_DAYS: Final = 56
_CLASS_DAYS: Final = 364
_NEW_DAYS: Final = 28
"""Days of evidence at which a series speaks for itself; before, its category speaks as well."""


@dataclass(slots=True)
class _Sum:
    """What is forecast of one series or sum: (H,) ahead, (P, H) said and come of the past, and its latest days."""

    mean: Floats
    said: Floats
    came: Floats
    lately: Floats
    expected: float
    """Units said of the last days on which the shelf had something to sell, by the newest of the past forecasts."""
    sold: float
    """Units that came on these days."""
    models: set[str] = field(default_factory=set)

    def add(self, other: "_Sum") -> None:
        """Add a series; of the past, what both have."""
        past = min(len(self.said), len(other.said))
        days = min(len(self.lately), len(other.lately))
        self.mean = self.mean + other.mean
        self.said, self.came = self.said[:past] + other.said[:past], self.came[:past] + other.came[:past]
        self.lately = self.lately[-days:] + other.lately[-days:]
        self.expected, self.sold = self.expected + other.expected, self.sold + other.sold
        self.models |= other.models


Key = tuple[Level, UUID | None, UUID | None, UUID | None]
"""Level, store, variant, category."""


@dataclass(slots=True)
class _Learnt:
    """What the batches so far have come to."""

    accuracy: dict[str, Any] | None
    sums: dict[Key, _Sum] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)

    def add(self, past: Past, category_of: dict[UUID, UUID | None]) -> None:
        """Forecast a batch, measure it where nothing is measured yet, and add it up."""
        batch = panels.build(past, HORIZON)
        said = _forecast(batch, category_of)
        self.chosen |= said.chosen
        if self.accuracy is None:
            self.accuracy = measured(batch)
        for key, one in _series(batch, said, category_of):
            for level in _levels(key):
                if level in self.sums:
                    self.sums[level].add(one)
                else:
                    self.sums[level] = replace(one, models=set(one.models))


async def train(principal: Principal, taken: Taken) -> int:
    """Make all forecasts anew and put them in the place of the old ones; how many series there are.

    Raises Abandoned where another worker has taken the routine meanwhile.
    """
    began = time.perf_counter()
    async with open_work(principal) as work:
        position = await routines.position(work, RoutineName.DEMAND_PROJECT)
        listed = await panels.batches(work)
        category_of = await repository.categories(work)
        first_day = await accounts.today(work)
        newest = await repository.newest_run(work)
        accuracy = newest.accuracy if newest is not None and work.system_time - newest.created_at < MEASURED_EVERY else None
    learnt = _Learnt(accuracy)
    for places in listed:
        async with open_work(principal) as work:
            past = await panels.read(work, places, first_day)
        if past is not None:
            await asyncio.to_thread(learnt.add, past, category_of)
    run = ForecastRun(
        workspace_id=principal.workspace_id,
        id=new_id(),
        position=position,
        first_day=first_day,
        horizon=HORIZON,
        series=sum(key[0] is Level.VARIANT_STORE for key in learnt.sums),
        chosen=learnt.chosen,
        accuracy=learnt.accuracy,
        seconds=round(time.perf_counter() - began, 3),
    )
    rows = await asyncio.to_thread(_rows, run, learnt.sums)
    async with open_work(principal) as work:
        await repository.replace(work, run, rows, KEPT_RUNS)
        await routines.keep(work, taken)
    return run.series


def _forecast(batch: Batch, category_of: dict[UUID, UUID | None]) -> Forecast:
    """The forecast of a batch; of a product that is too new to speak for itself, its category says the rest."""
    said = forecast(batch.panel, HORIZON)
    seen = batch.panel.observed.sum(1)
    if not (seen < _NEW_DAYS).any():
        return said
    groups: dict[Hashable, list[int]] = {}
    for at, place in enumerate(batch.places):
        if seen[at] >= _NEW_DAYS:
            groups.setdefault((place.store_id, category_of.get(place.variant_id)), []).append(at)
    mean = said.mean.copy()
    for at in np.flatnonzero(seen < _NEW_DAYS).tolist():
        place = batch.places[at]
        peers = groups.get((place.store_id, category_of.get(place.variant_id)))
        if peers:
            own = float(seen[at]) / _NEW_DAYS
            mean[at] = own * said.mean[at] + (1 - own) * np.median(said.mean[peers], axis=0)
    return replace(said, mean=mean)


def _series(batch: Batch, said: Forecast, category_of: dict[UUID, UUID | None]) -> Iterator[tuple[Key, _Sum]]:
    classes = classify(batch.panel)
    shape = (len(said.past), HORIZON)
    evident = batch.panel.observed[:, -LATELY:]
    for at, place in enumerate(batch.places):
        yield (
            (Level.VARIANT_STORE, place.store_id, place.variant_id, category_of.get(place.variant_id)),
            _Sum(
                mean=said.mean[at],
                said=np.array([old[at] for old, _ in said.past]).reshape(shape),
                came=np.array([came[at] for _, came in said.past]).reshape(shape),
                lately=batch.panel.quantity[at, -_CLASS_DAYS:],
                expected=float(said.past[0][0][at, -LATELY:][evident[at]].sum()) if said.past else 0.0,
                sold=float(said.past[0][1][at, -LATELY:][evident[at]].sum()) if said.past else 0.0,
                models={said.chosen[DemandClass(int(classes[at])).name.lower()]},
            ),
        )


def _levels(key: Key) -> Iterator[Key]:
    """The series itself, and the sums to which it belongs."""
    _, store_id, variant_id, category_id = key
    yield (Level.VARIANT_STORE, store_id, variant_id, None)
    yield (Level.VARIANT, None, variant_id, None)
    if category_id is not None:
        yield (Level.CATEGORY, None, None, category_id)
    yield (Level.STORE, store_id, None, None)
    yield (Level.TOTAL, None, None, None)


def _rows(run: ForecastRun, sums: dict[Key, _Sum]) -> list[dict[str, Any]]:
    """The rows of all levels; intervals are learnt among those of the same level."""
    rows: list[dict[str, Any]] = []
    for level in Level:
        keys = [key for key in sums if key[0] is level]
        if keys:
            rows += _rows_of(run, keys, [sums[key] for key in keys])
    return rows


def _rows_of(run: ForecastRun, keys: list[Key], parts: list[_Sum]) -> list[dict[str, Any]]:
    count = min(len(one.said) for one in parts)
    pairs: list[Pair] = [
        (np.stack([one.said[back] for one in parts]), np.stack([one.came[back] for one in parts])) for back in range(count)
    ]
    classes = _classes(run.first_day, parts)
    days, spans = Band.learn(pairs, classes).day, sum_widths(pairs, classes, SPANS)
    expected, sold = np.array([one.expected for one in parts]), np.array([one.sold for one in parts])
    odd = surprises(expected, sold, spans[:, SPANS.index(LATELY)])
    return [
        {
            "workspace_id": run.workspace_id,
            "id": new_id(),
            "run_id": run.id,
            "level": level.value,
            "store_id": store_id,
            "variant_id": variant_id,
            "category_id": category_id,
            "demand_class": DemandClass(int(classes[at])).name.lower(),
            "model": next(iter(parts[at].models)) if len(parts[at].models) == 1 else "sum",
            "mean": [round(float(value), 4) for value in parts[at].mean],
            "day_width": round(float(days[at]), 4),
            "sum_widths": [round(float(value), 4) for value in spans[at]],
            "expected": round(float(expected[at]), 3),
            "came": round(float(sold[at]), 3),
            "surprise": round(float(odd[at]), 2),
        }
        for at, (level, store_id, variant_id, category_id) in enumerate(keys)
    ]


def _classes(first_day: date, parts: list[_Sum]) -> NDArray[np.int_]:
    days = min(len(one.lately) for one in parts)
    quantity = np.stack([one.lately[-days:] for one in parts])
    seen = np.ones(quantity.shape, dtype=bool)
    return classify(Panel(first_day - timedelta(days=days), quantity, seen, seen))


def measured(batch: Batch) -> dict[str, Any] | None:
    """A backtest of the batch over its last weeks, as it is kept; None where its past is too short."""
    origins = min(3, (batch.panel.days - _LEAST_DAYS) // HORIZON)
    if origins < 1:
        return None
    stores = {name: at for at, name in enumerate(sorted({str(place.store_id) for place in batch.places}))}
    products = {name: at for at, name in enumerate(sorted({str(place.variant_id) for place in batch.places}))}
    history = History(
        batch.panel,
        np.array([stores[str(place.store_id)] for place in batch.places], dtype=np.intp),
        np.array([products[str(place.variant_id)] for place in batch.places], dtype=np.intp),
        list(stores),
        list(products),
    )
    return _accuracy(backtest(history, HORIZON, origins), batch.panel.origin)


def _accuracy(found: Backtest, ends: date) -> dict[str, Any]:
    return {
        "first": found.origins[0] if found.origins else ends.isoformat(),
        "last": (ends - timedelta(days=1)).isoformat(),
        "horizon_days": found.horizon,
        "origins": len(found.origins),
        "series": found.series,
        "levels": {name: level.chosen.as_dict() for name, level in found.levels.items()},
    }
