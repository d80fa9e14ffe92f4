"""Readings of machines: how many a second are stored beside a bare COPY, and how long it takes to read them back."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy import text

from bench.ground import Ground, Shop, connected, found_shop, ground
from bench.report import Section, Table, milliseconds, percentile
from core.work import open_work
from domain.machines import intake, series
from domain.machines import service as machines
from domain.machines.kinds import RollupLevel
from domain.machines.schemas import NewMachine, NewSensor, NewSite

SENSORS = 10
MACHINES = 20


async def _plant(shop: Shop) -> tuple[list[str], UUID, list[UUID], datetime]:
    """Twenty machines of ten sensors: their codes, one machine with its sensors, and now."""
    async with open_work(shop.principal) as work:
        site = await machines.create_site(work, NewSite(name="Planta"))
        codes, ids = [], []
        for number in range(MACHINES):
            command = NewMachine(site_id=site.id, code=f"M-{number}", name=f"Máquina {number}")
            made = await machines.create_machine(work, command)
            codes.append(made.code)
            sensors = [
                (
                    await machines.create_sensor(
                        work, made.id, NewSensor(code=f"s{each}", name="s", unit="°C", sampling_seconds=1)
                    )
                ).id
                for each in range(SENSORS)
            ]
            ids.append((made.id, sensors))
        return codes, ids[0][0], ids[0][1], work.system_time


def _batches(codes: list[str], begun: datetime, size: int, count: int, offset: int) -> list[list[dict[str, object]]]:
    """Batches of so many readings: a machine's sensors, second by second."""
    seconds = max(size // SENSORS, 1)
    made = []
    for number in range(count):
        code, first = codes[number % MACHINES], offset + number // MACHINES * seconds
        at = [int((begun + timedelta(seconds=first + second)).timestamp() * 1000) for second in range(seconds)]
        values = {f"s{each}": 20.0 + each for each in range(min(SENSORS, size))}
        made.append([{"machine": code, "at": moment, "values": values} for moment in at])
    return made


async def _stored(shop: Shop, batches: list[list[dict[str, object]]], hands: int) -> tuple[float, list[float]]:
    """Store batches with so many at once: seconds in all, and of each until it can be read."""
    waiting, took = iter(batches), list[float]()

    async def hand() -> None:
        for batch in waiting:
            started = time.perf_counter()
            async with open_work(shop.principal) as work:
                await intake.take(work, batch)
            took.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(hand() for _ in range(hands)))
    return time.perf_counter() - started, took


async def _copy(place: Ground, rows: int) -> float:
    """A bare COPY of as many readings into a table with the same columns and key: seconds."""
    connection = await asyncpg.connect(place.postgres.url_for("postgres", "nexova"))
    try:
        await connection.execute("CREATE TABLE bare_readings (LIKE readings INCLUDING ALL)")
        one, at = UUID(int=1), datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        records = [(one, UUID(int=n % 200), at + timedelta(seconds=n // 200), 20.0, at) for n in range(rows)]
        started = time.perf_counter()
        await connection.copy_records_to_table("bare_readings", records=records)
        return time.perf_counter() - started
    finally:
        await connection.close()


async def _timed(act: Callable[[], Awaitable[object]], times: int) -> list[float]:
    took = []
    for _ in itertools.repeat(None, times):
        started = time.perf_counter()
        await act()
        took.append(time.perf_counter() - started)
    return took


async def _measure(place: Ground, rows: int, times: int) -> Section:
    written, read = list[list[str]](), list[list[str]]()
    async with connected(place.postgres.url):
        shop = await found_shop("bench-machines")
        codes, machine_id, sensors, now = await _plant(shop)
        bare = await _copy(place, rows)
        written.append(["bare COPY", f"{rows}", f"{rows / bare:,.0f}", ""])
        begun, offset = now - timedelta(days=2), 0
        for size, hands in ((5_000, 1), (1_000, 1), (1_000, 4), (100, 4), (10, 8)):
            count = max(MACHINES, min(rows // size, 40 * MACHINES))
            seconds, took = await _stored(shop, _batches(codes, begun, size, count, offset), hands)
            offset += -(-count // MACHINES) * max(size // SENSORS, 1)
            name = f"batches of {size}, {hands} at once"
            written.append([name, f"{size * count}", f"{size * count / seconds:,.0f}", milliseconds(percentile(took, 0.95))])
        total = await _fill_years(shop, sensors)

        async def hour() -> None:
            async with open_work(shop.principal) as work:
                await series.read(work, machine_id, sensors[0], begun, begun + timedelta(minutes=20))

        async def year() -> None:
            async with open_work(shop.principal) as work:
                await series.read(work, machine_id, sensors[0], now - timedelta(days=365), now, RollupLevel.DAY)

        for name, act in (("20 minutes of a sensor, every second", hour), ("a year of a sensor by the day", year)):
            took = await _timed(act, times)
            read.append([name, milliseconds(percentile(took, 0.5)), milliseconds(percentile(took, 0.95))])
    return Section(
        "Readings of machines",
        f"{MACHINES} machines of {SENSORS} sensors, in one process on a durable Postgres: each reading checked, stored once, "
        "added to its minute, hour and day and to what stands now, in one transaction a batch; so the time of a batch is that "
        f"from arrival until it can be read. Read back beside {total:,} sums of other sensors. Aim: 5 000 readings a second.",
        [
            Table(("stored", "readings", "readings/s", "arrival to queryable, p95"), written),
            Table(("read", "p50", "p95"), read),
        ],
    )


async def _fill_years(shop: Shop, sensors: list[UUID]) -> int:
    """A year of days for a thousand sensors that nobody has, and for our own."""
    days = """
        INSERT INTO reading_rollups (workspace_id, sensor_id, level, starts_at, count, total, low, high)
        SELECT :workspace, sensor, 'day', date_trunc('day', now() - make_interval(days => day), 'America/Caracas'), 1, 1, 1, 1
          FROM unnest(CAST(:sensors AS uuid[])) AS sensor CROSS JOIN generate_series(10, 364) AS day
        ON CONFLICT DO NOTHING
    """
    others = [UUID(int=10_000 + n) for n in range(1_000)]
    async with open_work(shop.principal) as work:
        await work.session.execute(text(days), {"workspace": shop.workspace_id, "sensors": [*others, *sensors]})
        return await work.session.scalar(text("SELECT count(*) FROM reading_rollups")) or 0


def measure(quick: bool) -> Section:
    """Store readings in batches of several sizes, and read them back."""
    with ground() as place:
        return uvloop.run(_measure(place, 5_000 if quick else 100_000, 20 if quick else 200))
