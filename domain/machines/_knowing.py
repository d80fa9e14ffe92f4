"""What is known of a machine at the moment at which it is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.work import Work
from domain.machines import _readings_repository as readings
from domain.machines import repository as plant
from domain.machines import service
from domain.machines.kinds import Cause, RollupLevel
from domain.machines.models import Machine, MachinePrediction, ReadingRollup, Sensor, SensorStatus
from domain.machines.schemas import Reason

RECENT: Final = timedelta(minutes=90)
NOW: Final = timedelta(minutes=5)
"""A value is the mean of so long, so that one odd reading is none."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a machine: its sensors, what they said last, and their last minutes."""

    machine: Machine
    sensors: Sequence[Sensor]
    fresh: Sequence[Sensor]
    statuses: Mapping[UUID, SensorStatus]
    recent: Mapping[UUID, Sequence[ReadingRollup]]
    prior: Mapping[str, Reason]
    now: datetime

    def value(self, sensor: Sensor, over: timedelta = NOW) -> float | None:
        """The mean of a sensor over its last minutes."""
        rows = self.recent.get(sensor.id, ())
        last = [row for row in rows if row.starts_at > rows[-1].starts_at - over]
        return sum(row.total for row in last) / sum(row.count for row in last) if last else None

    def reason(
        self,
        cause: Cause,
        sensor: str | None = None,
        value: float | None = None,
        limit: float | None = None,
        unit: str | None = None,
        strayed: Mapping[str, float] | None = None,
    ) -> Reason:
        """A reason, which holds since it was first seen."""
        spoken_of = {sensor, *(strayed or ())}
        names = {one.code: one.name for one in self.sensors if one.code in spoken_of}
        made = Reason(
            cause=cause, sensor=sensor, value=value, limit=limit, unit=unit, strayed=strayed or {}, names=names, since=self.now
        )
        before = self.prior.get(made.key)
        return made.model_copy(update={"since": before.since}) if before is not None else made


async def read(work: Work, machine: Machine, before: MachinePrediction | None) -> Known:
    """What is known of a machine that was judged `before`."""
    now = work.system_time
    sensors = [row for row in await plant.sensors(work, [machine.id]) if row.is_active]
    statuses = await plant.statuses(work, [row.id for row in sensors])
    fresh = [row for row in sensors if not service.is_silent(row.sampling_seconds, statuses.get(row.id), now)]
    recent: dict[UUID, list[ReadingRollup]] = {}
    ids = [row.id for row in sensors]
    for row in await readings.rollups(work, ids, RollupLevel.MINUTE, now - RECENT, now + service.AHEAD):
        recent.setdefault(row.sensor_id, []).append(row)
    prior = [Reason.model_validate(one) for one in before.reasons] if before is not None else []
    return Known(machine, sensors, fresh, statuses, recent, {one.key: one for one in prior}, now)
