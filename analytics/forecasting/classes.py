"""The four kinds of demand: smooth, erratic, intermittent, lumpy (Syntetos, Boylan and Croston 2005)."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.panel import Panel

_LONG_GAPS = 1.32
_UNEVEN = 0.49


class DemandClass(IntEnum):
    """By the mean gap between days with sales (ADI) and the squared variation of what such a day sells (CV²)."""

    SMOOTH = 0
    ERRATIC = 1
    INTERMITTENT = 2
    LUMPY = 3


def classify(panel: Panel, days: int = 364) -> NDArray[np.int_]:
    """(S,) the `DemandClass` of each series over its last `days` observed days; a series without sales counts as lumpy."""
    quantity, observed = panel.quantity[:, -days:], panel.observed[:, -days:]
    sold = (quantity > 0) & observed
    count = sold.sum(1)
    gap = observed.sum(1) / np.maximum(count, 1)
    mean = quantity.sum(1, where=sold) / np.maximum(count, 1)
    variance = (((quantity - mean[:, None]) ** 2) * sold).sum(1) / np.maximum(count, 1)
    uneven = variance / np.maximum(mean, 1e-9) ** 2 > _UNEVEN
    return np.where(count == 0, DemandClass.LUMPY, uneven + 2 * (gap > _LONG_GAPS)).astype(int)
