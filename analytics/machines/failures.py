"""Failure of a milling machine from one reading: the documented limits of its physics, and a classifier for what they leave.

Matzka, Explainable artificial intelligence for predictive maintenance applications, AI4I 2020, gives the limits.
"""

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from analytics.machines.boosting import boosted
from analytics.machines.metrics import precision_recall_f1
from analytics.machines.rolling import Flags, Floats
from analytics.machines.rules import OVERSTRAIN, Readings, by_rule, heat_dissipation, overstrain, power

_INNER_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Classifier:
    """The rules, and trees for readings that break none of them."""

    model: lightgbm.Booster
    threshold: float
    """Probability from which the trees alone are an alarm; above 1 where that would do more harm than good."""

    @classmethod
    def learn(cls, of: Readings, failed: Flags, seed: int = 0) -> "Classifier":
        """From readings and whether the machine failed; the threshold comes from folds inside them."""
        inside = np.zeros(len(failed))
        for learned, kept in stratified(failed, _INNER_FOLDS, seed):
            inside[kept] = _probability(_fit(of.take(learned), failed[learned]), of.take(kept))
        return cls(_fit(of, failed), _threshold(by_rule(of), inside, failed))

    def judge(self, of: Readings) -> tuple[Flags, Floats]:
        """(N,) whether to give alarm, and a score to rank by: the probability, and 1 more where a rule is broken."""
        rule, probability = by_rule(of), _probability(self.model, of)
        return rule | (probability >= self.threshold), rule + probability


def stratified(failed: Flags, folds: int, seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of rows to learn from and rows to judge; each row is judged once, failures are spread evenly."""
    random = np.random.default_rng(seed)
    fold = np.empty(len(failed), dtype=np.intp)
    for kind in (failed, ~failed):
        rows = random.permutation(np.flatnonzero(kind))
        fold[rows] = np.arange(len(rows)) % folds
    return [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(folds)]


def _fit(of: Readings, failed: Flags) -> lightgbm.Booster:
    return boosted(_inputs(of), failed)


def _probability(model: lightgbm.Booster, of: Readings) -> Floats:
    return np.asarray(model.predict(_inputs(of), num_threads=1), dtype=float)


def _inputs(of: Readings) -> Floats:
    strain = of.wear * of.torque / OVERSTRAIN[of.quality]
    broken = [rule(of).astype(float) for rule in (heat_dissipation, power, overstrain)]
    return np.column_stack(
        [of.quality, of.air, of.process, of.process - of.air, of.speed, of.torque, of.power, of.wear, strain, *broken]
    )


_CLEARLY_BETTER = 0.005
"""Of F1: what trees beside the rules must bring to be worth a second kind of alarm."""


def _threshold(rule: Flags, probability: Floats, failed: Flags) -> float:
    """Where rules and trees together have the best F1; never, unless clearly better than the rules alone."""
    best, threshold = precision_recall_f1(rule, failed)[2] + _CLEARLY_BETTER, np.inf
    for candidate in np.linspace(0.2, 0.95, 16):
        f1 = precision_recall_f1(rule | (probability >= candidate), failed)[2]
        if f1 > best:
            best, threshold = f1, float(candidate)
    return threshold
