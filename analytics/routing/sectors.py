"""Many stops as several plans: cut by their direction from the depot, as the sweep of Gillett and Miller (1974) does."""

import math
from collections.abc import Sequence

import numpy as np


def sectors(depot: tuple[float, float], places: Sequence[tuple[float, float]], most: int) -> list[list[int]]:
    """The numbers of the places (latitude, longitude in degrees) in as few groups of like size as hold at most `most` each.

    The first cut is where there is the widest gap, so that no cluster of neighbours is cut without need.
    """
    if len(places) <= most:
        return [list(range(len(places)))]
    north, east = (np.asarray(places, dtype=float) - depot).T
    angles = np.arctan2(north, east * math.cos(math.radians(depot[0])))
    order = np.argsort(angles, kind="stable")
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * math.pi)
    order = np.roll(order, -(int(gaps.argmax()) + 1))
    return [part.tolist() for part in np.array_split(order, -(-len(order) // most))]
