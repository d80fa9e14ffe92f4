"""`nexova import` and `nexova imports`: bringing spreadsheets into a shop, seeing what came of them, taking them back."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from app.queue.actors import imports as job
from core import collector, observability
from core.access import Principal
from core.blobs import open_blobs
from core.errors import Abandoned
from core.messages import text
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceRef
from domain.imports import looking, undoing
from domain.imports import service as imports
from domain.imports.errors import ImportNotFound
from domain.imports.kinds import ImportStatus, RowOutcome
from domain.imports.schemas import Answers, ImportResult, RowView
from domain.imports.sheets.dates import DateOrder
from domain.imports.sheets.headings import Field, FileType
from domain.imports.sheets.numbers import DecimalMark
from domain.imports.sheets.opening import MOST_BYTES
from domain.imports.sheets.writing import XlsxFile

group = typer.Typer(no_args_is_help=True)

ASKS, ROWS_FAILED, NOT_OVER = 3, 4, 5
"""Exit codes: the file asks something, some of its rows failed, another worker is still at it."""

_SHOWN = 20

log = observability.log(__name__)

Found = TypeVar("Found")
Workspace = Annotated[str, typer.Option("--workspace", "-w", help="The workspace, by its slug.")]
ImportId = Annotated[UUID, typer.Argument(help="The id of the import.")]


def _columns(given: list[str]) -> dict[str, Any]:
    known = {*Field, "ignore"}
    columns = dict[str, Any]()
    for pair in given:
        heading, equals, field = pair.rpartition("=")
        if not equals or not heading or field not in known:
            fail(f"--map takes HEADING=FIELD, and the fields are {', '.join(sorted(known))}; got {pair!r}.")
        columns[heading] = field
    return columns


async def _load(
    file: Path, slug: str, store: str | None, answers: Answers, *, dry_run: bool
) -> tuple[ImportResult, list[RowView]]:
    """Store the file, go through it here, and tell what came of it.

    How numbers and days are read is said when the file asks, so that it is learnt of the headings that it asks about.
    """
    ((_, principal),) = await session.workspaces(slug)
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    key = await open_blobs(get_settings()).put(content)
    collector.spare()
    async with open_work(principal) as work:
        begun = await imports.start(
            work,
            file.name,
            key,
            len(content),
            store=store,
            answers=answers.model_copy(update={"decimal": None, "dates": None}),
            is_dry_run=dry_run,
            is_announced=False,
        )
    watching = asyncio.create_task(_say_how_far(principal, begun.id))
    try:
        await job.apply(str(principal.workspace_id), str(begun.id))
        if (answers.decimal or answers.dates) and await _asks(principal, begun.id):
            async with open_work(principal) as work:
                await imports.answer(work, begun.id, answers, learn=not dry_run, is_announced=False)
            await job.apply(str(principal.workspace_id), str(begun.id))
    except Abandoned:
        log.info("import.taken_over", import_id=str(begun.id))  # a worker goes on with it
    finally:
        watching.cancel()
    return await _told(principal, begun.id)


async def _asks(principal: Principal, id: UUID) -> bool:
    async with open_work(principal) as work:
        return (await looking.get(work, id)).status is ImportStatus.NEEDS_ANSWERS


async def _say_how_far(principal: Principal, id: UUID) -> None:
    """Say once a second how many rows are through, beside what is printed for good."""
    said = 0
    while True:
        await asyncio.sleep(1)
        async with open_work(principal) as work:
            view = await looking.get(work, id)
        if view.done > said:
            said = view.done
            print(f"{view.done} of {view.rows} rows", file=sys.stderr, flush=True)


async def _told(principal: Principal, id: UUID) -> tuple[ImportResult, list[RowView]]:
    async with open_work(principal) as work:
        changed = [
            row
            for outcome in (RowOutcome.INSERTED, RowOutcome.UPDATED)
            for row in (await looking.list_rows(work, id, limit=_SHOWN, outcome=outcome)).items
        ]
        return await looking.result(work, id), changed


def import_file(
    file: Annotated[Path, typer.Argument(help="An .xlsx, .xls, .ods or .csv of at most 10 MB.", exists=True, dir_okay=False)],
    workspace: Workspace,
    store: Annotated[str | None, typer.Option("--store", "-s", help="The store that the file is for, by its code.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    type: Annotated[FileType | None, typer.Option("--type", help="What the file holds, where it does not tell.")] = None,
    decimal: Annotated[DecimalMark | None, typer.Option("--decimal", help="Which sign begins the decimals.")] = None,
    dates: Annotated[DateOrder | None, typer.Option("--dates", help="Which of day and month comes first.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", "--column", help="HEADING=FIELD, remembered for the next files; `ignore` leaves a column out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import products, counts, sales or purchases from a spreadsheet.

    The same file twice changes nothing twice. Exit codes: 0 all is in, 1 the file cannot be read, 3 it asks something,
    4 some rows failed.
    """
    answers = Answers(file_type=type, columns=_columns(column or []), decimal=decimal, dates=dates)
    result, changed = session.run(lambda: _load(file, workspace, store, answers, dry_run=dry_run))
    if as_json:
        print(result.model_dump_json(indent=2))
    else:
        _print(result, changed, dry_run=dry_run)
    raise typer.Exit(_exit_code(result))


def _exit_code(result: ImportResult) -> int:
    if result.status is ImportStatus.NEEDS_ANSWERS:
        return ASKS
    if result.status is ImportStatus.FAILED:
        return 1
    if result.status is not ImportStatus.COMPLETED:
        return NOT_OVER
    return ROWS_FAILED if result.failed else 0


def _print(result: ImportResult, changed: list[RowView], *, dry_run: bool) -> None:
    kind = result.file_type.value if result.file_type else "unknown"
    print(f"{result.status.value}{' (dry run)' if dry_run else ''}: {kind}{f' of {result.store}' if result.store else ''}")
    print(
        f"{result.rows} rows: {result.inserted} inserted, {result.updated} updated, {result.unchanged} unchanged, "
        f"{result.failed} failed"
    )
    for row in changed[:_SHOWN]:
        print(f"  row {row.row} {row.outcome.value}: {_difference(row)}")
    for error in result.errors[:_SHOWN]:
        print(f"  {f'row {error.row}' if error.row else 'file'} {error.code}: {error.message} {error.suggestion}")
    if len(result.errors) > _SHOWN:
        print(f"  and {len(result.errors) - _SHOWN} more; `nexova imports failed {result.id}` writes a sheet of them")


def _difference(row: RowView) -> str:
    after = row.after or {}
    before = row.before or {}
    return ", ".join(
        f"{name} {before[name]} → {value}" if name in before else f"{name} {value}" for name, value in after.items()
    )


async def _wherever(id: UUID, act: Callable[[Principal], Awaitable[Found]]) -> Found:
    """Do something with an import, in whichever workspace it is."""
    for _, principal in await session.workspaces(None):
        async with open_work(principal) as work:
            try:
                await looking.get(work, id)
            except ImportNotFound:
                continue
        break
    else:
        fail(f"there is no import {id}.")
    return await act(principal)


@group.command("list")
def list_imports(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List what was imported, newest first."""

    async def of(work: Work, ref: WorkspaceRef) -> list[Any]:
        return (await looking.list_imports(work)).items

    show(session.run(lambda: session.in_each(workspace, of)), as_json=as_json, empty="Nothing was imported yet.")


@group.command("headings")
def list_headings(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List what was learnt of headings: the field of a column, and how its numbers and days are read."""

    async def of(work: Work, ref: WorkspaceRef) -> list[Any]:
        return await looking.learnt_headings(work)

    show(session.run(lambda: session.in_each(workspace, of)), as_json=as_json, empty="Nothing was learnt yet.")


@group.command("forget")
def forget_heading(
    heading: Annotated[str, typer.Argument(help="The heading, as it stands in the file.")], workspace: Workspace
) -> None:
    """Forget what was learnt of a heading."""

    async def forget() -> None:
        ((_, principal),) = await session.workspaces(workspace)
        async with open_work(principal) as work:
            await imports.forget(work, heading)

    session.run(forget)
    print(f"{heading!r} means again what it means to everybody.")


@group.command("show")
def show_import(id: ImportId) -> None:
    """Print what came of an import, as JSON."""

    async def of(principal: Principal) -> ImportResult:
        async with open_work(principal) as work:
            return await looking.result(work, id)

    print(session.run(lambda: _wherever(id, of)).model_dump_json(indent=2))


@group.command("undo")
def undo(id: ImportId) -> None:
    """Take back what an import changed, row by row; what was changed again since is kept."""

    async def back(principal: Principal) -> str:
        async with open_work(principal) as work:
            await undoing.undo(work, id)
        await job.apply(str(principal.workspace_id), str(id))
        async with open_work(principal) as work:
            return (await looking.undo_result(work, id)).model_dump_json(indent=2)

    print(session.run(lambda: _wherever(id, back)))


@group.command("failed")
def failed(
    id: ImportId,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the sheet.")] = Path("to-correct.xlsx"),
) -> None:
    """Write the rows that failed to a sheet, each with its reason, to be corrected and imported again."""

    async def of(principal: Principal) -> int:
        async with open_work(principal) as work:
            reason = text("import.errors_column", (await accounts.get_workspace(work)).language)
        header = await looking.failed_headings(principal, id)
        sheet, count = XlsxFile(out, "1", [*header, reason]), 0
        async for rows in looking.failed_rows(principal, id):
            count += len(rows)
            for shown, why in rows:
                sheet.write([*(shown.get(heading) for heading in header), why])
        sheet.close()
        return count

    count = session.run(lambda: _wherever(id, of))
    print(f"{count} rows to correct are in {out}; import that file when they are.")
