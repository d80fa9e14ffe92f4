"""The level to order up to today, for a share of wanted units that is to be there: read off what levels would have come to."""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.panel import Floats, Panel
from analytics.replenishment.backtest import SERVICES, TRAILING, WARM_UP, between
from analytics.replenishment.levels import OrderUpTo
from analytics.replenishment.simulate import simulate

_USUAL = 9
"""The place among the services of the one that is taken where the past is too short to play: 92.5 %."""


def up_to(panel: Panel, *, lead: int, review: int, fill: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """(S,) units to have there and on the way, and of these (S,) what is expected to be wanted in `lead + review` days.

    `fill` (S,) is each series' aim. Those of one aim share one service level, as in the backtest.
    """
    span = lead + review
    rule = OrderUpTo(panel.lengthened(span), span)
    expected = rule.expected(panel.days)
    now = rule.levels(panel.days, SERVICES)
    level = np.zeros(len(expected))
    for aim, group in groupby(sorted(range(len(fill)), key=lambda at: fill[at]), key=lambda at: float(fill[at])):
        which = np.array(list(group))
        service = _service(panel, rule, which, lead, review, aim)
        level[which] = between(now[:, which], service)
    return np.maximum(level, 0), expected


def _service(panel: Panel, rule: OrderUpTo, which: NDArray[np.int_], lead: int, review: int, aim: float) -> float:
    """The place among the services, perhaps between two, at which these series would have met their aim lately."""
    first = max(WARM_UP + lead + review, panel.days - TRAILING)
    if panel.days - first < 4 * (lead + review):
        return float(_USUAL)
    levels = {day: rule.levels(day, SERVICES)[:, which] for day in range(first, panel.days, review)}
    played = simulate(panel.quantity[which], lambda day: levels[day], first=first, lead=lead, review=review)
    rates: NDArray[np.float64] = np.maximum.accumulate(played.fill_rate(slice(first + lead, panel.days)))
    return float(np.interp(aim, rates, np.arange(len(rates))))
