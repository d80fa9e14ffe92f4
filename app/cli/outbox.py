"""`nexova outbox`: jobs that were announced and have not gone out, and sending them on their way again."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import AsJson, fail, show
from core import outbox_rows

group = typer.Typer(no_args_is_help=True)

LONGEST_LIST = 100


@group.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """List the jobs that have not gone out: those not due yet, those due, and those parked with a reason."""
    rows = session.run(lambda: outbox_rows.waiting(LONGEST_LIST))
    show(rows, as_json=as_json, empty="Nothing waits in the outbox.")


@group.command()
def retry(job: Annotated[UUID, typer.Argument(help="The id of a job in the list.")]) -> None:
    """Make a job due now, also one that is parked."""
    if not session.run(lambda: outbox_rows.ring_again(job)):
        fail(f"no job {job} waits in the outbox.")
    print("The job is due now.")
