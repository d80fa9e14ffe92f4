"""What the plant of the demo emits: bills by the month since last year, and sensors from this month on."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

import yaml
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import recording, totals
from domain.emissions import service as emissions
from domain.emissions.kinds import Meaning, SourceKind
from domain.emissions.schemas import NewEmissionSource, NewRecord, Period
from domain.machines import service as machines


@dataclass(frozen=True, slots=True)
class _Bill:
    """A source of bills: how much a month on average, and by which share it sways over the year."""

    name: str
    activity: str
    unit: str
    machine: str
    amount: int
    sway: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """A source of which a sensor measures the rate."""

    name: str
    activity: str
    unit: str
    machine: str
    sensor: str


@dataclass(frozen=True, slots=True)
class _Footprint:
    bills: tuple[_Bill, ...]
    measured: tuple[_Measured, ...]


FOOTPRINT: Final = TypeAdapter(_Footprint).validate_python(
    yaml.safe_load(Path(__file__).with_name("footprint.yaml").read_text(encoding="utf-8"))
)


async def tell(work: Work, machine_ids: Mapping[str, UUID]) -> None:
    """Tell of the sources of the three machines, and of what they have used."""
    zone = (await accounts.get_workspace(work)).zone
    today = work.now.astimezone(zone).date()
    over = totals.months(date(today.year - 1, 1, 1), today.replace(day=1) - timedelta(days=1))
    for bill in FOOTPRINT.bills:
        command = NewEmissionSource(
            name=bill.name,
            kind=SourceKind.METER,
            activity=bill.activity,
            unit=bill.unit,
            machine_id=machine_ids[bill.machine],
        )
        source = await emissions.create_source(work, command)
        for first, last in over:
            amount = Decimal(round(bill.amount * (1 + bill.sway * math.sin(2 * math.pi * first.month / 12))))
            await recording.add(work, source.id, NewRecord(first_day=first, last_day=last, amount=amount))
    yesterday = today - timedelta(days=1)
    for one in FOOTPRINT.measured:
        machine_id = machine_ids[one.machine]
        (sensor,) = (each for each in await machines.list_sensors(work, machine_id) if each.code == one.sensor)
        command = NewEmissionSource(
            name=one.name,
            kind=SourceKind.TELEMETRY,
            activity=one.activity,
            unit=one.unit,
            machine_id=machine_id,
            sensor_id=sensor.id,
            meaning=Meaning.RATE,
        )
        source = await emissions.create_source(work, command)
        if yesterday.month == today.month:
            await recording.collect(work, source.id, Period(first_day=yesterday, last_day=yesterday))
