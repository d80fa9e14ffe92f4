"""Distances without a map: great circles (haversine), made longer by what streets go round."""

from collections.abc import Sequence

import numpy as np

from analytics.routing.problem import Matrix

EARTH_METRES = 6_371_008.8
"""The mean radius of the earth (IUGG)."""


def matrices(places: Sequence[tuple[float, float]], detour: float, speed_kmh: float) -> tuple[Matrix, Matrix]:
    """Metres and seconds between places (latitude, longitude in degrees), `detour` times the straight line, at a speed."""
    latitude, longitude = np.radians(np.asarray(places, dtype=float).reshape(-1, 2)).T
    across = np.sin((latitude[:, None] - latitude) / 2) ** 2
    along = np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    metres = 2 * EARTH_METRES * detour * np.arcsin(np.sqrt(np.clip(across + along, 0, 1)))
    return np.rint(metres).astype(int).tolist(), np.ceil(metres * 3.6 / speed_kmh).astype(int).tolist()
