"""Readings: each is stored once, however late, often or disordered it comes, and none is lost without a word."""

import asyncio
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core import db, events
from core.access import Principal
from core.errors import NotPermitted
from core.jobs import Retention
from core.work import open_retention_work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.machines import intake, series
from domain.machines import service as machines
from domain.machines.errors import SpanTooLong, TooManyReadings
from domain.machines.jobs import RETENTIONS
from domain.machines.kinds import RollupLevel, Verdict
from domain.machines.schemas import ChangeSensor, Limits, NewSensor, Series
from tests.factories.plant import START, Plant, open_plant, reading
from tests.factories.workspaces import make_workspace


@pytest.fixture
async def plant(workspace: WorkspaceView) -> Plant:
    return await open_plant(workspace.id)


async def history(plant: Plant, hours: float, level: RollupLevel | None = None, sensor: str = "temperature") -> Series:
    async with open_work(plant.principal) as work:
        until = START + timedelta(hours=hours)
        return await series.read(work, plant.machine_id, plant.sensors[sensor], START - timedelta(hours=1), until, level)


def values(found: Series) -> list[float]:
    return [point.mean for point in found.points if point.mean is not None]


async def test_each_kind_of_reading_has_its_own_answer(plant: Plant) -> None:
    # Given a history that begins
    await plant.send(reading(10, 70.0))
    async with open_work(plant.principal) as work:
        now = work.system_time
    minutes = (now - START).total_seconds() / 60
    # When readings of all kinds come in one batch
    cases = [
        (reading(11, 71.0), Verdict.STORED),
        (reading(5, 69.0), Verdict.LATE),
        (reading(minutes + 2, 72.0), Verdict.EARLY),
        (reading(10, 70.0), Verdict.DUPLICATE),
        (reading(10, 75.0), Verdict.CONFLICT),
        (reading(12, 900.0), Verdict.OUT_OF_RANGE),
        (reading(13, float("nan")), Verdict.NOT_A_NUMBER),
        (reading(13, "81"), Verdict.NOT_A_NUMBER),
        (reading(13, None), Verdict.NOT_A_NUMBER),
        (reading(13, True), Verdict.NOT_A_NUMBER),
        (reading(13, 10**400), Verdict.NOT_A_NUMBER),
        (reading(minutes + 30, 70.0), Verdict.CLOCK_SKEWED),
        (reading(-60 * 24 * 120, 70.0), Verdict.TOO_OLD),
        (reading(14, 70.0, machine="MILL-9"), Verdict.UNKNOWN_MACHINE),
        (reading(14, 70.0, sensor="colour"), Verdict.UNKNOWN_SENSOR),
        (reading(15, 70.0, unit="kg"), Verdict.UNIT_MISMATCH),
        (reading(15, 70.0, unit="m**9**9**9"), Verdict.UNIT_MISMATCH),
        ({"machine": "MILL-3"}, Verdict.MALFORMED),
        ({"machine": "MILL-3", "sensor": ["x"], "at": START.isoformat(), "value": 1}, Verdict.MALFORMED),
        ({"machine": "MILL-3", "sensor": "temperature", "at": "2026-01-01T00:00:00", "value": 1}, Verdict.MALFORMED),
        ({"machine": "MILL-3", "sensor": "temperature", "at": 10**18, "value": 1}, Verdict.MALFORMED),
        ("a line", Verdict.MALFORMED),
        (None, Verdict.MALFORMED),
    ]
    answer = await plant.send(*(item for item, _ in cases))
    # Then each is counted under its verdict, and what was not stored is told by its place
    assert answer.received == len(cases)
    assert answer.counts == Counter(verdict for _, verdict in cases)
    kept = {Verdict.STORED, Verdict.LATE, Verdict.EARLY, Verdict.DUPLICATE}
    assert [(one.index, one.verdict) for one in answer.quarantined] == [
        (index, verdict) for index, (_, verdict) in enumerate(cases) if verdict not in kept
    ]
    # And kept in quarantine as it was said, once, though it comes again
    await plant.send(*(item for item, _ in cases))
    async with open_work(plant.principal) as work:
        page = await intake.quarantined(work, limit=100)
    assert sum(page.counts.values()) == len(answer.quarantined) == len(page.items)
    said = {one.reason: one.said for one in page.items}
    assert json.loads(said[Verdict.UNKNOWN_MACHINE])["machine"] == "MILL-9"
    assert any('"value": NaN' in one.said for one in page.items if one.reason is Verdict.NOT_A_NUMBER)
    assert values(await history(plant, 1)) == [69.0, 70.0, 71.0]


async def test_codes_and_numbers_beyond_all_bounds_cost_no_other_reading(plant: Plant) -> None:
    # Given letters that are three in capitals, blanks without end, and numbers whose sum is none any more
    absurd = [
        (reading(1, 70.0, machine="ΐ" * 50), Verdict.MALFORMED),
        (reading(1, 70.0, sensor="İ" * 50), Verdict.MALFORMED),
        (reading(1, None, machine=" " * 100 + "MILL-3"), Verdict.NOT_A_NUMBER),
        (reading(1, 70.0, machine=" " * 100 + "MILL-3", sensor=""), Verdict.MALFORMED),
        (reading(1, 1.7e308, sensor="vibration"), Verdict.OUT_OF_RANGE),
        (reading(1.1, -1.7e308, sensor="vibration"), Verdict.OUT_OF_RANGE),
        (reading(1.2, 1.7e308, sensor="vibration", unit="km/s"), Verdict.OUT_OF_RANGE),
    ]
    answer = await plant.send(*(item for item, _ in absurd), reading(2, 71.0))
    assert [one.verdict for one in answer.quarantined] == [verdict for _, verdict in absurd]
    assert values(await history(plant, 1)) == [71.0]
    # And what a device has computed of a window is no further from zero
    window = {"machine": "MILL-3", "sensor": "vibration", "starts_at": START.isoformat(), "seconds": 60}
    async with open_work(plant.device) as work:
        told = await intake.take_features(work, [window | {"values": {"rms": 1e200}}, window | {"values": {"rms": 1.0}}])
    assert told.counts == {Verdict.OUT_OF_RANGE: 1, Verdict.STORED: 1}


async def test_no_event_and_no_job_is_written_for_a_reading(plant: Plant) -> None:
    async with open_work(plant.principal) as work:
        before = await events.last_position(work), await work.session.scalar(text("SELECT count(*) FROM outbox_messages"))
    await plant.send(*(reading(minute, 70.0) for minute in range(50)))
    async with open_work(plant.principal) as work:
        after = await events.last_position(work), await work.session.scalar(text("SELECT count(*) FROM outbox_messages"))
    assert before == after


async def test_a_days_batches_in_any_order_and_repeated_give_one_history(plant: Plant, workspace: WorkspaceView) -> None:
    # Given a day of readings in whole numbers, whose sums are exact in any order
    chance = random.Random(7)
    day = [reading(minute, float(chance.randint(0, 300))) for minute in range(0, 24 * 60, 3)]
    batches = [day[start : start + 40] for start in range(0, len(day), 40)]
    other = await make_workspace()
    twin = await open_plant(other.id)
    # When one device sends it in order, and another shuffled, thrice, from several lines at once
    for batch in batches:
        await plant.send(*batch)
    storm = batches * 3
    chance.shuffle(storm)
    storm = [chance.sample(batch, len(batch)) for batch in storm]
    for start in range(0, len(storm), 4):
        await asyncio.gather(*(twin.send(*batch) for batch in storm[start : start + 4]))
    # Then histories, sums and what is newest are the same
    for level in (None, *RollupLevel):
        assert (await history(plant, 24, level)).points == (await history(twin, 24, level)).points
    assert len(values(await history(plant, 24))) == len(day)
    async with open_work(plant.principal) as work:
        newest = {one.sensor.code: one for one in await machines.signals(work, plant.machine_id)}["temperature"]
    async with open_work(twin.principal) as work:
        too = {one.sensor.code: one for one in await machines.signals(work, twin.machine_id)}["temperature"]
    assert (newest.last_at, newest.last_value, newest.stored) == (too.last_at, too.last_value, too.stored)
    assert (newest.late, too.duplicates) == (0, 2 * len(day))


async def test_sums_are_those_of_the_readings_also_of_days_that_the_clocks_change(plant: Plant) -> None:
    # Given readings over several days of the workspace's zone
    chance = random.Random(3)
    some = [reading(chance.uniform(-40 * 60, 60), float(chance.randint(-40, 300))) for _ in range(400)]
    await plant.send(*some)
    zone = ZoneInfo("America/Caracas")
    first, last = START - timedelta(hours=60), START + timedelta(hours=2)
    async with open_work(plant.principal) as work:
        found = {
            level: await series.read(work, plant.machine_id, plant.sensors["temperature"], first, last, level)
            for level in (RollupLevel.HOUR, RollupLevel.DAY)
        }
    wanted: dict[RollupLevel, dict[datetime, list[float]]] = {RollupLevel.HOUR: {}, RollupLevel.DAY: {}}
    for item in some:
        at = datetime.fromisoformat(item["at"])
        hour = at.replace(minute=0, second=0, microsecond=0)
        day = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        wanted[RollupLevel.HOUR].setdefault(hour, []).append(item["value"])
        wanted[RollupLevel.DAY].setdefault(day, []).append(item["value"])
    for level, groups in wanted.items():
        points = {point.at: point for point in found[level].points}
        for at, numbers in groups.items():
            point = points[at]
            assert (point.count, point.low, point.high) == (len(numbers), min(numbers), max(numbers))
            assert point.mean == pytest.approx(sum(numbers) / len(numbers))
        # and what has no readings is a gap
        assert {at for at, point in points.items() if point.count == 0} == set(points) - set(groups)


async def test_a_reading_in_another_unit_is_stored_in_the_sensors_own(plant: Plant) -> None:
    await plant.send(reading(1, 212.0, unit="°F"))
    found = await history(plant, 1)
    assert values(found) == [100.0]
    assert found.sensor.unit == "°C"


async def test_several_sensors_of_one_moment_come_together(plant: Plant) -> None:
    at = (START + timedelta(minutes=1)).timestamp() * 1000
    answer = await plant.send({"machine": "mill-3", "at": at, "values": {"Temperature": 71.0, "vibration": 2.5, "power": "?"}})
    assert answer.counts == {Verdict.STORED: 2, Verdict.NOT_A_NUMBER: 1}
    assert values(await history(plant, 1, sensor="vibration")) == [2.5]


async def test_what_was_refused_is_stored_once_the_plant_knows_the_sensor(plant: Plant) -> None:
    # Given readings of a sensor that nobody had registered, and one beyond its range
    await plant.send(*(reading(minute, 5.0, sensor="flow") for minute in range(5)), reading(9, 450.0))
    # When somebody registers the one and widens the other
    async with open_work(plant.principal) as work:
        flow = await machines.create_sensor(work, plant.machine_id, NewSensor(code="flow", name="Caudal", unit="l/min"))
        wide = ChangeSensor(limits=Limits(low=-50, high=500))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], wide, 1)
        done = await intake.release(work)
        assert (done.released, done.left) == (6, 0)
        again = await intake.release(work)
        assert (again.released, again.left) == (0, 0)
        found = await series.read(work, plant.machine_id, flow.id, START, START + timedelta(hours=1))
    assert values(found) == [5.0] * 5
    assert values(await history(plant, 1)) == [450.0]


async def test_what_nobody_can_take_away_hides_nothing_that_somebody_has(plant: Plant) -> None:
    # Given one reading of a sensor that is registered later, and more of a machine that never is
    await plant.send(reading(0, 5.0, sensor="flow"))
    await plant.send(*(reading(minute / 60, 5.0, machine="NOBODY-1") for minute in range(1_100)))
    async with open_work(plant.principal) as work:
        await machines.create_sensor(work, plant.machine_id, NewSensor(code="flow", name="Caudal", unit="l/min"))
        done = await intake.release(work)
    assert (done.released, done.left) == (1, 1_100)


async def test_the_quarantine_of_a_workspace_has_an_end_and_the_newest_stay(plant: Plant) -> None:
    # Given a quarantine of another workspace, and one that is full of readings of a machine that nobody has registered
    other = await open_plant((await make_workspace()).id)
    await other.send(reading(0, 1.0, machine="NOBODY-1"))
    before = REGISTRY.get_sample_value("nexova_quarantine_dropped_total") or 0.0
    most = intake.MOST_QUARANTINED
    await plant.send(*(reading(second / 60, 1.0, machine="NOBODY-1") for second in range(most)))
    async with open_work(plant.principal) as work:
        assert (await intake.quarantined(work)).counts == {Verdict.UNKNOWN_MACHINE: most}
    # When more come, of which one is there already
    await plant.send(reading(0, 1.0, machine="NOBODY-1"), *(reading(minute, "hot") for minute in range(3)))
    # Then the oldest went for them, it is counted, and the other workspace has what it had
    async with open_work(plant.principal) as work:
        page = await intake.quarantined(work, limit=3)
        first = await work.session.scalar(text("SELECT said FROM quarantined_readings ORDER BY id LIMIT 1"))
    assert page.counts == {Verdict.UNKNOWN_MACHINE: most - 3, Verdict.NOT_A_NUMBER: 3}
    assert {one.reason for one in page.items} == {Verdict.NOT_A_NUMBER}
    assert json.loads(first)["at"] == reading(3 / 60, 1.0)["at"]
    assert REGISTRY.get_sample_value("nexova_quarantine_dropped_total") == before + 3
    async with open_work(other.principal) as work:
        assert sum((await intake.quarantined(work)).counts.values()) == 1


async def test_two_that_send_the_same_refused_things_in_another_order_wait_for_each_other(plant: Plant) -> None:
    refused = [reading(second / 60, 1.0, machine="NOBODY-1") for second in range(5_000)]
    windows = [
        {"machine": "MILL-3", "sensor": "vibration", "starts_at": reading(n, 1.0)["at"], "seconds": 60, "values": {"rms": 1.0}}
        for n in range(1_500)
    ]

    async def send_windows(items: list[dict[str, object]]) -> None:
        async with open_work(plant.device) as work:
            await intake.take_features(work, items)

    await asyncio.gather(
        plant.send(*refused), plant.send(*reversed(refused)), send_windows(windows), send_windows(windows[::-1])
    )
    async with open_work(plant.principal) as work:
        assert (await intake.quarantined(work)).counts == {Verdict.UNKNOWN_MACHINE: 5_000}
        assert await work.session.scalar(text("SELECT count(*) FROM sensor_features")) == 1_500


async def test_a_gap_is_seen_and_no_line_is_drawn_over_it(plant: Plant) -> None:
    await plant.send(*(reading(minute, 70.0) for minute in (0, 1, 2, 30, 31)))
    points = (await history(plant, 1)).points
    assert [point.count for point in points] == [1, 1, 1, 0, 1, 1]
    assert points[3].mean is None


async def test_an_answer_has_room_for_so_much_and_takes_the_finest_that_fits(plant: Plant) -> None:
    await plant.send(reading(0, 70.0))
    async with open_work(plant.principal) as work:
        sensor = plant.sensors["temperature"]
        levels = []
        for days in (1, 30, 400):
            since = START - timedelta(days=days)
            levels.append((await series.read(work, plant.machine_id, sensor, since, START + timedelta(minutes=5))).level)
        assert levels == [None, RollupLevel.HOUR, RollupLevel.DAY]
        with pytest.raises(SpanTooLong):
            await series.read(work, plant.machine_id, sensor, START - timedelta(days=30), START, RollupLevel.MINUTE)


async def test_a_device_of_one_workspace_writes_nothing_into_another(plant: Plant) -> None:
    other = await open_plant((await make_workspace()).id, code="BOILER-7")
    answer = await other.send(reading(1, 70.0))
    assert answer.counts == {Verdict.UNKNOWN_MACHINE: 1}
    assert values(await history(plant, 1)) == []


async def test_whoever_may_not_send_sends_nothing(plant: Plant) -> None:
    async with open_work(Principal(plant.device.kind, plant.workspace_id, frozenset({"machines:read"}))) as work:
        with pytest.raises(NotPermitted):
            await intake.take(work, [reading(1, 70.0)])
        with pytest.raises(NotPermitted):
            await intake.take_features(work, [])
    with pytest.raises(TooManyReadings):
        await plant.send(*({"machine": "X", "at": 0, "values": dict.fromkeys(map(str, range(101)), 1.0)} for _ in range(100)))


async def test_windows_are_kept_once(plant: Plant) -> None:
    window = {
        "machine": "MILL-3",
        "sensor": "vibration",
        "starts_at": START.isoformat(),
        "seconds": 60,
        "values": {"rms": 2.5, "kurtosis": 3.1},
    }
    cases = [
        (window, Verdict.STORED),
        (window, Verdict.DUPLICATE),
        (window | {"seconds": 300}, Verdict.STORED),
        (window | {"seconds": 0}, Verdict.MALFORMED),
        (window | {"values": {"colour": 1.0}}, Verdict.MALFORMED),
        (window | {"values": {"rms": float("inf")}}, Verdict.NOT_A_NUMBER),
        (window | {"sensor": "flow"}, Verdict.UNKNOWN_SENSOR),
    ]
    async with open_work(plant.device) as work:
        answer = await intake.take_features(work, [item for item, _ in cases])
    assert answer.counts == Counter(verdict for _, verdict in cases)
    async with open_work(plant.device) as work:
        assert (await intake.take_features(work, [window])).counts == {Verdict.DUPLICATE: 1}


async def test_months_are_forgotten_once_they_are_over_for_long_and_their_sums_stay(plant: Plant) -> None:
    # Given readings of months ago and of now, and a month of years ago
    await plant.send(reading(-80 * 24 * 60, 70.0), reading(0, 71.0))
    async with db.session() as session:
        part = "machine_readings.readings_2020_01 PARTITION OF readings FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')"
        await session.execute(text(f"CREATE TABLE {part}"))
        await session.commit()
    (forget,) = [one for one in RETENTIONS if one.table == "readings"]
    # When somebody asks to forget everything
    async with open_retention_work() as session:
        gone = (await session.scalars(forget.statement(), {"kept": timedelta(0), "limit": 500})).all()
    # Then Postgres lets go of the old month, and of nothing that is to be kept
    assert gone == ["readings_2020_01"]
    async with open_work(plant.principal) as work:
        sensor = plant.sensors["temperature"]
        found = await series.read(work, plant.machine_id, sensor, START - timedelta(days=85), START + timedelta(hours=1))
    assert len(values(found)) == 2


async def test_nobody_makes_a_month_far_away_or_forgets_one(plant: Plant) -> None:
    await plant.send(reading(0, 70.0))
    with pytest.raises(DBAPIError, match="no readings are taken"):
        async with open_work(plant.principal) as work:
            await work.session.execute(text("SELECT keep_reading_month('2031-01-01')"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_work(plant.principal) as work:
            await work.session.execute(text("SELECT forget_reading_months(interval '1 day', 1)"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_work(plant.principal) as work:
            await work.session.execute(text(f"SELECT count(*) FROM machine_readings.readings_{START:%Y_%m}"))


@pytest.mark.parametrize("retention", [one for one in RETENTIONS if one.table != "readings"], ids=lambda one: one.table)
async def test_what_is_younger_than_it_is_to_be_kept_stays_whoever_asks(plant: Plant, retention: Retention) -> None:
    # Given sums, windows and a quarantine, some of them of years ago
    window = {"machine": "MILL-3", "sensor": "vibration", "starts_at": START.isoformat(), "seconds": 60, "values": {"rms": 2.5}}
    await plant.send(reading(0, 70.0), "broken")
    async with open_work(plant.device) as work:
        await intake.take_features(work, [window])
    old = "clock_timestamp() - interval '4 years'"
    async with open_work(plant.principal) as work:
        for copied in (
            f"INSERT INTO reading_rollups SELECT workspace_id, sensor_id, level, {old}, 1, 1, 1, 1 FROM reading_rollups",
            "INSERT INTO sensor_features"
            f" SELECT workspace_id, sensor_id, seconds, {old}, features, received_at FROM sensor_features",
            "INSERT INTO quarantined_readings (workspace_id, id, reason, said, digest, received_at)"
            f" SELECT workspace_id, gen_random_uuid(), reason, said, 'x', {old} FROM quarantined_readings",
        ):
            await work.session.execute(text(copied))
    # When somebody asks to forget everything
    async with open_retention_work() as session:
        gone = await session.execute(retention.statement(), {"kept": timedelta(0), "limit": 500})
    # Then the old row goes, and no other
    assert gone.rowcount == 1  # type: ignore[attr-defined]  # a DELETE returns a CursorResult
