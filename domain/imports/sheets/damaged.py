"""What can be saved of a damaged xlsx: the sheets' own XML is read as far as it goes, without the parts that are lost."""

import html
import re
from collections.abc import Iterator
from functools import partial

from domain.imports.sheets.archives import Member, members
from domain.imports.sheets.cells import Book, Cell, FileFormat, Line, Repair, Sheet
from domain.imports.sheets.refusals import FileUnreadable

_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml$")
_ROW = re.compile(r"<(?:\w+:)?row\b([^>]*)>(.*?)(?:</(?:\w+:)?row>|(?=<(?:\w+:)?row\b)|\Z)", re.DOTALL)
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_VALUE = re.compile(r"<(?:\w+:)?v>(.*?)</(?:\w+:)?v>", re.DOTALL)
_TEXT = re.compile(r"<(?:\w+:)?t\b[^>]*>(.*?)</(?:\w+:)?t>", re.DOTALL)
_ITEM = re.compile(r"<(?:\w+:)?si>(.*?)</(?:\w+:)?si>", re.DOTALL)
_PLACE = re.compile(r'\br="([A-Z]{1,3})(\d{1,7})"')
_NUMBER = re.compile(r'\br="(\d{1,7})"')
_TYPE = re.compile(r'\bt="(\w+)"')


def column_of(letters: str) -> int:
    """The column of its letters, from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def salvage(content: bytes) -> Book:
    """Every sheet that can be found; raises FileUnreadable when there is none with a row."""
    texts: list[str] | None = None
    found: list[Member] = []
    for member in members(content, r"xl/(worksheets/sheet\d+|sharedStrings)\.xml$"):
        if member.name.endswith("sharedStrings.xml"):
            texts = [
                _unescape("".join(_TEXT.findall(item))) for item in _ITEM.findall(member.content.decode("utf-8", "replace"))
            ]
        else:
            found.append(member)
    sheets, uses_texts = [], False
    for member in found:
        document = member.content.decode("utf-8", "replace")
        uses_texts = uses_texts or ' t="s"' in document
        lines = list(_lines(document, texts))
        if lines:
            number = _SHEET.search(member.name)
            sheets.append(Sheet(f"{number[1] if number else ''}", partial(iter, lines)))
    if not sheets:
        raise FileUnreadable
    repairs = [Repair.SALVAGED]
    if uses_texts and texts is None:
        repairs.append(Repair.TEXTS_MISSING)
    if not all(member.is_whole for member in found):
        repairs.append(Repair.CUT_SHORT)
    return Book(FileFormat.XLSX, sheets, repairs)


def _unescape(text: str) -> str:
    return html.unescape(text)


def _lines(document: str, texts: list[str] | None) -> Iterator[Line]:
    number = 0
    for attributes, body in _ROW.findall(document):
        given = _NUMBER.search(attributes)
        number = int(given[1]) if given else number + 1
        cells: list[Cell] = []
        for cell_attributes, inside in _CELL.findall(body):
            place = _PLACE.search(cell_attributes)
            column = min(column_of(place[1]), 16_383) if place else len(cells)
            cells.extend([None] * (column - len(cells)))
            kind = _TYPE.search(cell_attributes)
            cells.append(_value(kind[1] if kind else "n", inside, texts))
        yield Line(number, cells)


def _value(kind: str, inside: str, texts: list[str] | None) -> Cell:
    if kind == "inlineStr":
        return _unescape("".join(_TEXT.findall(inside)))
    found = _VALUE.search(inside)
    if found is None:
        return None
    value = _unescape(found[1])
    if kind == "s":
        number = int(value) if value.isdigit() else -1
        return texts[number] if texts is not None and 0 <= number < len(texts) else None
    if kind == "n":
        try:
            return float(value)
        except ValueError:
            return value
    return None if kind == "e" else value
