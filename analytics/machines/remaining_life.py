"""Remaining useful life from run-to-failure histories: trends of a few health indices, and boosted trees on them.

Raw rolling features leave trees to add up two dozen noisy sensors, which they do badly. A health index adds them up first:
ridge regressions on the remaining life, and the main directions in which smoothed sensors move. Everything is learned from
the training units alone, and each row of features knows only the rows before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from analytics.machines.conditions import Conditions
from analytics.machines.life_features import CAP, features
from analytics.machines.rolling import Floats, rolling_mean

LEAST_UNITS = 10
_TOLD_APART = CAP + 35
"""Rows with more cycles left are as good as new and teach nothing."""
_DIRECTIONS = 3
_RIDGE_CAPS = (CAP, 80.0, 50.0, 30.0)
"""One index for the whole way down, and others for its end, where wear runs faster."""
_SEEDS = (1, 2, 3)
_ROUNDS = 250
_PARAMETERS: dict[str, object] = {
    "objective": "l2",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one unit went through, a row per cycle, oldest first."""

    unit: str
    settings: Floats
    """(T, O) operating settings."""
    sensors: Floats
    """(T, K)"""


@dataclass(frozen=True, slots=True)
class RemainingLife:
    """A learned model; `predict` says how many cycles a unit has left after its last row."""

    conditions: Conditions
    centre: Floats
    """(K,) of the sensors in units of their own spread."""
    indices: Floats
    """(K, I) the weights of the health indices."""
    models: list[lightgbm.Booster]

    @classmethod
    def learn(cls, runs: Sequence[Run]) -> "RemainingLife":
        """From runs that end in failure."""
        conditions = Conditions.learn([run.settings for run in runs], [run.sensors for run in runs])
        signals = [conditions.normalise(run.settings, run.sensors) for run in runs]
        left = [np.arange(len(run.sensors), dtype=float)[::-1] for run in runs]
        centre = np.concatenate(signals).mean(0)
        indices = np.column_stack([*_worn(signals, left, centre), _directions(signals)])
        inputs = np.concatenate([features((signal - centre) @ indices) for signal in signals])
        cycles = np.concatenate(left)
        taught = cycles <= _TOLD_APART
        data = lightgbm.Dataset(inputs[taught], np.minimum(cycles[taught], CAP), free_raw_data=False)
        models = [lightgbm.train(_PARAMETERS | {"seed": seed}, data, num_boost_round=_ROUNDS) for seed in _SEEDS]
        return cls(conditions, centre, indices, models)

    def predict(self, runs: Sequence[Run]) -> Floats:
        """(U,) cycles left after each run's last row, at most `CAP`."""
        rows = []
        for run in runs:
            signal = self.conditions.normalise(run.settings, run.sensors)
            rows.append(features((signal - self.centre) @ self.indices)[-1])
        said = [np.asarray(model.predict(np.stack(rows), num_threads=1), dtype=float) for model in self.models]
        left: Floats = np.clip(np.mean(said, axis=0), 0.0, CAP)
        return left


def _worn(signals: Sequence[Floats], left: Sequence[Floats], centre: Floats) -> list[Floats]:
    """Ridge weights (K,) of the sensors on the remaining life below each cap, scaled to a spread of 1."""
    rows, cycles = np.concatenate(signals) - centre, np.concatenate(left)
    square = rows.T @ rows + np.eye(rows.shape[1])
    weights = []
    for cap in _RIDGE_CAPS:
        target = np.minimum(cycles, cap)
        weight = np.linalg.solve(square, rows.T @ (target - target.mean()))
        weights.append(weight / max(float((rows @ weight).std()), 1e-9))
    return weights


def _directions(signals: Sequence[Floats]) -> Floats:
    """(K, D) the main directions in which smoothed sensors move; several kinds of failure move in several."""
    smooth = np.concatenate([rolling_mean(signal, 10) for signal in signals])
    _, vectors = np.linalg.eigh(np.atleast_2d(np.cov(smooth.T)))
    return np.asarray(vectors[:, ::-1][:, :_DIRECTIONS], dtype=float)
