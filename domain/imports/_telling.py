"""Saying what came of an import: its row as a view, and its problems in the words of the reader's language."""

from collections.abc import Sequence
from typing import Any

from core.messages import MessageMissing, filled, text
from domain.catalog.schemas import StoreView
from domain.imports.kinds import ImportStatus
from domain.imports.models import Import, ImportRow
from domain.imports.schemas import ImportResult, ImportView, RowError
from domain.imports.sheets.reading import Problem


def told(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept."""
    return {
        "code": problem.code,
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "sheet": problem.sheet,
        "told": dict(problem.told),
    }


def _said(key: str, language: str, fields: dict[str, str]) -> str:
    return filled(text(key, language), fields)


def error_of(kept: dict[str, Any], language: str) -> RowError:
    """A kept problem in words."""
    code, column = kept["code"], kept.get("column")
    fields = {
        "value": kept.get("value") or "",
        "column": column or "",
        "sheet": kept.get("sheet") or "",
        **kept.get("told", {}),
    }
    try:
        message = _said(f"import.{code}", language, fields)
    except MessageMissing:
        message = _said(f"error.{code}", language, fields)
    suggestion = _said(f"import.{code}.fix", language, fields)
    return RowError(
        row=kept.get("row"), column=column, value=kept.get("value"), code=code, message=message, suggestion=suggestion
    )


def view_of(row: Import, store: StoreView | None) -> ImportView:
    """An import as the other rooms see it."""
    return ImportView(
        id=row.id,
        filename=row.filename,
        size=row.size,
        status=ImportStatus(row.status),
        is_dry_run=row.is_dry_run,
        file_type=row.file_type,
        store=store.code if store else None,
        rows=row.rows,
        done=row.done,
        inserted=row.inserted,
        updated=row.updated,
        unchanged=row.unchanged,
        failed=row.failed,
        created_at=row.created_at,
        completed_at=row.completed_at,
    )


def result_of(row: Import, failed: Sequence[ImportRow], store: StoreView | None, language: str) -> ImportResult:
    """What came of a file, the whole file's problems first."""
    kept = [*row.problems, *(problem for one in failed for problem in one.problems or [])]
    return ImportResult(
        id=row.id,
        status=ImportStatus(row.status),
        file_type=row.file_type,
        store=store.code if store else None,
        rows=row.rows,
        inserted=row.inserted,
        updated=row.updated,
        unchanged=row.unchanged,
        failed=row.failed,
        errors=[error_of(problem, language) for problem in kept],
    )
