"""Boosted trees that tell who fails: shallow, on parts of rows and columns, and the same from the same rows."""

from typing import Any, Final

import lightgbm
from numpy.typing import NDArray

from analytics.machines.rolling import Flags

_ROUNDS: Final = 150
_PARAMETERS: Final[dict[str, object]] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "lambda_l2": 1.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


def boosted(rows: NDArray[Any], failed: Flags) -> lightgbm.Booster:
    """Trees learned from rows (N, K) and whether each failed (N,)."""
    return lightgbm.train(_PARAMETERS, lightgbm.Dataset(rows, failed.astype(float)), num_boost_round=_ROUNDS)
