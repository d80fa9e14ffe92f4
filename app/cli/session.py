"""A command's way into the database of the running installation, as its system principal."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from app.cli.terminal import fail
from app.processes import runtime
from core import db, observability
from core.access import Principal
from core.errors import DomainError
from core.messages import refusal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceRef

Result = TypeVar("Result")
Row = TypeVar("Row")


def run(make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine with the database connected; expected refusals end the command with their text."""
    settings = runtime.attach()
    # What is printed is the command's answer; a log beside it would be no JSON any more.
    observability.configure_logging(settings.model_copy(update={"log_level": "WARNING"}), "cli")

    async def connected() -> Result:
        db.connect(settings.database_url or "", pool_size=2)
        try:
            return await make()
        finally:
            await db.disconnect()

    try:
        return asyncio.run(connected())
    except DomainError as error:
        fail(refusal(error, "en"))
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database did not answer as expected: {str(error).splitlines()[0]}. `nexova doctor` tells more.")


async def in_each(slug: str | None, read: Callable[[Work, WorkspaceRef], Awaitable[list[Row]]]) -> list[Row]:
    """What is read in each of the workspaces, or in the one with the slug, together."""
    rows: list[Row] = []
    for ref, principal in await workspaces(slug):
        async with open_work(principal) as work:
            rows += await read(work, ref)
    return rows


async def workspaces(slug: str | None) -> list[tuple[WorkspaceRef, Principal]]:
    """The workspaces to work on, with the principal that sees each: all of them, or the one with the slug."""
    found = [(ref, Principal.system(ref.id)) for ref in await accounts.list_workspaces()]
    if slug is None:
        return found
    chosen = [pair for pair in found if pair[0].slug == slug]
    if not chosen:
        fail(f"there is no workspace {slug!r}; there are {', '.join(ref.slug for ref, _ in found) or 'none yet'}.")
    return chosen
