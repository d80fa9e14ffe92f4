"""A file of activities: activity, amount, unit, country, year, and perhaps scope and contract."""

from decimal import Decimal, InvalidOperation
from pathlib import Path

from analytics.data import BadData, Table, read_table
from analytics.emissions.calculate import Activity
from analytics.emissions.countries import country_code

REQUIRED = ("activity", "amount", "unit", "country", "year")
OPTIONAL = ("scope", "contract")
_SCOPES = {"": None, "1": 1, "2": 2, "3": 3}
_MOST_DIGITS = 20


def read_activities(path: Path) -> list[Activity]:
    """The activities of a CSV file. Country and year may be empty; raises `BadData` with the line of what cannot be read."""
    table = read_table(path)
    table.require(REQUIRED)
    columns = {name: table.text(name) if name in table.names else [""] * len(table.rows) for name in (*REQUIRED, *OPTIONAL)}
    return [_activity(table, row, {name: cells[row] for name, cells in columns.items()}) for row in range(len(table.rows))]


def _activity(table: Table, row: int, cells: dict[str, str]) -> Activity:
    where = {"file": table.file, "line": table.lines[row]}
    if not cells["activity"]:
        raise BadData("activity_missing", **where)
    country = country_code(cells["country"]) if cells["country"] else None
    if cells["country"] and country is None:
        raise BadData("country_unreadable", **where, value=cells["country"][:20])
    if cells["year"] and not (cells["year"].isascii() and cells["year"].isdigit() and len(cells["year"]) == 4):
        raise BadData("year_unreadable", **where, value=cells["year"][:20])
    scope = cells["scope"].casefold().removeprefix("scope").strip()
    if scope not in _SCOPES:
        raise BadData("scope_unreadable", **where, value=cells["scope"][:20])
    return Activity(
        line=table.lines[row],
        name=cells["activity"],
        amount=_number(cells["amount"], "amount", where),
        unit=cells["unit"],
        country=country,
        year=int(cells["year"]) if cells["year"] else None,
        scope=_SCOPES[scope],
        contract=_number(cells["contract"], "contract", where) if cells["contract"] else None,
    )


def _number(cell: str, column: str, where: dict[str, object]) -> Decimal:
    try:
        value = Decimal(cell)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        raise BadData("number_unreadable", **where, column=column, value=cell[:40])
    return value
