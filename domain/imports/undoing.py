"""Taking back what an import changed, row by row, the last one first."""

from uuid import UUID

from core import events, outbox
from core.errors import Abandoned
from core.event_types import EventType
from core.work import Work
from domain.imports import repository
from domain.imports._finding import APPLY_JOB, PATIENCE, RUNNING, locked, rights_of, stores_of
from domain.imports._kinds import take_back
from domain.imports.errors import ImportRunning, NothingToUndo
from domain.imports.kinds import ImportStatus, UndoOutcome
from domain.imports.permissions import ImportsPermission
from domain.imports.schemas import UndoView
from domain.imports.sheets.headings import FileType

UNDO_CHUNK = 200


async def undo(work: Work, id: UUID) -> UndoView:
    """Take back what an import changed, row by row; a worker does it. Raises ImportRunning, NothingToUndo."""
    work.require(ImportsPermission.WRITE)
    row = await locked(work, id)
    if row.status in RUNNING:
        raise ImportRunning
    if row.is_dry_run or row.status not in (ImportStatus.COMPLETED, ImportStatus.FAILED) or not row.inserted + row.updated:
        raise NothingToUndo
    row.status, row.undone_to = ImportStatus.UNDOING, row.done + 1
    row.next_try_at, row.attempts = work.system_time + PATIENCE, 0
    row.rights, row.stores = rights_of(work), stores_of(work)
    row.actor_kind, row.actor_id = work.principal.kind, work.principal.id
    outbox.enqueue(work, APPLY_JOB, import_id=row.id)
    await work.session.flush()
    return UndoView(id=row.id, status=ImportStatus.UNDOING, reversed=0, kept=0, failed=0)


async def undo_rows(work: Work, id: UUID, limit: int = UNDO_CHUNK, *, are_refused: bool = False) -> bool:
    """Take back the next rows, the last one first, in the rights of whoever asked for it; whether there are more.

    Rows that are refused, as taking them back ends in an error, have failed.
    """
    work.require(ImportsPermission.WRITE)
    await repository.one_at_a_time(work)
    row = await locked(work, id)
    if row.status != ImportStatus.UNDOING or row.undone_to is None:
        raise Abandoned("another worker is further")
    rows = await repository.rows_to_undo(work, id, row.undone_to, limit)
    for one in rows:
        one.undo = UndoOutcome.FAILED if are_refused else await take_back(work, FileType(str(row.file_type)), one)
        row.undone_to = one.number
    row.next_try_at, row.attempts = work.system_time + PATIENCE, 0
    if len(rows) < limit:
        row.status = ImportStatus.UNDONE
        await work.session.flush()
        counts = {outcome.value: count for outcome, count in (await repository.undo_counts(work, id)).items()}
        events.record(work, EventType.IMPORT_UNDONE, subject=row.id, after=counts)
    return len(rows) == limit
