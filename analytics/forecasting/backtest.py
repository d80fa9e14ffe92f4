"""Rolling-origin backtest of a history: how good the forecast would have been, per level, beside each candidate."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.classes import classify
from analytics.forecasting.forecast import Band, Forecast, forecast
from analytics.forecasting.history import BadHistory, History
from analytics.forecasting.metrics import Metrics, Tally
from analytics.forecasting.panel import Flags, Floats, Panel, grouped

LEVELS = ("product_store", "product", "store", "total")
_LEAST_HISTORY = 56
"""Days before the first origin."""
_LIVE_DAYS = 182
"""A series without a sale in so many days before an origin is taken as ended and left out there."""


@dataclass(frozen=True, slots=True)
class Level:
    """The metrics of one level of aggregation."""

    chosen: Metrics
    candidates: dict[str, Metrics]


@dataclass(frozen=True, slots=True)
class Backtest:
    """The result over all origins; the series of a level are sums of forecasts, so that the levels agree."""

    horizon: int
    origins: list[str]
    """The first day of each forecast, ISO."""
    series: int
    series_left_out: int
    """Series and origins without a sale in the half year before."""
    levels: dict[str, Level]
    choices: list[dict[str, str]]
    """Per origin, the candidate taken for each class of demand."""


@dataclass(slots=True)
class _Tallies:
    chosen: Tally = field(default_factory=Tally)
    candidates: dict[str, Tally] = field(default_factory=dict)


def backtest(history: History, horizon: int = 28, origins: int = 3) -> Backtest:
    """Forecast `origins` times, `horizon` days apart, the last time for the last days of the history.

    Only what was known at an origin is used: demand before it; promotions, prices and opening days of the days ahead.
    Raises `BadHistory` if the history is too short.
    """
    panel = history.panel
    if panel.days < _LEAST_HISTORY + horizon * origins:
        raise BadHistory("history_too_short", days=panel.days, needed=_LEAST_HISTORY + horizon * origins)
    tallies = {name: _Tallies() for name in LEVELS}
    left_out = 0
    first_days: list[str] = []
    choices: list[dict[str, str]] = []
    for step in range(origins, 0, -1):
        known = panel.until(panel.days - step * horizon)
        live: Flags = known.quantity[:, -_LIVE_DAYS:].max(1) > 0
        left_out += int((~live).sum())
        if not live.any():
            continue
        known = known.pick(live)
        came = panel.quantity[live][:, known.days : known.days + horizon]
        said = forecast(known, horizon)
        first_days.append(known.origin.isoformat())
        choices.append(said.chosen)
        for name in LEVELS:
            groups, count = _groups(history, live, name)
            _judge(tallies[name], said, came, known, groups, count)
    levels = {
        name: Level(tally.chosen.metrics(), {candidate: one.metrics() for candidate, one in tally.candidates.items()})
        for name, tally in tallies.items()
    }
    return Backtest(horizon, first_days, len(panel.quantity), left_out, levels, choices)


def _groups(history: History, live: Flags, name: str) -> tuple[NDArray[np.intp], int]:
    stores, products = history.stores[live], history.products[live]
    keys = {"product_store": np.arange(len(stores)), "product": products, "store": stores, "total": np.zeros_like(stores)}[name]
    distinct, groups = np.unique(keys, return_inverse=True)
    return groups.reshape(-1), len(distinct)


def _judge(tallies: _Tallies, said: Forecast, came: Floats, known: Panel, groups: NDArray[np.intp], count: int) -> None:
    def total(values: Floats) -> Floats:
        summed = np.zeros((count, values.shape[1]))
        np.add.at(summed, groups, values)
        return summed

    level = grouped(known, groups, count)
    demand, mean = total(came), total(said.mean)
    band = Band.learn([(total(old), total(then)) for old, then in said.past], classify(level))
    tallies.chosen.add(mean, demand, level.quantity)
    tallies.chosen.add_band(*band.days(mean), demand)
    tallies.chosen.add_horizon_band(*band.totals(mean), demand.sum(1))
    for name, values in said.candidates.items():
        tallies.candidates.setdefault(name, Tally()).add(total(values), demand, level.quantity)
