"""Numbers as people write them. Whether a comma or a point begins the decimals is decided for a whole column."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from domain.imports.sheets.cells import Cell, is_blank


class DecimalMark(StrEnum):
    """Which sign begins the decimals."""

    COMMA = "comma"
    POINT = "point"


class NumberUnclear(ValueError):
    """The number has two readings, and its column does not tell which one is meant."""


class NotANumber(ValueError):
    """The cell holds no number."""


_SPACES = str.maketrans("", "", " \xa0\u202f\u2009\u2007'’`´\t")
_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-"})
_CURRENCY = re.compile(
    r"(?i)(?:bs\.?\s*(?:s\.?|f\.?|d\.?)?|us\$|u\$s|r\$|s/\.?|mx\$|ar\$|cop\$|clp\$|q\.|[$€£]|\b(?:usd|ves|ved|mxn|ars|cop|clp|pen|brl|eur|uyu|bob|pyg|gtq|crc|dop)\b)"
)
_UNIT = re.compile(r"(?i)(?<=\d)\s*(?:pzas?|pz|und?s?|unidades|u|kg|kgs|gr?|lts?|l|ml|m|cajas?|pcs|ea)\.?$")
_SIGNED = re.compile(r"^(?P<open>\()?(?P<before>[-+])?(?P<digits>[\d.,]+)(?P<after>-)?(?P<close>\))?$", re.ASCII)
_SHAPES = {
    DecimalMark.COMMA: re.compile(r"^(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)?(?:,\d*)?$", re.ASCII),
    DecimalMark.POINT: re.compile(r"^(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3})?(?:\.\d*)?$", re.ASCII),
}
_SIGNS = {DecimalMark.COMMA: (".", ","), DecimalMark.POINT: (",", ".")}
_MOST_DIGITS = 18
_DIGIT = re.compile(r"\d", re.ASCII)


def _bare(text: str) -> tuple[str, bool]:
    """The digits and signs of a written number, and whether it is negative; raises NotANumber."""
    if not _DIGIT.search(text):
        raise NotANumber(text)
    bare = _UNIT.sub("", _CURRENCY.sub("", text.translate(_MINUS).strip())).translate(_SPACES)
    found = _SIGNED.match(bare)
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise NotANumber(text)
    return found["digits"], bool(found["open"] or found["before"] == "-" or found["after"])


def _read(digits: str, mark: DecimalMark) -> Decimal | None:
    if not _SHAPES[mark].match(digits) or sum(map(str.isdigit, digits)) > _MOST_DIGITS:
        return None
    thousands, decimal = _SIGNS[mark]
    try:
        return Decimal(digits.replace(thousands, "").replace(decimal, ".") or "x")
    except InvalidOperation:
        return None


def readings(text: str) -> dict[DecimalMark, Decimal]:
    """What a written number may be, by the sign that begins its decimals; raises NotANumber."""
    digits, is_negative = _bare(text)
    found = {mark: value for mark in DecimalMark if (value := _read(digits, mark)) is not None}
    if not found:
        raise NotANumber(text)
    return {mark: -value if is_negative else value for mark, value in found.items()}


def is_number(cell: Cell) -> bool:
    """Whether a cell holds a number or a text that is one."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, int | float):
        return True
    if not isinstance(cell, str) or is_blank(cell):
        return False
    try:
        return bool(readings(cell))
    except NotANumber:
        return False


@dataclass
class NumberColumn:
    """What the written numbers of a column say about its decimal mark."""

    evidence: dict[DecimalMark, int] = field(default_factory=lambda: dict.fromkeys(DecimalMark, 0))
    """How many of its cells can only be read with one mark."""
    unclear: list[str] = field(default_factory=list)
    """Cells with two readings; the first few."""
    unclear_count: int = 0

    def see(self, cell: Cell) -> None:
        """Take one more cell into account."""
        if not isinstance(cell, str) or is_blank(cell):
            return
        try:
            found = readings(cell)
        except NotANumber:
            return
        if len(found) == 1:
            self.evidence[next(iter(found))] += 1
        elif len(set(found.values())) > 1:
            self.unclear_count += 1
            if len(self.unclear) < 5:
                self.unclear.append(cell.strip())

    @property
    def mark(self) -> DecimalMark | None:
        """The mark of the whole column; None where its cells contradict each other or none of them tells."""
        proven = [mark for mark in DecimalMark if self.evidence[mark]]
        return proven[0] if len(proven) == 1 else None

    @property
    def must_ask(self) -> bool:
        """Whether nothing in the column tells how its numbers are read, and it makes a difference."""
        return self.unclear_count > 0 and not any(self.evidence.values())


def decide(cells: Iterable[Cell]) -> NumberColumn:
    """What all the cells of a column say together."""
    column = NumberColumn()
    for cell in cells:
        column.see(cell)
    return column


def read_number(cell: Cell, mark: DecimalMark | None) -> Decimal | None:
    """The number in a cell, None if it is blank; raises NotANumber, and NumberUnclear where only a mark would tell."""
    if is_blank(cell):
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise NotANumber(str(cell))
    if not isinstance(cell, str):
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        if not value.is_finite():
            raise NotANumber(str(cell))
        # A sum such as 0.1 + 0.2 is 0.30000000000000004 in a workbook, and shown as 0.3.
        return value if value == value.to_integral() else Decimal(f"{cell:.12g}")
    found = readings(cell)
    if mark is not None and mark in found:
        return found[mark]
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    raise NumberUnclear(cell)
