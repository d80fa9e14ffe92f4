"""The classical forecasts of all series at once: means, smoothing and rates for slow sellers, each with a weekday profile.

Each takes a panel and a horizon H and gives (S, H) units a day. Days that are not observed are passed over, not read as 0.
"""

import numpy as np

from analytics.forecasting.panel import Flags, Floats, Panel

WEEK = 7
_SMALL = 1e-9


def _recent(panel: Panel, days: int) -> tuple[Floats, Flags]:
    return panel.quantity[:, -days:], panel.observed[:, -days:]


def level(panel: Panel, days: int) -> Floats:
    """(S,) units a day over the last `days` observed days of the calendar; 0 for a series that was never observed there."""
    quantity, observed = _recent(panel, days)
    mean: Floats = (quantity * observed).sum(1) / np.maximum(observed.sum(1), 1)
    return mean


def flat_mean(panel: Panel, horizon: int) -> Floats:
    """The mean of the last 28 days, every day."""
    return np.repeat(level(panel, 4 * WEEK)[:, None], horizon, 1)


def seasonal_naive(panel: Panel, horizon: int) -> Floats:
    """The last week again."""
    return ahead(panel.quantity[:, -WEEK:], horizon)


def weekday_mean(panel: Panel, horizon: int) -> Floats:
    """The mean of the same weekday over the last 8 weeks."""
    weeks = min(8, panel.days // WEEK)
    quantity, observed = (part.reshape(len(part), weeks, WEEK) for part in _recent(panel, weeks * WEEK))
    return ahead((quantity * observed).sum(1) / np.maximum(observed.sum(1), 1), horizon)


def ahead(week: Floats, horizon: int) -> Floats:
    """(S, 7) values, the first for the first day ahead, repeated to (S, H)."""
    return np.tile(week, (1, -(-horizon // WEEK)))[:, :horizon]


def capped(panel: Panel) -> Panel:
    """Single bulk orders cut to the 98 % quantile of the last half year, so that they move no level."""
    half_year = panel.quantity[:, -26 * WEEK :]
    most = np.quantile(half_year, 0.98, axis=1, keepdims=True)
    # A slow seller has few days with sales; its quantile is 0 and says nothing.
    most = np.where(most > 0, most, half_year.max(1, keepdims=True))
    return Panel(panel.first_day, np.minimum(panel.quantity, most), panel.observed, panel.open, panel.promo, panel.price)


def profile(panel: Panel, weeks: int = 26) -> Floats:
    """(S, 7) weekday factors, the first for the first day ahead: the pooled week, and as much of a series' own deviation
    as stands out of its noise (empirical Bayes: variance of the deviations less that of their estimates). Their mean over
    observed days is 1, as a level is one of observed days.
    """
    weeks = min(weeks, panel.days // WEEK)
    if weeks < 2:
        return np.ones((len(panel.quantity), WEEK))
    quantity, observed = (part.reshape(len(part), weeks, WEEK) for part in _recent(panel, weeks * WEEK))
    mean = np.maximum((quantity * observed).sum((1, 2)) / np.maximum(observed.sum((1, 2)), 1), _SMALL)
    relative = quantity / mean[:, None, None]
    seen = np.maximum(observed.sum(1), 1)
    own = (relative * observed).sum(1) / seen
    error = (((relative - own[:, None, :]) ** 2) * observed).sum(1) / np.maximum(seen - 1, 1) / seen
    weight = (mean / mean.sum())[:, None]
    pooled = (own * weight).sum(0)
    pooled /= max(pooled.mean(), _SMALL)
    deviation = own - pooled
    signal = max(float((((deviation**2) - error) * weight).sum() / WEEK), 1e-6)
    week = np.maximum(pooled + signal / (signal + error) * deviation, 0.0)
    share = observed.sum(1)
    factors: Floats = week * share.sum(1, keepdims=True) / np.maximum((week * share).sum(1, keepdims=True), _SMALL)
    return factors


def smoothed_path(panel: Panel, alpha: float = 0.05) -> Floats:
    """(S, T) the level after each day by simple exponential smoothing (Brown 1959), begun with the first four weeks."""
    quantity, observed = panel.quantity, panel.observed
    first = min(4 * WEEK, panel.days)
    value = (quantity[:, :first] * observed[:, :first]).sum(1) / np.maximum(observed[:, :first].sum(1), 1)
    path = np.repeat(value[:, None], panel.days, 1)
    for day in range(first, panel.days):
        value = np.where(observed[:, day], value + alpha * (quantity[:, day] - value), value)
        path[:, day] = value
    return path


def tsb_path(panel: Panel, alpha: float = 0.1, beta: float = 0.1) -> Floats:
    """(S, T) units a day after each day: size of a sale times its chance, both smoothed (Teunter, Syntetos, Babai 2011)."""
    quantity, observed = panel.quantity, panel.observed
    sold = quantity > 0
    size = np.where(sold.any(1), quantity[np.arange(len(quantity)), sold.argmax(1)], 0.0)
    chance = np.where(sold[:, 0], 1.0, 0.0)
    path = np.repeat((size * chance)[:, None], panel.days, 1)
    for day in range(1, panel.days):
        here = observed[:, day]
        chance = np.where(here, chance + beta * (sold[:, day] - chance), chance)
        size = np.where(here & sold[:, day], size + alpha * (quantity[:, day] - size), size)
        path[:, day] = size * chance
    return path


def adida(panel: Panel, horizon: int) -> Floats:
    """Sums over stretches as long as the mean gap between sales, smoothed and shared out again (Nikolopoulos et al. 2011)."""
    sold = (panel.quantity > 0).sum(1)
    gaps = np.clip(np.round(panel.days / np.maximum(sold, 1)), 1, 4 * WEEK).astype(int)
    values = np.zeros(len(gaps))
    for gap in np.unique(gaps):
        which = gaps == gap
        blocks = panel.days // gap
        sums = panel.quantity[which][:, -blocks * gap :].reshape(-1, blocks, gap).sum(2)
        value = sums[:, : max(1, blocks // 8)].mean(1)
        for block in range(max(1, blocks // 8), blocks):
            value = value + 0.1 * (sums[:, block] - value)
        values[which] = value / gap
    values *= panel.days / np.maximum(panel.observed.sum(1), 1)
    return np.repeat(values[:, None], horizon, 1)


def shaped(values: Floats, panel: Panel, horizon: int) -> Floats:
    """A level (S,) as (S, H), with the panel's weekday profile."""
    return values[:, None] * ahead(profile(panel), horizon)
