"""What the plant of the demo emits: bills by the month since last year, and sensors from this month on."""

import math
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import recording, totals
from domain.emissions import service as emissions
from domain.emissions.kinds import Meaning, SourceKind
from domain.emissions.schemas import NewEmissionSource, NewRecord, Period
from domain.machines import service as machines


class _Bill(NamedTuple):
    """A source of bills: how much a month on average, and by which share it sways over the year."""

    name: str
    activity: str
    unit: str
    machine: str
    amount: int
    sway: float


BILLS: Final = (
    _Bill("Diésel del camión", "diesel", "l", "TRUCK-21", 5_200, 0.10),
    _Bill("Gas natural de la caldera", "natural gas", "m3", "BOILER-7", 9_400, 0.18),
    _Bill("Electricidad del molino", "electricity", "kWh", "MILL-3", 4_700, 0.06),
)
"""Sensors measure the same from this month on: no day is told by both."""

MEASURED: Final = (
    ("CO₂ del camión, medido", "CO2", "kg", "TRUCK-21", "co2"),
    ("CO₂ de la caldera, medido", "CO2", "kg", "BOILER-7", "co2"),
    ("Potencia del molino, medida", "electricity", "kWh", "MILL-3", "power"),
)


async def tell(work: Work, machine_ids: Mapping[str, UUID]) -> None:
    """Tell of the sources of the three machines, and of what they have used."""
    zone = (await accounts.get_workspace(work)).zone
    today = work.now.astimezone(zone).date()
    over = totals.months(date(today.year - 1, 1, 1), today.replace(day=1) - timedelta(days=1))
    for bill in BILLS:
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
    for name, activity, unit, machine, code in MEASURED:
        machine_id = machine_ids[machine]
        (sensor,) = (one for one in await machines.list_sensors(work, machine_id) if one.code == code)
        command = NewEmissionSource(
            name=name,
            kind=SourceKind.TELEMETRY,
            activity=activity,
            unit=unit,
            machine_id=machine_id,
            sensor_id=sensor.id,
            meaning=Meaning.RATE,
        )
        source = await emissions.create_source(work, command)
        if yesterday.month == today.month:
            await recording.collect(work, source.id, Period(first_day=yesterday, last_day=yesterday))
