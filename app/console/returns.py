"""Returns of customers in their four numbers: asked for, come, fit to be sold again, and paid back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import RETURNS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from app.web.api.returns import End
from core.work import open_work
from domain.catalog import service as catalog
from domain.orders import service as orders
from domain.returns import crediting
from domain.returns import service as returns
from domain.returns.kinds import ReturnStatus
from domain.returns.permissions import ReturnsPermission
from domain.returns.schemas import Arrival, MoneyBack, NewReturn, ReturnView

router = APIRouter(prefix="/console/@{workspace}/returns")

Reader = Annotated[Visit, may(RETURNS.permission)]
Writer = Annotated[Visit, may(ReturnsPermission.WRITE)]
Refunder = Annotated[Visit, may(ReturnsPermission.REFUND)]


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, status: filters.Word = "") -> Response:
    """Show returns, newest first."""
    wanted = filters.chosen(ReturnStatus, status)
    async with open_work(visit.principal) as work:
        before = int(paging.place) if paging.place else None
        found = await returns.list_returns(work, statuses=[wanted] if wanted else None, before=before, limit=paging.limit)
    return page(
        request,
        "returns.html",
        visit,
        current=RETURNS,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        chosen=wanted,
        statuses=list(ReturnStatus),
        query=filters.query({"status": status}),
        is_first=paging.place is None,
    )


@router.get("/of/{order_id}")
async def show_new(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Ask what of an order comes back."""
    async with open_work(visit.principal) as work:
        order = await orders.get(work, order_id)
    return page(request, "return_new.html", visit, current=RETURNS, order=order)


@router.post("/of/{order_id}")
async def begin(request: Request, visit: Writer, order_id: UUID) -> Response:
    """Open a return of goods that have left the shop."""
    command = await forms.part(request, NewReturn, order_id=order_id, lines=await forms.goods_said(request, "quantity"))
    made = await deeds.once(request, visit, ReturnView, lambda work: returns.request(work, command))
    return RedirectResponse(visit.at(f"returns/{made.id}"), 303)


@router.get("/{return_id}")
async def show_return(
    request: Request, visit: Reader, return_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a return in its four numbers, with its credit notes."""
    async with open_work(visit.principal) as work:
        found = await returns.get(work, return_id)
        products = await goods.named(work, (line.variant_id for line in found.lines))
        stores = await catalog.stores(work)
    is_open = found.status in (ReturnStatus.REQUESTED, ReturnStatus.RECEIVED)
    may_write = is_open and visit.principal.may(ReturnsPermission.WRITE)
    return page(
        request,
        "return.html",
        visit,
        current=RETURNS,
        found=found,
        products=products,
        stores=stores,
        said=said,
        may_receive=may_write and any(line.received < line.requested for line in found.lines),
        may_refund=is_open
        and any(line.refunded < line.received for line in found.lines)
        and visit.principal.may(ReturnsPermission.REFUND),
        may_close=may_write and found.status is ReturnStatus.RECEIVED,
        may_cancel=may_write and found.status is ReturnStatus.REQUESTED,
    )


@router.post("/{return_id}/receive")
async def receive(request: Request, visit: Writer, return_id: UUID) -> Response:
    """Take goods in; only what is resellable is put on the shelf."""
    lines = [
        {**row, "resellable": row["resellable"] or "0"} for row in await forms.goods_said(request, "received", "resellable")
    ]
    command = await forms.part(request, Arrival, lines=lines, key=await forms.key_of(request))
    await deeds.once(request, visit, ReturnView, lambda work: returns.receive(work, return_id, command))
    return RedirectResponse(visit.at(f"returns/{return_id}?said=received"), 303)


@router.post("/{return_id}/refund")
async def refund(request: Request, visit: Refunder, return_id: UUID) -> Response:
    """Give money for goods that came."""
    lines = await forms.goods_said(request, "quantity")
    command = await forms.part(request, MoneyBack, lines=lines, key=await forms.key_of(request))
    await deeds.once(request, visit, ReturnView, lambda work: crediting.refund(work, return_id, command))
    return RedirectResponse(visit.at(f"returns/{return_id}?said=refunded"), 303)


@router.post("/{return_id}/close")
async def close(request: Request, visit: Writer, return_id: UUID) -> Response:
    """Wait for nothing more of a return."""
    reason = (await forms.part(request, End)).reason
    await deeds.once(request, visit, ReturnView, lambda work: returns.close(work, return_id, reason))
    return RedirectResponse(visit.at(f"returns/{return_id}?said=closed"), 303)


@router.post("/{return_id}/cancel")
async def cancel(request: Request, visit: Writer, return_id: UUID) -> Response:
    """Give up a return of which nothing came."""
    reason = (await forms.part(request, End)).reason
    await deeds.once(request, visit, ReturnView, lambda work: returns.cancel(work, return_id, reason))
    return RedirectResponse(visit.at(f"returns/{return_id}?said=cancelled"), 303)
