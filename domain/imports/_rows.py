"""What one row means to the shop, kind by kind: which product, which store, which day, and whether it was said before."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.language.folding import fold
from domain.imports.kinds import RowOutcome
from domain.imports.sheets.headings import Field
from domain.imports.sheets.reading import Problem, Record

CENT = Decimal("0.01")


@dataclass
class Result:
    """What came of one record."""

    record: Record
    outcome: RowOutcome = RowOutcome.UNCHANGED
    key: str | None = None
    digest: str | None = None
    subject_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)

    def fail(self, code: str, name: Field | None = None, found: str = "") -> None:
        """Say that the row cannot be taken: why, in which field, and what is there instead."""
        value = self.record.values.get(name) if name else None
        self.outcome = RowOutcome.FAILED
        self.problems.append(
            Problem(
                code,
                self.record.row,
                name.value if name else None,
                None if value is None else str(value),
                told={"found": found},
            )
        )


@dataclass(frozen=True)
class Places:
    """The stores of a workspace by what a file may call them, the one that the file is for, and the shop's time zone."""

    by_name: Mapping[str, UUID]
    store_id: UUID | None
    zone: ZoneInfo
    now: datetime


def begun(records: Sequence[Record]) -> list[Result]:
    """A result for each record, failed already where a cell cannot be read."""
    return [
        Result(record, RowOutcome.FAILED if record.problems else RowOutcome.UNCHANGED, problems=list(record.problems))
        for record in records
    ]


def open_results(results: Sequence[Result]) -> list[Result]:
    """Those that have not failed."""
    return [result for result in results if result.outcome is not RowOutcome.FAILED]


def store_of(result: Result, places: Places) -> UUID | None:
    """The store that a row is about: the one it names, or the file's."""
    named = result.record.values.get(Field.STORE)
    if named is None:
        if places.store_id is None:
            result.fail("store_missing")
        return places.store_id
    found = places.by_name.get(fold(str(named)))
    if found is None:
        result.fail("store_unknown", Field.STORE)
    return found


def moment_of(result: Result, places: Places, *, at_end: bool = False) -> datetime | None:
    """The row's day in the shop's zone: a day without a time begins it, or ends it for a count."""
    day = result.record.values.get(Field.DATE)
    if not isinstance(day, datetime):
        return None
    if at_end and day.time() == time():
        day += timedelta(days=1, microseconds=-1)
    at = day.replace(tzinfo=places.zone)
    if at > places.now:
        # A count of today ends today; nothing was sold or bought after now.
        if at_end and day.date() == places.now.astimezone(places.zone).date():
            return None
        result.fail("date_in_future", Field.DATE)
    return at


def number_of(result: Result, name: Field) -> Decimal | None:
    """A number of the row, if it has it."""
    value = result.record.values.get(name)
    return value if isinstance(value, Decimal) else None


def text_of(result: Result, name: Field) -> str | None:
    """A text of the row, if it has it."""
    value = result.record.values.get(name)
    return value if isinstance(value, str) and value else None


def unit_amount(result: Result, name: Field, quantity: Decimal) -> Decimal | None:
    """What one piece costs: as the row says, or the row's total shared out."""
    amount, total = number_of(result, name), number_of(result, Field.TOTAL)
    if amount is None and total is not None and quantity:
        return (total / quantity).quantize(CENT, ROUND_HALF_UP)
    return amount


def digest_of(*parts: object) -> str:
    """A digest of what identifies a row; numbers that are equal are the same."""
    written = [str(part.normalize()) if isinstance(part, Decimal) else str(part) for part in parts]
    return hashlib.sha256("\x1f".join(written).encode()).hexdigest()
