"""`nexova outbox`: jobs that were announced and have not gone out, and sending them on their way again."""

from typing import Annotated, Any
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from core import outbox
from core.work import open_work

group = typer.Typer(no_args_is_help=True)

LONGEST_LIST = 100


class Row(outbox.WaitingJob):
    """A waiting job with the workspace it belongs to."""

    workspace: str


async def _rows(slug: str | None) -> list[Row]:
    rows: list[Row] = []
    for ref, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            for job in await outbox.waiting(work, limit=LONGEST_LIST):
                content: dict[str, Any] = job.model_dump()
                rows.append(Row(workspace=ref.slug, **content))
    return rows


async def _retry(slug: str | None, job: UUID | None) -> int:
    rung = 0
    for _, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            rung += await outbox.ring_again(work, job_id=job)
    return rung


@group.command("list")
def list_jobs(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List the jobs that have not gone out: those not due yet, those due, and those parked with a reason."""
    show(session.run(lambda: _rows(workspace)), as_json=as_json, empty="Nothing waits in the outbox.")


@group.command()
def retry(
    job: Annotated[UUID | None, typer.Argument(help="The id of one job.")] = None,
    parked: Annotated[bool, typer.Option("--parked", help="Every job that is parked.")] = False,
    workspace: InWorkspace = None,
) -> None:
    """Make a job due now, or every parked one."""
    if (job is None) is not parked:
        fail("name one job, or say --parked.")
    rung = session.run(lambda: _retry(workspace, job))
    if job is not None and not rung:
        fail(f"no job {job} waits in the outbox.")
    print(f"Due now: {rung}.")
