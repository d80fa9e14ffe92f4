"""Tables on a sheet: where each begins, what its headings are, and which of its lines are data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from domain.imports.sheets.cells import Cell, Line, Merge, Sheet, is_blank, is_text
from domain.imports.sheets.headings import LONGEST_HEADING, Field, is_known, is_only_total, is_total
from domain.imports.sheets.numbers import is_number

_HEAD = 30
"""Without a known heading only the first lines are looked at for one."""

_MOST_COLUMNS = 500


class Skipped(StrEnum):
    """Why a line of a table is no data."""

    BLANK = "blank"
    TOTAL = "total"
    TITLE = "title"


@dataclass(frozen=True)
class Table:
    """A table: its sheet, the line of its headings (0 without any), the headings by column, the titles above it."""

    sheet: int
    heading_line: int
    headings: tuple[str, ...]
    titles: tuple[str, ...]
    last_line: int | None = None
    """The line before the next table's headings; None for the last table of a sheet."""


def _shown(cell: Cell) -> str:
    return "" if is_blank(cell) else " ".join(str(cell).split())


def _filled(line: Line) -> list[tuple[int, Cell]]:
    return [(column, cell) for column, cell in enumerate(line.cells[:_MOST_COLUMNS]) if not is_blank(cell)]


def heading_score(line: Line, learnt: Mapping[str, Field | None]) -> int:
    """How many known headings a line has, if it can be one of headings: only short texts, most of them different."""
    filled = _filled(line)
    if len(filled) < 2 or not all(isinstance(cell, str) and not is_number(cell) for _, cell in filled):
        return 0
    texts = [_shown(cell) for _, cell in filled]
    if len({text.lower() for text in texts}) * 3 < len(texts) * 2:
        return 0
    known = sum(is_known(text, learnt) for text in texts)
    is_heading = known >= 2 and (known * 2 >= len(texts) or known >= 3)
    return known if is_heading else 0


def find_tables(sheet: Sheet, place: int, learnt: Mapping[str, Field | None]) -> list[Table]:
    """The tables of one sheet, from the top; none on a sheet without a line of two cells."""
    tables: list[Table] = []
    titles: list[str] = []
    head: list[Line] = []
    for line in sheet.lines():
        score = heading_score(line, learnt)
        if score:
            headings = tuple(_shown(cell) for cell in line.cells[:_MOST_COLUMNS])
            if tables:
                tables[-1] = _ended(tables[-1], line.number - 1)
            tables.append(Table(place, line.number, headings, tuple(titles[-6:])))
            titles = []
            continue
        filled = _filled(line)
        if len(filled) == 1 and is_text(filled[0][1]):
            titles.append(_shown(filled[0][1]))
        if not tables and len(head) < _HEAD and filled:
            head.append(line)
    return tables or _without_known_headings(place, head, tuple(titles[:6]))


def _ended(table: Table, last_line: int) -> Table:
    return Table(table.sheet, table.heading_line, table.headings, table.titles, last_line)


def _without_known_headings(place: int, head: Sequence[Line], titles: tuple[str, ...]) -> list[Table]:
    """The table of a sheet whose headings say nothing known: a line of texts above numbers, or no headings at all."""
    wide = [line for line in head if len(_filled(line)) >= 2]
    if not wide:
        return []
    for line, below in pairwise(wide):
        texts = [cell for _, cell in _filled(line)]
        if all(is_text(cell) and len(_shown(cell)) <= LONGEST_HEADING for cell in texts) and any(
            is_number(cell) for _, cell in _filled(below)
        ):
            return [Table(place, line.number, tuple(_shown(cell) for cell in line.cells[:_MOST_COLUMNS]), titles)]
    width = max(len(line.cells) for line in wide)
    return [Table(place, wide[0].number - 1, ("",) * min(width, _MOST_COLUMNS), titles)]


def data_lines(sheet: Sheet, table: Table, columns: Mapping[int, Field]) -> Iterator[tuple[Line, Skipped | None]]:
    """The lines of a table with the texts of merged blocks filled in, and why a line is none of data."""
    below = _MergedTexts(sheet.merges, columns)
    for line in sheet.lines():
        if line.number <= table.heading_line:
            continue
        if table.last_line is not None and line.number > table.last_line:
            return
        line = below.fill(line)
        yield line, _why_skipped(line, columns)


_SPREAD = frozenset({Field.CATEGORY, Field.BRAND, Field.SUPPLIER, Field.STORE, Field.DATE, Field.DOCUMENT, Field.CUSTOMER})
"""What a block of merged cells says of every line beside it; an amount in such a block is said once."""


class _MergedTexts:
    """Carries what a block of merged cells says down to all the lines that it covers."""

    def __init__(self, merges: Sequence[Merge], columns: Mapping[int, Field]) -> None:
        spread = {column for column, field in columns.items() if field in _SPREAD}
        down = (merge for merge in merges if merge.bottom > merge.top and merge.left in spread)
        self._waiting = sorted(down, key=lambda merge: merge.top, reverse=True)
        self._open: list[tuple[Merge, Cell]] = []

    def fill(self, line: Line) -> Line:
        """The line, filled; lines come in their order."""
        while self._waiting and self._waiting[-1].top <= line.number:
            merge = self._waiting.pop()
            if merge.top == line.number and merge.left < len(line.cells):
                self._open.append((merge, line.cells[merge.left]))
        self._open = [(merge, cell) for merge, cell in self._open if merge.bottom >= line.number]
        if not self._open or not _filled(line):
            return line
        cells = list(line.cells)
        for merge, cell in self._open:
            cells.extend([None] * (merge.left + 1 - len(cells)))
            if is_blank(cells[merge.left]):
                cells[merge.left] = cell
        return Line(line.number, cells)


_KEYS = frozenset({Field.CODE, Field.BARCODE})


def _why_skipped(line: Line, columns: Mapping[int, Field]) -> Skipped | None:
    filled = _filled(line)
    if not filled:
        return Skipped.BLANK
    texts = [(column, _shown(cell)) for column, cell in filled if isinstance(cell, str)]
    keys = [_shown(cell) for column, cell in filled if columns.get(column) in _KEYS]
    if texts and is_total(texts[0][1]) and (not keys or all(is_total(key) for key in keys)):
        others = [text for _, text in texts[1:] if not is_number(text) and not is_total(text)]
        if not others and (not keys or is_only_total(texts[0][1]) or len(texts) == 1):
            return Skipped.TOTAL
    # A heading between the lines, such as the name of a category, stands alone and is no code of the table.
    if len(filled) == 1 and is_text(filled[0][1]) and not any(map(str.isdigit, "".join(keys))):
        return Skipped.TITLE
    # A line that has only sums, at the end of a block.
    if not keys and not texts and _KEYS & set(columns.values()) and all(is_number(cell) for _, cell in filled):
        return Skipped.TOTAL
    return None
