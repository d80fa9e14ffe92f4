"""Exports: lists of the shop as CSV, streamed page by page, or as a workbook that waits in a temporary file."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path as FilePath
from typing import Annotated, BinaryIO, Final

from fastapi import Path, Query
from fastapi.responses import StreamingResponse

from app.web.api.callers import may
from app.web.api.routing import noun
from core.access import Principal
from domain.exports.files import write_workbook
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.permissions import ImportsPermission
from domain.imports.sheets.writing import CsvFile, ExportFormat

router = noun("exports")

_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE: Final = 64 * 1024

Reader = Annotated[Principal, may(ImportsPermission.READ)]


@router.get(
    "/exports/{name}",
    response_class=StreamingResponse,
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}, _WORKBOOK: {"schema": {"type": "string"}}}}},
)
async def get(
    caller: Reader, name: Annotated[ListName, Path()], format: Annotated[ExportFormat, Query()] = ExportFormat.CSV
) -> StreamingResponse:
    """Write a list to a CSV or a workbook."""
    LISTS[name].require(caller)
    headers = {
        "content-disposition": f'attachment; filename="{name.value}.{format.value}"',
        "x-content-type-options": "nosniff",
    }
    if format is ExportFormat.XLSX:
        return StreamingResponse(_pieces(await _workbook(caller, name)), media_type=_WORKBOOK, headers=headers)
    return StreamingResponse(_lines(caller, name), media_type="text/csv; charset=utf-8", headers=headers)


async def _workbook(caller: Principal, name: ListName) -> BinaryIO:
    """A workbook in a file that has lost its name: it is gone as soon as nobody reads it any more, whatever happens."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as place:
        path = FilePath(place.name)
        await write_workbook(caller, name, path)
        return path.open("rb")  # noqa: ASYNC230 - a file on the own disk, opened once


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


async def _lines(caller: Principal, name: ListName) -> AsyncIterator[bytes]:
    lines = CsvFile(LISTS[name].columns)
    yield lines.head
    async for rows in pages(caller, name):
        yield lines.lines(rows)
