"""`nexova export`: a list of the shop as a file, whatever its length."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli import session
from core.access import Principal
from domain.exports.files import write_workbook
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.sheets.writing import CsvFile, ExportFormat


async def _csv(principal: Principal, name: ListName, out: Path | None) -> int:
    count = 0
    lines = CsvFile(LISTS[name].columns)
    file = sys.stdout.buffer if out is None else out.open("wb")
    try:
        file.write(lines.head)
        async for rows in pages(principal, name):
            count += len(rows)
            file.write(lines.lines(rows))
    finally:
        if out is not None:
            file.close()
    return count


def export(
    name: Annotated[ListName, typer.Argument(metavar="LIST", help=", ".join(ListName))],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="The workspace, by its slug.")],
    format: Annotated[ExportFormat, typer.Option("--format", help="The kind of file.")] = ExportFormat.CSV,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write; without it a CSV is printed.")] = None,
) -> None:
    """Write a list of the shop to a file, page by page, with every text guarded against being taken for a formula."""

    async def write() -> tuple[int, Path | None]:
        ((_, principal),) = await session.workspaces(workspace)
        if format is ExportFormat.XLSX:
            path = out or Path(f"{name.value}.xlsx")
            return await write_workbook(principal, name, path), path
        return await _csv(principal, name, out), out

    count, path = session.run(write)
    if path is not None:
        print(f"{count} rows of {name.value} are in {path}.")
