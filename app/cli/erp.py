"""`nexova erp`: trying a shop's ERP out, and reading it now."""

import json
from typing import Annotated
from uuid import UUID

import typer

from app.cli import session
from app.cli.terminal import AsJson, InWorkspace, fail, show
from app.queue.actors import erp as job
from connectors import erp as connector
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.erp import service as erp
from domain.erp.errors import ErpConnectionNotFound
from domain.erp.kinds import JobType, SyncStatus
from domain.erp.schemas import ErpCheck, ErpConnectionView, SyncJobView, SyncRequest

group = typer.Typer(no_args_is_help=True)
group.callback()(lambda: None)

UNUSABLE, SOME_FAILED, NOT_OVER = 3, 4, 5
"""Exit codes: the ERP cannot be read, some of its records failed, or a run waits for an ERP that is away or for another."""

Name = Annotated[str | None, typer.Argument(help="The connection, by its name; not needed where there is one.")]


async def _found(name: str | None, slug: str | None) -> tuple[Principal, ErpConnectionView]:
    """The connection that is meant, and the principal of its workspace."""
    found: list[tuple[Principal, ErpConnectionView]] = []
    for _, principal in await session.workspaces(slug):
        async with open_work(principal) as work:
            found += [(principal, one) for one in await erp.list_connections(work) if name in (None, one.name)]
    if not found:
        raise ErpConnectionNotFound
    if len(found) > 1:
        fail(f"there are several: {', '.join(one.name for _, one in found)}. Name one, and its workspace with --workspace.")
    return found[0]


@group.command()
def check(name: Name = None, workspace: InWorkspace = None, as_json: AsJson = False) -> None:
    """Enter the ERP and try every query out, without reading what it gives.

    Exit codes: 0 all can be used, 3 not, and the answer says why.
    """

    async def tried() -> ErpCheck:
        principal, found = await _found(name, workspace)
        async with open_work(principal) as work:
            access = await erp.opened(work, found.id)
        return await connector.check(access, get_settings())

    done = session.run(tried)
    if as_json:
        print(json.dumps(done.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        print(f"{done.code}{f': {done.said}' if done.said else ''}")
        show(done.queries, as_json=False, empty="Nothing was tried.")
    if not done.is_usable:
        raise typer.Exit(UNUSABLE)


@group.command()
def sync(
    name: Name = None,
    workspace: InWorkspace = None,
    type: Annotated[list[JobType] | None, typer.Option("--type", help="What to read; all that the connection reads.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read all, not only what has changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the ERP now, here, and say what came of each run.

    Exit codes: 0 all is in, 3 a run failed, 4 some records failed, 5 a run is not over: the ERP is away, or a worker is at it.
    """

    async def through() -> list[SyncJobView]:
        principal, found = await _found(name, workspace)
        command = SyncRequest(types=tuple(type or ()), is_full=full)
        async with open_work(principal) as work:
            begun = await erp.start(work, found.id, command, is_announced=False)
        await job.sync(str(principal.workspace_id), str(found.id))
        return [await _job(principal, one.id) for one in begun.jobs]

    jobs = session.run(through)
    show(jobs, as_json=as_json, empty="There was nothing to read.")
    for is_so, code in (
        (any(one.status is SyncStatus.FAILED for one in jobs), UNUSABLE),
        (any(one.status in (SyncStatus.PENDING, SyncStatus.RUNNING) for one in jobs), NOT_OVER),
        (any(one.records_failed for one in jobs), SOME_FAILED),
    ):
        if is_so:
            raise typer.Exit(code)


async def _job(principal: Principal, job_id: UUID) -> SyncJobView:
    async with open_work(principal) as work:
        return await erp.get_job(work, job_id)
