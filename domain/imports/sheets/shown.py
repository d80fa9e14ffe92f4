"""What a cell of an xlsx shows where its bare number does not tell: zeros of a code, an error, a formula never computed."""

import re
from collections.abc import Mapping

from domain.imports.sheets.damaged import column_of

Shown = Mapping[tuple[int, int], str]
"""Texts by line number and column."""

_CUSTOM_FORMAT = re.compile(r'<(?:\w+:)?numFmt\b[^>]*\bnumFmtId="(\d+)"[^>]*\bformatCode="(0{2,30})"')
_CELL_FORMATS = re.compile(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_FORMAT_ID = re.compile(r'<(?:\w+:)?xf\b[^>]*\bnumFmtId="(\d+)"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>/]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_STYLE = re.compile(rb'\bs="(\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)")


def sheet_number(name: str) -> int:
    """The number in the name of a sheet's part, as `xl/worksheets/sheet3.xml`."""
    return int(re.sub(r"\D", "", name.rpartition("/")[2]) or 1)


def zeros_of(styles: str) -> dict[bytes, int]:
    """The cell styles that show a number with leading zeros, and how many digits it then has."""
    formats = {number: len(zeros) for number, zeros in _CUSTOM_FORMAT.findall(styles)}
    listed = _CELL_FORMATS.search(styles)
    if not formats or listed is None:
        return {}
    return {
        str(place).encode(): formats[number] for place, number in enumerate(_FORMAT_ID.findall(listed[0])) if number in formats
    }


def shown_cells(document: bytes, styles: str) -> Shown:
    """The cells of one sheet whose text is other than their value; most sheets have none and are not looked through."""
    zeros = zeros_of(styles)
    if not zeros and b't="e"' not in document and b"<f" not in document:
        return {}
    found: dict[tuple[int, int], str] = {}
    for attributes, inside in _CELL.findall(document):
        text = _text(attributes, inside, zeros)
        place = _PLACE.search(attributes) if text is not None else None
        if place is not None and text is not None:
            found[int(place[2]), column_of(place[1].decode())] = text
    return found


def _text(attributes: bytes, inside: bytes, zeros: Mapping[bytes, int]) -> str | None:
    value = _VALUE.search(inside)
    if value is None:
        formula = _FORMULA.search(inside)
        return f"={formula[1].decode('utf-8', 'replace')}" if formula else None
    if b't="e"' in attributes:
        return value[1].decode("utf-8", "replace")
    style = _STYLE.search(attributes)
    if style is not None and style[1] in zeros and value[1].isdigit():
        return value[1].decode().zfill(zeros[style[1]])
    return None
