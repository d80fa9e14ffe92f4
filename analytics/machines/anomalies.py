"""Anomalies of one machine without a history of failures: how far its signals leave what they did at the start.

T² and Q on principal components of smoothed signals (Kourti and MacGregor, Process analysis, monitoring and diagnosis,
Chemometrics 1995), with two things that the textbook leaves out. The limits come from blocks of normal rows that the components
did not see, since neighbouring readings are alike and those learned from look better than they are. And a signal that already
drifts while all is well is believed less, the longer ago that was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.machines.rolling import Flags, Floats, rolling_mean

LEAST_NORMAL = 100
WINDOW = 20
"""Rows that are averaged: what lasts for less is noise."""
_BLOCKS = 5
_KEPT = 0.9
"""Share of the variance that the components explain; the rest is Q's."""
_QUANTILE = 0.97
RELEASE = 0.8
"""An alarm ends below this share of its limit, so that it does not flutter."""
_LASTING = WINDOW
"""Rows for which a score is above its limit before anybody hears of it: 3 % of sound rows are, and hardly ever for so long."""
_LAGS = np.array([1, 2, 3, 4, 5, 6.5, 8, 10]) * WINDOW


@dataclass(frozen=True, slots=True)
class _Components:
    """A linear picture of normal rows."""

    centre: Floats
    directions: Floats
    """(K, P)"""
    variances: Floats
    """(P,)"""
    rest: float
    """Mean of the squared distance from the components."""

    @classmethod
    def learn(cls, rows: Floats) -> "_Components":
        """From normal rows (T, K)."""
        centre = rows.mean(0)
        values, vectors = np.linalg.eigh(np.cov((rows - centre).T).reshape(rows.shape[1], -1))
        values, vectors = np.maximum(values[::-1], 1e-12), vectors[:, ::-1]
        kept = int(np.searchsorted(np.cumsum(values) / values.sum(), _KEPT)) + 1
        kept = min(kept, len(values))
        return cls(centre, vectors[:, :kept], values[:kept], max(float(values[kept:].sum()), 1e-3 * float(values.sum())))

    def distances(self, moved: Floats) -> Floats:
        """(T, 2) T² and Q of rows (T, K) less the centre."""
        along = moved @ self.directions
        off = moved - along @ self.directions.T
        return np.column_stack([(along**2 / self.variances).sum(1), (off**2).sum(1) / self.rest])


@dataclass(frozen=True, slots=True)
class Judged:
    """How far each row of signals has left what was normal."""

    scores: Floats
    """(T,) the larger of T² and Q, each in units of its limit; 0 for the rows that were taken to be sound."""
    strayed: Floats
    """(K,) by how many spreads of its sound rows each signal has strayed over the last rows; 0 for one that stood still."""


def judge(signals: Floats, normal: int, away: int = 0) -> Judged:
    """Judge the rows of signals (T, K) of which the first `normal` are taken to be sound.

    Between these and the others lie `away` rows that nobody has, and so no step that anybody has seen.

    A row is judged by itself and those before it. Where a reading is missing (NaN) the last one stands in.
    """
    filled = _filled(signals)
    scaled, varied = _scaled(filled, normal)
    smooth = rolling_mean(scaled, WINDOW)
    strayed = np.zeros(signals.shape[1])
    strayed[varied] = smooth[-1]
    moves = np.diff(scaled, axis=0, prepend=scaled[:1])
    if away:
        moves[normal] = moves[normal - 1]
    steps = rolling_mean(moves**2, WINDOW)
    unrest, _ = _scaled(np.log(np.sqrt(steps) + 0.05), normal)
    rows = np.column_stack([smooth, unrest])
    scores = np.zeros(len(signals))
    if rows.shape[1]:
        sound = rows[WINDOW:normal]
        model = _Components.learn(sound)
        moved = (rows - model.centre) / _doubt(sound, np.maximum(np.arange(len(rows)) - normal + away, 0))
        scores[normal:] = (model.distances(moved) / _limits(sound)).max(1)[normal:]
    return Judged(scores, strayed)


def alarms(signals: Floats, normal: int) -> Flags:
    """(T,) whether each row of the signals (T, K) is anomalous; the first `normal` rows are taken to be sound."""
    score = judge(signals, normal).scores
    alarm = np.zeros(len(score), dtype=bool)
    for row in range(normal, len(score)):
        alarm[row] = score[row] > (RELEASE if alarm[row - 1] else 1.0)
    return alarm


def lasting(scores: Floats, *, held: bool) -> float | None:
    """How far the last rows lie from what was normal, in units of the limit, from their scores (T,); None where they do not.

    It begins once the score has been above its limit for a while and ends, where it `held`, once it was well below as long.
    """
    lately = scores[-_LASTING:]
    is_far = lately.max() > RELEASE if held else lately.min() > 1.0
    return float(np.median(lately)) if is_far else None


def _doubt(sound: Floats, since: NDArray[np.intp]) -> Floats:
    """(T, K) by how much wider each signal may stray, `since` (T,) rows after the last sound one.

    The mean squared change between rows of a signal grows with the rows between them if it wanders (its structure function),
    and with their square if it has a trend; both are carried on from the sound rows.
    """
    lags = _LAGS[: np.searchsorted(_LAGS, 0.6 * len(sound))].astype(int)
    changes = np.stack([((sound[lag:] - sound[:-lag]) ** 2).mean(0) for lag in lags])
    apart = lags[:, None] - lags.mean()
    wandering = np.maximum((apart * changes).sum(0) / max(float((apart**2).sum()), 1e-9), 0.0)
    known = changes.mean(0)
    still = np.maximum(known - wandering * lags.mean(), 0.2 * known) + 1e-9
    trend = _trend(sound) ** 2

    middle = len(sound) / 2
    later = since[:, None] + middle
    strays: Floats = still + wandering * later + trend * later**2
    doubt: Floats = np.sqrt(strays / (still + wandering * middle + trend * middle**2))
    return doubt


def _trend(sound: Floats) -> Floats:
    """(K,) slopes per row; 0 where a line explains less than half of what the signal did."""
    time = np.arange(len(sound)) - (len(sound) - 1) / 2
    slope = (time[:, None] * sound).sum(0) / (time**2).sum()
    total = np.maximum(sound.var(0), 1e-12)
    left = (sound - sound.mean(0) - time[:, None] * slope).var(0)
    return np.where(left < 0.5 * total, slope, 0.0)


def _limits(rows: Floats) -> Floats:
    """(2,) of T² and Q, from blocks of rows that the components did not see."""
    block = np.arange(len(rows)) * _BLOCKS // len(rows)
    seen = []
    for number in range(_BLOCKS):
        model = _Components.learn(rows[block != number])
        seen.append(model.distances(rows[block == number] - model.centre))
    limits: Floats = np.maximum(np.quantile(np.concatenate(seen), _QUANTILE, axis=0), 1e-9)
    return limits


def _scaled(values: Floats, normal: int) -> tuple[Floats, Flags]:
    """(T, K') in units of the normal rows' spread, without columns that stand still there; and (K,) which ones vary."""
    known = values[:normal]
    spread = known.std(0)
    varied = spread > 1e-9 * np.maximum(np.abs(known).max(0), 1.0)
    scaled: Floats = (values[:, varied] - known[:, varied].mean(0)) / spread[varied]
    return scaled, varied


def _filled(values: Floats) -> Floats:
    """(T, K) with the last known reading for a missing one, and 0 before the first."""
    known = np.isfinite(values)
    latest = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], 0), axis=0)
    return np.nan_to_num(np.take_along_axis(values, latest, axis=0))
