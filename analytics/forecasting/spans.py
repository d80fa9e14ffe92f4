"""Bands for sums over some of the days ahead, and how far what came lately lay from what had been expected of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.forecast import Band, Pair
from analytics.forecasting.panel import Floats

_Z_80 = 1.2816
LATELY = 7
"""Days that are looked back on for what nobody expected."""


def sum_widths(pairs: list[Pair], classes: NDArray[np.int_], spans: Sequence[int]) -> Floats:
    """(S, N) half the width of the 80 % band for an expected sum of 1, for each of N spans of days, as `Band.total`."""
    widths = [Band.learn([(said[:, :days], came[:, :days]) for said, came in pairs], classes).total for days in spans]
    stacked: Floats = np.stack(widths, axis=1)
    return stacked


@dataclass(frozen=True, slots=True)
class Surprise:
    """Of S series: units expected of the last days four weeks before they were over, what came, and their distance."""

    expected: Floats
    came: Floats
    score: Floats
    """In standard deviations of such forecasts, above 0 where more came; 0 where nothing was forecast then."""


def surprises(pairs: list[Pair], classes: NDArray[np.int_], days: int = LATELY) -> Surprise:
    """How the last `days` of the newest of the past forecasts compare with what came.

    The spread is that of the forecasts before, so that what is odd does not excuse itself; with a single one, its own.
    """
    if not pairs:
        nothing = np.zeros(len(classes))
        return Surprise(nothing, nothing, nothing)
    said, came = (part[:, -days:].sum(1) for part in pairs[0])
    earlier = [(old[:, -days:], then[:, -days:]) for old, then in (pairs[1:] or pairs)]
    spread = Band.learn(earlier, classes).total * np.sqrt(said + 0.1) / _Z_80
    return Surprise(said, came, (came - said) / np.maximum(spread, 1e-9))
