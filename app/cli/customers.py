"""`nexova customers`: what staff must look at among the customers."""

from datetime import datetime
from uuid import UUID

import typer
from pydantic import BaseModel

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, show
from core.work import Work
from domain.accounts.schemas import WorkspaceRef
from domain.connections.medium import Medium
from domain.customers.doubles import doubles as find_doubles

group = typer.Typer(no_args_is_help=True)


class Row(BaseModel):
    """One customer's number that another customer has too."""

    workspace: str
    phone: str
    customer: UUID
    name: str | None
    medium: Medium | None
    written: str
    user_id: str | None
    last_seen_at: datetime


async def _of(work: Work, ref: WorkspaceRef) -> list[Row]:
    return [
        Row(
            workspace=ref.slug,
            phone=double.phone,
            customer=number.customer_id,
            name=number.name,
            medium=number.medium,
            written=number.written,
            user_id=number.user_id,
            last_seen_at=number.last_seen_at,
        )
        for double in await find_doubles(work)
        for number in double.numbers
    ]


@group.callback()
def customers() -> None:
    """What staff must look at among the customers."""


@group.command()
def doubles(workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """List customers who share a telephone, in whatever spelling, and may be one person. Nothing is merged."""
    rows = session.run(lambda: session.in_each(workspace, _of))
    show(rows, as_json=as_json, empty="No telephone belongs to more than one customer.")
