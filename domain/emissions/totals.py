"""Totals of emissions over a period, by scope and by site, machine, product, category, source or month."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found

from core.work import Work
from domain.emissions import _totals_repository as repository
from domain.emissions import repository as sources
from domain.emissions.errors import PeriodRefused
from domain.emissions.kinds import Grouping
from domain.emissions.permissions import EmissionsPermission
from domain.emissions.schemas import Row, Totals

_GRAM: Final = Decimal("0.001")
_MOST_DAYS: Final = 3_660


def months(first: date, last: date) -> list[tuple[date, date]]:
    """The months of a period, the first and the last one as far as they lie in it."""
    found = []
    at = first
    while at <= last:
        end = (at.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        found.append((at, min(end, last)))
        at = end + timedelta(days=1)
    return found


async def of(
    work: Work,
    first: date,
    last: date,
    by: Grouping = Grouping.SCOPE,
    *,
    site_id: UUID | None = None,
    machine_id: UUID | None = None,
    variant_id: UUID | None = None,
) -> Totals:
    """Kilograms over some days, to the gram; raises PeriodRefused."""
    work.require(EmissionsPermission.READ)
    if last < first or (last - first).days > _MOST_DAYS:
        raise PeriodRefused
    spans = months(first, last) if by is Grouping.MONTH else [(first, last)]
    inventory = await sources.inventory(work)
    rows = await repository.totals(work, by, spans, site_id=site_id, machine_id=machine_id, variant_id=variant_id)
    return Totals(
        first_day=first,
        last_day=last,
        by=by,
        gwp=inventory.gwp,
        calculation=inventory.calculation,
        rows=[_row(row) for row in rows if row.scope is not None],
        unmatched=_unmatched(rows),
        as_of=work.now,
    )


def _unmatched(rows: Sequence[Found[Any]]) -> int:
    """Records without a figure; one that lies in two months counts in both."""
    return sum(row.records for row in rows if row.scope is None)


def _row(row: Found[Any]) -> Row:
    squares, known, co2e = row.squares, Decimal(row.known), Decimal(row.co2e)
    return Row(
        key=row.key,
        name=row.name,
        scope=row.scope,
        co2e=co2e.quantize(_GRAM),
        market=Decimal(row.market).quantize(_GRAM),
        biogenic_co2=Decimal(row.biogenic_co2).quantize(_GRAM),
        records=row.records,
        uncertainty=(Decimal(squares).sqrt() / known * 100).quantize(Decimal("0.1")) if squares is not None and known else None,
        uncertainty_known=(known / co2e).quantize(Decimal("0.0001")) if co2e else Decimal(0),
    )
