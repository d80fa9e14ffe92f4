"""Maintenance: machines that need somebody, jobs that are planned, what was found, and how often warnings were right."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms, goods
from app.console.catalogue import MAINTENANCE
from app.console.machines import RISK_TONES
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from core.work import open_work
from domain.catalog import service as catalog
from domain.machines import service as machines
from domain.machines import words
from domain.machines.permissions import MachinesPermission
from domain.maintenance import due
from domain.maintenance import service as maintenance
from domain.maintenance.kinds import Finding, WorkOrderStatus
from domain.maintenance.schemas import CancelWorkOrder, ChangeWorkOrder, FinishWorkOrder, NewWorkOrder, WorkOrderView

router = APIRouter(prefix="/console/@{workspace}/maintenance")

Reader = Annotated[Visit, may(MAINTENANCE.permission)]
Keeper = Annotated[Visit, may(MachinesPermission.OPERATE)]

TONES: Final = {WorkOrderStatus.PLANNED: "info", WorkOrderStatus.DONE: "good"}


class _Day(BaseModel):
    """To which day a job is put off."""

    planned_for: date


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, status: filters.Word = "", said: filters.Word = "") -> Response:
    """Show what is due, and work orders, the newest first."""
    before, wanted = int(paging.place) if paging.place else None, filters.chosen(WorkOrderStatus, status)
    async with open_work(visit.principal) as work:
        waiting = await due.list_due(work) if before is None and wanted is None else []
        found = await maintenance.list_orders(work, status=wanted, before=before, limit=paging.limit)
        tracks = await maintenance.tracks(work)
        every = (await machines.list_machines(work, is_active=True, limit=machines.MOST_ITEMS)).items
        ids = {each.machine_id for each in found.items} - {each.id for each in every}
        known = {each.id: each for each in (*every, *[await machines.get_machine(work, one) for one in ids])}
        products = await goods.named(work, (part.variant_id for each in found.items for part in each.parts))
        stores = await catalog.stores(work)
        today, _ = await maintenance.clock(work)
    return page(
        request,
        "maintenance.html",
        visit,
        current=MAINTENANCE,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        due=[
            (each, words.said(each.reason, visit.manners.language, visit.workspace.country) if each.reason else None)
            for each in waiting
        ],
        machines=known,
        choices=[(each.id, f"{each.code} {each.name}") for each in every],
        products=products,
        stores=stores,
        tracks=list(tracks.values()),
        today=today,
        statuses=list(WorkOrderStatus),
        findings=list(Finding),
        chosen=wanted,
        query=filters.query({"status": status}),
        is_first=paging.place is None,
        said=said,
        tones=TONES,
        risk_tones=RISK_TONES,
        may_plan=visit.principal.may(MachinesPermission.OPERATE),
    )


@router.post("")
async def plan(request: Request, visit: Keeper) -> Response:
    """Plan a job."""
    async with open_work(visit.principal) as work:
        parts = await goods.coded(work, await forms.rows(request, "sku", "quantity"))
    command = await forms.part(request, NewWorkOrder, parts=parts)
    await deeds.once(request, visit, WorkOrderView, lambda work: maintenance.plan(work, command))
    return RedirectResponse(visit.at("maintenance?said=planned"), 303)


@router.post("/{work_order_id}/day")
async def move(request: Request, visit: Keeper, work_order_id: UUID) -> Response:
    """Put a job on another day."""
    command = ChangeWorkOrder(planned_for=(await forms.part(request, _Day)).planned_for)
    seen = await forms.seen(request)
    await deeds.once(request, visit, WorkOrderView, lambda work: maintenance.change(work, work_order_id, command, seen))
    return RedirectResponse(visit.at("maintenance?said=planned"), 303)


@router.post("/{work_order_id}/finish")
async def finish(request: Request, visit: Keeper, work_order_id: UUID) -> Response:
    """Say what was found and done."""
    command = await forms.part(request, FinishWorkOrder)
    await deeds.once(request, visit, WorkOrderView, lambda work: maintenance.finish(work, work_order_id, command))
    return RedirectResponse(visit.at("maintenance?said=done"), 303)


@router.post("/{work_order_id}/cancel")
async def cancel(request: Request, visit: Keeper, work_order_id: UUID) -> Response:
    """Give a job up."""
    command = await forms.part(request, CancelWorkOrder)
    await deeds.once(request, visit, WorkOrderView, lambda work: maintenance.cancel(work, work_order_id, command))
    return RedirectResponse(visit.at("maintenance?said=cancelled"), 303)
