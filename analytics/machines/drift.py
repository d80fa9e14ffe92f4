"""Whether what is measured is still like what a model was taught on: the population stability index of each sensor."""

from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from analytics.machines.rolling import Floats

BINS: Final = 5
LEAST_ROWS: Final = 96
"""Fewer rows differ from any others by chance alone: four days of hours, of which the index is about 0.04 by chance."""
DRIFTED: Final = 0.25
"""The index from which a population counts as another (Siddiqi, Credit risk scorecards, 2006)."""
_LEAST_SHARE: Final = 0.005


class Reference(BaseModel):
    """How the values of each of K sensors were spread: inner edges of bins, and the share of each bin."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    edges: tuple[tuple[float, ...], ...]
    shares: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, values: Floats) -> "Reference":
        """Of rows (N, K): bins of equal shares, fewer where many values are the same."""
        edges = [np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1])) for column in values.T]
        shares = [_shares(column, cut) for column, cut in zip(values.T, edges, strict=True)]
        return cls(edges=tuple(tuple(cut.tolist()) for cut in edges), shares=tuple(tuple(part.tolist()) for part in shares))

    def index(self, values: Floats) -> Floats:
        """(K,) the stability index of rows (N, K) against these; 0 where nothing has moved."""
        indices = []
        for column, cut, before in zip(values.T, self.edges, self.shares, strict=True):
            now, then = _shares(column, np.array(cut)), np.maximum(before, _LEAST_SHARE)
            indices.append(float(((now - then) * np.log(now / then)).sum()))
        return np.array(indices)


def _shares(values: Floats, edges: Floats) -> Floats:
    """The share of values in each bin, none of them nothing."""
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    shares: Floats = np.maximum(counts / max(len(values), 1), _LEAST_SHARE)
    return shares
