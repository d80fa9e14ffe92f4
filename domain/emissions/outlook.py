"""What a year comes to if it goes on: the months that are told, and the others by the last three and by last year's season."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access import Principal
from core.work import Work
from domain.accounts import service as accounts
from domain.emissions import totals
from domain.emissions.kinds import Grouping
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import Outlook, OutlookMonth

LEAST: Final = 3
"""Months in a row that must be told before anything is said of the next."""

_LEAST_TRIED: Final = 4
"""How often it must have been tried on months that are over before a range is given."""

_GRAM: Final = Decimal("0.001")

Months = Mapping[int, Decimal]
"""Kilograms by month, counted from year 0."""


async def of_year(work: Work, machine_id: UUID | None = None) -> Outlook:
    """What this year comes to, all scopes together, electricity location-based; nothing is expected of too short a past."""
    work.require(EmissionsPermission.READ)
    zone = (await accounts.get_workspace(work.acting_for(Principal.system(work.workspace_id)))).zone
    today = work.now.astimezone(zone).date()
    found = await totals.of(work, date(today.year - 2, 1, 1), today, Grouping.MONTH, machine_id=machine_id)
    told: dict[int, Decimal] = {}
    for row in found.rows:
        year, month = (row.key or "").split("-")
        place = int(year) * 12 + int(month) - 1
        told[place] = told.get(place, Decimal(0)) + row.co2e
    now = today.year * 12 + today.month - 1
    past = {place: amount for place, amount in told.items() if place < now}
    first = today.year * 12
    months = []
    for place in range(first, first + 12):
        known = told.get(place, Decimal(0))
        guess = expected(past, place, now) if place >= now else None
        months.append(OutlookMonth(month=date(today.year, place - first + 1, 1), told=known, expected=guess))
    ahead = [max(one.expected, one.told) for one in months if one.expected is not None]
    so_far = sum((one.told for one in months), Decimal(0))
    rest = sum(ahead, Decimal(0)) - told.get(now, Decimal(0))
    missed = missed_by(past) if ahead else None
    return Outlook(
        year=today.year,
        months=months,
        told=so_far,
        total=so_far + rest if ahead else None,
        low=so_far + rest * max(1 - missed, Decimal(0)) if missed is not None else None,
        high=so_far + rest * (1 + missed) if missed is not None else None,
        missed_by=missed,
        gwp=found.gwp,
        as_of=work.now,
    )


def expected(past: Months, place: int, now: int) -> Decimal | None:
    """Kilograms of a month from those before `now`: the mean of the last three, moved by last year's season."""
    last = [past.get(each) for each in range(now - LEAST, now)]
    if any(amount is None for amount in last):
        return None
    level = sum((amount or Decimal(0) for amount in last), Decimal(0)) / LEAST
    season = past.get(place - 12)
    then = [past.get(each - 12) for each in range(now - LEAST, now)]
    if season is not None and all(then):
        level *= season * LEAST / sum((amount or Decimal(0) for amount in then), Decimal(0))
    return level.quantize(_GRAM)


def missed_by(past: Months) -> Decimal | None:
    """By which share of a month it missed those that are over, each from the months before it; None of too few."""
    tried = [
        abs(guess - amount) / amount
        for place, amount in past.items()
        if amount and (guess := expected({at: told for at, told in past.items() if at < place}, place, place)) is not None
    ]
    if len(tried) < _LEAST_TRIED:
        return None
    return (sum(tried, Decimal(0)) / len(tried)).quantize(Decimal("0.0001"))
