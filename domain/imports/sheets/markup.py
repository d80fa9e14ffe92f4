"""Tables in HTML and in Excel's XML of 2003, both of which programs save under the name `.xls`."""

from collections.abc import Iterator
from html.parser import HTMLParser

from domain.imports.sheets.cells import Cell, Line, Merge, Sheet
from domain.imports.sheets.refusals import FileHasEntities

_ROWS, _CELLS = {"tr", "row"}, {"td", "th", "cell"}
_TABLES = {"table", "worksheet"}
_MOST_SPAN = 1_000
_MOST_COLUMNS = 16_384


def _count(value: str | None, most: int = _MOST_SPAN) -> int:
    return min(int(value), most) if value and value.isascii() and value.isdigit() and len(value) < 9 else 0


class _Tables(HTMLParser):
    """Collects the rows of every table; a table in a table is read as rows of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[str, list[Line], list[Merge]]] = []
        self._row: list[Cell] | None = None
        self._text: list[str] | None = None
        self._type = ""
        self._number = 0
        self._span = (0, 0)
        self._column = 0
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row, a cell or its value."""
        tag, given = tag.rpartition(":")[2], {name.rpartition(":")[2]: value for name, value in attrs}
        if tag in {"script", "style"}:
            self._hidden += 1
        elif tag in _TABLES and (tag == "worksheet" or not self._is_inside_worksheet):
            self._end_row()
            self._number = 0
            self.tables.append((given.get("name") or "", [], []))
        elif tag in _ROWS:
            self._end_row()
            self._number = _count(given.get("index"), 2_000_000) or self._number + 1
            self._row = []
        elif tag in _CELLS and self._row is not None:
            self._end_cell()
            place = _count(given.get("index"), _MOST_COLUMNS)
            while len(self._row) < place - 1:
                self._row.append(None)
            across = max(_count(given.get("colspan")) - 1, 0) or _count(given.get("mergeacross"))
            down = max(_count(given.get("rowspan")) - 1, 0) or _count(given.get("mergedown"))
            self._span, self._text, self._type = (across, down), [], ""
        elif tag == "data" and self._text is not None:
            self._type = (given.get("type") or "").lower()
        elif tag == "br" and self._text is not None:
            self._text.append(" ")

    @property
    def _is_inside_worksheet(self) -> bool:
        return bool(self.tables) and bool(self.tables[-1][0])

    def handle_data(self, data: str) -> None:
        """Keep what a cell shows."""
        if self._text is not None and not self._hidden:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """End a cell, a row or a table."""
        tag = tag.rpartition(":")[2]
        if tag in {"script", "style"}:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _CELLS:
            self._end_cell()
        elif tag in _ROWS or tag in _TABLES:
            self._end_row()

    def handle_decl(self, decl: str) -> None:
        """Refuse a declaration of entities, wherever it stands."""
        if "entity" in decl.lower() or "[" in decl:
            raise FileHasEntities

    def unknown_decl(self, data: str) -> None:
        """Refuse the same inside a damaged declaration; a CDATA section is text."""
        if "entity" in data.lower():
            raise FileHasEntities

    def _end_cell(self) -> None:
        if self._text is None or self._row is None:
            return
        text, (across, down) = " ".join("".join(self._text).split()), self._span
        # Cells that a block from above covers hold nothing of their own in the markup.
        if self.tables:
            column = self._free_column(len(self._row))
            self._row.extend([None] * (column - len(self._row)))
            if across or down:
                self.tables[-1][2].append(Merge(self._number, self._number + down, column, column + across))
        self._row.append(_value(text, self._type))
        if across:
            self._row.extend([None] * across)
        self._text = None

    def _free_column(self, column: int) -> int:
        if not self.tables:
            return column
        # Merges of a table grow slowly and only those that reach down to this row matter.
        for merge in self.tables[-1][2][-64:]:
            if merge.top < self._number <= merge.bottom and merge.left <= column <= merge.right:
                column = merge.right + 1
        return column

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None and self.tables:
            self.tables[-1][1].append(Line(self._number, self._row))
        self._row = None

    def close(self) -> None:
        """Keep the row in which the file breaks off, as far as it goes."""
        super().close()
        self._end_row()


def _value(text: str, type: str) -> Cell:
    if type == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def read_markup(text: str) -> list[Sheet]:
    """Every table of a document as a sheet; raises FileHasEntities."""
    if "<!entity" in text[:200_000].lower():
        raise FileHasEntities
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [_sheet(name, lines, merges) for name, lines, merges in parser.tables if lines]


def _sheet(name: str, lines: list[Line], merges: list[Merge]) -> Sheet:
    def walk() -> Iterator[Line]:
        return iter(lines)

    return Sheet(name, walk, merges)
