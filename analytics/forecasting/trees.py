"""One gradient-boosted model for all series of a panel, with lags known at the origin and inputs known ahead."""

from datetime import timedelta

import lightgbm
import numpy as np

from analytics.forecasting.classic import WEEK, ahead, level, profile
from analytics.forecasting.panel import Floats, Panel

YEAR = 52 * WEEK
"""Days from a day to the same weekday a year before."""
_MOST_ROWS = 1_500_000
_ORIGINS = 16
_LEAST_HISTORY = 12 * WEEK
_ROUNDS = 150
_PARAMETERS: dict[str, object] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.2,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


def can_learn(panel: Panel, horizon: int) -> bool:
    """Whether there are enough series and days to learn from."""
    return len(panel.quantity) >= 50 and panel.days >= _LEAST_HISTORY + 2 * horizon


def boosted(panel: Panel, horizon: int) -> Floats:
    """(S, H) units a day by LightGBM on relative demand; trained on origins a week apart, the last a horizon ago."""
    most = np.quantile(panel.quantity[:, -YEAR:], 0.99, axis=1, keepdims=True)
    most = np.where(most > 0, most, panel.quantity.max(1, keepdims=True))
    tame = Panel(panel.first_day, np.minimum(panel.quantity, most), panel.observed, panel.open, panel.promo, panel.price)
    blocks = []
    for back in range(_ORIGINS):
        end = panel.days - horizon - back * WEEK
        if end < _LEAST_HISTORY:
            break
        inputs, scale = _inputs(tame.until(end), horizon)
        days = slice(end, end + horizon)
        counts = (panel.observed[:, days] & panel.open[:, days]).ravel()
        target = (tame.quantity[:, days] / scale[:, None]).ravel()
        weight = np.repeat(scale, horizon)
        blocks.append((inputs[counts], target[counts], weight[counts]))
        if sum(len(block[1]) for block in blocks) > _MOST_ROWS:
            break
    inputs, target, weight = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    data = lightgbm.Dataset(inputs, target, weight=weight / weight.mean())
    model = lightgbm.train(dict(_PARAMETERS), data, num_boost_round=_ROUNDS)
    inputs, scale = _inputs(tame, horizon)
    predicted = np.asarray(model.predict(inputs, num_threads=1), dtype=float)
    return predicted.reshape(len(panel.quantity), horizon) * scale[:, None]


def _inputs(panel: Panel, horizon: int) -> tuple[Floats, Floats]:
    """(S × H, F) inputs of every day ahead, and the level (S,) that they and the target are relative to."""
    means = {days: level(panel, days) for days in (7, 14, 28, 56, 112, YEAR)}
    scale = 0.5 * means[28] + 0.3 * means[56] + 0.2 * level(panel, 182) + 1e-3
    recent = panel.quantity[:, -4 * WEEK :]
    series = [
        *(mean / scale for mean in means.values()),
        panel.quantity[:, -56:].std(1) / scale,
        (recent > 0).mean(1),
        (panel.quantity[:, -91:] > 0).mean(1),
        np.log(scale),
    ]
    shape = (len(panel.quantity), horizon)
    days = [panel.origin + timedelta(days=day) for day in range(horizon)]
    columns = [np.repeat(values[:, None], horizon, 1) for values in series]
    columns += [
        ahead(profile(panel, 16), horizon),
        np.broadcast_to([float(day.weekday()) for day in days], shape),
        np.broadcast_to([float(day.day) for day in days], shape),
        np.broadcast_to(np.arange(horizon, dtype=float), shape),
        *_last_year(panel, horizon, scale),
        *_known(panel, horizon, scale),
    ]
    return np.stack(columns, 2).reshape(shape[0] * horizon, len(columns)), scale


def _last_year(panel: Panel, horizon: int, scale: Floats) -> list[Floats]:
    """The fortnight around the day a year ago over the four weeks before it, of the series and of all; NaN where unknown."""
    own = np.full((len(scale), horizon), np.nan)
    everybody = np.full((len(scale), horizon), np.nan)
    total = panel.quantity.sum(0)
    for day in range(horizon):
        middle = panel.days + day - YEAR
        start, end = middle - WEEK, min(middle + WEEK, panel.days)
        if start - 28 < 0:
            continue
        before = panel.quantity[:, start - 28 : start].mean(1)
        own[:, day] = panel.quantity[:, start:end].mean(1) / np.maximum(before + 0.2 * scale, 1e-6)
        everybody[:, day] = total[start:end].mean() / max(float(total[start - 28 : start].mean()), 1e-9)
    return [own, everybody]


def _known(panel: Panel, horizon: int, scale: Floats) -> list[Floats]:
    """What is known of the days ahead, and how the series answered to it so far."""
    days = panel.ahead(horizon)
    columns: list[Floats] = []
    closed = ~panel.open
    if closed.any():
        last = panel.open.shape[1] - 1
        around = np.arange(days.start, days.stop)
        columns += [closed[:, around - 1].astype(float), closed[:, np.minimum(around + 1, last)].astype(float)]
    for values in (panel.promo, panel.price):
        if values is None:
            continue
        past, recent = values[:, max(0, panel.days - 182) : panel.days], values[:, panel.days - 28 : panel.days]
        columns += [values[:, days], np.repeat(recent.mean(1)[:, None], horizon, 1), _answer(panel, past, horizon, scale)]
    return columns


def _answer(panel: Panel, past: Floats, horizon: int, scale: Floats) -> Floats:
    """The covariance of demand with an input over the past half year, relative: how strongly the series answers."""
    demand = panel.quantity[:, -past.shape[1] :] / scale[:, None]
    varied = past - past.mean(1, keepdims=True)
    slope = (demand * varied).sum(1) / ((varied**2).sum(1) + 1.0)
    return np.repeat(slope[:, None], horizon, 1)
