"""Statistics of the last rows of each column, computed for all rows at once."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def rolling_mean(values: Floats, window: int) -> Floats:
    """(T, K) means of the last `window` rows up to and with each row; of fewer at the start."""
    sums = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    means: Floats = (sums[ends] - sums[starts]) / (ends - starts)[:, None]
    return means


def rolling_slope(values: Floats, window: int) -> Floats:
    """(T, K) least-squares slopes per row over the last `window` rows; 0 where fewer than three rows are known."""
    time = np.arange(len(values), dtype=float)[:, None]
    spread = rolling_mean(time**2, window) - rolling_mean(time, window) ** 2
    together = rolling_mean(values * time, window) - rolling_mean(values, window) * rolling_mean(time, window)
    slopes: Floats = np.where(spread > 0.5, together / np.maximum(spread, 0.5), 0.0)
    return slopes
