"""A panel: the daily demand of many series on one calendar, and what is known of the days ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Panel:
    """Demand of S series over T days, and known inputs over T days and up to H days ahead.

    A day without demand is only evidence of no demand where `observed`: the series was on sale, the store was open and
    the shelf was not empty.
    """

    first_day: date
    quantity: Floats
    """(S, T), units a day, never negative; 0 where nothing was sold."""
    observed: Flags
    """(S, T): the day says something about demand."""
    open: Flags
    """(S, T + H): the store sells on that day. Known ahead; True where nobody said otherwise."""
    promo: Floats | None = None
    """(S, T + H): 1 on a day with a promotion, 0 without. Known ahead."""
    price: Floats | None = None
    """(S, T + H): the price of the day over the series' usual price. Known ahead."""

    @property
    def days(self) -> int:
        """T, the days of history."""
        return int(self.quantity.shape[1])

    @property
    def origin(self) -> date:
        """The first day ahead."""
        return self.first_day + timedelta(days=self.days)

    def until(self, days: int) -> "Panel":
        """The panel as it was known after its first `days` days; what is known ahead stays."""
        return replace(self, quantity=self.quantity[:, :days], observed=self.observed[:, :days])

    def pick(self, which: Flags) -> "Panel":
        """Only the series that `which` (S,) marks."""
        return replace(
            self,
            quantity=self.quantity[which],
            observed=self.observed[which],
            open=self.open[which],
            promo=None if self.promo is None else self.promo[which],
            price=None if self.price is None else self.price[which],
        )

    def lengthened(self, days: int) -> "Panel":
        """The panel with `days` more days ahead of which nothing is known: open, without promotion, at the last price."""

        def more(values: Floats | None, last: float) -> Floats | None:
            return None if values is None else np.concatenate([values, np.repeat(last * values[:, -1:], days, 1)], axis=1)

        return replace(
            self,
            open=np.concatenate([self.open, np.ones((len(self.open), days), dtype=bool)], axis=1),
            promo=more(self.promo, 0),
            price=more(self.price, 1),
        )

    def ahead(self, horizon: int) -> slice:
        """The columns of the known inputs that belong to the next `horizon` days."""
        return slice(self.days, self.days + horizon)


def grouped(panel: Panel, groups: NDArray[np.intp], count: int) -> Panel:
    """Sums of series: `groups` (S,) names the sum that each series belongs to, from 0 to `count` - 1.

    A sum is observed where any of its series is, and open likewise; a promotion weighs as much as its series usually sells.
    """

    def total(values: Floats) -> Floats:
        summed = np.zeros((count, values.shape[1]))
        np.add.at(summed, groups, values)
        return summed

    usual = np.maximum(panel.quantity.mean(1, keepdims=True), 1e-9)
    weight = total(np.broadcast_to(usual, panel.open.shape))

    def average(values: Floats | None) -> Floats | None:
        return None if values is None else total(values * usual) / weight

    return Panel(
        first_day=panel.first_day,
        quantity=total(panel.quantity),
        observed=total(panel.observed.astype(float)) > 0,
        open=total(panel.open.astype(float)) > 0,
        promo=average(panel.promo),
        price=average(panel.price),
    )


def numbered(names: Sequence[str]) -> tuple[NDArray[np.intp], list[str]]:
    """The number of each name among the distinct ones in order, and these."""
    distinct, numbers = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    return numbers.astype(np.intp).reshape(-1), [str(name) for name in distinct]
