"""Exports: lists of the shop as CSV, streamed page by page."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Path
from fastapi.responses import StreamingResponse

from app.web.api.callers import may
from app.web.api.routing import noun
from core.access import Principal
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.permissions import ImportsPermission
from domain.imports.sheets.writing import CsvFile

router = noun("exports")

Reader = Annotated[Principal, may(ImportsPermission.READ)]


@router.get(
    "/exports/{name}",
    response_class=StreamingResponse,
    response_model=None,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get(caller: Reader, name: Annotated[ListName, Path()]) -> StreamingResponse:
    """Write a list to a CSV."""
    caller.require(LISTS[name].permission)
    headers = {"content-disposition": f'attachment; filename="{name.value}.csv"', "x-content-type-options": "nosniff"}
    return StreamingResponse(_lines(caller, name), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(caller: Principal, name: ListName) -> AsyncIterator[bytes]:
    lines = CsvFile(LISTS[name].columns)
    yield lines.head
    async for rows in pages(caller, name):
        yield lines.lines(rows)
