"""Damaged workbooks, of which as much is saved as can be, and said."""

from collections.abc import Callable, Mapping

from tests.imports import making
from tests.imports.ugly import TWO, P, Ugly


def _damaged(change: Mapping[str, bytes | None]) -> Callable[[], bytes]:
    return lambda: making.changed(making.xlsx([P, *TWO]), change)


def cut(share: float) -> Callable[[], bytes]:
    def make() -> bytes:
        book = making.xlsx([P, *([f"C{n:05d}", f"Cosa {n * 7919 % 997}", n + 0.5] for n in range(2_000))])
        # The texts first, as Excel writes them, so that the cut goes through the rows.
        texts, rows = making.part(book, "xl/sharedStrings.xml"), making.part(book, "xl/worksheets/sheet1.xml")
        moved = making.changed(book, {"xl/sharedStrings.xml": texts, "xl/worksheets/sheet1.xml": rows})
        return moved[: int(len(moved) * share)]

    return make


DAMAGED = (
    Ugly("no list of contents", "x.xlsx", _damaged({"[Content_Types].xml": None})),
    Ugly("no styles", "x.xlsx", _damaged({"xl/styles.xml": None})),
    Ugly("no relations", "x.xlsx", _damaged({"xl/_rels/workbook.xml.rels": None}), notes=["file_salvaged"]),
    Ugly("no workbook", "x.xlsx", _damaged({"xl/workbook.xml": b"<broken"}), notes=["file_salvaged"]),
    Ugly("junk before the archive", "x.xlsx", lambda: b"HTTP/1.1 200 OK\r\n\r\n" + making.xlsx([P, *TWO])),
    Ugly("the tail cut off", "x.xlsx", lambda: making.xlsx([P, *TWO])[:-40], notes=["file_salvaged"]),
)

CUT_IN_THE_MIDDLE = cut(0.6)
