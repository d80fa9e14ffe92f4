"""Transfers: goods that one store asks of another, sends, and takes in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import TRANSFERS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from app.web.api.stock_documents import Reason, Send
from core.work import open_work
from domain.catalog import service as catalog
from domain.stock import transfers
from domain.stock.kinds import TransferOutcome, TransferStatus
from domain.stock.permissions import StockPermission
from domain.stock.schemas import NewTransfer, TransferStep, TransferView

router = APIRouter(prefix="/console/@{workspace}/transfers")

Reader = Annotated[Visit, may(TRANSFERS.permission)]
Sender = Annotated[Visit, may(StockPermission.TRANSFER)]
Adjuster = Annotated[Visit, may(StockPermission.ADJUST)]


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, status: filters.Word = "", store: filters.Word = "") -> Response:
    """Show transfers from or to a store, newest first."""
    async with open_work(visit.principal) as work:
        before = int(paging.place) if paging.place else None
        wanted, only = filters.chosen(TransferStatus, status), filters.identified(store)
        found = await transfers.list_transfers(
            work, statuses=[wanted] if wanted else None, store_id=only, before=before, limit=paging.limit
        )
        stores = await catalog.all_stores(work)
    return page(
        request,
        "transfers.html",
        visit,
        current=TRANSFERS,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        stores=stores,
        store=only,
        chosen=wanted,
        statuses=list(TransferStatus),
        query=filters.query({"status": status, "store": store}),
        is_first=paging.place is None,
        may_ask=visit.principal.may(StockPermission.TRANSFER),
    )


@router.post("")
async def ask(request: Request, visit: Sender) -> Response:
    """Ask for goods of another store."""
    async with open_work(visit.principal) as work:
        lines = await goods.coded(work, await forms.rows(request, "sku", "quantity"))
    command = await forms.part(request, NewTransfer, lines=lines)
    made = await deeds.once(request, visit, TransferView, lambda work: transfers.request_transfer(work, command))
    return RedirectResponse(visit.at(f"transfers/{made.id}"), 303)


@router.get("/{transfer_id}")
async def show_transfer(
    request: Request, visit: Reader, transfer_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a transfer, with what of it is on its way or missing."""
    async with open_work(visit.principal) as work:
        transfer = await transfers.get_transfer(work, transfer_id)
        products = await goods.named(work, (line.variant_id for line in transfer.lines))
        stores = {store.id: store for store in await catalog.all_stores(work)}
    may_move = visit.principal.may(StockPermission.TRANSFER)
    early = transfer.status in (TransferStatus.REQUESTED, TransferStatus.APPROVED)
    return page(
        request,
        "transfer.html",
        visit,
        current=TRANSFERS,
        transfer=transfer,
        products=products,
        stores=stores,
        said=said,
        outcomes=list(TransferOutcome),
        may_approve=transfer.status is TransferStatus.REQUESTED and visit.principal.may(StockPermission.ADJUST),
        may_send=transfer.status is TransferStatus.APPROVED and may_move,
        may_settle=transfer.status is TransferStatus.IN_TRANSIT and may_move,
        may_cancel=early and may_move,
    )


@router.post("/{transfer_id}/approve")
async def approve(request: Request, visit: Adjuster, transfer_id: UUID) -> Response:
    """Let the goods of a transfer be sent."""
    await deeds.once(request, visit, TransferView, lambda work: transfers.approve_transfer(work, transfer_id))
    return RedirectResponse(visit.at(f"transfers/{transfer_id}?said=approved"), 303)


@router.post("/{transfer_id}/send")
async def send(request: Request, visit: Sender, transfer_id: UUID) -> Response:
    """Send the goods of a transfer; they leave their store now."""
    given = await forms.goods_said(request, "quantity")
    said = await forms.part(request, Send, lines=given)
    await deeds.once(request, visit, TransferView, lambda work: transfers.send_transfer(work, transfer_id, said.lines))
    return RedirectResponse(visit.at(f"transfers/{transfer_id}?said=sent"), 303)


@router.post("/{transfer_id}/settle")
async def settle(request: Request, visit: Sender, transfer_id: UUID) -> Response:
    """Say what became of goods on their way: they arrived, came back, or are lost."""
    given = await forms.goods_said(request, "quantity")
    step = await forms.part(request, TransferStep, lines=given, key=await forms.key_of(request))
    await deeds.once(request, visit, TransferView, lambda work: transfers.settle_transfer(work, transfer_id, step))
    return RedirectResponse(visit.at(f"transfers/{transfer_id}?said=settled"), 303)


@router.post("/{transfer_id}/cancel")
async def cancel(request: Request, visit: Sender, transfer_id: UUID) -> Response:
    """Give up a transfer of which nothing was sent."""
    said = await forms.part(request, Reason)
    await deeds.once(request, visit, TransferView, lambda work: transfers.cancel_transfer(work, transfer_id, said.reason))
    return RedirectResponse(visit.at(f"transfers/{transfer_id}?said=cancelled"), 303)
