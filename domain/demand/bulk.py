"""Single bulk orders: a sale so much larger than those of other days that it is an event, and no habit."""

from collections.abc import Sequence
from statistics import median
from typing import Final

LEAST_DAYS: Final = 10
"""Days with sales below which nothing is known to be usual."""

TIMES: Final = 8.0
"""How many times the usual largest sale of a day a bulk order is."""

MOST_SHARE: Final = 0.05
"""Where more days than this share stand out, standing out is usual there."""


def bulk_days(largest: Sequence[float]) -> list[bool]:
    """Which days had a bulk order, given the largest single sale of each; a day without sales has zero."""
    sold = [value for value in largest if value > 0]
    if len(sold) < LEAST_DAYS:
        return [False] * len(largest)
    limit = TIMES * median(sold)
    found = [value >= limit for value in largest]
    return found if sum(found) <= MOST_SHARE * len(sold) else [False] * len(largest)
