"""Looking at imports: how far they are, what came of every row, and what failed."""

from collections.abc import AsyncIterator
from uuid import UUID

from core import messages
from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.imports import repository
from domain.imports._finding import store_of
from domain.imports._telling import result_of, view_of
from domain.imports.errors import ImportNotFound
from domain.imports.kinds import ImportStatus, RowOutcome, UndoOutcome
from domain.imports.permissions import ImportsPermission
from domain.imports.schemas import HeadingView, ImportPage, ImportResult, ImportView, RowPage, RowView, UndoView

MOST_IMPORTS = 100
MOST_ROWS = 500


async def get(work: Work, id: UUID) -> ImportView:
    """One import and how far it is; raises ImportNotFound."""
    work.require(ImportsPermission.READ)
    row = await repository.find(work, id)
    if row is None:
        raise ImportNotFound
    return view_of(row, await store_of(work, row))


async def list_imports(work: Work, *, before: UUID | None = None, limit: int = 20) -> ImportPage:
    """Imports, newest first, behind one."""
    work.require(ImportsPermission.READ)
    limit = max(1, min(limit, MOST_IMPORTS))
    rows = await repository.newest(work, before, limit + 1)
    stores = {store.id: store for store in await catalog.stores(work)}
    shown = [view_of(row, stores.get(row.store_id) if row.store_id else None) for row in rows[:limit]]
    return ImportPage(items=shown, next_cursor=str(shown[-1].id) if len(rows) > limit else None)


async def result(work: Work, id: UUID, *, language: str | None = None, most_errors: int = MOST_ROWS) -> ImportResult:
    """What came of a file, with what is wrong, asked and noteworthy in the language of the reader; raises ImportNotFound."""
    work.require(ImportsPermission.READ)
    row = await repository.find(work, id)
    if row is None:
        raise ImportNotFound
    failed = await repository.rows_of(work, id, limit=most_errors, outcome=RowOutcome.FAILED)
    spoken = messages.choose_language(language or (await accounts.get_workspace(work)).language)
    return result_of(row, failed, await store_of(work, row), spoken)


async def learnt_headings(work: Work) -> list[HeadingView]:
    """What the shop has taught of headings, as they are compared: folded and without filler words."""
    work.require(ImportsPermission.READ)
    rows = sorted(await repository.learnt(work), key=lambda row: row.heading)
    return [
        HeadingView(
            heading=row.heading,
            field=(row.field or "ignore") if row.is_field_learnt else None,
            decimal=row.decimal_mark,
            dates=row.date_order,
        )
        for row in rows
    ]


async def list_rows(work: Work, id: UUID, *, after: int = 0, limit: int = 100, outcome: RowOutcome | None = None) -> RowPage:
    """What came of the rows behind a number: the difference that a dry run shows, and what an undo did."""
    work.require(ImportsPermission.READ)
    limit = max(1, min(limit, MOST_ROWS))
    rows = await repository.rows_of(work, id, after=after, limit=limit + 1, outcome=outcome)
    shown = [RowView.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return RowPage(items=shown, next_cursor=str(shown[-1].number) if len(rows) > limit else None)


async def failed_rows(principal: Principal, id: UUID) -> AsyncIterator[list[tuple[dict[str, str], str]]]:
    """All rows that failed, some at a time: what they showed by heading, and why; for the sheet to correct.

    Raises ImportNotFound.
    """
    after = 0
    while True:
        async with open_work(principal) as work:
            work.require(ImportsPermission.READ)
            found = await repository.find(work, id)
            if found is None:
                raise ImportNotFound
            rows = await repository.rows_of(work, id, after=after, limit=MOST_ROWS, outcome=RowOutcome.FAILED)
            spoken = messages.choose_language((await accounts.get_workspace(work)).language)
        errors = [[error.message for error in result_of(found, [one], None, spoken).errors if error.row] for one in rows]
        yield [(dict(one.shown or []), " ".join(why)) for one, why in zip(rows, errors, strict=True)]
        if len(rows) < MOST_ROWS:
            return
        after = rows[-1].number


async def failed_headings(principal: Principal, id: UUID) -> list[str]:
    """The headings of the rows that failed, those of all their tables, in the order in which they were met."""
    return list(dict.fromkeys([heading async for rows in failed_rows(principal, id) for shown, _ in rows for heading in shown]))


async def undo_result(work: Work, id: UUID) -> UndoView:
    """What came of undoing an import so far; raises ImportNotFound."""
    work.require(ImportsPermission.READ)
    row = await repository.find(work, id)
    if row is None:
        raise ImportNotFound
    counts = await repository.undo_counts(work, id)
    told_counts = {outcome.value: counts.get(outcome, 0) for outcome in UndoOutcome}
    return UndoView(id=row.id, status=ImportStatus(row.status), **told_counts)
