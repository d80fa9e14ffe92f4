"""Reading a whole file: what it is, what its columns hold, what has to be asked, and then its rows one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from domain.imports.sheets.cells import Book, Cell, Sheet, is_blank
from domain.imports.sheets.choices import Choices
from domain.imports.sheets.dates import DateColumn
from domain.imports.sheets.headings import CODES, NEEDED, NUMBERS, Field, FileType, assign, key_of, kinds_named, suggestion
from domain.imports.sheets.kinds import kind_of
from domain.imports.sheets.numbers import NumberColumn
from domain.imports.sheets.tables import Skipped, Table, data_lines, find_tables
from domain.imports.sheets.values import BadCell, Formats, Value, read_cell, shown

MOST_ROWS = 200_000
_MOST_SHOWN = 200


@dataclass(frozen=True)
class Problem:
    """Something that is wrong or has to be asked: where, what stands there, and a stable code.

    `row` is None for what concerns the whole file; `told` fills the fields of the code's text.
    """

    code: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """One row of data: its place in the file, its values by field, its cells by heading, and what is wrong with it."""

    number: int
    sheet: str
    row: int
    values: Mapping[Field, Value]
    cells: Mapping[str, Cell]
    is_numeric_code: bool
    """Whether the code stands in a cell for numbers, which keeps no zeros in front."""
    problems: Sequence[Problem] = ()

    @property
    def shown(self) -> dict[str, str]:
        """What the row shows, by heading."""
        return {heading: shown(cell) for heading, cell in self.cells.items()}


@dataclass(frozen=True)
class Part:
    """A table that is read, and what each of its columns holds."""

    table: Table
    columns: Mapping[int, Field]
    formats: Mapping[int, Formats]

    def heading(self, column: int) -> str:
        """What a column is called: its heading, or its letter where it has none."""
        named = self.table.headings[column] if column < len(self.table.headings) else ""
        return named or letter_of(column)


@dataclass(frozen=True)
class Reading:
    """A file understood, or the questions that keep it from being understood."""

    file_type: FileType | None
    parts: Sequence[Part] = ()
    rows: int = 0
    questions: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()


def letter_of(column: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    letters = ""
    while column >= 0:
        letters, column = chr(65 + column % 26) + letters, column // 26 - 1
    return letters


def headings_of(table: Table) -> tuple[str, ...]:
    """The headings of a table, with the letter of a column that has none."""
    return tuple(heading or letter_of(column) for column, heading in enumerate(table.headings))


def understand(book: Book, filename: str, choices: Choices) -> Reading:
    """What a file is and what its columns hold. The whole file is walked once, and none of it is kept."""
    notes = [Problem(f"file_{repair}") for repair in book.repairs]
    known = {**choices.learnt, **choices.columns}
    found = [(book.sheets[t.sheet], t) for place, sheet in enumerate(book.sheets) for t in find_tables(sheet, place, known)]
    if not found:
        return Reading(None, questions=[Problem("table_missing")], notes=notes)
    file_type, own_types, question = _decide_type(found, filename, choices)
    if file_type is None:
        return Reading(None, questions=[question] if question else [], notes=notes)
    parts, missing = [], []
    for (sheet, table), own in zip(found, own_types, strict=True):
        columns = assign(headings_of(table), file_type, choices.learnt, choices.columns)
        lacking = _lacking(columns, file_type)
        if lacking or (own is not None and own is not file_type):
            missing.append(_missing(sheet, table, lacking))
        else:
            parts.append((sheet, table, columns))
    if not parts:
        return Reading(file_type, questions=missing[:5], notes=notes)
    notes += [Problem("table_not_used", row=p.row, sheet=p.sheet, told=p.told) for p in missing if p.told.get("has_lines")]
    decided, rows, questions, seen = _decide_formats(parts, choices)
    if rows > MOST_ROWS:
        questions = [Problem("too_many_rows", told={"limit": str(MOST_ROWS)})]
    return Reading(file_type, decided, rows, questions, [*notes, *seen, *_unused(parts)])


def _decide_type(
    found: Sequence[tuple[Sheet, Table]], filename: str, choices: Choices
) -> tuple[FileType | None, list[FileType | None], Problem | None]:
    """The kind of the file, the kind of each table where it is sure, and the question if the first is not."""
    said = kinds_named(PurePath(filename).stem)
    own: list[FileType | None] = []
    possible: set[FileType] = set()
    for sheet, table in found:
        kind, candidates = kind_of(headings_of(table), table.titles, sheet.name, said, choices)
        own.append(kind)
        possible |= candidates
    if choices.file_type is not None:
        return choices.file_type, own, None
    sure = {kind for kind in own if kind is not None}
    if len(sure) == 1:
        return next(iter(sure)), own, None
    sheet, table = found[0]
    told = {"kinds": ", ".join(sorted(sure or possible))}
    if not sure and not possible:
        return None, own, _missing(sheet, table, ())
    return None, own, Problem("file_type_unclear", row=table.heading_line or None, sheet=sheet.name, told=told)


def _lacking(columns: Mapping[int, Field], file_type: FileType) -> tuple[tuple[Field, ...], ...]:
    held = set(columns.values())
    return tuple(group for group in NEEDED[file_type] if not held & set(group))


def _missing(sheet: Sheet, table: Table, lacking: Sequence[Sequence[Field]]) -> Problem:
    """The question which column holds what is needed, with the heading that looks like it and what the first line shows."""
    headings = [heading for heading in headings_of(table) if heading]
    wanted = [name for group in lacking for name in group] or [Field.CODE]
    first = next(
        (line for line in sheet.lines() if line.number > table.heading_line and any(not is_blank(c) for c in line.cells)), None
    )
    sample = "" if first is None else " | ".join(shown(cell) for cell in first.cells[:8])
    told = {
        "wanted": ", ".join(dict.fromkeys(str(group[0]) for group in lacking)) or str(Field.CODE),
        "headings": ", ".join(headings[:20]),
        "alike": suggestion(wanted, headings) or "",
        "has_lines": "yes" if first is not None else "",
    }
    return Problem("columns_missing", table.heading_line or None, None, sample[:_MOST_SHOWN], sheet.name, told)


@dataclass
class _Seen:
    """What the cells under one heading say about their format, in all the tables that have the heading."""

    numbers: NumberColumn = field(default_factory=NumberColumn)
    dates: DateColumn = field(default_factory=DateColumn)


def _decide_formats(
    parts: Sequence[tuple[Sheet, Table, Mapping[int, Field]]], choices: Choices
) -> tuple[list[Part], int, list[Problem], list[Problem]]:
    """The parts with their formats, how many rows they have, what must be asked, and which lines were no data."""
    seen: dict[str, _Seen] = {}
    rows, skipped = 0, list[str]()
    for sheet, table, columns in parts:
        headings = headings_of(table)
        watched = [
            (column, name, seen.setdefault(key_of(headings[column]), _Seen()))
            for column, name in columns.items()
            if name in NUMBERS or name is Field.DATE
        ]
        for line, why in data_lines(sheet, table, columns):
            if why is not None:
                if why is not Skipped.BLANK:
                    skipped.append(f"{sheet.name} {line.number}".strip())
                continue
            rows += 1
            for column, name, said in watched:
                cell = line.cells[column] if column < len(line.cells) else None
                (said.dates if name is Field.DATE else said.numbers).see(cell)
    decided, questions = [], dict[str, Problem]()
    for sheet, table, columns in parts:
        formats = {}
        for column, name in columns.items():
            heading = headings_of(table)[column]
            said = seen.get(key_of(heading), _Seen())
            formats[column] = _formats(heading, said, choices)
            if question := _format_question(name, heading, said, formats[column]):
                questions.setdefault(key_of(heading), Problem(*question, sheet=sheet.name))
        decided.append(Part(table, columns, formats))
    told = {"count": str(len(skipped)), "lines": ", ".join(skipped[:20])}
    notes = [Problem("lines_skipped", value=told["lines"][:_MOST_SHOWN], told=told)] if skipped else []
    return decided, rows, list(questions.values()), notes


def _formats(heading: str, said: _Seen, choices: Choices) -> Formats:
    """What the column itself says comes first; a person's word and what was learnt decide what it leaves open."""
    key = key_of(heading)
    mark = said.numbers.mark or choices.mark or choices.learnt_marks.get(key)
    order = said.dates.order or choices.order or choices.learnt_orders.get(key)
    return Formats(mark, order)


def _format_question(name: Field, heading: str, said: _Seen, formats: Formats) -> tuple[str, None, str, str] | None:
    if name in NUMBERS and said.numbers.must_ask and formats.mark is None:
        return "number_format_unclear", None, heading, "; ".join(said.numbers.unclear)[:_MOST_SHOWN]
    if name is Field.DATE and said.dates.must_ask and formats.order is None:
        return "date_order_unclear", None, heading, "; ".join(said.dates.unclear)[:_MOST_SHOWN]
    return None


def _unused(parts: Sequence[tuple[Sheet, Table, Mapping[int, Field]]]) -> list[Problem]:
    """The headings that mean something elsewhere, or nothing, and are not read."""
    unused: dict[str, str] = {}
    for sheet, table, columns in parts:
        for column, heading in enumerate(table.headings):
            if heading and column not in columns:
                unused.setdefault(heading, sheet.name)
    if not unused:
        return []
    return [
        Problem("columns_not_used", value=", ".join(unused)[:_MOST_SHOWN], told={"headings": ", ".join(unused)[:_MOST_SHOWN]})
    ]


def records(book: Book, reading: Reading, after: int = 0) -> Iterator[Record]:
    """The rows of a file that was understood, in their order, behind the `after` first ones; one is held at a time."""
    number = 0
    for part in reading.parts:
        sheet = book.sheets[part.table.sheet]
        for line, why in data_lines(sheet, part.table, part.columns):
            if why is not None:
                continue
            number += 1
            if number > after:
                yield _record(number, sheet.name, line.number, line.cells, part)


def _record(number: int, sheet: str, row: int, cells: Sequence[Cell], part: Part) -> Record:
    values: dict[Field, Value] = {}
    problems = []
    is_numeric = False
    for column, name in part.columns.items():
        cell = cells[column] if column < len(cells) else None
        if name in CODES and name is not Field.DOCUMENT:
            is_numeric = is_numeric or isinstance(cell, int | float)
        try:
            value = read_cell(name, cell, part.formats[column])
        except BadCell as bad:
            problems.append(Problem(bad.code, row, part.heading(column), shown(cell)[:_MOST_SHOWN], sheet))
        else:
            if value is not None:
                values[name] = value
    by_heading = {part.heading(column): cell for column, cell in enumerate(cells[: len(part.table.headings)])}
    return Record(number, sheet, row, values, by_heading, is_numeric, problems)
