"""The records of a period in one flat shape, as ESG platforms take them; docs/emissions.md tells its columns."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row

from core.work import Work
from domain.emissions import _totals_repository as repository
from domain.emissions.errors import ExportTooLong, PeriodRefused
from domain.emissions.permissions import EmissionsPermission

COLUMNS: Final = (
    "record_id", "first_day", "last_day", "source", "kind", "site", "machine", "product", "scope", "category", "activity",
    "amount", "unit", "country", "co2e_kg", "co2e_market_kg", "co2_kg", "ch4_kg", "n2o_kg", "biogenic_co2_kg", "gwp", "quality",
    "uncertainty_percent", "factor_id", "factor_year", "factor_country", "factor_source", "factor_licence", "calculation",
    "notes", "reason",
)  # fmt: skip
MOST: Final = 50_000


async def lines(work: Work, first: date, last: date) -> list[list[Any]]:
    """The values of `COLUMNS` for each record of which a day lies in the period, whole.

    Raises PeriodRefused and ExportTooLong.
    """
    work.require(EmissionsPermission.READ)
    if last < first:
        raise PeriodRefused
    rows = await repository.lines(work, first, last, site_id=None, limit=MOST + 1)
    if len(rows) > MOST:
        raise ExportTooLong(limit=MOST)
    return [_line(row) for row in rows]


def _line(row: Row[Any]) -> list[Any]:
    gases = _object(row.gases)
    factor = _object(row.factor)
    told = {
        "record_id": str(row.id),
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "co2e_kg": row.co2e,
        "co2e_market_kg": row.market,
        "biogenic_co2_kg": row.biogenic_co2,
        "uncertainty_percent": row.uncertainty,
        **{f"{gas}_kg": Decimal(gases[gas.upper()]) if gas.upper() in gases else None for gas in ("co2", "ch4", "n2o")},
        **{f"factor_{name}": factor.get(name) for name in ("id", "year", "country", "source", "licence")},
        "notes": " ".join(_texts(row.notes)),
    }
    return [told[name] if name in told else getattr(row, name) for name in COLUMNS]


def _object(value: Any) -> dict[str, Any]:
    """A JSON object that a statement of our own has read."""
    return dict(json.loads(value) if isinstance(value, str) else value or {})


def _texts(value: Any) -> Sequence[str]:
    return list(json.loads(value) if isinstance(value, str) else value or [])
