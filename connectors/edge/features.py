"""What the box makes of the readings of a window before it sends them: plain arithmetic, without a library."""

import math
from collections.abc import Sequence
from typing import Final

PEAK_SPREADS: Final = 2.0
"""By so many spreads above the mean a reading is a peak, if its neighbours are lower."""


def of_window(times: Sequence[float], values: Sequence[float]) -> dict[str, float]:
    """Features of readings at times in seconds: level, unrest, shape and slope. Empty for a window without readings.

    Kurtosis is the plain fourth moment over the squared variance (3 for a normal one); the crest factor is the largest
    magnitude over the RMS.
    """
    count = len(values)
    if not count:
        return {}
    mean = sum(values) / count
    # Squares by multiplication: what is too large for a float is infinite then and left out, where a power is an error.
    squares = [(value - mean) * (value - mean) for value in values]
    variance = sum(squares) / count
    rms = math.sqrt(sum(value * value for value in values) / count)
    fourth = sum(square * square for square in squares) / count
    made = {
        "count": float(count),
        "mean": mean,
        "low": min(values),
        "high": max(values),
        "rms": rms,
        "slope": derivative(times, values),
        "peaks": float(len(peaks(values))),
        "kurtosis": fourth / (variance * variance)
        if variance * variance > 0
        else 0.0,  # a spread may be too small to be squared
        "crest_factor": max(map(abs, values)) / rms if rms > 0 else 0.0,
    }
    return {name: value for name, value in made.items() if math.isfinite(value)}


def sma(values: Sequence[float], window: int) -> list[float]:
    """Means of the last `window` values up to and with each; of fewer at the start."""
    made, total = [], 0.0
    for place, value in enumerate(values):
        total += value - (values[place - window] if place >= window else 0.0)
        made.append(total / min(place + 1, window))
    return made


def derivative(times: Sequence[float], values: Sequence[float]) -> float:
    """The least-squares slope per second; 0 where all readings are of one moment."""
    count = len(values)
    middle, mean = sum(times) / count, sum(values) / count
    spread = sum((time - middle) ** 2 for time in times)
    if spread <= 0:
        return 0.0
    return sum((time - middle) * (value - mean) for time, value in zip(times, values, strict=True)) / spread


def peaks(values: Sequence[float]) -> list[int]:
    """The places of readings that stand out: higher than their neighbours, and by two spreads above the mean."""
    count = len(values)
    if count < 3:
        return []
    mean = sum(values) / count
    spread = math.sqrt(sum((value - mean) * (value - mean) for value in values) / count)
    limit = mean + PEAK_SPREADS * spread
    return [
        place
        for place in range(1, count - 1)
        if spread > 0 and values[place] > limit and values[place - 1] < values[place] >= values[place + 1]
    ]
