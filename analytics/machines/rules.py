"""The documented limits of a milling machine, each of which is a reason that a person can check.

Matzka, Explainable artificial intelligence for predictive maintenance applications, AI4I 2020, gives them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.machines.rolling import Flags, Floats

QUALITIES = ("L", "M", "H")
OVERSTRAIN = np.array([11_000.0, 12_000.0, 13_000.0])
"""Minutes times newton metres that a tool of each quality bears."""
COOLING_K, COOLING_RPM = 8.6, 1380.0
POWER_W = (3500.0, 9000.0)


@dataclass(frozen=True, slots=True)
class Readings:
    """N readings, each of a piece of its own."""

    quality: NDArray[np.intp]
    """(N,) the place in `QUALITIES`."""
    air: Floats
    """(N,) K"""
    process: Floats
    """(N,) K"""
    speed: Floats
    """(N,) revolutions a minute"""
    torque: Floats
    """(N,) N·m"""
    wear: Floats
    """(N,) minutes"""

    @property
    def power(self) -> Floats:
        """(N,) W, what torque and speed come to."""
        return np.asarray(self.torque * self.speed * 2 * np.pi / 60, dtype=float)

    def take(self, rows: NDArray[np.intp]) -> "Readings":
        """Some of the readings."""
        return Readings(
            self.quality[rows], self.air[rows], self.process[rows], self.speed[rows], self.torque[rows], self.wear[rows]
        )


def heat_dissipation(of: Readings) -> Flags:
    """(N,) hardly warmer than the air and too slow to be cooled."""
    return np.asarray((of.process - of.air < COOLING_K) & (of.speed < COOLING_RPM))


def power(of: Readings) -> Flags:
    """(N,) less power than the process needs, or more than it bears."""
    return np.asarray((of.power < POWER_W[0]) | (of.power > POWER_W[1]))


def overstrain(of: Readings) -> Flags:
    """(N,) a worn tool under too much torque for its quality."""
    return np.asarray(of.wear * of.torque > OVERSTRAIN[of.quality])


def by_rule(of: Readings) -> Flags:
    """(N,) any of the documented limits is broken."""
    return np.asarray(heat_dissipation(of) | power(of) | overstrain(of))
