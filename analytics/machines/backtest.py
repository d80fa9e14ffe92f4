"""How good failure warnings, remaining lives and alarms would have been on data of known outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.data import BadData
from analytics.machines.anomalies import LEAST_NORMAL, alarms
from analytics.machines.failures import Classifier, stratified
from analytics.machines.life_features import CAP
from analytics.machines.metrics import average_precision, nasa_score, precision_recall_f1, root_mean_square
from analytics.machines.remaining_life import LEAST_UNITS, RemainingLife, Run
from analytics.machines.rolling import Flags, Floats
from analytics.machines.rules import Readings

_FOLDS = 5
_REPEATS = 3
_LEAST_FAILURES = 3 * _FOLDS
"""So that every fold, and every fold inside it, has one."""


@dataclass(frozen=True, slots=True)
class FailureFigures:
    """Shares of 0 to 1, means over the repeats."""

    f1: float
    precision: float
    recall: float
    pr_auc: float


@dataclass(frozen=True, slots=True)
class LifeFigures:
    """Errors at the last row of each unit, in cycles."""

    rmse: float
    """Against the whole remaining life, although nothing above `CAP` is ever said."""
    rmse_capped: float
    """Against the remaining life or `CAP`, whichever is less."""
    nasa_score: float
    """The sum of penalties against the whole remaining life."""


@dataclass(frozen=True, slots=True)
class AlarmFigures:
    """Shares of 0 to 1, over the judged rows of all files together."""

    f1: float
    false_alarm_rate: float
    """Of the normal rows, those with an alarm."""
    missed_rate: float
    """Of the anomalous rows, those without."""


def failures(of: Readings, failed: Flags) -> FailureFigures:
    """Every reading judged out of fold, by a classifier that saw neither it nor its answer; 3 × 5 stratified folds.

    Raises `BadData` where there are too few failures to spread over the folds.
    """
    if min(failed.sum(), (~failed).sum()) < _LEAST_FAILURES:
        raise BadData("failures_too_few", failures=int(failed.sum()), readings=len(failed), needed=_LEAST_FAILURES)
    rounds = []
    for repeat in range(_REPEATS):
        alarm, score = np.zeros(len(failed), dtype=bool), np.zeros(len(failed))
        for learned, kept in stratified(failed, _FOLDS, repeat):
            classifier = Classifier.learn(of.take(learned), failed[learned], repeat)
            alarm[kept], score[kept] = classifier.judge(of.take(kept))
        precision, recall, f1 = precision_recall_f1(alarm, failed)
        rounds.append((f1, precision, recall, average_precision(score, failed)))
    return FailureFigures(*(float(mean) for mean in np.mean(rounds, axis=0)))


def remaining_life(train: Sequence[Run], test: Sequence[Run], truth: Floats) -> LifeFigures:
    """Learn from runs to failure, and say what other units have left after their last row; `truth` (U,) is only compared.

    Raises `BadData` where the three do not belong together.
    """
    if len(train) < LEAST_UNITS:
        raise BadData("units_too_few", units=len(train), needed=LEAST_UNITS)
    if len(test) != len(truth):
        raise BadData("truth_uneven", units=len(test), lines=len(truth))
    if train[0].sensors.shape[1] != test[0].sensors.shape[1]:
        raise BadData("sensors_uneven", train=train[0].sensors.shape[1], test=test[0].sensors.shape[1])
    said = RemainingLife.learn(train).predict(test)
    return LifeFigures(
        root_mean_square(said - truth), root_mean_square(said - np.minimum(truth, CAP)), nasa_score(said - truth)
    )


_MOST_NORMAL = 400
_NORMAL_SHARE = 0.4


def anomalies(experiments: Sequence[tuple[Floats, Flags]]) -> AlarmFigures:
    """Each file by itself: its leading rows are taken to be sound, the rest is judged; labels are only compared.

    Sound are 400 rows, or 40 % of a shorter file. Raises `BadData` where a file is too short or none has an anomaly to find.
    """
    told, true = [], []
    for signals, truth in experiments:
        normal = min(_MOST_NORMAL, int(_NORMAL_SHARE * len(signals)))
        if normal < LEAST_NORMAL:
            raise BadData("experiment_too_short", rows=len(signals), needed=int(LEAST_NORMAL / _NORMAL_SHARE))
        told.append(alarms(signals, normal)[normal:])
        true.append(truth[normal:])
    alarm, truth = np.concatenate(told), np.concatenate(true)
    if not truth.any():
        raise BadData("anomalies_missing", files=len(experiments))
    _, recall, f1 = precision_recall_f1(alarm, truth)
    return AlarmFigures(f1, float((alarm & ~truth).sum() / max(int((~truth).sum()), 1)), 1 - recall)
