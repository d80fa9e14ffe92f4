"""From a cell to the value of a field, or to what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from domain.imports.sheets.cells import Cell, is_blank
from domain.imports.sheets.dates import DateOrder, DateUnclear, NotADate, read_date
from domain.imports.sheets.headings import CODES, NUMBERS, Field
from domain.imports.sheets.numbers import DecimalMark, NotANumber, NumberUnclear, read_number

Value = str | Decimal | datetime

LONGEST: Mapping[Field, int] = {
    Field.CODE: 100, Field.BARCODE: 50, Field.NAME: 500, Field.DESCRIPTION: 10_000, Field.CATEGORY: 255, Field.BRAND: 255,
    Field.MODEL: 255, Field.SUPPLIER: 255, Field.UNIT: 50, Field.DOCUMENT: 100, Field.STORE: 255, Field.CUSTOMER: 255,
}  # fmt: skip
_MONEY = frozenset({Field.PRICE, Field.WHOLESALE_PRICE, Field.COST, Field.TOTAL})
_MOST_MONEY = Decimal(10) ** 10
_MOST_QUANTITY = Decimal(10) ** 9
_CENT, _THOUSANDTH = Decimal("0.01"), Decimal("0.001")
_EXACT_DIGITS = 10**15
_SCIENTIFIC = re.compile(r"^\d(?:[.,]\d+)?[eE]\+?\d{1,3}$")
_ERROR = re.compile(r"^#(?:N/?A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|¡[A-Z]+!|VALOR!|NOMBRE\?|DESBORDAMIENTO!)$", re.IGNORECASE)
_GUARD = re.compile(r"^'(?=[=+\-@\t\r\d'])")
"""The apostrophe that keeps a workbook from taking a text for a formula or a number."""


class BadCell(ValueError):
    """What is wrong with a cell: a stable code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Formats:
    """How the texts of a column are read."""

    mark: DecimalMark | None = None
    order: DateOrder | None = None


def shown(cell: Cell) -> str:
    """A cell as a person sees it: numbers without a point zero, days without midnight."""
    if is_blank(cell):
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**21 else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time | timedelta | int):
        return str(cell)
    return " ".join(str(cell).replace("\x00", "").split())


def read_cell(field: Field, cell: Cell, formats: Formats) -> Value | None:
    """The value of a field, None where the cell is blank; raises BadCell."""
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        text = cell.strip()
        if _ERROR.match(text):
            raise BadCell("cell_error")
        if text.startswith("="):
            raise BadCell("formula_not_computed")
        cell = _GUARD.sub("", text)
    if field in CODES:
        return _code(field, cell)
    if field in NUMBERS:
        return _number(field, cell, formats)
    if field is Field.DATE:
        return _date(cell, formats)
    return _short(field, shown(cell))


def _short(field: Field, text: str) -> str:
    if len(text) > LONGEST[field]:
        raise BadCell("text_too_long")
    return text


def _code(field: Field, cell: Cell) -> str:
    if isinstance(cell, datetime | date | time | timedelta):
        raise BadCell("code_is_date")
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT_DIGITS:
        raise BadCell("code_digits_lost")
    text = shown(cell)
    if _SCIENTIFIC.match(text):
        raise BadCell("code_digits_lost")
    return _short(field, text)


def _number(field: Field, cell: Cell, formats: Formats) -> Decimal | None:
    try:
        value = read_number(cell, formats.mark)
    except NumberUnclear as error:
        raise BadCell("number_unclear") from error
    except NotANumber as error:
        raise BadCell("not_a_number") from error
    if value is None:
        return None
    if value < 0:
        raise BadCell("number_negative")
    if field in _MONEY:
        if value >= _MOST_MONEY:
            raise BadCell("number_too_large")
        return value.quantize(_CENT, ROUND_HALF_UP)
    if value >= _MOST_QUANTITY:
        raise BadCell("number_too_large")
    if value != value.quantize(_THOUSANDTH):
        raise BadCell("number_too_fine")
    return value.quantize(_THOUSANDTH)


def _date(cell: Cell, formats: Formats) -> datetime | None:
    try:
        return read_date(cell, formats.order)
    except DateUnclear as error:
        raise BadCell("date_unclear") from error
    except NotADate as error:
        raise BadCell("not_a_date") from error
