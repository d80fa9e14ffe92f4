"""Imports: files that a shop brings, what came of them, the answers that they need, and taking them back."""

from collections.abc import AsyncIterator
from email.message import Message
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.blobs import open_blobs
from core.errors import Invalid
from core.settings import get_settings
from core.work import Work, open_work
from domain.imports import looking, undoing
from domain.imports import service as imports
from domain.imports.kinds import RowOutcome
from domain.imports.permissions import ImportsPermission
from domain.imports.schemas import Answers, HeadingView, ImportResult, ImportView, RowView, UndoView
from domain.imports.sheets.opening import MOST_BYTES
from domain.imports.sheets.refusals import FileTooLarge
from domain.imports.sheets.writing import CsvFile

router = noun("imports")

Reader = Annotated[Principal, may(ImportsPermission.READ)]
Writer = Annotated[Write, may_write(ImportsPermission.WRITE)]
Id = Annotated[UUID, Path()]

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "At most 10 MB.",
                        },
                        "store": {"type": "string", "description": "The code of the store that the file is for."},
                        "dry_run": {"type": "string", "enum": ["true", "false"]},
                        "answers": {"type": "string", "description": "JSON: file_type, columns, decimal, dates."},
                    },
                }
            }
        },
    }
}


_FIELDS = ("store", "dry_run", "answers")


class FormInvalid(Invalid):
    """The form lacks its file, or has a field that is unknown, there twice, or cannot be read."""

    code = "import_form_invalid"


class Answering(BaseModel):
    """What a person says of a file that asks."""

    answers: Answers
    store: str | None = Field(None, max_length=50)


@router.post("/imports", status_code=202, openapi_extra=FORM)
async def create(write: Writer, request: Request) -> ImportView:
    """Bring a file; a worker goes through it. With `dry_run` it only says what would change."""
    await _require_whole(request)
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file, said = _parts(form.multi_items())
            content, filename = await file.read(), file.filename or "import"
    except HTTPException as error:  # what the framework cannot take apart
        raise FormInvalid(field="body") from error
    if len(content) > MOST_BYTES:
        raise FileTooLarge(limit_mb=MOST_BYTES // 2**20)
    try:
        answers = Answers.model_validate_json(said.get("answers") or "{}")
    except ValidationError as error:
        raise FormInvalid(field="answers") from error
    is_dry_run = said.get("dry_run") == "true"
    key = await open_blobs(get_settings()).put(content)

    async def begin(work: Work) -> ImportView:
        store = said.get("store") or None
        return await imports.start(work, filename, key, len(content), store=store, answers=answers, is_dry_run=is_dry_run)

    return await write.once(ImportView, begin, said=(filename, key, sorted(said.items())))


async def _require_whole(request: Request) -> None:
    """Raise FormInvalid for a body that is no form, or that was cut off before its end."""
    said = Message()
    said["content-type"] = request.headers.get("content-type", "")
    mark = said.get_boundary()
    end = f"--{mark}--".encode()
    if said.get_content_type() != "multipart/form-data" or not mark or not (await request.body()).rstrip().endswith(end):
        raise FormInvalid(field="body")


def _parts(items: list[tuple[str, UploadFile | str]]) -> tuple[UploadFile, dict[str, str]]:
    """The file and the fields of a form, each once; raises FormInvalid for anything else, so that no word is overheard."""
    file, said = None, dict[str, str]()
    for name, value in items:
        if isinstance(value, UploadFile) and name == "file":
            file = value
        elif isinstance(value, str) and name in _FIELDS and name not in said:
            said[name] = value
        else:
            raise FormInvalid(field=name[:50])
    if file is None:
        raise FormInvalid(field="file")
    if said.get("dry_run", "false") not in ("true", "false"):
        raise FormInvalid(field="dry_run")
    return file, said


@router.get("/imports")
async def list_(caller: Reader, paging: Paged) -> Page[ImportView]:
    """List what was imported, newest first."""
    async with open_work(caller) as work:
        found = await looking.list_imports(work, before=paging.id, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.get("/imports/headings")
async def list_headings(caller: Reader) -> Page[HeadingView]:
    """List what the shop has taught of headings, as they are compared: folded and without filler words."""
    async with open_work(caller) as work:
        return Page(data=await looking.learnt_headings(work), has_more=False, next_cursor=None)


@router.delete("/imports/headings/{heading:path}", status_code=204)
async def forget_heading(write: Writer, heading: Annotated[str, Path(max_length=200)]) -> None:
    """Forget what was learnt of a heading, however it is written; the next file with it is read as if it were new."""
    await write.run(lambda work: imports.forget(work, heading))


@router.get("/imports/{id}")
async def get(
    caller: Reader, id: Id, language: Annotated[str | None, Header(alias="accept-language", max_length=200)] = None
) -> ImportResult:
    """Show what came of a file: sums, what is asked, what failed and how to mend it."""
    async with open_work(caller) as work:
        return await looking.result(work, id, language=language)


@router.get("/imports/{id}/rows")
async def rows(caller: Reader, id: Id, paging: Paged, outcome: Annotated[RowOutcome | None, Query()] = None) -> Page[RowView]:
    """List what came of the rows, with the values before and after."""
    async with open_work(caller) as work:
        found = await looking.list_rows(work, id, after=paging.number or 0, limit=paging.limit, outcome=outcome)
    return paging.page(found.items, found.next_cursor)


@router.get(
    "/imports/{id}/failed",
    response_class=StreamingResponse,
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def failed(caller: Reader, id: Id) -> StreamingResponse:
    """Write all rows that failed to a sheet, each with its reason, to be corrected and sent again."""
    header = await looking.failed_headings(caller, id)
    headers = {"content-disposition": 'attachment; filename="to-correct.csv"', "x-content-type-options": "nosniff"}
    return StreamingResponse(_failed(caller, id, header), media_type="text/csv; charset=utf-8", headers=headers)


async def _failed(caller: Principal, id: UUID, header: list[str]) -> AsyncIterator[bytes]:
    sheet = CsvFile([*header, "error"])
    yield sheet.head
    async for rows in looking.failed_rows(caller, id):
        yield sheet.lines([*(shown.get(heading, "") for heading in header), why] for shown, why in rows)


@router.post("/imports/{id}/answers")
async def answer(write: Writer, id: Id, said: Answering) -> ImportView:
    """Answer what a file asks, and go on with it; what is said of headings is remembered."""

    async def act(work: Work) -> ImportView:
        return await imports.answer(work, id, said.answers, store=said.store)

    return await write.once(ImportView, act)


@router.post("/imports/{id}/undo", status_code=202)
async def undo(write: Writer, id: Id) -> UndoView:
    """Take back what an import changed, row by row; what was changed again since is kept."""

    async def act(work: Work) -> UndoView:
        return await undoing.undo(work, id)

    return await write.once(UndoView, act)


@router.get("/imports/{id}/undo")
async def undone(caller: Reader, id: Id) -> UndoView:
    """Show what came of taking an import back."""
    async with open_work(caller) as work:
        return await looking.undo_result(work, id)
