"""Dates as people write them. Whether the day or the month comes first is decided for a whole column."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path

import yaml

from core.language.folding import fold
from domain.imports.sheets.cells import Cell, is_blank


class DateOrder(StrEnum):
    """Which comes first in a date of three numbers."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class NotADate(ValueError):
    """The cell holds no date with a day."""


class DateUnclear(ValueError):
    """The date has two readings, and its column does not tell which one is meant."""


_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(yaml.safe_load((Path(__file__).parent / "months.yaml").read_text("utf-8")), start=1)
    for name in names
}
_TIME = re.compile(r"(?:^|[ t,])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?\s*m?\.?\s*(?:z|[+-]\d{2}:?\d{2})?$")
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_PACKED = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
_NUMBERS = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$")
_DAY_MONTH = re.compile(
    r"^(?:[a-z-]{3,15}\.?,? )?(\d{1,2})(?:st|nd|rd|th)?[-/. ]*(?:de )?([a-z]{3,10})\.?[-/., ]*(?:de |del )?(\d{4}|\d{2})$"
)
_MONTH_DAY = re.compile(r"^(?:[a-z-]{3,15}\.?,? )?([a-z]{3,10})\.?[-/. ]*(\d{1,2})(?:st|nd|rd|th)?,?[-/. ]+(\d{4}|\d{2})$")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
"""Days since the end of 1899 as workbooks count them: from 1954 to 2119."""

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a day in a workbook has no zone; the shop's is put on later


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, time | None]:
    """The part that is a date, and the time that follows it."""
    if not text.isascii() and any(c.isdigit() and not c.isascii() for c in text):
        raise NotADate(text)
    folded = " ".join(fold(text).replace("\xa0", " ").replace("\u202f", " ").split())
    found = _TIME.search(folded)
    if found is None:
        return folded, None
    hour, half = int(found[1]), found[4]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = time(hour, int(found[2]), int(found[3] or 0))
    except ValueError as error:
        raise NotADate(text) from error
    return folded[: found.start()].strip(" ,t"), at


def _fixed(text: str) -> date | None:
    """A date that has one reading by its form: the year first, or the month by its name."""
    if found := _ISO.match(text) or _PACKED.match(text):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    if (found := _DAY_MONTH.match(text)) and found[2] in _MONTHS:
        return _made(_year(found[3]), _MONTHS[found[2]], int(found[1]))
    if (found := _MONTH_DAY.match(text)) and found[1] in _MONTHS:
        return _made(_year(found[3]), _MONTHS[found[1]], int(found[2]))
    return None


def readings(text: str) -> dict[DateOrder, datetime]:
    """What a written date may be; raises NotADate."""
    day, at = _split(text.strip().lstrip("'"))
    found: dict[DateOrder, date | None] = {}
    if (fixed := _fixed(day)) is not None:
        found = dict.fromkeys(DateOrder, fixed)
    elif numbers := _NUMBERS.match(day):
        first, second, year = int(numbers[1]), int(numbers[2]), _year(numbers[3])
        found = {DateOrder.DAY_FIRST: _made(year, second, first), DateOrder.MONTH_FIRST: _made(year, first, second)}
    made = {order: datetime.combine(value, at or time()) for order, value in found.items() if value is not None}
    if not made:
        raise NotADate(text)
    return made


@dataclass
class DateColumn:
    """What the dates of a column say about the order of day and month."""

    evidence: dict[DateOrder, int] = field(default_factory=lambda: dict.fromkeys(DateOrder, 0))
    unclear: list[str] = field(default_factory=list)

    def see(self, cell: Cell) -> None:
        """Take one more cell into account."""
        if not isinstance(cell, str) or is_blank(cell):
            return
        try:
            found = readings(cell)
        except NotADate:
            return
        if len(found) == 1:
            self.evidence[next(iter(found))] += 1
        elif len(set(found.values())) > 1 and len(self.unclear) < 5:
            self.unclear.append(cell.strip())

    @property
    def order(self) -> DateOrder | None:
        """The order of the whole column; None where its cells contradict each other or none of them tells."""
        proven = [order for order in DateOrder if self.evidence[order]]
        return proven[0] if len(proven) == 1 else None

    @property
    def must_ask(self) -> bool:
        """Whether nothing in the column tells how its dates are read, and it makes a difference."""
        return bool(self.unclear) and not any(self.evidence.values())


def decide(cells: Iterable[Cell]) -> DateColumn:
    """What all the cells of a column say together."""
    column = DateColumn()
    for cell in cells:
        column.see(cell)
    return column


def read_date(cell: Cell, order: DateOrder | None) -> datetime | None:
    """The day in a cell without a zone, with its time if it has one; None if it is blank. Raises NotADate, DateUnclear."""
    if is_blank(cell):
        return None
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(float(cell))
    if not isinstance(cell, str):
        raise NotADate(str(cell))
    if re.fullmatch(r"\s*\d{5}(?:[.,]\d+)?\s*", cell):
        return _serial(float(cell.replace(",", ".")))
    found = readings(cell)
    if order is not None and order in found:
        return found[order]
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    raise DateUnclear(cell)


def _serial(number: float) -> datetime:
    if number.is_integer() and (packed := _PACKED.match(str(int(number)))):
        made = _made(int(packed[1]), int(packed[2]), int(packed[3]))
        if made is not None:
            return datetime.combine(made, time())
    if not _FIRST_SERIAL <= number < _LAST_SERIAL:
        raise NotADate(str(number))
    return _EPOCH + timedelta(seconds=round(number * 86_400))
