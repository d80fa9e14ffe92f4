"""Writing rows to a file of any length in constant memory, so that no text in it is ever taken for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import xlsxwriter

Value = str | int | Decimal | datetime | bool | None


class ExportFormat(StrEnum):
    """The kinds of file that lists are written to."""

    CSV = "csv"
    XLSX = "xlsx"


_RISKY = re.compile(r"^(?:[=+\-@\t\r]|'(?=[=+\-@\t\r\d']))")
_RISKY_IN_A_WORKBOOK = re.compile(r"^(?:=|'(?=[=+\-@\t\r\d']))")
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$", re.ASCII)


def as_text(value: Value) -> str:
    """A value as plain text: numbers with a point, of one reading and without an exponent, times as ISO."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        plain = value.normalize()
        # Three digits behind a point might be thousands; with a fourth they are not.
        return f"{plain:.4f}" if plain.as_tuple().exponent == -3 else f"{plain:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def guarded(value: Value) -> str:
    """A value for a CSV: a text that a spreadsheet would compute begins with an apostrophe, which imports take off again."""
    text = as_text(value)
    return f"'{text}" if isinstance(value, str) and _RISKY.match(text) and not _NUMBER.match(text) else text


class CsvFile:
    """A CSV in pieces: its head, and lines for rows. It begins with the mark by which spreadsheet programs know UTF-8."""

    def __init__(self, header: Sequence[str]) -> None:
        self.head = b"\xef\xbb\xbf" + self._written([header])

    def lines(self, rows: Iterable[Sequence[Value]]) -> bytes:
        """The lines of some rows."""
        return self._written([guarded(cell) for cell in cells] for cells in rows)

    def _written(self, rows: Iterable[Sequence[str]]) -> bytes:
        line = io.StringIO(newline="")
        csv.writer(line).writerows(rows)
        return line.getvalue().encode()


class XlsxFile:
    """A workbook of one sheet that is written row by row and keeps none of them in memory."""

    def __init__(self, path: Path, name: str, header: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._sheet = self._book.add_worksheet(name[:31])
        self._bold = self._book.add_format({"bold": True})
        self._row = 0
        for column, heading in enumerate(header):
            self._sheet.write_string(0, column, heading, self._bold)
        self._sheet.freeze_panes(1, 0)

    def write(self, cells: Sequence[Value]) -> None:
        """Add a row. Numbers that a workbook would round stay text, as do codes."""
        self._row += 1
        for column, cell in enumerate(cells):
            if isinstance(cell, Decimal) and abs(cell) < 10**12:
                self._sheet.write_number(self._row, column, float(cell))
            elif isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 10**15:
                self._sheet.write_number(self._row, column, cell)
            elif cell is not None and cell != "":
                text = as_text(cell)
                self._sheet.write_string(self._row, column, f"'{text}" if _RISKY_IN_A_WORKBOOK.match(text) else text)

    def write_all(self, rows: Iterable[Sequence[Value]]) -> None:
        """Add rows."""
        for cells in rows:
            self.write(cells)

    def close(self) -> None:
        """End the file."""
        self._book.close()
