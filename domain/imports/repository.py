"""All SQL of imports."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert

from core import bulk
from core.paging import part
from core.tables import new_id
from core.work import Work, own
from domain.imports.kinds import RowOutcome, UndoOutcome
from domain.imports.models import Import, ImportRow, LearntHeading


async def find(work: Work, id: UUID, *, lock: bool = False) -> Import | None:
    """One import; locked against other workers for whoever goes on with it."""
    query = select(Import).where(own(Import, work), Import.id == id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).one_or_none()


async def newest(work: Work, before: UUID | None, limit: int) -> Sequence[Import]:
    """Imports, newest first, behind one."""
    place = None if before is None else (before,)
    query = part(select(Import).where(own(Import, work)), [Import.id], place, limit, falls=True)
    return (await work.session.scalars(query)).all()


async def one_at_a_time(work: Work) -> None:
    """Wait until no other import of the workspace is in the middle of its rows: they may be about the same things."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('nexova imports ' || CAST(:workspace AS text), 0))")
    await work.session.execute(lock, {"workspace": str(work.workspace_id)})


async def advance(work: Work, id: UUID, **values: Any) -> None:
    """Write how far an import is; it must be locked."""
    await work.session.execute(update(Import).where(own(Import, work), Import.id == id).values(**values))


async def seen_keys(work: Work, id: UUID, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
    """What earlier rows of this import said of these keys: the digest of one of them, and how many there were."""
    query = (
        select(ImportRow.key, func.min(ImportRow.digest), func.count())
        .where(
            own(ImportRow, work),
            ImportRow.import_id == id,
            ImportRow.key == any_(literal(list(keys), ARRAY(String))),
            ImportRow.outcome != RowOutcome.FAILED,
        )
        .group_by(ImportRow.key)
    )
    return {str(key): (str(digest), count) for key, digest, count in await work.session.execute(query)}


async def add_rows(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what came of rows."""
    await bulk.add_rows(work, ImportRow, rows)


async def rows_of(
    work: Work, id: UUID, *, after: int = 0, limit: int = 100, outcome: RowOutcome | None = None
) -> Sequence[ImportRow]:
    """Rows of an import in their order, behind a number."""
    query = select(ImportRow).where(own(ImportRow, work), ImportRow.import_id == id)
    if outcome is not None:
        query = query.where(ImportRow.outcome == outcome)
    return (await work.session.scalars(part(query, [ImportRow.number], (after,), limit))).all()


async def rows_to_undo(work: Work, id: UUID, below: int, limit: int) -> Sequence[ImportRow]:
    """Rows that changed something, the last one first, below a number."""
    query = select(ImportRow).where(
        own(ImportRow, work),
        ImportRow.import_id == id,
        ImportRow.number < below,
        ImportRow.outcome.in_((RowOutcome.INSERTED, RowOutcome.UPDATED)),
    )
    return (await work.session.scalars(query.order_by(ImportRow.number.desc()).limit(limit))).all()


async def undo_counts(work: Work, id: UUID) -> dict[UndoOutcome, int]:
    """How many rows were taken back, and how."""
    query = (
        select(ImportRow.undo, func.count())
        .where(own(ImportRow, work), ImportRow.import_id == id, ImportRow.undo.is_not(None))
        .group_by(ImportRow.undo)
    )
    return {UndoOutcome(undo): count for undo, count in await work.session.execute(query) if undo}


async def learnt(work: Work) -> Sequence[LearntHeading]:
    """What the shop has taught of headings."""
    return (await work.session.scalars(select(LearntHeading).where(own(LearntHeading, work)))).all()


async def learn(work: Work, heading: str, **values: Any) -> None:
    """Remember something of a heading; what else is known of it stays."""
    row = {"workspace_id": work.workspace_id, "id": new_id(), "heading": heading, "is_field_learnt": False, **values}
    statement = insert(LearntHeading).values(**row)
    await work.session.execute(statement.on_conflict_do_update(index_elements=["workspace_id", "heading"], set_=values))


async def forget(work: Work, heading: str) -> LearntHeading | None:
    """Forget a heading: what was known of it, None for nothing."""
    statement = delete(LearntHeading).where(own(LearntHeading, work), LearntHeading.heading == heading)
    return (await work.session.scalars(statement.returning(LearntHeading))).one_or_none()
