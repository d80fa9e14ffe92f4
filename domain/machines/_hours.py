"""The history of machines by the hour, as models take it: values of sensors, and the lives between one failure and the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

import numpy as np

from analytics.machines.rolling import Floats
from domain.machines import units
from domain.machines.kinds import MachineEventKind
from domain.machines.models import Sensor

HOUR: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=400)
"""So far back a history is looked at."""

RENEWING: Final = (MachineEventKind.FAILED, MachineEventKind.MAINTENANCE_ENDED, MachineEventKind.PART_REPLACED)
"""After these a machine has another life before it."""

_BACK: Final = (MachineEventKind.STARTED, MachineEventKind.MAINTENANCE_ENDED)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours (T,) of a machine in which every sensor said something, the oldest first, and what they said (T, K)."""

    starts: list[datetime]
    values: Floats

    def between(self, since: datetime, until: datetime) -> "Hours":
        """Those that lie in a span whole."""
        kept = [place for place, at in enumerate(self.starts) if at >= since and at + HOUR <= until]
        return Hours([self.starts[place] for place in kept], self.values[kept])


def table(rows: Sequence[tuple[UUID, datetime, float]], sensors: Sequence[Sensor], wanted: Sequence[str]) -> Hours:
    """Means by the hour as a table in the units that are wanted, of each sensor one."""
    columns = {sensor.id: place for place, sensor in enumerate(sensors)}
    starts = sorted({at for _, at, _ in rows})
    hours = {at: place for place, at in enumerate(starts)}
    values = np.full((len(starts), len(sensors)), np.nan)
    for sensor_id, at, mean in rows:
        values[hours[at], columns[sensor_id]] = mean
    # A conversion is a line: two of its points tell it.
    for place, (sensor, unit) in enumerate(zip(sensors, wanted, strict=True)):
        zero, one = (units.convert(number, sensor.unit, unit) for number in (0.0, 1.0))
        values[:, place] = values[:, place] * (one - zero) + zero
    whole = np.flatnonzero(np.isfinite(values).all(1))
    return Hours([starts[place] for place in whole], values[whole])


@dataclass(frozen=True, slots=True)
class Life:
    """A span of a machine's work; `failed` where it ended by a failure, and not by what was done to it, or today."""

    since: datetime
    until: datetime
    failed: bool


def lives(events: Sequence[tuple[MachineEventKind, datetime]], since: datetime, until: datetime) -> list[Life]:
    """The spans of work of a machine, by what happened to it; between a failure and its end it does not work."""
    ends = [(kind, at) for kind, at in events if kind in RENEWING]
    found = []
    for (before, began), (kind, ended) in pairwise([(MachineEventKind.STARTED, since), *ends, (MachineEventKind.NOTED, until)]):
        back = [at for each, at in events if each in _BACK and began < at < ended]
        start = min(back, default=began) if before is MachineEventKind.FAILED else began
        if before is MachineEventKind.FAILED and not back:
            continue  # it never came back, or nobody has said so
        found.append(Life(start, ended, kind is MachineEventKind.FAILED))
    return found
