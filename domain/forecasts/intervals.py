"""From a stored forecast to a number of some days: its value and the band around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from domain.forecasts.kinds import Basis

SPANS: Final = (7, 14, 28)
"""Lengths in days of the sums whose errors are measured."""

_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Curve:
    """A forecast: units a day from the first day on, and half the widths of its 80 % band for an expected demand of 1."""

    mean: Sequence[float]
    day_width: float
    sum_widths: Sequence[float]

    def on(self, day: int) -> float:
        """Units on a day, counted from 0; behind the last one its week goes on."""
        count = len(self.mean)
        return self.mean[day if day < count else count - _WEEK + (day - count) % _WEEK]

    def between(self, first: int, last: int) -> "Number":
        """The sum over some days, both included."""
        value = sum(self.on(day) for day in range(first, last + 1))
        half = self._width(last - first + 1, last + 1) * sqrt(value + 0.1)
        return Number(value, max(value - half, 0.0), value + half, Basis.MEASURED)

    def _width(self, days: int, reach: int) -> float:
        """Between the spans that were measured, in proportion; beyond the last one errors go on growing as they add up."""
        known = [(1, self.day_width), *zip(SPANS, self.sum_widths, strict=True)]
        below, above = known[0], known[-1]
        for span, width in known:
            if span <= days:
                below = (span, width)
        for span, width in reversed(known):
            if span >= days:
                above = (span, width)
        share = (min(days, SPANS[-1]) - below[0]) / (above[0] - below[0]) if above[0] > below[0] else 0.0
        width = below[1] + share * (above[1] - below[1])
        return width * sqrt(max(1.0, reach / SPANS[-1]))


@dataclass(frozen=True, slots=True)
class Number:
    """Units, and the 80 % interval."""

    value: float
    low: float
    high: float
    basis: Basis


def added(numbers: Sequence[Number]) -> Number:
    """The sum of numbers. Whether their errors go together is not known, so the interval is as wide as if they did."""
    if len(numbers) == 1:
        return numbers[0]
    low, high = sum(one.low for one in numbers), sum(one.high for one in numbers)
    return Number(sum(one.value for one in numbers), low, high, Basis.SUMMED)
