"""What would have been on the shelf: periodic review, order-up-to levels, lost sales; all series at once, day by day."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.panel import Floats

UpTo = Callable[[int], Floats]
"""The level (..., S) to order up to at the review before day `day`, from what was known then."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Per day and track (T, ...): units wanted, not served, and left at the end of the day, over all series."""

    demand: Floats
    lost: Floats
    stock: Floats

    def fill_rate(self, days: slice) -> Floats:
        """(...) the share of the units wanted on these days that were there; 1 if none were wanted."""
        wanted = self.demand[days].sum(0)
        rate: Floats = 1 - self.lost[days].sum(0) / np.maximum(wanted, 1e-9)
        return rate

    def days_of_stock(self, days: slice) -> Floats:
        """(...) the mean stock over the mean demand of a day."""
        cover: Floats = self.stock[days].mean(0) / np.maximum(self.demand[days].mean(0), 1e-9)
        return cover


def simulate(demand: Floats, up_to: UpTo, *, first: int, lead: int, review: int) -> Shelf:
    """Run (S, T) daily demand past shelves that are filled to what `up_to` says, from day `first` on.

    At the start of every `review`-th day each series is ordered up to its level, less what is there and on its way; the
    order arrives `lead` days later, before the shop opens. What is not there is not sold. The shelves begin full.
    """
    days = demand.shape[1]
    stock = up_to(first).astype(float)
    due: NDArray[np.float64] = np.zeros((lead + 1, *stock.shape))
    tracks = (days, *stock.shape[:-1])
    shelf = Shelf(np.zeros(tracks), np.zeros(tracks), np.zeros(tracks))
    for day in range(first, days):
        if (day - first) % review == 0:
            order = np.maximum(up_to(day) - stock - due.sum(0), 0)
            due[lead] += order
        stock = stock + due[0]
        due = np.roll(due, -1, axis=0)
        due[lead] = 0
        served = np.minimum(stock, demand[:, day])
        stock = stock - served
        shelf.demand[day] = demand[:, day].sum()
        shelf.lost[day] = (demand[:, day] - served).sum(-1)
        shelf.stock[day] = stock.sum(-1)
    return shelf
