"""What stands in a report, kept as it was when somebody wanted it: the file follows from it and from nothing else."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from core.work import Work
from domain.emissions import _totals_repository as repository
from domain.emissions import totals
from domain.emissions.kinds import Grouping
from domain.emissions.models import EmissionReport
from domain.emissions.schemas import FactorView, InventoryView, NewReport, Row, Totals, View

MOST_LINES: Final = 2_000
PARTS: Final = (Grouping.CATEGORY, Grouping.SITE, Grouping.MACHINE, Grouping.PRODUCT, Grouping.SOURCE, Grouping.MONTH)


class Line(View):
    """One record with its figure and factors."""

    first_day: date
    last_day: date
    source: str
    activity: str
    amount: Decimal
    unit: str
    scope: int | None
    co2e: Decimal | None
    market: Decimal | None
    quality: str | None
    uncertainty: Decimal | None
    factor: FactorView | None
    market_factor: FactorView | None
    notes: list[str]
    reason: str | None


class Before(View):
    """What the last report of the same days and site said."""

    made_at: datetime
    calculation: int
    rows: list[Row]


class Content(View):
    """A whole report."""

    workspace: str
    country: str | None
    site: str | None
    inventory: InventoryView
    scopes: Totals
    parts: dict[Grouping, Totals]
    lines: list[Line]
    left_out: int
    before: Before | None


async def gather(
    work: Work, command: NewReport, *, workspace: str, country: str | None, site: str | None, inventory: InventoryView,
    before: EmissionReport | None,
) -> Content:  # fmt: skip
    """All of a report, of one moment: the inventory is locked, so nothing is added or calculated meanwhile."""
    first, last, site_id = command.first_day, command.last_day, command.site_id
    rows = await repository.lines(work, first, last, site_id=site_id, limit=MOST_LINES)
    scopes = await totals.of(work, first, last, site_id=site_id)
    return Content(
        workspace=workspace,
        country=country,
        site=site,
        inventory=inventory,
        scopes=scopes,
        parts={by: await totals.of(work, first, last, by, site_id=site_id) for by in PARTS},
        lines=[Line.model_validate(dict(row._mapping)) for row in rows],
        left_out=sum(row.records for row in scopes.rows) + scopes.unmatched - len(rows),
        before=None if before is None else _before(before),
    )


def _before(report: EmissionReport) -> Before:
    was = Content.model_validate(report.content)
    return Before(made_at=report.created_at, calculation=was.inventory.calculation, rows=was.scopes.rows)
