"""Maintenance: which machines need somebody, jobs that are planned on them, and what was found."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.machines.permissions import MachinesPermission
from domain.maintenance import due
from domain.maintenance import service as maintenance
from domain.maintenance.kinds import WorkOrderStatus
from domain.maintenance.schemas import (
    CancelWorkOrder,
    ChangeWorkOrder,
    Due,
    FinishWorkOrder,
    NewWorkOrder,
    Track,
    WorkOrderView,
)

router = noun("maintenance")

Reader = Annotated[Principal, may(MachinesPermission.READ)]
Keeper = Annotated[Write, may_write(MachinesPermission.OPERATE)]


@router.get("/maintenance/due")
async def list_due(caller: Reader) -> Page[Due]:
    """List machines that somebody should look at and nobody is going to, the highest risk first."""
    async with open_work(caller) as work:
        return Page(data=await due.list_due(work), has_more=False, next_cursor=None)


@router.get("/maintenance/tracks")
async def list_tracks(caller: Reader) -> Page[Track]:
    """List how often warnings of each cause were looked into, and how often they were right."""
    async with open_work(caller) as work:
        return Page(data=list((await maintenance.tracks(work)).values()), has_more=False, next_cursor=None)


@router.get("/maintenance/work-orders")
async def list_work_orders(
    caller: Reader, paging: Paged, machine_id: UUID | None = None, status: WorkOrderStatus | None = None
) -> Page[WorkOrderView]:
    """List work orders, the newest first."""
    async with open_work(caller) as work:
        found = await maintenance.list_orders(
            work, machine_id=machine_id, status=status, before=paging.number, limit=paging.limit
        )
    return paging.page(found.items, found.next_cursor)


@router.post("/maintenance/work-orders", status_code=201)
async def plan(write: Keeper, body: NewWorkOrder, response: Response) -> WorkOrderView:
    """Plan a job on a machine, perhaps because of a warning; its parts are held by the stock."""
    made = await write.once(WorkOrderView, lambda work: maintenance.plan(work, body))
    tell(response, made.version)
    return made


@router.get("/maintenance/work-orders/{work_order_id}")
async def get_work_order(caller: Reader, work_order_id: UUID, response: Response) -> WorkOrderView:
    """Show a work order."""
    async with open_work(caller) as work:
        found = await maintenance.get_order(work, work_order_id)
    tell(response, found.version)
    return found


@router.patch("/maintenance/work-orders/{work_order_id}")
async def change_work_order(
    write: Keeper, seen: SeenVersion, work_order_id: UUID, body: ChangeWorkOrder, response: Response
) -> WorkOrderView:
    """Plan a job otherwise; only what is said is changed."""
    changed = await write.once(WorkOrderView, lambda work: maintenance.change(work, work_order_id, body, seen))
    tell(response, changed.version)
    return changed


@router.post("/maintenance/work-orders/{work_order_id}/finish")
async def finish(write: Keeper, work_order_id: UUID, body: FinishWorkOrder) -> WorkOrderView:
    """Say what was found and done; parts leave the stock, and warnings are measured by it."""
    return await write.once(WorkOrderView, lambda work: maintenance.finish(work, work_order_id, body))


@router.post("/maintenance/work-orders/{work_order_id}/cancel")
async def cancel(write: Keeper, work_order_id: UUID, body: CancelWorkOrder) -> WorkOrderView:
    """Give a job up, and let go of its parts."""
    return await write.once(WorkOrderView, lambda work: maintenance.cancel(work, work_order_id, body))
