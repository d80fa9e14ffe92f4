"""Operating conditions: sensors of a machine that works in several regimes are compared within each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.data import BadData
from analytics.machines.rolling import Floats

_GAP = 0.05
"""Of a setting's range: values closer than this belong to one regime."""
_MOST = 50
_EXPLAINED = 0.5
"""Share of the sensors' variance that regimes must explain; settings that only tremble make none."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The C regimes of a fleet, and mean and spread of the informative sensors in each."""

    scale: Floats
    """(O,) range of each setting."""
    centres: Floats
    """(C, O)"""
    informative: NDArray[np.intp]
    """(K',) the columns of the sensors that vary."""
    means: Floats
    """(C, K')"""
    spreads: Floats

    @classmethod
    def learn(cls, settings: Sequence[Floats], sensors: Sequence[Floats]) -> "Conditions":
        """From the settings (T, O) and sensors (T, K) of many units; raises `BadData` if no sensor measures anything."""
        told, values = np.concatenate(settings), np.concatenate(sensors)
        scale = np.maximum(np.ptp(told, axis=0), 1e-12)
        _, labels = np.unique(np.column_stack([_levels(column) for column in told.T]), axis=0, return_inverse=True)
        labels = labels.reshape(-1)
        if not 1 < labels.max() + 1 <= _MOST or _explained(values, labels) < _EXPLAINED:
            labels = np.zeros_like(labels)
        regimes = range(int(labels.max()) + 1)
        centres = np.stack([told[labels == regime].mean(0) for regime in regimes])
        means = np.stack([values[labels == regime].mean(0) for regime in regimes])
        residual = values - means[labels]
        # Two values are a switch, not a measurement: rounding of one that stands still.
        varied = [column for column in range(values.shape[1]) if _varies(values[:, column], residual[:, column], labels)]
        if not varied:
            raise BadData("sensors_still", sensors=values.shape[1])
        informative = np.array(varied, dtype=np.intp)
        residual = residual[:, informative]
        spreads = np.stack([residual[labels == regime].std(0) for regime in regimes])
        spreads = np.where(spreads > 1e-9, spreads, np.maximum(residual.std(0), 1e-9))
        return cls(scale, centres, informative, means[:, informative], spreads)

    def normalise(self, settings: Floats, sensors: Floats) -> Floats:
        """(T, K') sensors in units of their spread within the regime of each row."""
        distance = ((settings[:, None] - self.centres[None]) / self.scale) ** 2
        regime = distance.sum(2).argmin(1)
        values: Floats = (sensors[:, self.informative] - self.means[regime]) / self.spreads[regime]
        return values


def _levels(values: Floats) -> NDArray[np.intp]:
    """(T,) the number of the cluster of each value; clusters are at least `_GAP` of the range apart."""
    known = np.unique(values)
    gaps = np.diff(known) > _GAP * max(float(np.ptp(known)), 1e-12)
    edges = known[1:][gaps]
    return np.searchsorted(edges, values, side="right").astype(np.intp)


def _explained(values: Floats, labels: NDArray[np.intp]) -> float:
    """Share of the variance of the columns that the means of the labels explain, over columns that vary."""
    counts = np.bincount(labels).astype(float)
    means = np.stack([np.bincount(labels, column) / counts for column in values.T], axis=1)
    total = values.var(0)
    varied = total > 1e-12
    return float((1 - (values - means[labels]).var(0)[varied] / total[varied]).mean()) if varied.any() else 0.0


def _varies(values: Floats, residual: Floats, labels: NDArray[np.intp]) -> bool:
    return bool(residual.std() > 1e-9 and any(len(np.unique(values[labels == one])) > 2 for one in np.unique(labels)))


def regime(values: Floats, settings: Sequence[int]) -> Floats:
    """(T, O) the sensors (T, K) that tell in which regime a machine works; one that stands still where none does."""
    return values[:, list(settings)] if settings else np.zeros((len(values), 1))
