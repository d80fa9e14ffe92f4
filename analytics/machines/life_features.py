"""What remaining life is told by: level, slope and history of health indices, each from the rows up to its own."""

import numpy as np

from analytics.machines.rolling import Floats, rolling_mean, rolling_slope

CAP = 125.0
"""Cycles above which a machine counts as new (Heimes, Recurrent neural networks for RUL estimation, PHM 2008)."""


def features(indices: Floats) -> Floats:
    """(T, F) age, and level, slope and history of each health index (T, I), each from rows up to its own."""
    rows = np.arange(len(indices))
    age = rows[:, None] + 1.0
    start = rolling_mean(indices, 15)[np.minimum(rows, 14)]
    levels = [rolling_mean(indices, window) for window in (5, 10, 20, 40)]
    slopes = [rolling_slope(indices, window) for window in (20, 40, 80)]
    change = levels[1] - start

    def before(values: Floats, cycles: int) -> Floats:
        return np.asarray(values[np.maximum(rows - cycles, 0)], dtype=float)

    return np.column_stack(
        [
            age,
            *levels,
            *slopes,
            change,
            100 * change / age,
            slopes[0] - before(slopes[0], 20),
            before(levels[1], 20) - start,
            before(levels[1], 40),
            before(levels[1], 80),
            np.maximum.accumulate(levels[2], axis=0),
        ]
    )
