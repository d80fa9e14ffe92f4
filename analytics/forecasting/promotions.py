"""What a promotion does to demand, so that forecasts that know no promotions can be told of one."""

from dataclasses import replace

import numpy as np

from analytics.forecasting.panel import Floats, Panel

_DOUBT = 14.0
"""Days of promotion at which a series' own uplift weighs as much as that of all."""
_LEAST, _MOST = 0.5, 8.0


def uplift(panel: Panel) -> Floats:
    """(S,) demand on a promoted day over that on any other; the pooled ratio where a series had few promotions."""
    if panel.promo is None:
        return np.ones(len(panel.quantity))
    promo = panel.promo[:, : panel.days]
    on = promo * panel.observed
    off = (1 - promo) * panel.observed
    days_on, days_off = on.sum(1), off.sum(1)
    sold_on, sold_off = (panel.quantity * on).sum(1), (panel.quantity * off).sum(1)
    expected = sold_off / np.maximum(days_off, 1) * days_on
    both = (days_on > 0) & (days_off > 0)
    pooled = sold_on[both].sum() / max(float(expected[both].sum()), 1e-9) if both.any() else 1.0
    usual = sold_off.sum() / max(float(days_off.sum()), 1.0)
    doubt = _DOUBT * np.minimum(sold_off / np.maximum(days_off, 1), usual) + 1e-9
    ratio: Floats = (sold_on + pooled * doubt) / (np.where(both, expected, 0) + doubt)
    return np.clip(ratio, _LEAST, _MOST)


def without_promotions(panel: Panel, horizon: int) -> tuple[Panel, Floats]:
    """The panel as if nothing had been promoted, and the factors (S, H) that put the promotions ahead back in."""
    if panel.promo is None:
        return panel, np.ones((len(panel.quantity), horizon))
    factor = 1 + (uplift(panel)[:, None] - 1) * panel.promo
    return replace(panel, quantity=panel.quantity / factor[:, : panel.days]), factor[:, panel.ahead(horizon)]
