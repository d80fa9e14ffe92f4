"""How order-up-to levels from past forecast errors would have served the last year, beside three textbook rules."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.history import BadHistory
from analytics.forecasting.panel import Floats, Panel
from analytics.replenishment.levels import OrderUpTo
from analytics.replenishment.simulate import Shelf, UpTo, simulate

_YEAR = 364
WARM_UP = 84
"""Days of history before the first simulated day, to forecast from."""
TRAILING = 182
"""Days over which a service level is judged by what it would have come to."""
SERVICES = np.array([0.05, 0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.965, 0.975, 0.985, 0.99, 0.995, 0.998])
"""Cycle service levels that are played side by side."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a rule came to: the share of units that were there when wanted, and the mean stock in days of demand."""

    fill_rate: float
    days_of_stock: float


@dataclass(frozen=True, slots=True)
class ReplenishmentBacktest:
    """Ours, and the textbook's rules on the same days."""

    ours: Served
    rules: dict[str, Served]
    first_day: str
    days: int
    series: int


def backtest(panel: Panel, *, target: float, lead: int, review: int) -> ReplenishmentBacktest:
    """Simulate the last year (half of a shorter history) with lost sales, aiming at the fill rate `target` (0 to 1).

    `lead` and `review` are days. Every service level is played on the whole history; at a review, the one is taken that
    would have met the target over the past half year. Raises `BadHistory` if the history is too short.
    """
    span = lead + review
    first = WARM_UP + span
    tested = min(_YEAR, (panel.days - first) // 2)
    if tested < 4 * span:
        raise BadHistory("history_too_short", days=panel.days, needed=first + 8 * span)
    window = slice(panel.days - tested, panel.days)
    demand = panel.quantity

    def run(rule: UpTo) -> Shelf:
        return simulate(demand, rule, first=first, lead=lead, review=review)

    rule = OrderUpTo(panel.lengthened(span), span)
    levels = {day: rule.levels(day, SERVICES) for day in range(first, panel.days, review)}
    played = run(lambda day: levels[day])
    ours = run(lambda day: _at_target(played, levels[day], target, slice(max(first, day - TRAILING), day)))
    rules = {name: run(rule) for name, rule in _textbook(demand, span, target).items()}
    return ReplenishmentBacktest(
        ours=_served(ours, window),
        rules={name: _served(shelf, window) for name, shelf in rules.items()},
        first_day=(panel.first_day + timedelta(days=window.start)).isoformat(),
        days=tested,
        series=len(demand),
    )


def _served(shelf: Shelf, window: slice) -> Served:
    return Served(float(shelf.fill_rate(window)), float(shelf.days_of_stock(window)))


def _at_target(played: Shelf, levels: Floats, target: float, judged: slice) -> Floats:
    """(S,) between the two service levels whose fill rates lie around the target; dearer before anything can be judged."""
    if judged.stop - judged.start < 28:
        middle: Floats = levels[len(levels) // 2]
        return middle
    rates: NDArray[np.float64] = np.maximum.accumulate(played.fill_rate(judged))
    return between(levels, float(np.interp(target, rates, np.arange(len(rates)))))


def between(levels: Floats, place: float) -> Floats:
    """(S,) whole units between the two of (Q, S) levels around a place, in proportion."""
    low = int(place)
    high = min(low + 1, len(levels) - 1)
    share = place - low
    mixed: Floats = np.round(levels[low] * (1 - share) + levels[high] * share)
    return mixed


def _textbook(demand: Floats, span: int, target: float) -> dict[str, UpTo]:
    z = NormalDist().inv_cdf(target)

    def recent(day: int) -> Floats:
        return demand[:, max(0, day - 28) : day]

    def windows(day: int) -> Floats:
        sums = np.cumsum(demand[:, max(0, day - _YEAR) : day], axis=1)
        return sums[:, span:] - sums[:, :-span]

    return {
        "mean_cover_1_5": lambda day: np.ceil(1.5 * span * recent(day).mean(1)),
        "normal_sigma_root_lead": lambda day: np.ceil(span * recent(day).mean(1) + z * span**0.5 * recent(day).std(1)),
        "quantile_of_demand": lambda day: np.ceil(np.quantile(windows(day), target, axis=1)),
    }
