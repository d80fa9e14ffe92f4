"""Files of figures: a delimited text file, perhaps gzipped, perhaps without a header, as columns."""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_GZIP: Final = b"\x1f\x8b"
MOST_BYTES: Final = 2**30
"""Of a file that is read where somebody keeps it; whoever takes files of others sets less."""


class BadData(ValueError):
    """A file cannot be used; `code` is stable, `details` name the place."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def unzipped(content: bytes, most: int, file: str) -> bytes:
    """Bytes without their gzip, if they have one; raises `BadData` for more than `most` before there are as many.

    What is packed twice is refused: nobody has looked at how much the inner one holds.
    """
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            found = packed.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise BadData("file_unreadable", file=file, reason="damaged") from None
    if len(found) > most:
        raise BadData("file_too_large", file=file, most=most)
    if found.startswith(_GZIP):
        raise BadData("file_unreadable", file=file, reason="packed twice")
    return found


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, unzipped if it is gzipped; raises `BadData`."""
    try:
        return unzipped(path.read_bytes(), MOST_BYTES, path.name).decode("utf-8-sig")
    except OSError as error:
        raise BadData("file_unreadable", file=path.name, reason=error.strerror or "damaged") from None
    except UnicodeDecodeError:
        raise BadData("file_not_utf8", file=path.name) from None


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a file as text, with the line of each row for what must be said of it."""

    file: str
    names: list[str]
    """Lower case, without a unit in brackets; `c1`, `c2`, … where the file has no header."""
    rows: list[list[str]]
    lines: list[int]

    def require(self, names: Sequence[str]) -> None:
        """Raises `BadData` unless the file has all the columns."""
        if missing := [name for name in names if name not in self.names]:
            raise BadData("columns_missing", file=self.file, columns=", ".join(missing))

    def text(self, name: str) -> list[str]:
        """The cells of a column, without blanks around them."""
        column = self.names.index(name)
        return [row[column] for row in self.rows]

    def numbers(self, names: Sequence[str], *, gaps: bool = False) -> NDArray[np.float64]:
        """(T, K) the columns as numbers; an empty cell or a NaN is refused, or with `gaps` it is NaN."""
        columns = [self.names.index(name) for name in names]
        values = np.empty((len(self.rows), len(columns)))
        for at, row in enumerate(self.rows):
            for to, column in enumerate(columns):
                values[at, to] = self._number(row[column], at, names[to], gaps)
        return values

    def _number(self, cell: str, row: int, name: str, gaps: bool) -> float:
        try:
            value = float(cell) if cell or not gaps else np.nan
        except ValueError:
            value = np.inf
        if np.isinf(value) or (np.isnan(value) and not gaps):
            raise BadData("number_unreadable", file=self.file, line=self.lines[row], column=name, value=cell[:40])
        return value


def read_table(path: Path) -> Table:
    """The table in a file; comma, semicolon, tab or blanks between cells, whichever its first line has most of."""
    lines = io.StringIO(read_text(path), newline="")
    first = lines.readline()
    lines.seek(0)
    delimiter = max(",;\t", key=first.count)
    if delimiter in first:
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            kept = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
        except csv.Error as error:
            raise BadData("file_unreadable", file=path.name, reason=str(error)) from None
    else:
        kept = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    if not kept:
        raise BadData("file_empty", file=path.name)
    header = None if all(map(_is_number, kept[0][1])) else kept.pop(0)[1]
    if not kept:
        raise BadData("file_empty", file=path.name)
    names = [_plain(name) for name in header] if header else [f"c{number}" for number in range(1, len(kept[0][1]) + 1)]
    for line, row in kept:
        if len(row) != len(names):
            raise BadData("row_uneven", file=path.name, line=line, cells=len(row), columns=len(names))
    return Table(path.name, names, [row for _, row in kept], [line for line, _ in kept])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return name.split("[")[0].strip().lower()
