"""Bands for sums over some of the days ahead, and how far what came lately lay from what had been expected of it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.forecast import Band, Pair
from analytics.forecasting.panel import Floats

_Z_80 = 1.2816
LATELY = 7
"""Days that are looked back on for what nobody expected, four weeks after they were forecast."""


def sum_widths(pairs: list[Pair], classes: NDArray[np.int_], spans: Sequence[int]) -> Floats:
    """(S, N) half the width of the 80 % band for an expected sum of 1, for each of N spans of days, as `Band.total`."""
    widths = [Band.learn([(said[:, :days], came[:, :days]) for said, came in pairs], classes).total for days in spans]
    stacked: Floats = np.stack(widths, axis=1)
    return stacked


def surprises(expected: Floats, came: Floats, widths: Floats) -> Floats:
    """(S,) how far what came lies from what was expected, in standard deviations of such forecasts, above 0 where more came.

    `widths` is half the 80 % band for an expected sum of 1, as `sum_widths`; where nothing was expected nothing is odd.
    """
    spread = widths * np.sqrt(expected + 0.1) / _Z_80
    scores: Floats = np.where(expected > 0, (came - expected) / np.maximum(spread, 1e-9), 0.0)
    return scores
