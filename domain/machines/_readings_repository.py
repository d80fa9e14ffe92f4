"""SQL of readings: many in one statement, each once, with their sums and what is newest.

Rows are touched in the order of their keys, whoever sends them: two batches that have some in common wait for each other, and
never in a circle.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, String, Uuid, any_, delete, distinct, func, literal, select, text, true
from sqlalchemy.orm import aliased

from core import bulk
from core.paging import part
from core.work import Work, own
from domain.machines.kinds import RollupLevel, Verdict
from domain.machines.models import Machine, QuarantinedReading, Reading, ReadingRollup, Sensor, SensorFeatures


@dataclass(frozen=True, slots=True)
class Known:
    """A sensor as the door needs it."""

    sensor_id: UUID
    unit: str
    low: float | None
    high: float | None


async def known(work: Work, machines: Collection[str]) -> tuple[set[str], dict[tuple[str, str], Known]]:
    """Which of the machines' codes are in use, and the sensors of these by machine and code."""
    query = (
        select(Machine.code, Sensor.code, Sensor.id, Sensor.unit, Sensor.low, Sensor.high)
        .outerjoin(
            Sensor,
            (Sensor.workspace_id == Machine.workspace_id) & (Sensor.machine_id == Machine.id) & Sensor.is_active,
        )
        .where(own(Machine, work), Machine.code == any_(literal(list(machines), ARRAY(String))), Machine.is_active)
    )
    rows = (await work.session.execute(query)).all()
    sensors = {
        (machine, code): Known(sensor_id, unit, low, high)
        for machine, code, sensor_id, unit, low, high in rows
        if code  # a machine without sensors has a row of nothing
    }
    return {row[0] for row in rows}, sensors


async def keep_month(work: Work, day: date) -> None:
    """See to it that there is a place for the readings of a month."""
    await work.session.execute(text("SELECT keep_reading_month(:day)"), {"day": day})


# One statement, so that a reading, its sums and what is newest are stored together or not at all.
_ADD = text(
    """
    WITH given AS (
        SELECT DISTINCT ON (sensor_id, measured_at) sensor_id, measured_at, value, place
          FROM unnest(CAST(:sensors AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:values AS double precision[]))
               WITH ORDINALITY AS g(sensor_id, measured_at, value, place)
         ORDER BY sensor_id, measured_at, place
    ), added AS (
        INSERT INTO readings (workspace_id, sensor_id, measured_at, value, received_at)
        SELECT CAST(:workspace AS uuid), sensor_id, measured_at, value, CAST(:now AS timestamptz)
          FROM given ORDER BY sensor_id, measured_at
        ON CONFLICT DO NOTHING
        RETURNING sensor_id, measured_at, value
    ), rolled AS (
        INSERT INTO reading_rollups AS old (workspace_id, sensor_id, level, starts_at, count, total, low, high)
        SELECT CAST(:workspace AS uuid), sensor_id, level, starts_at, count(*), sum(value), min(value), max(value)
          FROM added CROSS JOIN LATERAL (VALUES
                 ('minute', date_trunc('minute', measured_at)),
                 ('hour', date_trunc('hour', measured_at)),
                 ('day', date_trunc('day', measured_at, CAST(:zone AS text)))) AS of(level, starts_at)
         GROUP BY sensor_id, level, starts_at ORDER BY sensor_id, level, starts_at
        ON CONFLICT (workspace_id, sensor_id, level, starts_at) DO UPDATE
           SET count = old.count + excluded.count, total = old.total + excluded.total,
               low = least(old.low, excluded.low), high = greatest(old.high, excluded.high)
    ), noted AS (
        INSERT INTO sensor_status AS old
               (workspace_id, sensor_id, last_at, last_value, received_at, stored, late, duplicates)
        SELECT CAST(:workspace AS uuid), given.sensor_id, max(added.measured_at),
               (array_agg(added.value ORDER BY added.measured_at DESC) FILTER (WHERE added.sensor_id IS NOT NULL))[1],
               CAST(:now AS timestamptz), count(added.sensor_id), count(*) FILTER (WHERE added.measured_at < status.last_at),
               count(*) - count(added.sensor_id)
          FROM given LEFT JOIN added USING (sensor_id, measured_at)
          LEFT JOIN sensor_status AS status
                 ON status.workspace_id = CAST(:workspace AS uuid) AND status.sensor_id = given.sensor_id
         GROUP BY given.sensor_id ORDER BY given.sensor_id
        ON CONFLICT (workspace_id, sensor_id) DO UPDATE
           SET last_value = CASE WHEN excluded.last_at > coalesce(old.last_at, '-infinity')
                                 THEN excluded.last_value ELSE old.last_value END,
               last_at = greatest(old.last_at, excluded.last_at), received_at = excluded.received_at,
               stored = old.stored + excluded.stored, late = old.late + excluded.late,
               duplicates = old.duplicates + excluded.duplicates
    )
    SELECT given.place, added.measured_at < status.last_at AS is_late
      FROM given JOIN added USING (sensor_id, measured_at)
      LEFT JOIN sensor_status AS status ON status.workspace_id = CAST(:workspace AS uuid) AND status.sensor_id = given.sensor_id
    """
)


async def add(work: Work, rows: Sequence[tuple[UUID, datetime, float]], zone: str) -> dict[int, bool]:
    """Store readings that are not there yet: the places of those that were stored, and whether newer ones were there."""
    sensors, moments, values = zip(*rows, strict=True)
    given = {
        "workspace": work.workspace_id,
        "sensors": list(sensors),
        "moments": list(moments),
        "values": list(values),
        "now": work.system_time,
        "zone": zone,
    }
    done = await work.session.execute(_ADD, given)
    return {place - 1: bool(is_late) for place, is_late in done}


async def stored(work: Work, keys: Collection[tuple[UUID, datetime]]) -> dict[tuple[UUID, datetime], float]:
    """The values of these sensors at these moments."""
    query = select(Reading.sensor_id, Reading.measured_at, Reading.value).where(
        own(Reading, work),
        Reading.sensor_id == any_(literal(list({sensor_id for sensor_id, _ in keys}), ARRAY(Uuid))),
        Reading.measured_at == any_(literal(list({at for _, at in keys}), ARRAY(DateTime(timezone=True)))),
    )
    return {(sensor_id, at): value for sensor_id, at, value in await work.session.execute(query)}


async def add_features(work: Work, rows: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, datetime, int]]:
    """Store features that are not there yet."""
    kept: dict[tuple[UUID, datetime, int], Mapping[str, Any]] = {}
    for row in rows:
        kept.setdefault((row["sensor_id"], row["starts_at"], row["seconds"]), row)
    before = await _features(work, kept)
    in_order = [kept[key] for key in sorted(kept)]
    await bulk.add_rows(work, SensorFeatures, in_order, known_by=("workspace_id", "sensor_id", "seconds", "starts_at"))
    return set(kept) - before


async def _features(work: Work, keys: Collection[tuple[UUID, datetime, int]]) -> set[tuple[UUID, datetime, int]]:
    query = select(SensorFeatures.sensor_id, SensorFeatures.starts_at, SensorFeatures.seconds).where(
        own(SensorFeatures, work),
        SensorFeatures.sensor_id == any_(literal(list({key[0] for key in keys}), ARRAY(Uuid))),
        SensorFeatures.starts_at == any_(literal(list({key[1] for key in keys}), ARRAY(DateTime(timezone=True)))),
    )
    return {(sensor_id, at, seconds) for sensor_id, at, seconds in await work.session.execute(query)}


# The boundary is read first: a lock on what lies before an offset would be a lock on all that stays.
_LET_OLDEST_GO = text(
    """
    DELETE FROM quarantined_readings WHERE workspace_id = :workspace AND id IN (
        SELECT id FROM quarantined_readings
        WHERE workspace_id = :workspace AND id <= (
            SELECT id FROM quarantined_readings WHERE workspace_id = :workspace ORDER BY id DESC OFFSET :most LIMIT 1
        )
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id
    """
)


async def quarantine(work: Work, rows: Sequence[Mapping[str, Any]], most: int) -> int:
    """Keep what cannot be stored; what is there already stays as it is. Of more than `most` the oldest go: how many went."""
    once = {row["digest"]: row for row in rows}
    in_order = [once[digest] for digest in sorted(once)]
    await bulk.add_rows(work, QuarantinedReading, in_order, known_by=("workspace_id", "digest"))
    gone = await work.session.execute(_LET_OLDEST_GO, {"workspace": work.workspace_id, "most": most})
    return len(gone.all())


async def quarantined(
    work: Work, reasons: Collection[Verdict], before: UUID | None, limit: int
) -> Sequence[QuarantinedReading]:
    """The quarantine, the newest first, from behind one of them; all reasons for none."""
    query = select(QuarantinedReading).where(own(QuarantinedReading, work))
    if reasons:
        query = query.where(QuarantinedReading.reason.in_(reasons))
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [QuarantinedReading.id], place, limit, falls=True))).all()


async def counts(work: Work) -> dict[Verdict, int]:
    """How many there are of each reason."""
    query = (
        select(QuarantinedReading.reason, func.count()).where(own(QuarantinedReading, work)).group_by(QuarantinedReading.reason)
    )
    return dict((await work.session.execute(query)).all())


async def let_go(work: Work, ids: Collection[UUID]) -> None:
    """Take rows out of the quarantine."""
    among = QuarantinedReading.id == any_(literal(list(ids), ARRAY(Uuid)))
    await work.session.execute(delete(QuarantinedReading).where(own(QuarantinedReading, work), among))


async def raw(work: Work, sensor_id: UUID, since: datetime, until: datetime, limit: int) -> Sequence[tuple[datetime, float]]:
    """The readings of a sensor from `since` to before `until`, the oldest first."""
    query = (
        select(Reading.measured_at, Reading.value)
        .where(own(Reading, work), Reading.sensor_id == sensor_id, Reading.measured_at >= since, Reading.measured_at < until)
        .order_by(Reading.measured_at)
        .limit(limit)
    )
    return [(at, value) for at, value in await work.session.execute(query)]


async def rollups(
    work: Work, sensor_ids: Collection[UUID], level: RollupLevel, since: datetime, until: datetime
) -> Sequence[ReadingRollup]:
    """The sums of sensors that begin from `since` to before `until`, the oldest first."""
    query = (
        select(ReadingRollup)
        .where(
            own(ReadingRollup, work),
            ReadingRollup.sensor_id.in_(sensor_ids),
            ReadingRollup.level == level,
            ReadingRollup.starts_at >= since,
            ReadingRollup.starts_at < until,
        )
        .order_by(ReadingRollup.starts_at)
        .execution_options(populate_existing=True)
    )
    return (await work.session.scalars(query)).all()


async def newest_minutes(
    work: Work, sensor_ids: Collection[UUID], since: datetime, until: datetime, most: int
) -> Sequence[ReadingRollup]:
    """Of each sensor its last sums by the minute, `most` at most, that begin from `since` to before `until`."""
    sensors = func.unnest(literal(list(sensor_ids), ARRAY(Uuid))).table_valued("sensor_id").render_derived(name="sensors")
    newest = (
        select(ReadingRollup)
        .where(*_minutes(work, since, until), ReadingRollup.sensor_id == sensors.c.sensor_id)
        .order_by(ReadingRollup.starts_at.desc())
        .limit(most)
        .lateral("newest")
    )
    query = select(aliased(ReadingRollup, newest)).select_from(sensors.join(newest, true()))
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def count_minutes(work: Work, sensor_ids: Collection[UUID], since: datetime, until: datetime) -> tuple[int, int, int]:
    """In how many minutes of a span any of the sensors said something, how many of them did, and how often."""
    query = select(
        func.count(distinct(ReadingRollup.starts_at)),
        func.count(distinct(ReadingRollup.sensor_id)),
        func.coalesce(func.sum(ReadingRollup.count), 0),
    ).where(*_minutes(work, since, until), ReadingRollup.sensor_id.in_(sensor_ids))
    minutes, sensors, readings = (await work.session.execute(query)).one()
    return minutes, sensors, readings


def _minutes(work: Work, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        own(ReadingRollup, work),
        ReadingRollup.level == RollupLevel.MINUTE,
        ReadingRollup.starts_at >= since,
        ReadingRollup.starts_at < until,
    )
