"""What a spreadsheet is once it is open: sheets of numbered lines of cells, which can be walked more than once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

Cell = str | int | float | bool | datetime | date | time | timedelta | None
"""A value as the file holds it; an empty string and None are both an empty cell."""


class FileFormat(StrEnum):
    """What the bytes are, whatever the file's name says."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"
    HTML = "html"
    XML_2003 = "xml_2003"


class Repair(StrEnum):
    """What had to be done to read a file, which the person is told."""

    NAME_MISLEADS = "name_misleads"
    """The content is of another kind than the ending says."""
    SALVAGED = "salvaged"
    """The workbook is damaged; what could be found was read, and something may be missing."""
    CUT_SHORT = "cut_short"
    """The workbook ends early: the last rows may be missing."""
    TEXTS_MISSING = "texts_missing"
    """The workbook has lost the part that holds its texts."""


class Line(NamedTuple):
    """One row: its number as the person sees it, from 1, and its cells from column A on."""

    number: int
    cells: Sequence[Cell]


class Merge(NamedTuple):
    """A block of merged cells: first and last line number, first and last column from 0."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """One sheet. `lines` walks it from the top each time."""

    name: str
    lines: Callable[[], Iterator[Line]]
    merges: Sequence[Merge] = ()


@dataclass(frozen=True)
class Book:
    """An open file."""

    format: FileFormat
    sheets: Sequence[Sheet]
    repairs: Sequence[Repair] = ()


def is_blank(cell: Cell) -> bool:
    """Whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip("\ufeff\xa0 \t\r\n\x00"))


def is_text(cell: Cell) -> bool:
    """Whether a cell holds letters: text that is no number written as text."""
    return isinstance(cell, str) and any(character.isalpha() for character in cell)
