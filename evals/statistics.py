"""The figures of a run: how often tasks succeed once and k times in a row, and how sure that is."""

import math
import random
from collections.abc import Sequence

from pydantic import BaseModel

Z_95 = 1.959964
_RESAMPLES = 2000


class Interval(BaseModel):
    """A share with its 95 % confidence interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """The Wilson score interval of a share."""
    if trials == 0:
        return Interval(value=0.0, low=0.0, high=1.0)
    share = successes / trials
    spread = Z_95**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return Interval(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half))


def pass_hat(successes: int, trials: int, k: int) -> float:
    """The chance that k runs drawn from these trials of one task all succeed (without putting back)."""
    if k > trials:
        raise ValueError(f"pass^{k} needs {k} trials, there are {trials}")
    return math.comb(successes, k) / math.comb(trials, k)


def pass_k(outcomes: Sequence[Sequence[bool]], k: int, seed: int = 0) -> Interval:
    """pass^k over tasks, each with the outcomes of its trials; the interval is from resampling the tasks.

    With one trial a task that is a plain share, whose interval is Wilson's.
    """
    shares = [pass_hat(sum(trials), len(trials), k) for trials in outcomes]
    if not shares:
        return Interval(value=0.0, low=0.0, high=1.0)
    if k == 1 and all(len(trials) == 1 for trials in outcomes):
        return wilson(sum(sum(trials) for trials in outcomes), len(outcomes))
    mean = sum(shares) / len(shares)
    chance = random.Random(seed)
    means = sorted(sum(chance.choices(shares, k=len(shares))) / len(shares) for _ in range(_RESAMPLES))
    low, high = means[int(_RESAMPLES * 0.025)], means[int(_RESAMPLES * 0.975)]
    # All alike in the sample says nothing of the tasks outside it: never be surer than Wilson on the number of tasks.
    floor = wilson(round(mean * len(shares)), len(shares))
    return Interval(value=mean, low=min(low, floor.low), high=max(high, floor.high))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies; 0 without values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share > 0 else 0)]
