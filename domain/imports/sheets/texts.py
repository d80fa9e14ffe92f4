"""Plain text as a table: which encoding, which separator, which cells."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from domain.imports.sheets.cells import Line, Sheet

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LETTERS = frozenset("áéíóúñÁÉÍÓÚÑüÜçãõâêôàÇ¿¡°ºª€")
_OLD_ENCODINGS = ("cp1252", "cp850", "mac_roman")
"""Windows, DOS tills, and old Macs: the one in which a text has the letters of Spanish and Portuguese is right."""

_SEPARATORS = (";", "\t", ",", "|")
_SAMPLE_LINES = 200
_LONGEST_FIELD = 1_000_000


def decode(content: bytes) -> str:
    """Bytes of unknown encoding as text: marks and zeros first, then UTF-8, then whichever old one yields real letters."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if content[1:2] == b"\0":
        return content.decode("utf-16-le", "replace")
    if content[:1] == b"\0":
        return content.decode("utf-16-be", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass

    def likeness(encoding: str) -> int:
        counts = Counter(character for character in content.decode(encoding, "replace") if ord(character) > 127)
        return sum(count if character in _LETTERS else -3 * count for character, count in counts.items())

    return content.decode(max(_OLD_ENCODINGS, key=likeness), "replace")


def looks_like_text(content: bytes) -> bool:
    """Whether bytes are text in some encoding: next to no control characters."""
    text = decode(content[:65536])
    control = sum(character < " " and character not in "\t\r\n\f\x1a" for character in text)
    unknown = text.count("\ufffd")
    return bool(text) and (control + unknown) * 100 <= len(text)


def separator_of(text: str) -> str:
    """The separator of a text: the one that cuts most lines into the same number of cells, and more than one.

    A comma inside `1.234,56` cuts lines unevenly, and a semicolon beside it evenly.
    """
    declared = text[:40].lower().splitlines()[:1]
    if declared and declared[0].startswith("sep=") and len(declared[0]) == 5:
        return text[4]

    def evenness(separator: str) -> tuple[float, int]:
        rows = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator)
        try:
            widths = Counter(len(row) for row, _ in zip(rows, range(_SAMPLE_LINES), strict=False) if any(row))
        except csv.Error:
            return 0.0, 0
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return 0.0, 0
        width = max(wide, key=lambda w: (wide[w], w))
        return wide[width] / sum(widths.values()), width

    return max(_SEPARATORS, key=evenness)


def read_text(content: bytes) -> Sheet:
    """A text file as a sheet without a name."""
    text = decode(content).lstrip("\ufeff").replace("\x00", "")
    separator = separator_of(text)
    skips_first = text[:4].lower() == "sep=" and len(text.split("\n", 1)[0].strip()) == 5

    def lines() -> Iterator[Line]:
        csv.field_size_limit(_LONGEST_FIELD)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        number = 0
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:  # one cell is longer than any real one: its row is left out, the rest is read
                number += 1
                continue
            number += 1
            if not (skips_first and number == 1):
                yield Line(number, [cell.strip("\x1a") for cell in row])

    return Sheet("", lines)
