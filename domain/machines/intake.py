"""The door of readings: each is stored once, or kept in quarantine with the reason, and whoever sent it is told which.

No event and no job is written for a reading: readings are no changes of the business, and there are too many of them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from core import observability
from core.access import Principal
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.machines import _parsing as parsing
from domain.machines import _readings_repository as repository
from domain.machines import units
from domain.machines._parsing import Broken, Sent, SentFeatures
from domain.machines._readings_repository import Known
from domain.machines.errors import TooManyReadings, UnitsDiffer, UnitUnknown
from domain.machines.intake_schemas import IntakeView, QuarantinePage, QuarantineView, Refused, ReleaseView
from domain.machines.kinds import SETTLED, Verdict
from domain.machines.permissions import MachinesPermission
from domain.machines.service import AHEAD

MOST_ITEMS: Final = 10_000
"""How many readings one request brings at most."""

OLDEST: Final = timedelta(days=90)
"""Older readings are not stored: the raw history begins there."""

LARGEST: Final = 1e100
"""What is further from zero is nothing that is measured; up to it no sum and no square of readings overflows."""

T = TypeVar("T")

log = observability.log(__name__)

MOST_QUARANTINED: Final = 10_000
"""How many a workspace has in quarantine; a device that nobody has registered sends without end."""

_TOLD: Final = 100
_MAY_CHANGE: Final = (Verdict.UNKNOWN_MACHINE, Verdict.UNKNOWN_SENSOR, Verdict.OUT_OF_RANGE, Verdict.UNIT_MISMATCH)
"""Reasons that a person can take away, by registering or correcting a sensor."""


async def take(work: Work, items: Iterable[object]) -> IntakeView:
    """Take readings as devices send them (see `_parsing`), in any order, as often as they come; raises TooManyReadings."""
    work.require(MachinesPermission.INGEST)
    given = _counted(parsing.readings(items))
    return await _answered(work, given, await _readings(work, given))


async def take_features(work: Work, items: Iterable[object]) -> IntakeView:
    """Take what devices have made of the readings of their windows, each window once; raises TooManyReadings."""
    work.require(MachinesPermission.INGEST)
    given = _counted(parsing.features(items))
    return await _answered(work, given, await _windows(work, given))


def _counted(given: Iterable[T]) -> list[T]:
    some = list(islice(given, MOST_ITEMS + 1))
    if len(some) > MOST_ITEMS:
        raise TooManyReadings(limit=MOST_ITEMS)
    return some


async def _readings(work: Work, given: Sequence[Sent | Broken]) -> list[Verdict]:
    """Store what can be stored, and say of each reading what became of it."""
    machines, sensors = await repository.known(work, {one.machine for one in given if isinstance(one, Sent)})
    verdicts: list[Verdict] = []
    rows: dict[int, tuple[UUID, datetime, float]] = {}
    for place, one in enumerate(given):
        found = _judged(one, machines, sensors, work.system_time)
        if isinstance(found, Verdict):
            verdicts.append(found)
            continue
        verdicts.append(Verdict.EARLY if found[1] > work.system_time else Verdict.STORED)
        rows[place] = found
    if rows:
        for place, verdict in zip(rows, await _stored(work, list(rows.values())), strict=True):
            verdicts[place] = verdict or verdicts[place]
    return verdicts


def _judged(
    one: Sent | Broken, machines: set[str], sensors: dict[tuple[str, str], Known], now: datetime
) -> tuple[UUID, datetime, float] | Verdict:
    """The row of a reading, or why there is none."""
    if isinstance(one, Broken):
        return one.verdict
    if one.machine not in machines:
        return Verdict.UNKNOWN_MACHINE
    sensor = sensors.get((one.machine, one.sensor))
    if sensor is None:
        return Verdict.UNKNOWN_SENSOR
    if (untimely := _untimely(one.at, now)) is not None:
        return untimely
    try:
        value = units.convert(one.value, one.unit or sensor.unit, sensor.unit)
    except (UnitUnknown, UnitsDiffer):
        return Verdict.UNIT_MISMATCH
    low, high = (-LARGEST if sensor.low is None else sensor.low), (LARGEST if sensor.high is None else sensor.high)
    if not max(low, -LARGEST) <= value <= min(high, LARGEST):
        return Verdict.OUT_OF_RANGE
    return sensor.sensor_id, one.at, value


def _untimely(at: datetime, now: datetime) -> Verdict | None:
    if at > now + AHEAD:
        return Verdict.CLOCK_SKEWED
    return Verdict.TOO_OLD if at < now - OLDEST else None


async def _stored(work: Work, rows: Sequence[tuple[UUID, datetime, float]]) -> list[Verdict | None]:
    """Store rows; of each why it is not new, that it came late, or None."""
    for month in sorted({at.date().replace(day=1) for _, at, _ in rows}):
        await repository.keep_month(work, month)
    # A device has no right to see the workspace, whose days its readings are summed up by.
    zone = (await accounts.get_workspace(work.acting_for(Principal.system(work.workspace_id)))).timezone
    added = await repository.add(work, rows, zone)
    there = [rows[place][:2] for place in range(len(rows)) if place not in added]
    values = await repository.stored(work, there) if there else {}
    return [
        (Verdict.LATE if added[place] else None)
        if place in added
        else (Verdict.DUPLICATE if values.get((sensor_id, at)) == value else Verdict.CONFLICT)
        for place, (sensor_id, at, value) in enumerate(rows)
    ]


async def _windows(work: Work, given: Sequence[SentFeatures | Broken]) -> list[Verdict]:
    """Store the windows that can be stored, and say of each what became of it."""
    machines, sensors = await repository.known(work, {one.machine for one in given if isinstance(one, SentFeatures)})
    verdicts = [_windowed(one, machines, sensors, work.system_time) for one in given]
    rows: dict[int, dict[str, Any]] = {}
    for place, one in enumerate(given):
        if verdicts[place] is Verdict.STORED and isinstance(one, SentFeatures):
            rows[place] = {
                "workspace_id": work.workspace_id,
                "sensor_id": sensors[one.machine, one.sensor].sensor_id,
                "seconds": one.seconds,
                "starts_at": one.starts_at,
                "features": dict(one.values),
                "received_at": work.system_time,
            }
    fresh = await repository.add_features(work, list(rows.values())) if rows else set()
    for place, row in rows.items():
        key = (row["sensor_id"], row["starts_at"], row["seconds"])
        if key not in fresh:
            verdicts[place] = Verdict.DUPLICATE
        fresh.discard(key)
    return verdicts


def _windowed(one: SentFeatures | Broken, machines: set[str], sensors: dict[tuple[str, str], Known], now: datetime) -> Verdict:
    if isinstance(one, Broken):
        return one.verdict
    if one.machine not in machines:
        return Verdict.UNKNOWN_MACHINE
    if (one.machine, one.sensor) not in sensors:
        return Verdict.UNKNOWN_SENSOR
    if any(abs(value) > LARGEST for value in one.values.values()):
        return Verdict.OUT_OF_RANGE
    return _untimely(one.starts_at, now) or Verdict.STORED


async def _answered(work: Work, given: Sequence[Sent | SentFeatures | Broken], verdicts: Sequence[Verdict]) -> IntakeView:
    """Keep what was refused, count everything, and say what became of it."""
    refused = [(one, verdict) for one, verdict in zip(given, verdicts, strict=True) if verdict not in SETTLED]
    if refused:
        gone = await repository.quarantine(work, [_row(work, one, verdict) for one, verdict in refused], MOST_QUARANTINED)
        if gone:
            observability.QUARANTINE_DROPPED.inc(gone)
            log.warning("machines.quarantine_full", dropped=gone)
    counted = Counter(verdicts)
    for verdict, count in counted.items():
        observability.READINGS.labels(verdict=verdict.value).inc(count)
    told = tuple(Refused(index=one.index, verdict=verdict) for one, verdict in refused[:_TOLD])
    return IntakeView(received=len(given), counts=dict(counted), quarantined=told)


def _row(work: Work, one: Sent | SentFeatures | Broken, verdict: Verdict) -> dict[str, object]:
    said = parsing.quoted(one.said)
    return {
        "workspace_id": work.workspace_id,
        "id": new_id(),
        "reason": verdict,
        "machine": one.machine,
        "sensor": one.sensor,
        "said": said,
        "digest": hashlib.sha256(said.encode()).hexdigest(),
        "received_at": work.system_time,
    }


async def quarantined(
    work: Work, *, reason: Verdict | None = None, before: UUID | None = None, limit: int = 20
) -> QuarantinePage:
    """What is in quarantine, the newest first."""
    work.require(MachinesPermission.READ)
    limit = max(1, min(limit, _TOLD))
    rows = await repository.quarantined(work, (reason,) if reason else (), before, limit + 1)
    items = tuple(QuarantineView.model_validate(row) for row in rows[:limit])
    cursor = items[-1].id if len(rows) > limit else None
    return QuarantinePage(items=items, next_cursor=cursor, counts=await repository.counts(work))


async def release(work: Work) -> ReleaseView:
    """Look again at what was refused for a reason that a person may have taken away."""
    work.require(MachinesPermission.OPERATE)
    rows = await repository.quarantined(work, _MAY_CHANGE, None, MOST_QUARANTINED)
    said = {row.id: parsing.said_again(row.said) for row in rows}
    windows = [row_id for row_id, item in said.items() if parsing.is_window(item)]
    others = [row_id for row_id in said if row_id not in set(windows)]
    given = list(parsing.readings(said[row_id] for row_id in others))
    verdicts = await _readings(work, given)
    ids = [others[one.index] for one in given]
    of_windows = list(parsing.features(said[row_id] for row_id in windows))
    verdicts += await _windows(work, of_windows)
    ids += [windows[one.index] for one in of_windows]
    done = [row_id for row_id, verdict in zip(ids, verdicts, strict=True) if verdict in SETTLED]
    await repository.let_go(work, done)
    return ReleaseView(released=len(done), left=len(rows) - len(done))
