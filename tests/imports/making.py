"""Making spreadsheets of every kind for tests, also those that no writer makes any more, and damaged ones."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import xlsxwriter

Rows = Sequence[Sequence[Any]]


def xlsx(*sheets: Rows, names: Sequence[str] = (), formats: Mapping[tuple[int, int], str] | None = None) -> bytes:
    """A workbook by xlsxwriter; `formats` are number formats by row and column from 0, of all sheets."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for place, rows in enumerate(sheets):
        sheet = book.add_worksheet(names[place] if place < len(names) else None)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                given = (formats or {}).get((row, column))
                style = book.add_format({"num_format": given}) if given else day if hasattr(cell, "year") else None
                if cell is not None:
                    sheet.write(row, column, cell, style)
    book.close()
    return file.getvalue()


def xlsx_merged(rows: Rows, merges: Sequence[tuple[int, int, int, int, Any]]) -> bytes:
    """A workbook with merged cells: first row, first column, last row, last column, value."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    for row, cells in enumerate(rows):
        sheet.write_row(row, 0, cells)
    for merge in merges:
        sheet.merge_range(*merge)
    book.close()
    return file.getvalue()


def openpyxl_book(rows: Rows) -> bytes:
    """A workbook by openpyxl, which writes formulas without their values."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(list(cells))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(workbook: bytes, change: Mapping[str, bytes | None]) -> bytes:
    """The same archive with some parts replaced, or left out where None is given."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in change:
                new.writestr(name, old.read(name))
        for name, content in change.items():
            if content is not None:
                new.writestr(name, content)
    return file.getvalue()


def part(workbook: bytes, name: str) -> bytes:
    """One part of an archive."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return archive.read(name)


def ods(rows: Rows, name: str = "Hoja1") -> bytes:
    """A minimal OpenDocument sheet."""

    def cell(value: Any) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, int | float):
            kind = f'office:value-type="float" office:value="{value}"'
            return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>" for cells in rows)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="{name}">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue()


def xls(rows: Rows, name: str = "Hoja1") -> bytes:
    """A minimal workbook of Excel 97 (BIFF8): texts and numbers in one sheet, in a compound file."""
    return _compound(_biff(rows, name))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff(rows: Rows, name: str) -> bytes:
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    title = bytes([len(name), 1]) + name.encode("utf-16-le")
    globals_length = len(_record(0x0809, begin)) + len(_record(0x0085, bytes(6) + title)) + len(_record(0x000A, b""))
    book = _record(0x0809, begin) + _record(0x0085, struct.pack("<IBB", globals_length, 0, 0) + title) + _record(0x000A, b"")
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    width = max(map(len, rows))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, int | float):
                sheet += _record(0x0203, place + struct.pack("<d", float(cell)))
            elif cell is not None:
                sheet += _record(0x0204, place + struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le"))
    return book + sheet + _record(0x000A, b"")


def _compound(stream: bytes) -> bytes:
    """One stream named Workbook in a compound file: header, table of sectors, directory, and the stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\x00")
    count = len(stream) // 512
    assert count < 120, "one sector of the table is enough for a test"
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, count + 2), 0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * (512 - len(header) - 4)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le")
        links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return (
            text.ljust(64, b"\x00")
            + struct.pack("<HBB", len(text) + 2, kind, 1)
            + links
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    directory = directory.ljust(512, b"\x00")
    return header + struct.pack("<128I", *table) + directory + stream


def csv_text(rows: Rows, separator: str = ";") -> str:
    """Rows as plain text, with quotes where a cell holds the separator."""

    def written(cell: Any) -> str:
        text = "" if cell is None else str(cell)
        return f'"{text}"' if separator in text or "\n" in text else text

    return "\r\n".join(separator.join(map(written, cells)) for cells in rows) + "\r\n"


def html(rows: Rows, head: str = "") -> str:
    """A table as web programs export it."""
    body = "".join("<tr>" + "".join(f"<td>{'' if c is None else c}</td>" for c in cells) + "</tr>" for cells in rows)
    return f"<html><head>{head}</head><body><table border=1>{body}</table></body></html>"


def xml_2003(rows: Rows) -> str:
    """A workbook as Excel 2003 saves it in XML."""

    def cell(value: Any) -> str:
        kind = "Number" if isinstance(value, int | float) else "String"
        return f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>'

    body = "".join("<Row>" + "".join(cell(c) for c in cells if c is not None) + "</Row>" for cells in rows)
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="Hoja1"><Table>{body}</Table></Worksheet></Workbook>'
    )
