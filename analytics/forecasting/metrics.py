"""How good forecasts were: errors over totals, so that days without sales spoil nothing; what cannot be scaled is counted.

WAPE: sum of absolute errors over the sum of demand, after adding up per day, week or whole horizon. RMSSE: root mean square
of errors over those of the naive one-day-ahead forecast in the history (M5, Makridakis et al. 2022), averaged over series.
Bias: the sum of errors (forecast less demand) over the sum of demand.
"""

from dataclasses import asdict, dataclass

import numpy as np

from analytics.forecasting.classic import WEEK
from analytics.forecasting.panel import Floats


@dataclass(slots=True)
class Tally:
    """Sums over origins from which the metrics follow; `add` takes one origin at a time."""

    demand: float = 0.0
    weekly: float = 0.0
    error_day: float = 0.0
    error_week: float = 0.0
    error_horizon: float = 0.0
    signed: float = 0.0
    scaled: float = 0.0
    scalable: int = 0
    unscalable: int = 0
    covered: float = 0.0
    points: int = 0
    covered_horizon: float = 0.0
    series: int = 0

    def add(self, forecast: Floats, demand: Floats, history: Floats) -> None:
        """Errors of (S, H) forecasts of (S, H) demand, with the (S, T) history that scales them."""
        error = forecast - demand
        weeks = demand.shape[1] // WEEK * WEEK
        self.demand += float(demand.sum())
        self.weekly += float(demand[:, :weeks].sum())
        self.error_day += float(np.abs(error).sum())
        self.error_week += float(np.abs(error[:, :weeks].reshape(len(error), -1, WEEK).sum(2)).sum())
        self.error_horizon += float(np.abs(error.sum(1)).sum())
        self.signed += float(error.sum())
        naive = (np.diff(history, axis=1) ** 2).mean(1)
        can = naive > 0
        self.scaled += float(np.sqrt((error[can] ** 2).mean(1) / naive[can]).sum())
        self.scalable += int(can.sum())
        self.unscalable += int((~can).sum())

    def add_band(self, low: Floats, high: Floats, demand: Floats) -> None:
        """How often the (S, H) demand lay within the (S, H) band."""
        inside = (low <= demand) & (demand <= high)
        self.covered += float(inside.sum())
        self.points += inside.size

    def add_horizon_band(self, low: Floats, high: Floats, demand: Floats) -> None:
        """The same for the (S,) sums over the horizon."""
        self.covered_horizon += float(((low <= demand) & (demand <= high)).sum())
        self.series += len(demand)

    def metrics(self) -> "Metrics":
        """The figures; None where there was nothing to divide by."""

        def share(part: float, whole: float) -> float | None:
            return part / whole if whole > 0 else None

        return Metrics(
            wape_day=share(self.error_day, self.demand),
            wape_week=share(self.error_week, self.weekly),
            wape_horizon=share(self.error_horizon, self.demand),
            rmsse=share(self.scaled, self.scalable),
            bias=share(self.signed, self.demand),
            coverage_80=share(self.covered, self.points),
            coverage_80_horizon=share(self.covered_horizon, self.series),
            series_unscaled=self.unscalable,
        )


@dataclass(frozen=True, slots=True)
class Metrics:
    """Shares, 0.1 for 10 %; `series_unscaled` counts series and origins left out of `rmsse`: their history never changed."""

    wape_day: float | None
    wape_week: float | None
    wape_horizon: float | None
    rmsse: float | None
    bias: float | None
    coverage_80: float | None
    coverage_80_horizon: float | None
    series_unscaled: int

    def as_dict(self) -> dict[str, float | int | None]:
        """For JSON."""
        return asdict(self)
