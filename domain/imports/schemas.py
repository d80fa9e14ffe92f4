"""What other rooms see of imports."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.access import Principal
from domain.imports.kinds import ImportStatus, RowOutcome, UndoOutcome
from domain.imports.sheets.choices import Choices
from domain.imports.sheets.dates import DateOrder
from domain.imports.sheets.headings import Field as SheetField
from domain.imports.sheets.headings import FileType, key_of
from domain.imports.sheets.numbers import DecimalMark


class Answers(BaseModel):
    """What a person says about a file: its kind, what columns hold, how unclear numbers and days are read.

    `columns` are fields by heading; `ignore` is for a column that is not wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file_type: FileType | None = None
    columns: dict[str, SheetField | Literal["ignore"]] = Field(default_factory=dict, max_length=200)
    decimal: DecimalMark | None = None
    dates: DateOrder | None = None

    def merged(self, newer: "Answers") -> "Answers":
        """These answers, and newer ones over them."""
        return Answers(
            file_type=newer.file_type or self.file_type,
            columns={**self.columns, **newer.columns},
            decimal=newer.decimal or self.decimal,
            dates=newer.dates or self.dates,
        )

    @property
    def by_heading(self) -> dict[str, SheetField | None]:
        """The fields by the key of their headings."""
        return {key_of(heading): None if field == "ignore" else field for heading, field in self.columns.items()}


class RowError(BaseModel):
    """Something that is wrong with a row, or that concerns the whole file and then has no row."""

    row: int | None
    column: str | None
    value: str | None
    code: str
    message: str
    suggestion: str


class ImportResult(BaseModel):
    """What came of a file; `errors` also holds what is asked, and what was done to read it."""

    id: UUID
    status: ImportStatus
    file_type: FileType | None
    store: str | None
    rows: int
    inserted: int
    updated: int
    unchanged: int
    failed: int
    errors: list[RowError]


class ImportView(BaseModel):
    """An import in a list, and how far it is."""

    id: UUID
    filename: str
    size: int
    status: ImportStatus
    is_dry_run: bool
    file_type: FileType | None
    store: str | None
    rows: int
    done: int
    inserted: int
    updated: int
    unchanged: int
    failed: int
    created_at: datetime
    completed_at: datetime | None


class HeadingView(BaseModel):
    """What was learnt of a heading: its field, `ignore` for none, and how its numbers and days are read."""

    heading: str
    field: str | None
    decimal: DecimalMark | None
    dates: DateOrder | None


class RowView(BaseModel):
    """What came of one row, with the values before and after, and what became of undoing it."""

    number: int
    sheet: str
    row: int
    outcome: RowOutcome
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undo: UndoOutcome | None


class ImportPage(BaseModel):
    """A part of the list of imports."""

    items: list[ImportView]
    next_cursor: str | None = None


class RowPage(BaseModel):
    """A part of the rows of an import."""

    items: list[RowView]
    next_cursor: str | None = None


class UndoView(BaseModel):
    """What came of undoing an import, row by row in sums."""

    id: UUID
    status: ImportStatus
    reversed: int
    kept: int
    failed: int


class Job(BaseModel):
    """What a worker needs to go on with an import."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    id: UUID
    filename: str
    sha256: str
    status: ImportStatus
    done: int
    rows: int
    principal: Principal
    choices: Choices
