"""A classifier of failures from a plant's own sensors: physics where it is measured, trees, and probabilities that are kept.

Nothing is measured on what it was learned from: rows of one group (a machine's run, a day before a failure) are in one fold,
and the calibration and the threshold by which a fold is judged come from the other folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from analytics.data import BadData
from analytics.machines.boosting import boosted
from analytics.machines.metrics import average_precision, precision_recall_f1
from analytics.machines.rolling import Flags, Floats

Singles = NDArray[np.float32]

LEAST_FAILURES: Final = 10
"""Groups with a failure, so that each fold has two."""
LEAST_ROWS: Final = 200
_FOLDS: Final = 5
_SURE: Final = 0.9
"""The precision at which the lead time is told."""
PHYSICS: Final[Mapping[str, tuple[str, str, str]]] = {
    "heat": ("process_temperature", "-", "air_temperature"),
    "power": ("torque", "*", "speed"),
    "strain": ("torque", "*", "tool_wear"),
}
"""What two roles come to together, where both are measured."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """N rows of K sensors of which it is known whether the machine failed soon after, or while they were measured."""

    sensors: tuple[str, ...]
    values: Floats
    """(N, K) without gaps."""
    failed: Flags
    """(N,)"""
    groups: NDArray[np.intp]
    """(N,) rows that belong together."""
    hours_before: Floats
    """(N,) hours until the failure; NaN where there was none, or nobody knows."""


@dataclass(frozen=True, slots=True)
class FailureModel:
    """What was learned: `scale` and `shift` turn the raw score of the trees into log odds that are kept."""

    sensors: tuple[str, ...]
    physics: tuple[tuple[int, str, int], ...]
    """Columns made of two sensors, by their places: the first, `-` or `*`, the second."""
    booster: lightgbm.Booster
    scale: float
    shift: float
    threshold: float
    """Probability from which it is a warning."""
    weights: Floats
    """(K,) the share of each sensor in what the trees decide, and of what is made of it."""

    def probability(self, values: Floats) -> Floats:
        """(N,) of rows (N, K)."""
        raw = self.booster.predict(inputs(values, self.physics), raw_score=True, num_threads=1)
        return _sigmoid(self.scale * np.asarray(raw, dtype=float) + self.shift)


@dataclass(frozen=True, slots=True)
class FailureModelFigures:
    """Of rows that were judged out of their fold. `brier` is the mean squared error of the probability."""

    rows: int
    failures: int
    """Groups with a failure."""
    base_rate: float
    precision: float
    recall: float
    f1: float
    pr_auc: float
    brier: float
    lead_hours: float | None
    """Median from the first warning to the failure, of warnings of which nine in ten are right; None without times."""


def inputs(values: Floats, physics: Sequence[tuple[int, str, int]]) -> Singles:
    """(N, K + P) the sensors and what is made of them, in 32 bits as the exported model has them."""
    known = np.asarray(values, dtype=np.float32)
    made = [known[:, one] - known[:, other] if act == "-" else known[:, one] * known[:, other] for one, act, other in physics]
    return np.column_stack([known, *made])


def learn(of: Labelled, roles: Mapping[str, str]) -> tuple[FailureModel, FailureModelFigures]:
    """Learn from rows, with the sensor of each role; raises `BadData` where they tell too little."""
    failing = np.unique(of.groups[of.failed])
    if len(failing) < LEAST_FAILURES:
        raise BadData("failures_too_few", failures=len(failing), readings=len(of.failed), needed=LEAST_FAILURES)
    if len(of.failed) < LEAST_ROWS or (~of.failed).sum() < len(failing):
        raise BadData("rows_too_few", rows=len(of.failed), needed=LEAST_ROWS)
    places = {name: place for place, name in enumerate(of.sensors)}
    role_places = {role: places[name] for role, name in roles.items() if name in places}
    physics = tuple(
        (role_places[one], act, role_places[other])
        for one, act, other in PHYSICS.values()
        if one in role_places and other in role_places
    )
    rows, fold = inputs(of.values, physics), _folds(of)
    raw = np.zeros(len(of.failed))
    for number in range(_FOLDS):
        kept = fold == number
        raw[kept] = boosted(rows[~kept], of.failed[~kept]).predict(rows[kept], raw_score=True, num_threads=1)
    probability, warned, sure = _judged(raw, of.failed, fold)
    scale, shift = _calibrated(raw, of.failed)
    booster = boosted(rows, of.failed)
    threshold = _threshold(_sigmoid(scale * raw + shift), of.failed)
    model = FailureModel(of.sensors, physics, booster, scale, shift, threshold, _weights(booster, len(of.sensors), physics))
    precision, recall, f1 = precision_recall_f1(warned, of.failed)
    return model, FailureModelFigures(
        rows=len(of.failed),
        failures=len(failing),
        base_rate=float(of.failed.mean()),
        precision=precision,
        recall=recall,
        f1=f1,
        pr_auc=average_precision(probability, of.failed),
        brier=float(((probability - of.failed) ** 2).mean()),
        lead_hours=_lead(of, sure, failing),
    )


def _folds(of: Labelled) -> NDArray[np.intp]:
    """(N,) the fold of each row: groups stay whole, and those with a failure are dealt out evenly."""
    random = np.random.default_rng(1)
    failing = np.unique(of.groups[of.failed])
    sound = np.setdiff1d(np.unique(of.groups), failing)
    order = np.concatenate([random.permutation(failing), random.permutation(sound)])
    of_group = np.empty(len(order), dtype=np.intp)
    known = np.sort(order)
    of_group[np.searchsorted(known, order)] = np.arange(len(order)) % _FOLDS
    return np.asarray(of_group[np.searchsorted(known, of.groups)], dtype=np.intp)


def _judged(raw: Floats, failed: Flags, fold: NDArray[np.intp]) -> tuple[Floats, Flags, Flags]:
    """(N,) probabilities, warnings, and warnings that were right nine times in ten, each fold by what the others say."""
    probability = np.zeros(len(raw))
    warned, sure = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    for number in range(_FOLDS):
        kept = fold == number
        scale, shift = _calibrated(raw[~kept], failed[~kept])
        others = _sigmoid(scale * raw[~kept] + shift)
        probability[kept] = _sigmoid(scale * raw[kept] + shift)
        warned[kept] = probability[kept] >= _threshold(others, failed[~kept])
        sure[kept] = probability[kept] >= _threshold(others, failed[~kept], precise=_SURE)
    return probability, warned, sure


def _calibrated(raw: Floats, failed: Flags) -> tuple[float, float]:
    """Scale and shift of the log odds of scores nothing was learned from.

    Platt, Probabilistic outputs for support vector machines, 1999, with his targets that are never quite 0 or 1, by Newton's
    method as Lin, Lin and Weng (2007) have it.
    """
    positive, negative = int(failed.sum()), int((~failed).sum())
    target = np.where(failed, (positive + 1) / (positive + 2), 1 / (negative + 2))
    by = np.column_stack([raw, np.ones(len(raw))])
    found = np.array([1.0, 0.0])
    for _ in range(50):
        said = _sigmoid(by @ found)
        slope = by.T @ (said - target) + 1e-6 * found
        bend = (by * (said * (1 - said))[:, None]).T @ by + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        found = found - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return max(float(found[0]), 0.0), float(found[1])


def _threshold(probability: Floats, failed: Flags, precise: float | None = None) -> float:
    """The probability with the best F1; or the least from which on so large a share of warnings is right, above 1 for none."""
    best, found = 0.0, 1.1
    for candidate in np.unique(np.quantile(probability, np.linspace(0, 1, 401))):
        precision, _, f1 = precision_recall_f1(probability >= candidate, failed)
        if precise is not None:
            if precision >= precise:
                return float(candidate)
        elif f1 > best:
            best, found = f1, float(candidate)
    return found


def _lead(of: Labelled, sure: Flags, failing: NDArray[np.intp]) -> float | None:
    if not np.isfinite(of.hours_before[of.failed]).all():
        return None
    told = of.failed & sure
    leads = np.zeros(int(of.groups.max()) + 1)
    np.maximum.at(leads, of.groups[told], of.hours_before[told])
    return float(np.median(leads[failing]))


def _weights(booster: lightgbm.Booster, sensors: int, physics: Sequence[tuple[int, str, int]]) -> Floats:
    gain = np.asarray(booster.feature_importance("gain"), dtype=float)
    weights = gain[:sensors].copy()
    for made, (one, _, other) in zip(gain[sensors:], physics, strict=True):
        weights[one] += made / 2
        weights[other] += made / 2
    shares: Floats = weights / max(float(weights.sum()), 1e-12)
    return shares


def _sigmoid(values: Floats) -> Floats:
    made: Floats = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return made
