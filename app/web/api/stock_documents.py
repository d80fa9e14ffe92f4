"""Transfers between stores, and counts of stores."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.web.api.callers import may
from app.web.api.lists import Page, Paged
from app.web.api.routing import noun
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.stock import counting, transfers
from domain.stock.kinds import TransferStatus
from domain.stock.permissions import StockPermission
from domain.stock.schemas import CountLine, CountView, NewTransfer, QuantityLine, TransferStep, TransferView

router = noun("stock_documents")

Reader = Annotated[Principal, may(StockPermission.READ)]
Sender = Annotated[Write, may_write(StockPermission.TRANSFER)]
Counter = Annotated[Write, may_write(StockPermission.COUNT)]
Adjuster = Annotated[Write, may_write(StockPermission.ADJUST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Reason(_Body):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class Send(_Body):
    """What is sent, where it is less than what was asked for."""

    lines: list[QuantityLine] | None = Field(None, min_length=1, max_length=500)


class OpenCount(_Body):
    """Which store is counted, and how the count is called."""

    store_id: UUID
    name: str = Field(min_length=1, max_length=255)


class Counted(_Body):
    """What somebody counted."""

    lines: list[CountLine] = Field(min_length=1, max_length=500)


class Choice(_Body):
    """Which of several entries of a product holds."""

    entry_id: UUID


@router.get("/stock-transfers")
async def list_transfers(
    caller: Reader,
    paging: Paged,
    status: Annotated[list[TransferStatus] | None, Query(max_length=5)] = None,
    store_id: UUID | None = None,
) -> Page[TransferView]:
    """List transfers from or to a store, newest first."""
    async with open_work(caller) as work:
        found = await transfers.list_transfers(
            work, statuses=status, store_id=store_id, before=paging.number, limit=paging.limit
        )
    return paging.page(found.items, found.next_cursor)


@router.post("/stock-transfers", status_code=201)
async def request_transfer(write: Sender, body: NewTransfer) -> TransferView:
    """Ask for goods of another store."""
    return await write.once(TransferView, lambda work: transfers.request_transfer(work, body))


@router.get("/stock-transfers/{transfer_id}")
async def get_transfer(caller: Reader, transfer_id: UUID) -> TransferView:
    """Show a transfer, with what of it is on its way or missing."""
    async with open_work(caller) as work:
        return await transfers.get_transfer(work, transfer_id)


@router.post("/stock-transfers/{transfer_id}/approve")
async def approve_transfer(write: Adjuster, transfer_id: UUID) -> TransferView:
    """Let the goods of a transfer be sent."""
    return await write.once(TransferView, lambda work: transfers.approve_transfer(work, transfer_id))


@router.post("/stock-transfers/{transfer_id}/send")
async def send_transfer(write: Sender, transfer_id: UUID, body: Send) -> TransferView:
    """Send the goods of a transfer; they leave their store now."""
    return await write.once(TransferView, lambda work: transfers.send_transfer(work, transfer_id, body.lines))


@router.post("/stock-transfers/{transfer_id}/settle")
async def settle_transfer(write: Sender, transfer_id: UUID, body: TransferStep) -> TransferView:
    """Say what became of goods on their way: they arrived, came back, or are lost."""
    return await write.once(TransferView, lambda work: transfers.settle_transfer(work, transfer_id, body))


@router.post("/stock-transfers/{transfer_id}/cancel")
async def cancel_transfer(write: Sender, transfer_id: UUID, body: Reason) -> TransferView:
    """Give up a transfer of which nothing was sent."""
    return await write.once(TransferView, lambda work: transfers.cancel_transfer(work, transfer_id, body.reason))


@router.get("/stock-counts")
async def list_counts(caller: Reader, paging: Paged, store_id: UUID | None = None) -> Page[CountView]:
    """List counts, newest first."""
    async with open_work(caller) as work:
        found = await counting.list_counts(work, store_id=store_id, before=paging.number, limit=paging.limit)
    return paging.page(found.items, found.next_cursor)


@router.post("/stock-counts", status_code=201)
async def open_count(write: Adjuster, body: OpenCount) -> CountView:
    """Begin to count a store."""
    return await write.once(CountView, lambda work: counting.open_count(work, body.store_id, body.name))


@router.get("/stock-counts/{count_id}")
async def get_count(caller: Reader, count_id: UUID) -> CountView:
    """Show a count, with the products on which people do not agree."""
    async with open_work(caller) as work:
        return await counting.get_count(work, count_id)


@router.post("/stock-counts/{count_id}/entries")
async def enter_counts(write: Counter, count_id: UUID, body: Counted) -> CountView:
    """Say what lies on the shelf now, of some products."""
    return await write.once(CountView, lambda work: counting.enter_counts(work, count_id, body.lines))


@router.post("/stock-counts/{count_id}/choose")
async def choose_count(write: Adjuster, count_id: UUID, body: Choice) -> CountView:
    """Decide which of several entries of a product holds."""
    return await write.once(CountView, lambda work: counting.choose_count(work, count_id, body.entry_id))


@router.post("/stock-counts/{count_id}/apply")
async def apply_count(write: Adjuster, count_id: UUID) -> CountView:
    """Book what a count found."""
    return await write.once(CountView, lambda work: counting.apply_count(work, count_id))


@router.post("/stock-counts/{count_id}/cancel")
async def cancel_count(write: Adjuster, count_id: UUID, body: Reason) -> CountView:
    """Give a count up."""
    return await write.once(CountView, lambda work: counting.cancel_count(work, count_id, body.reason))
