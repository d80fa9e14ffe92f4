"""Reading a sensor's history back: the readings themselves, or what they come to by the minute, hour or day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from core.access import Principal
from core.work import Work
from domain.accounts import service as accounts
from domain.machines import _readings_repository as repository
from domain.machines import service
from domain.machines.errors import SpanTooLong
from domain.machines.kinds import RollupLevel
from domain.machines.models import ReadingRollup
from domain.machines.permissions import MachinesPermission
from domain.machines.schemas import Point, Series

MOST_POINTS: Final = 1_500
"""An answer holds a day by the minute, two months by the hour, four years by the day."""

_LENGTHS: Final = {
    RollupLevel.MINUTE: timedelta(minutes=1),
    RollupLevel.HOUR: timedelta(hours=1),
    RollupLevel.DAY: timedelta(days=1),
}
_GAP_SAMPLES: Final = 3
"""A gap between readings themselves is as long as so many of them."""


async def read(
    work: Work, machine_id: UUID, sensor_id: UUID, since: datetime, until: datetime, level: RollupLevel | None = None
) -> Series:
    """What a sensor said from `since` to before `until`; without a level the finest that an answer has room for.

    Spans in which nothing was said are points of no readings. Raises SensorNotFound and SpanTooLong.
    """
    work.require(MachinesPermission.READ)
    sensor = await service.get_sensor(work, machine_id, sensor_id)
    until = min(until, work.system_time + service.AHEAD)
    if until <= since:
        return Series(sensor=sensor, level=level, since=since, until=until, points=())
    if level is None:
        if (until - since) / timedelta(seconds=sensor.sampling_seconds) <= MOST_POINTS:
            rows = await repository.raw(work, sensor_id, since, until, MOST_POINTS + 1)
            if len(rows) <= MOST_POINTS:
                points = tuple(_with_gaps(rows, timedelta(seconds=sensor.sampling_seconds)))
                return Series(sensor=sensor, level=None, since=since, until=until, points=points)
        level = next((each for each, length in _LENGTHS.items() if (until - since) / length <= MOST_POINTS), RollupLevel.DAY)
    if (until - since) / _LENGTHS[level] > MOST_POINTS:
        raise SpanTooLong(limit=MOST_POINTS)
    zone = (await accounts.get_workspace(work.acting_for(Principal.system(work.workspace_id)))).zone
    found = {
        row.starts_at: row for row in await repository.rollups(work, [sensor_id], level, _start(since, level, zone), until)
    }
    points = tuple(_point(at, found.get(at)) for at in _starts(since, until, level, zone))
    return Series(sensor=sensor, level=level, since=since, until=until, points=points)


def _with_gaps(rows: Sequence[tuple[datetime, float]], sampling: timedelta) -> Iterator[Point]:
    """The readings, and between two that lie far apart a point of none, so that nobody draws a line there."""
    last: datetime | None = None
    for at, value in rows:
        if last is not None and at - last > _GAP_SAMPLES * sampling:
            yield _point(last + sampling, None)
        yield Point(at=at, count=1, mean=value, low=value, high=value)
        last = at


def _point(at: datetime, row: ReadingRollup | None) -> Point:
    if row is None:
        return Point(at=at, count=0, mean=None, low=None, high=None)
    return Point(at=at, count=row.count, mean=row.total / row.count, low=row.low, high=row.high)


def _start(at: datetime, level: RollupLevel, zone: ZoneInfo) -> datetime:
    """When the minute, hour or day begins in which a moment lies."""
    if level is RollupLevel.DAY:
        return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
    cut = {"second": 0, "microsecond": 0} | ({"minute": 0} if level is RollupLevel.HOUR else {})
    return at.astimezone(UTC).replace(**cut)  # type: ignore[arg-type]  # names of fields that are whole numbers


def _starts(since: datetime, until: datetime, level: RollupLevel, zone: ZoneInfo) -> Iterator[datetime]:
    at = _start(since, level, zone)
    while at < until:
        yield at
        # A day may have 23 or 25 hours, so the next one begins on the clock of the zone.
        at = _start(at + timedelta(hours=36), level, zone) if level is RollupLevel.DAY else at + _LENGTHS[level]
