"""The forecast of a panel: candidates, the choice among them by a backtest inside the history, and the band around it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting import classic, trees
from analytics.forecasting.classes import DemandClass, classify
from analytics.forecasting.panel import Floats, Panel
from analytics.forecasting.promotions import without_promotions

Candidates = dict[str, Floats]
Pair = tuple[Floats, Floats]
"""A forecast and the demand that came, (S, H) each."""

AVERAGE = "average"
_AVERAGED = ("weekday_mean", "tsb_weekday", "ses_weekday", "lightgbm")
_CLEARLY_BETTER = 0.97
"""A single candidate is taken only if its loss is below this share of the average's: means of forecasts are hard to beat."""
_INNER_ORIGINS = 3
_LEAST_TO_JUDGE = 2000
"""Points of a class below which the choice is made with all series together."""

_CLASSIC: dict[str, Callable[[Panel, int], Floats]] = {
    "flat_mean": classic.flat_mean,
    "weekday_mean": classic.weekday_mean,
    "seasonal_naive": classic.seasonal_naive,
    "tsb_weekday": lambda panel, horizon: classic.shaped(classic.tsb_path(classic.capped(panel))[:, -1], panel, horizon),
    "ses_weekday": lambda panel, horizon: classic.shaped(classic.smoothed_path(classic.capped(panel))[:, -1], panel, horizon),
    "adida": classic.adida,
}


def candidates(panel: Panel, horizon: int) -> Candidates:
    """Every candidate's (S, H) units a day; 0 on days on which the store is known to be closed."""
    plain, promoted = without_promotions(panel, horizon)
    found = {
        name: forecast(panel, horizon) if name in _TEXTBOOK else forecast(plain, horizon) * promoted
        for name, forecast in _CLASSIC.items()
    }
    if trees.can_learn(panel, horizon):
        found["lightgbm"] = trees.boosted(panel, horizon)
    sells = panel.open[:, panel.ahead(horizon)]
    found = {name: np.maximum(values, 0) * sells for name, values in found.items()}
    # The textbook knows no promotions: where some are known, its mean would only blur what the others say of them.
    averaged = [name for name in _AVERAGED if name in found and (panel.promo is None or name not in _TEXTBOOK)]
    found[AVERAGE] = np.mean([found[name] for name in averaged], axis=0)
    return found


_TEXTBOOK = frozenset({"flat_mean", "weekday_mean", "seasonal_naive"})
"""Left as the textbook has them: what others are measured against."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Units a day of S series over H days, with an 80 % band per day and one for the sum."""

    mean: Floats
    """(S, H)"""
    low: Floats
    high: Floats
    total_low: Floats
    """(S,) of the sum over the horizon."""
    total_high: Floats
    candidates: Candidates
    chosen: dict[str, str]
    """The candidate taken for each class of demand."""
    past: list[Pair]
    """What the same choice would have said at earlier origins, and what came: (S, H) each, newest first."""


@dataclass(frozen=True, slots=True)
class _Past:
    """What the candidates said at an earlier origin, and what came."""

    said: Candidates
    demand: Floats


def forecast(panel: Panel, horizon: int) -> Forecast:
    """Forecast every series of the panel `horizon` days ahead (Hyndman and Athanasopoulos, Forecasting, §5.10 and §13.4)."""
    past = _past(panel, horizon)
    now = candidates(panel, horizon)
    classes = classify(panel)
    chosen = {kind.name.lower(): _choose(past, classes, kind) for kind in DemandClass if (classes == kind).any()}
    pairs = [(_taken(old.said, classes, chosen), old.demand) for old in past]
    mean = _taken(now, classes, chosen)
    band = Band.learn(pairs, classes)
    return Forecast(mean, *band.days(mean), *band.totals(mean), now, chosen, pairs)


def _past(panel: Panel, horizon: int) -> list[_Past]:
    past = []
    for back in range(1, _INNER_ORIGINS + 1):
        end = panel.days - back * horizon
        if end < 8 * classic.WEEK:
            break
        days = slice(end, end + horizon)
        said = candidates(panel.until(end), horizon)
        past.append(_Past(said, panel.quantity[:, days]))
    names = set.intersection(*(set(old.said) for old in past)) if past else set()
    return [_Past({name: old.said[name] for name in sorted(names)}, old.demand) for old in past]


def _taken(said: Candidates, classes: NDArray[np.int_], chosen: dict[str, str]) -> Floats:
    mean = np.zeros_like(said[AVERAGE])
    for kind in DemandClass:
        which = classes == kind
        if which.any():
            mean[which] = said[chosen[kind.name.lower()]][which]
    return mean


def _choose(past: list[_Past], classes: NDArray[np.int_], kind: DemandClass) -> str:
    if not past:
        return AVERAGE
    which = classes == kind
    if which.sum() * past[0].demand.shape[1] < _LEAST_TO_JUDGE:
        which = np.ones_like(which)
    losses = {name: _loss([(old.said[name][which], old.demand[which]) for old in past]) for name in past[0].said}
    best = min(losses, key=lambda name: losses[name])
    return best if losses[best] < _CLEARLY_BETTER * losses[AVERAGE] else AVERAGE


def _loss(pairs: list[tuple[Floats, Floats]]) -> float:
    """Root mean square of errors, each series in units of its own mean demand and weighed by it."""
    demand = np.concatenate([came for _, came in pairs], axis=1)
    error = np.concatenate([said - came for said, came in pairs], axis=1)
    return float(np.sqrt((error**2).mean(1)).sum() / max(float(demand.mean(1).sum()), 1e-9))


@dataclass(frozen=True, slots=True)
class Band:
    """Widths of the 80 % band: a conformal quantile of past errors in units of each series' own spread.

    Errors are scaled by the root of what was expected, as counts vary. Demand is never negative, so that cutting the band
    at 0 changes no coverage.
    """

    day: Floats
    """(S,) half the width for an expected demand of 1."""
    total: Floats
    """(S,) the same for the sum over the horizon."""

    @classmethod
    def learn(cls, pairs: list[Pair], classes: NDArray[np.int_]) -> "Band":
        """From forecasts and demand at earlier origins; without any, a guess as wide as for a Poisson demand."""
        if not pairs:
            return cls(np.full(len(classes), _Z_80), np.full(len(classes), _Z_80))
        days = [np.concatenate(parts, axis=1) for parts in zip(*pairs, strict=True)]
        sums = [np.stack([part.sum(1) for part in parts], axis=1) for parts in zip(*pairs, strict=True)]
        return cls(_widths(days[0], days[1], classes), _widths(sums[0], sums[1], classes))

    def days(self, mean: Floats) -> Pair:
        """The lower and upper edge (S, H) for each day."""
        width = self.day[:, None] * _root(mean)
        return np.maximum(mean - width, 0), mean + width

    def totals(self, mean: Floats) -> Pair:
        """The lower and upper edge (S,) of the sum over the horizon."""
        sums = mean.sum(1)
        width = self.total * _root(sums)
        return np.maximum(sums - width, 0), sums + width


_Z_80 = 1.28
_OWN_POINTS = 4.0
"""Points at which a series' own spread weighs as much as that of all."""
_LEAST_SCORES = 200


def _root(mean: Floats) -> Floats:
    return np.sqrt(mean + 0.1)


def _widths(said: Floats, came: Floats, classes: NDArray[np.int_]) -> Floats:
    scaled = np.abs(came - said) / _root(said)
    points = scaled.shape[1]
    pooled = (scaled**2).mean()
    sigma = np.sqrt(((scaled**2).sum(1) + _OWN_POINTS * pooled) / (points + _OWN_POINTS)) + 1e-12
    scores = scaled / sigma[:, None]
    quantile = np.ones(len(classes))
    for kind in np.unique(classes):
        which = classes == kind
        quantile[which] = np.quantile(scores[which] if which.sum() * points >= _LEAST_SCORES else scores, 0.8)
    widths: Floats = sigma * quantile
    return widths
