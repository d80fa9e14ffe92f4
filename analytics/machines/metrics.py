"""What a classifier, a forecast of remaining life and an alarm are measured by."""

import numpy as np

from analytics.machines.rolling import Flags, Floats


def precision_recall_f1(alarm: Flags, truth: Flags) -> tuple[float, float, float]:
    """Shares of 0 to 1; 0 where nothing was said or nothing was there."""
    hits = int((alarm & truth).sum())
    precision = hits / max(int(alarm.sum()), 1)
    recall = hits / max(int(truth.sum()), 1)
    return precision, recall, 2 * hits / max(int(alarm.sum()) + int(truth.sum()), 1)


def average_precision(score: Floats, truth: Flags) -> float:
    """The area under precision over recall, in steps (Manning, Raghavan and Schütze, Information Retrieval, §8.4).

    Rows with the same score are taken together, so that their order decides nothing.
    """
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    last_of_equal = np.append(np.diff(score[order]) != 0, True)
    hits, taken = hits[last_of_equal], np.flatnonzero(last_of_equal) + 1
    gained = np.diff(hits, prepend=0)
    return float((hits / taken * gained).sum() / max(int(truth.sum()), 1))


def root_mean_square(error: Floats) -> float:
    """In the unit of the error."""
    return float(np.sqrt((error**2).mean()))


def nasa_score(error: Floats) -> float:
    """The sum of exponential penalties of errors (said minus true, in cycles); a late warning costs more than an early one.

    Saxena, Goebel, Simon and Eklund, Damage propagation modeling, PHM 2008, equation 11.
    """
    return float(np.where(error < 0, np.expm1(-error / 13), np.expm1(error / 10)).sum())
