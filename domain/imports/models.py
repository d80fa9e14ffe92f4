"""Tables of imports, of what came of every row, and of the headings that a shop has taught."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.access import PrincipalKind
from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.imports.kinds import ImportStatus, RowOutcome, UndoOutcome
from domain.imports.sheets.dates import DateOrder
from domain.imports.sheets.headings import FileType
from domain.imports.sheets.numbers import DecimalMark


class Import(WorkspaceRow):
    """One file: what it is, how far it got, and who brought it with which rights and in which stores, none for all.

    `done` counts the rows that are through, in the transactions that changed them; whoever goes on begins behind it.
    """

    __tablename__ = "imports"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        CheckConstraint("done >= 0 AND done <= rows", name="done_within_rows"),
        CheckConstraint("inserted + updated + unchanged + failed = done", name="every_row_counted"),
        Index("ix_imports_created", "workspace_id", "created_at"),
        Index("ix_imports_due", "next_try_at", postgresql_where=text("status IN ('pending', 'processing', 'undoing')")),
    )

    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    status: Mapped[ImportStatus] = mapped_column(one_of(ImportStatus, 20), default=ImportStatus.PENDING)
    is_dry_run: Mapped[bool] = mapped_column(default=False)
    file_type: Mapped[FileType | None] = mapped_column(one_of(FileType, 20))
    store_id: Mapped[UUID | None]
    choices: Mapped[dict[str, Any]]
    rows: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    inserted: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    undone_to: Mapped[int | None]
    problems: Mapped[list[Any]]
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]
    rights: Mapped[list[Any]]
    stores: Mapped[list[Any] | None]
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class ImportRow(WorkspaceRow):
    """What came of one row: the values before and after where it changed something, what it showed where it failed.

    `key` names what the row is about, so that a second row about the same is found; `digest` is of what it says of it.
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        of_workspace(),
        belongs_to("imports", "import_id", ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "import_id", "number"),
        Index("ix_import_rows_key", "workspace_id", "import_id", "key"),
    )

    import_id: Mapped[UUID]
    number: Mapped[int]
    sheet: Mapped[str] = mapped_column(String(255))
    row: Mapped[int]
    outcome: Mapped[RowOutcome] = mapped_column(one_of(RowOutcome, 20))
    key: Mapped[str | None] = mapped_column(String(200))
    digest: Mapped[str | None] = mapped_column(String(64))
    subject_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    shown: Mapped[list[Any] | None]
    problems: Mapped[list[Any] | None]
    undo: Mapped[UndoOutcome | None] = mapped_column(one_of(UndoOutcome, 20))


class LearntHeading(WorkspaceRow):
    """What a shop has said that a heading means, and how its cells are read where they do not tell."""

    __tablename__ = "learnt_headings"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "heading"))

    heading: Mapped[str] = mapped_column(String(200))
    field: Mapped[str | None] = mapped_column(String(30))
    is_field_learnt: Mapped[bool] = mapped_column(default=False)
    decimal_mark: Mapped[DecimalMark | None] = mapped_column(one_of(DecimalMark, 20))
    date_order: Mapped[DateOrder | None] = mapped_column(one_of(DateOrder, 20))
