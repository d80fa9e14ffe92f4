"""Opening a file by what it is and not by what it is called: workbooks, text, and markup that passes for a workbook."""

import io
import re
from collections.abc import Iterator, Mapping

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from domain.imports.sheets.archives import members
from domain.imports.sheets.cells import Book, Cell, FileFormat, Line, Merge, Repair, Sheet
from domain.imports.sheets.damaged import column_of, salvage
from domain.imports.sheets.markup import read_markup
from domain.imports.sheets.refusals import (
    FileBomb,
    FileEmpty,
    FileHasEntities,
    FileProtected,
    FileTooLarge,
    FileUnknown,
    FileUnreadable,
)
from domain.imports.sheets.shown import Shown, sheet_number, shown_cells
from domain.imports.sheets.texts import decode, looks_like_text, read_text

MOST_BYTES = 10 * 1024 * 1024
MOST_CELLS = 20_000_000
"""Of a sheet that is wider and longer than this only the cells that hold something are read."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x08\x10\x00", b"\x09\x08\x08\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FAR_COLUMN = re.compile(rb'<(?:\w+:)?c r="([A-Z]{2,3})\d')
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_PARTS = r"^(xl/worksheets/sheet\d+\.xml|xl/styles\.xml|content\.xml|xl/workbook\.(xml|bin))$"
_REPEATED = re.compile(rb'number-(columns|rows)-repeated="(\d+)"')


def open_book(content: bytes, filename: str = "") -> Book:
    """Open a spreadsheet; raises a FileRefused that says why not. `filename` only tells whether it misleads."""
    if len(content) > MOST_BYTES:
        raise FileTooLarge(limit_mb=MOST_BYTES // 2**20)
    if not content.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise FileEmpty
    book = _open(content)
    ending = filename.lower().rpartition(".")[2]
    if ending in {"xlsx", "xlsm", "xls", "ods", "csv", "txt", "tsv"} and ending not in _ENDINGS[book.format]:
        return Book(book.format, book.sheets, (Repair.NAME_MISLEADS, *book.repairs))
    return book


_ENDINGS = {
    FileFormat.XLSX: {"xlsx", "xlsm"},
    FileFormat.XLS: {"xls"},
    FileFormat.ODS: {"ods"},
    FileFormat.CSV: {"csv", "txt", "tsv"},
    FileFormat.HTML: set[str](),
    FileFormat.XML_2003: set[str](),
}


def _open(content: bytes) -> Book:
    start = content.find(_ZIP)
    if 0 <= start <= 4096 and (start == 0 or not looks_like_text(content[:start] or b"x")):
        return _open_archive(content[start:])
    if content.startswith(_OLE) or content.startswith(_BIFF):
        if _ENCRYPTED in content:
            raise FileProtected
        return _open_workbook(content, FileFormat.XLS)
    if 0 < start <= 4096:
        return _open_archive(content[start:])
    if not looks_like_text(content):
        raise FileUnknown
    return _open_text(content)


def _open_text(content: bytes) -> Book:
    head = decode(content[:8192]).lstrip("\ufeff \r\n\t").lower()
    if head.startswith("<") and ("<table" in head or "<html" in head or "<tr" in head):
        return _filled(Book(FileFormat.HTML, read_markup(decode(content))))
    if head.startswith("<") and ("mso-application" in head or "office:spreadsheet" in head or "<!doctype" in head):
        return _filled(Book(FileFormat.XML_2003, read_markup(decode(content))))
    if head.startswith(("{\\rtf", "%pdf", "%!ps", "<?xml", "<svg", "#!")):
        raise FileUnknown
    return Book(FileFormat.CSV, [read_text(content)])


def _filled(book: Book) -> Book:
    if not book.sheets:
        raise FileUnreadable
    return book


def _open_archive(content: bytes) -> Book:
    """An archive is unpacked once for its size and for what only its own XML tells."""
    parts = {member.name: member.content for member in members(content, _PARTS)}
    if any(b"<!ENTITY" in part[:65536] or b"<!DOCTYPE" in part[:65536] for part in parts.values()):
        raise FileHasEntities
    if "content.xml" in parts:
        _refuse_endless(parts["content.xml"])
        return _open_workbook(content, FileFormat.ODS)
    sheets = {sheet_number(name) - 1: part for name, part in parts.items() if name.startswith("xl/worksheets/")}
    if not sheets and not any(name.startswith("xl/") for name in parts):
        raise FileUnknown
    if any(_area(part) > MOST_CELLS for part in sheets.values()):
        return salvage(content)
    styles = parts.get("xl/styles.xml", b"").decode("utf-8", "replace")
    shown = {place: shown_cells(part, styles) for place, part in sheets.items()}
    del parts, sheets
    try:
        return _open_workbook(content, FileFormat.XLSX, shown)
    except FileUnreadable:
        return salvage(content)


def _area(document: bytes) -> int:
    rows = max((int(number) for number in _ROW_NUMBER.findall(document)), default=0)
    columns = max((column_of(letters.decode()) for letters in set(_FAR_COLUMN.findall(document))), default=25) + 1
    return rows * columns


def _refuse_endless(document: bytes) -> None:
    """Refuse repeated cells that fill more than any sheet that people write; empty ones at the margins are usual."""
    for element in re.finditer(rb"<table:table-row\b[^>]*>(.*?)</table:table-row>", document, re.DOTALL):
        head = element[0][: element[0].index(b">")]
        rows = next((int(count) for kind, count in _REPEATED.findall(head) if kind == b"rows"), 1)
        cells = re.findall(rb"<table:table-cell\b([^>]*?)(/?)>", element[1])
        width = sum(
            next((int(count) for kind, count in _REPEATED.findall(attributes) if kind == b"columns"), 1)
            for attributes, closed in cells
            if not closed or b"value" in attributes
        )
        if rows * width > MOST_CELLS:
            raise FileBomb(limit_mb=MOST_BYTES // 2**20)


def _open_workbook(content: bytes, kind: FileFormat, shown: Mapping[int, Shown] | None = None) -> Book:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            _sheet(workbook.get_sheet_by_index(place), (shown or {}).get(place, {}))
            for place in range(len(workbook.sheet_names))
        ]
    except PasswordError as error:
        raise FileProtected from error
    except CalamineError as error:
        raise FileUnreadable from error
    except BaseException as error:
        # The library is written in Rust: where a workbook breaks its assumptions it panics, with an exception of its own.
        if type(error).__name__ != "PanicException":
            raise
        raise FileUnreadable from error
    if not sheets:
        raise FileUnreadable
    return Book(kind, sheets)


def _sheet(sheet: CalamineSheet, shown: Shown) -> Sheet:
    margin: list[Cell] = [None] * (sheet.start[1] if sheet.start else 0)
    merges = [Merge(top + 1, bottom + 1, left, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    by_line: dict[int, list[tuple[int, str]]] = {}
    for (line, column), text in shown.items():
        by_line.setdefault(line, []).append((column, text))

    def lines() -> Iterator[Line]:
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [*margin, *row]
            for column, text in by_line.get(number, ()):
                if column < len(cells):
                    cells[column] = text
            yield Line(number, cells)

    return Sheet(sheet.name, lines, merges)
