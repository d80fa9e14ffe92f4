"""`nexova replay`: reads a stored inbound event again, for instance after a fault in reading it was repaired."""

from typing import Annotated
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import fail
from core import inbound
from core.work import open_work


async def _reopen(event: UUID) -> str | None:
    for ref, principal in await session.workspaces(None):
        async with open_work(principal) as work:
            if await inbound.reopen(work, event):
                return ref.slug
    return None


def replay(event: Annotated[UUID, typer.Argument(help="The id of the inbound event.")]) -> None:
    """Read one stored inbound event again.

    A message that is in its conversation already is not doubled: it is recognised, and the event is closed again.
    """
    workspace = session.run(lambda: _reopen(event))
    if workspace is None:
        fail(f"there is no inbound event {event}.")
    print(f"The event of {workspace} is open again, and its job is announced.")
