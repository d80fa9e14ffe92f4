"""Made-up histories whose truth is known."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.panel import Floats, Panel

FIRST_DAY = date(2024, 1, 1)
_WEEK = np.array([0.9, 0.85, 0.85, 0.9, 1.1, 1.3, 1.1])


def panel(quantity: Floats, *, known_ahead: int = 0, promo: Floats | None = None) -> Panel:
    """A panel without gaps, open every day."""
    series, days = quantity.shape
    return Panel(
        first_day=FIRST_DAY,
        quantity=quantity.astype(float),
        observed=np.ones((series, days), dtype=bool),
        open=np.ones((series, days + known_ahead), dtype=bool),
        promo=promo,
    )


def rates(series: int, days: int, seed: int = 0) -> Floats:
    """(S, T) expected units a day: sellers fast and slow, busy at the end of the week, drifting slowly."""
    random = np.random.default_rng(seed)
    base = random.lognormal(0.0, 1.2, (series, 1))
    drift = np.exp(0.02 * np.cumsum(random.normal(0, 1, (series, days)), axis=1))
    expected: Floats = base * _WEEK[np.arange(days) % 7] * drift
    return expected


def sales(expected: Floats, seed: int = 1) -> Floats:
    """(S, T) units sold with those expectations, more uneven than a Poisson count."""
    random = np.random.default_rng(seed)
    sold: NDArray[np.int64] = random.negative_binomial(1.5, 1.5 / (1.5 + expected))
    return sold.astype(float)
