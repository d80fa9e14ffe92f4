"""Amounts that are collected: readings of a sensor added up, or what was spent with a supplier."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from analytics.emissions.units import unit
from core.access import Principal
from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import repository
from domain.emissions.errors import AllStoresOnly, EmissionUnitUnknown, NothingCollected
from domain.emissions.kinds import Meaning
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import EmissionSourceView, Period
from domain.machines import series
from domain.machines import service as machines
from domain.machines.kinds import RollupLevel
from domain.machines.schemas import Point

_AT_ONCE: Final = timedelta(days=60)
_EXACT: Final = Decimal("1E-6")
_AN_HOUR_OF: Final = {"w": "wh", "kw": "kwh", "mw": "mwh"}
"""The energy of an hour at a power."""


@dataclass(frozen=True, slots=True)
class Collected:
    """An amount, the share of the period for which there was anything, and what is to be said of it."""

    amount: Decimal
    coverage: float | None = None
    note: str | None = None


async def amount(work: Work, source: EmissionSourceView, period: Period) -> Collected:
    """What a source used over some days, in its unit; raises NothingCollected, EmissionUnitUnknown and AllStoresOnly."""
    work.require(EmissionsPermission.WRITE)
    workspace = await accounts.get_workspace(work.acting_for(Principal.system(work.workspace_id)))
    if source.sensor_id is not None:
        return await _measured(work, source, period, workspace.zone)
    if work.principal.stores is not None:
        raise AllStoresOnly
    assert source.supplier_id is not None, "what is not measured is bought"
    if source.unit.upper() != workspace.currency:
        raise EmissionUnitUnknown(unit=source.unit)
    found = await repository.spent(work, source.supplier_id, period.first_day, period.last_day, str(workspace.zone))
    if not found["arrivals"]:
        raise NothingCollected
    return Collected(Decimal(found["value"]).quantize(_EXACT), note=f"{found['arrivals']} goods receipts")


async def _measured(work: Work, source: EmissionSourceView, period: Period, zone: ZoneInfo) -> Collected:
    assert source.machine_id is not None, "a sensor is of a machine"
    assert source.sensor_id is not None, "what is measured has a sensor"
    system = work.acting_for(Principal.system(work.workspace_id))
    sensor = await machines.get_sensor(system, source.machine_id, source.sensor_id)
    factor = factor_of(sensor.unit, source)
    since = datetime.combine(period.first_day, time(), zone).astimezone(UTC)
    until = datetime.combine(period.last_day + timedelta(days=1), time(), zone).astimezone(UTC)
    points: list[Point] = []
    at = since
    while at < until:
        to = min(at + _AT_ONCE, until)
        points += (await series.read(system, source.machine_id, source.sensor_id, at, to, RollupLevel.HOUR)).points
        at = to
    told = [point for point in points if point.count]
    if not told:
        raise NothingCollected
    raw = _RAW[source.meaning or Meaning.AMOUNT](told)
    hours = (until - since) / timedelta(hours=1)
    return Collected(
        (raw * factor).quantize(_EXACT), coverage=round(len(told) / hours, 4), note=f"{sensor.code}: {len(told)} h"
    )


def factor_of(measured: str, source: EmissionSourceView) -> Decimal:
    """How much of the source's unit one of the sensor's is, for a rate one in an hour; raises EmissionUnitUnknown."""
    name = measured.strip()
    if source.meaning is Meaning.RATE:
        name = _AN_HOUR_OF.get(name.casefold(), name.removesuffix("/h").removesuffix("/hour") if "/h" in name else "")
    given, wanted = unit(name, source.country), unit(source.unit, source.country)
    if given is None or wanted is None or given.dimension != wanted.dimension:
        raise EmissionUnitUnknown(unit=measured)
    return given.factor / wanted.factor


def _decimal(value: float | None) -> Decimal:
    return Decimal(repr(value or 0.0))


def _sum(points: Sequence[Point]) -> Decimal:
    return sum((_decimal(point.mean) * point.count for point in points), Decimal(0))


def _hourly(points: Sequence[Point]) -> Decimal:
    """Of each hour with readings their mean; of the others nothing is made up."""
    return sum((_decimal(point.mean) for point in points), Decimal(0))


def _grown(points: Iterable[Point]) -> Decimal:
    """By how much a counter grew; one that fell has begun anew, and what it grew until the end of that hour is unknown."""
    total, last = Decimal(0), None
    for point in points:
        low, high = _decimal(point.low), _decimal(point.high)
        total += high - last if last is not None and low >= last else Decimal(0) if last is not None else high - low
        last = high if last is None or low >= last else _decimal(point.low)
    return total


_RAW: Final = {Meaning.AMOUNT: _sum, Meaning.RATE: _hourly, Meaning.COUNTER: _grown}
