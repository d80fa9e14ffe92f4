"""The closed sets of imports."""

from enum import StrEnum


class ImportStatus(StrEnum):
    """Where an import stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    NEEDS_ANSWERS = "needs_answers"
    COMPLETED = "completed"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowOutcome(StrEnum):
    """What came of one row."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class UndoOutcome(StrEnum):
    """What came of taking one row back."""

    REVERSED = "reversed"
    KEPT = "kept"
    FAILED = "failed"
