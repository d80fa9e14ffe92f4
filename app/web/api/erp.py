"""The ERP: where it is, its runs, and what of it the house does not know."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from connectors import erp as connector
from core.access import Principal
from core.settings import get_settings
from core.work import open_work
from domain.erp import service as erp
from domain.erp.kinds import JobType, RowStatus, SyncStatus
from domain.erp.permissions import ErpPermission
from domain.erp.schemas import (
    ChangeErpConnection,
    ErpCheck,
    ErpConnectionView,
    ErpProductView,
    Match,
    NewErpConnection,
    SyncJobs,
    SyncJobView,
    SyncRequest,
)

router = noun("erp")

Reader = Annotated[Principal, may(ErpPermission.READ)]
Tester = Annotated[Principal, may(ErpPermission.MANAGE)]
Syncer = Annotated[Write, may_write(ErpPermission.SYNC)]
Manager = Annotated[Write, may_write(ErpPermission.MANAGE)]


@router.get("/erp/connections")
async def list_connections(caller: Reader) -> Page[ErpConnectionView]:
    """List the ERPs that are read, without their passwords."""
    async with open_work(caller) as work:
        return Page(data=await erp.list_connections(work), has_more=False, next_cursor=None)


@router.post("/erp/connections", status_code=201)
async def create_connection(write: Manager, body: NewErpConnection, response: Response) -> ErpConnectionView:
    """Say where an ERP is. The password is sealed, and no answer shows it."""
    made = await write.once(ErpConnectionView, lambda work: erp.create_connection(work, body))
    tell(response, made.version)
    return made


@router.get("/erp/connections/{connection_id}")
async def get_connection(caller: Reader, connection_id: UUID, response: Response) -> ErpConnectionView:
    """Show one ERP."""
    async with open_work(caller) as work:
        found = await erp.get_connection(work, connection_id)
    tell(response, found.version)
    return found


@router.patch("/erp/connections/{connection_id}")
async def change_connection(
    write: Manager, seen: SeenVersion, connection_id: UUID, body: ChangeErpConnection, response: Response
) -> ErpConnectionView:
    """Change where an ERP is, its password, its queries and who is right about which field, or read it no more."""
    changed = await write.once(ErpConnectionView, lambda work: erp.change_connection(work, connection_id, body, seen))
    tell(response, changed.version)
    return changed


@router.post("/erp/connections/{connection_id}/check")
async def check(caller: Tester, connection_id: UUID) -> ErpCheck:
    """Enter the ERP now and try every query out; nothing is read and nothing changed."""
    async with open_work(caller) as work:
        access = await erp.opened(work, connection_id)
    return await connector.check(access, get_settings())


@router.post("/erp/connections/{connection_id}/sync", status_code=202)
async def sync(write: Syncer, connection_id: UUID, body: SyncRequest) -> SyncJobs:
    """Have the ERP read now. A kind that waits already or is under way is not asked for twice."""
    return await write.once(SyncJobs, lambda work: erp.start(work, connection_id, body))


@router.get("/erp/jobs")
async def list_jobs(
    caller: Reader,
    paging: Paged,
    connection_id: UUID | None = None,
    job_type: JobType | None = None,
    status: SyncStatus | None = None,
) -> Page[SyncJobView]:
    """Show the runs, the newest first."""
    async with open_work(caller) as work:
        found, after = await erp.list_jobs(
            work, connection_id=connection_id, type=job_type, status=status, limit=paging.limit, place=paging.place
        )
    return paging.page(found, after)


@router.get("/erp/jobs/{job_id}")
async def get_job(caller: Reader, job_id: UUID) -> SyncJobView:
    """Show a run, with the records that were not taken."""
    async with open_work(caller) as work:
        return await erp.get_job(work, job_id)


@router.post("/erp/jobs/{job_id}/stop")
async def stop_job(write: Syncer, job_id: UUID) -> SyncJobView:
    """Stop a run; what it has done stays."""
    return await write.once(SyncJobView, lambda work: erp.stop_job(work, job_id))


@router.get("/erp/products")
async def list_products(
    caller: Reader,
    paging: Paged,
    connection_id: UUID | None = None,
    status: RowStatus | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
) -> Page[ErpProductView]:
    """Show products of the ERP; those of `status=unmatched` are of nothing that the house knows."""
    async with open_work(caller) as work:
        found, after = await erp.list_products(
            work, connection_id=connection_id, status=status, words=q, limit=paging.limit, place=paging.place
        )
    return paging.page(found, after)


@router.post("/erp/products/{product_id}/match")
async def match(write: Syncer, product_id: UUID, body: Match) -> ErpProductView:
    """Say what a product of the ERP is here: a variant, a new product, or nothing that is wanted."""
    return await write.once(ErpProductView, lambda work: erp.match(work, product_id, body))
