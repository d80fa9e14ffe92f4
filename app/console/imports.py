"""Imports: a file goes up, what it was taken for is shown and mended, its difference is looked at, and it can be taken back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from app.console import deeds, filters, forms
from app.console.catalogue import IMPORTS
from app.console.rendering import Speech, page
from app.console.visits import Visit, may
from app.web.api import imports as by_api
from app.web.api.imports import FormInvalid
from app.web.api.lists import Paged
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import Work, open_work
from domain.catalog import service as catalog
from domain.imports import looking, recognising, undoing
from domain.imports import service as imports
from domain.imports.kinds import ImportStatus, RowOutcome
from domain.imports.permissions import ImportsPermission
from domain.imports.schemas import Answers, ImportView, RowView, UndoView
from domain.imports.sheets.headings import TAKEN, FileType
from domain.imports.sheets.headings import Field as SheetField
from domain.imports.sheets.opening import MOST_BYTES
from domain.imports.sheets.refusals import FileTooLarge

router = APIRouter(prefix="/console/@{workspace}/imports")

Reader = Annotated[Visit, may(IMPORTS.permission)]
Writer = Annotated[Visit, may(ImportsPermission.WRITE)]

_RUNNING = (ImportStatus.PENDING, ImportStatus.PROCESSING, ImportStatus.UNDOING)


class _Upload(BaseModel):
    store: str | None = None
    dry_run: bool = False


class _Store(BaseModel):
    store: str | None = None


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged) -> Response:
    """Show what was imported, newest first."""
    async with open_work(visit.principal) as work:
        before = UUID(paging.place) if paging.place else None
        found = await looking.list_imports(work, before=before, limit=paging.limit)
        stores = await catalog.stores(work)
    return page(
        request,
        "imports.html",
        visit,
        current=IMPORTS,
        paged=paging.page(found.items, found.next_cursor),
        stores=stores,
        is_first=paging.place is None,
        may_write=visit.principal.may(ImportsPermission.WRITE),
    )


@router.post("")
async def upload(request: Request, visit: Writer) -> Response:
    """Bring a file; a worker goes through it."""
    said = await forms.part(request, _Upload)
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FormInvalid(field="file")
    content, filename = await file.read(), file.filename
    if len(content) > MOST_BYTES:
        raise FileTooLarge(limit_mb=MOST_BYTES // 2**20)
    blob = await open_blobs(get_settings()).put(content)

    async def begin(work: Work) -> ImportView:
        return await imports.start(
            work, filename, blob, len(content), store=said.store, answers=Answers(), is_dry_run=said.dry_run
        )

    made = await deeds.once(request, visit, ImportView, begin)
    return RedirectResponse(visit.at(f"imports/{made.id}"), 303)


def _changes(row: RowView) -> list[tuple[str, Any, Any]]:
    """The fields that a row changes, with their values before and after."""
    before, after = row.before or {}, row.after or {}
    return [(name, before.get(name), value) for name, value in after.items() if before.get(name) != value]


@router.get("/{import_id}")
async def show_import(request: Request, visit: Reader, import_id: UUID, paging: Paged, outcome: filters.Word = "") -> Response:
    """Show how far an import is, what it asks, and the difference that it makes."""
    wanted = filters.chosen(RowOutcome, outcome)
    async with open_work(visit.principal) as work:
        view = await looking.get(work, import_id)
        result = await looking.result(work, import_id, language=visit.manners.language, most_errors=20)
        rows = await looking.list_rows(work, import_id, after=int(paging.place or 0), limit=paging.limit, outcome=wanted)
        undone = await looking.undo_result(work, import_id)
    is_running = view.status in _RUNNING
    may_write = visit.principal.may(ImportsPermission.WRITE) and not is_running
    ended = view.status in (ImportStatus.COMPLETED, ImportStatus.FAILED)
    return page(
        request,
        "import.html",
        visit,
        headers={"refresh": "2"} if is_running else None,
        current=IMPORTS,
        view=view,
        result=result,
        paged=paging.page([(row, _changes(row)) for row in rows.items], rows.next_cursor),
        outcome=outcome,
        outcomes=list(RowOutcome),
        undone=undone,
        is_running=is_running,
        query=filters.query({"outcome": outcome}),
        is_first=paging.place is None,
        may_map=may_write,
        may_apply=may_write and view.is_dry_run and view.status is ImportStatus.COMPLETED,
        may_undo=may_write and not view.is_dry_run and ended and bool(view.inserted + view.updated),
    )


@router.get("/{import_id}/columns")
async def show_columns(request: Request, visit: Reader, import_id: UUID) -> Response:
    """Show what a file was taken for, column by column."""
    async with open_work(visit.principal) as work:
        view = await looking.get(work, import_id)
        stores = await catalog.stores(work)
    found = await recognising.recognised(visit.principal, import_id)
    return page(
        request,
        "import_columns.html",
        visit,
        current=IMPORTS,
        view=view,
        found=found,
        stores=stores,
        types=[(each.value, Speech(visit.manners.language).name("file", each.value)) for each in FileType],
        fields=TAKEN[found.file_type] if found.file_type else tuple(SheetField),
        may_write=visit.principal.may(ImportsPermission.WRITE) and view.status not in _RUNNING,
    )


@router.post("/{import_id}/columns")
async def change_columns(request: Request, visit: Writer, import_id: UUID) -> Response:
    """Say what columns hold: a file that asks goes on, any other is tried once more."""
    given = {row["heading"]: row["column"] for row in await forms.rows(request, "heading", "column") if row["column"]}
    answers = await forms.part(request, Answers, columns=given)
    store = (await forms.part(request, _Store)).store

    async def act(work: Work) -> ImportView:
        if (await looking.get(work, import_id)).status is ImportStatus.NEEDS_ANSWERS:
            return await imports.answer(work, import_id, answers, store=store)
        return await imports.again(work, import_id, answers, store=store, is_dry_run=True)

    made = await deeds.once(request, visit, ImportView, act)
    return RedirectResponse(visit.at(f"imports/{made.id}"), 303)


@router.post("/{import_id}/apply")
async def apply(request: Request, visit: Writer, import_id: UUID) -> Response:
    """Import for good what was tried."""
    made = await deeds.once(request, visit, ImportView, lambda work: imports.again(work, import_id, Answers()))
    return RedirectResponse(visit.at(f"imports/{made.id}"), 303)


@router.post("/{import_id}/undo")
async def undo(request: Request, visit: Writer, import_id: UUID) -> Response:
    """Take back what an import changed, row by row."""
    await deeds.once(request, visit, UndoView, lambda work: undoing.undo(work, import_id))
    return RedirectResponse(visit.at(f"imports/{import_id}"), 303)


@router.get("/{import_id}/failed", response_class=StreamingResponse, response_model=None)
async def failed(visit: Reader, import_id: UUID) -> StreamingResponse:
    """Write the rows that failed to a sheet, each with its reason, to be corrected and sent again."""
    return await by_api.failed(visit.principal, import_id)
