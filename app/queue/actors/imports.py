"""`import.apply`: goes through the rows of an imported file, or takes them back, from where the last worker was."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from core import observability
from core.access import Principal
from core.blobs import BlobMissing, open_blobs
from core.db import is_refused
from core.errors import DomainError, NotPermitted
from core.settings import get_settings
from core.work import analyze, open_work
from domain.imports import service as imports
from domain.imports import undoing
from domain.imports.kinds import ImportStatus
from domain.imports.schemas import Job
from domain.imports.sheets.cells import Book
from domain.imports.sheets.opening import open_book
from domain.imports.sheets.reading import Reading, Record, records, understand
from domain.imports.sheets.refusals import FileRefused, FileUnreadable

CHUNK = 1_000
"""How many rows are held at once, and changed in one transaction."""

FIRST_CHUNK = 100
_TRIES = 3

log = observability.log(__name__)


async def apply(workspace_id: str, import_id: str) -> None:
    """Read the file, settle what it is, and go through its rows; nothing is done twice, whoever did it before."""
    system, id = Principal.system(UUID(workspace_id)), UUID(import_id)
    async with open_work(system) as work:
        job = await imports.take(work, id)
    if job is None:
        return
    if job.status is ImportStatus.UNDOING:
        await _undo(job)
        return
    try:
        book, reading = await _read(job)
        async with open_work(system) as work:
            goes_on = await imports.settle(work, id, reading, titles_of(book, reading))
        if goes_on:
            await _go_through(job, book, reading)
    except (FileRefused, NotPermitted) as error:
        log.info("import.refused", import_id=import_id, code=error.code)
        async with open_work(system) as work:
            await imports.refuse(work, id, error)
        return
    async with open_work(system) as work:
        await imports.finish(work, id)
    log.info("import.done", import_id=import_id, rows=reading.rows)


async def _read(job: Job) -> tuple[Book, Reading]:
    """Open and understand the file beside the event loop; raises FileRefused."""
    try:
        content = await open_blobs(get_settings()).get(job.sha256)
    except BlobMissing as error:
        raise FileUnreadable from error

    def read() -> tuple[Book, Reading]:
        book = open_book(content, job.filename)
        return book, understand(book, job.filename, job.choices)

    return await asyncio.to_thread(read)


def titles_of(book: Book, reading: Reading) -> list[str]:
    """The names of the sheets that are read and the titles above their tables."""
    return [text for part in reading.parts for text in (book.sheets[part.table.sheet].name, *part.table.titles)]


async def _go_through(job: Job, book: Book, reading: Reading) -> None:
    """All rows that are left; while some are written, the next ones are read.

    A few go first, so that Postgres has counted its tables when the many come; see `analyze`.
    """
    rows, through, next_count = records(book, reading, job.done), 0, FIRST_CHUNK
    chunk = await asyncio.to_thread(_next, rows, min(FIRST_CHUNK, CHUNK))
    while chunk:
        through += len(chunk)
        chunk, _ = await asyncio.gather(asyncio.to_thread(_next, rows, CHUNK), _apply(job, chunk))
        if reading.file_type is not None and next_count <= through < reading.rows - job.done:
            await analyze(imports.TABLES_THAT_GROW[reading.file_type])
            next_count *= 10


def _next(rows: Iterator[Record], limit: int) -> list[Record]:
    return list(islice(rows, limit))


async def _apply(job: Job, chunk: list[Record]) -> None:
    """One chunk in one transaction. What is refused is gone through by halves, down to the row that alone is refused.

    Somebody may have made a product of the list in the same moment, so that nothing is refused the next time.
    """
    for _ in range(_TRIES if len(chunk) == 1 else 1):
        try:
            async with open_work(job.principal) as work:
                await imports.apply_rows(work, job.id, chunk)
        except (DomainError, ValidationError, DBAPIError) as error:
            _require_refusal(error)
            refusal: Exception = error
        else:
            return
    if len(chunk) > 1:
        half = len(chunk) // 2
        await _apply(job, chunk[:half])
        await _apply(job, chunk[half:])
        return
    log.warning("import.row_refused", import_id=str(job.id), row=chunk[0].row, error=type(refusal).__name__)
    async with open_work(job.principal) as work:
        await imports.apply_rows(work, job.id, chunk, are_refused=True)


def _require_refusal(error: Exception) -> None:
    """Raise what says nothing against rows: a database that is away or busy, or rights that are missing for all of them."""
    if isinstance(error, NotPermitted) or (isinstance(error, DBAPIError) and not is_refused(error)):
        raise error


async def _undo(job: Job) -> None:
    """All rows that are left, likewise: what is refused is taken back in fewer rows at once, and one alone has failed."""
    limit, goes_on = undoing.UNDO_CHUNK, True
    while goes_on:
        try:
            async with open_work(job.principal) as work:
                goes_on = await undoing.undo_rows(work, job.id, limit)
            limit = undoing.UNDO_CHUNK
        except (DomainError, ValidationError, DBAPIError) as error:
            _require_refusal(error)
            if limit > 1:
                limit //= 2
                continue
            log.warning("import.undo_refused", import_id=str(job.id), error=type(error).__name__)
            async with open_work(job.principal) as work:
                goes_on = await undoing.undo_rows(work, job.id, 1, are_refused=True)
