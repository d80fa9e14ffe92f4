"""Ways between places by the streets of a map, from a service that speaks OSRM's HTTP; straight lines where none answers.

Its table service is asked (`/table/v1/driving/…?annotations=duration,distance`, longitude before latitude), for a hundred
places at once, which is what a server of OSRM takes unless it is told otherwise. Where the service is away, refuses or
talks nonsense, all ways of the problem are straight lines: of two kinds of ways, one would look nearer than it is.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Final

import httpx
from pydantic import BaseModel, Field, ValidationError

from core import observability

Place = tuple[float, float]
Matrix = Sequence[Sequence[int]]
Lines = Callable[[Sequence[Place]], tuple[Matrix, Matrix]]
"""Metres and seconds between places (latitude, longitude in degrees)."""

HALF: Final = 50
"""Places from which, and as many to which, ways are asked for at once."""

SECONDS: Final = 30.0
"""How long the ways of a plan may take, all its problems together; what is not known by then comes from straight lines."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one answer, whose two tables have at most 2500 numbers each."""

_ONE_SECONDS: Final = 10.0

log = observability.log(__name__)

Way = float | None
"""None where no street leads."""


class _Table(BaseModel):
    """OSRM's answer, one row for each source and one column for each destination; metres and seconds."""

    code: str = Field(pattern="^Ok$")
    distances: list[list[Way]]
    durations: list[list[Way]]


class StreetWays:
    """The ways of one plan; `is_by_map` tells whether all that were asked for came from the service."""

    def __init__(self, url: str, lines: Lines) -> None:
        self._url = url.rstrip("/")
        self._lines = lines
        self._http = httpx.Client(timeout=_ONE_SECONDS)
        self._left = SECONDS
        self.is_by_map = bool(url)

    def __enter__(self) -> "StreetWays":
        """Open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Hang up."""
        self._http.close()

    def __call__(self, places: Sequence[Place]) -> tuple[Matrix, Matrix]:
        """Metres and seconds between all places; where no street leads, those of the straight line."""
        metres, seconds = self._lines(places)
        if not self.is_by_map:
            return metres, seconds
        began = time.monotonic()
        try:
            return self._by_map(places, metres, seconds, began + self._left)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError, ValueError, TimeoutError) as error:
            self.is_by_map = False
            log.warning("route.map_away", error=type(error).__name__)  # whose words would tell where customers live
            return metres, seconds
        finally:
            self._left -= time.monotonic() - began

    def _by_map(self, places: Sequence[Place], metres: Matrix, seconds: Matrix, until: float) -> tuple[Matrix, Matrix]:
        far, long = [list(row) for row in metres], [list(row) for row in seconds]
        for sources in _blocks(len(places)):
            for targets in _blocks(len(places)):
                table = self._table(places, sources, targets, until)
                for source, distances, durations in zip(sources, table.distances, table.durations, strict=True):
                    for target, distance, duration in zip(targets, distances, durations, strict=True):
                        if source != target and distance is not None and duration is not None:
                            far[source][target], long[source][target] = _whole(distance), _whole(duration)
        return far, long

    def _table(self, places: Sequence[Place], sources: range, targets: range, until: float) -> _Table:
        asked = [*sources, *(each for each in targets if each not in sources)]
        where = ";".join(f"{places[each][1]:.6f},{places[each][0]:.6f}" for each in asked)
        wanted = {
            "annotations": "duration,distance",
            "sources": ";".join(str(asked.index(each)) for each in sources),
            "destinations": ";".join(str(asked.index(each)) for each in targets),
        }
        body = bytearray()
        with self._http.stream("GET", f"{self._url}/table/v1/driving/{where}", params=wanted) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                body += part
                # Whoever says a little now and then is never silent for long enough to be hung up on.
                if time.monotonic() > until or len(body) > MOST_BYTES:
                    raise TimeoutError
        return _Table.model_validate_json(body)


def _blocks(count: int) -> Iterator[range]:
    for start in range(0, count, HALF):
        yield range(start, min(start + HALF, count))


def _whole(value: float) -> int:
    if not (math.isfinite(value) and 0 <= value < 10**9):
        raise ValueError("not a way of this world")
    return math.ceil(value)
