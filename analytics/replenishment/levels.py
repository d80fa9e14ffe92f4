"""Order-up-to levels: the forecast over lead and review time, and a quantile of the errors of such forecasts."""

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting import classic
from analytics.forecasting.classes import classify
from analytics.forecasting.panel import Floats, Panel
from analytics.forecasting.promotions import without_promotions

_YEAR = 364
_OWN_WINDOWS = 6.0
"""Windows without overlap at which a series' own errors weigh as much as everybody's."""
_LEAST_SCORES = 300


class OrderUpTo:
    """Levels of a panel for one protection interval of `days`: each from what was known on its day.

    The smoothed levels of all days are worked out once; they look only back.
    """

    def __init__(self, panel: Panel, days: int) -> None:
        self._panel = panel
        self._days = days
        plain, _ = without_promotions(panel, 0)
        tame = classic.capped(plain)
        self._level = (classic.smoothed_path(tame) + classic.tsb_path(tame)) / 2

    def expected(self, day: int) -> Floats:
        """(S,) units wanted in the interval from `day` on, with weekdays and the promotions that are known."""
        known = self._panel.until(day)
        plain, promoted = without_promotions(known, self._days)
        daily = classic.shaped(self._level[:, day - 1], plain, self._days) * promoted
        total: Floats = (daily * known.open[:, known.ahead(self._days)]).sum(1)
        return total

    def levels(self, day: int, services: NDArray[np.float64]) -> Floats:
        """(Q, S) whole units to have there and on the way, for each of Q cycle service levels, at a review before `day`.

        Errors are those of the past year: what an interval brought, less what was expected of it. A series' own quantile
        is mixed with its class's, which is one of errors in units of each series' spread; the more so, the less it has
        seen. One service level for all series is the cheapest way to a fill rate: the last unit of stock then saves as
        many sales everywhere.
        """
        now = self.expected(day)
        errors = self._errors(day)
        count = errors.shape[1]
        if count == 0:
            return np.repeat(np.ceil(now + 2 * np.sqrt(now + 0.1))[None], len(services), 0)
        sigma = np.abs(errors).mean(1) + 0.1 * np.median(np.abs(errors)) + 1e-9
        scores = errors / sigma[:, None]
        own = np.quantile(errors, services, axis=1)
        seen = count / self._days
        share = seen / (seen + _OWN_WINDOWS)
        classes = classify(self._panel.until(day))
        levels = np.zeros_like(own)
        for kind in np.unique(classes):
            which = classes == kind
            pool = scores[which] if which.sum() * count >= _LEAST_SCORES else scores
            shared = np.quantile(pool, services)[:, None] * sigma[which]
            levels[:, which] = now[which] + share * own[:, which] + (1 - share) * shared
        return np.maximum(np.round(levels), 0)

    def _errors(self, day: int) -> Floats:
        """(S, N) errors of the intervals that began on each of the last N days, up to a year, and are over."""
        last = day - self._days
        first = max(28, last - _YEAR)
        sums = np.cumsum(np.pad(self._panel.quantity[:, :day], ((0, 0), (1, 0))), axis=1)
        begun = np.arange(first, max(first, last + 1))
        return sums[:, begun + self._days] - sums[:, begun] - self._days * self._level[:, begun - 1]
