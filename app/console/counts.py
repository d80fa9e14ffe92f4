"""Counts: a session in which people say what lies on the shelves, and what is booked of it."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from app.console import deeds, filters, forms, goods
from app.console.catalogue import COUNTS
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from app.web.api.stock_documents import Choice, Counted, OpenCount, Reason
from core.work import open_work
from domain.catalog import service as catalog
from domain.stock import counting
from domain.stock.kinds import CountStatus
from domain.stock.permissions import StockPermission
from domain.stock.schemas import CountView

router = APIRouter(prefix="/console/@{workspace}/counts")

Reader = Annotated[Visit, may(COUNTS.permission)]
Counter = Annotated[Visit, may(StockPermission.COUNT)]
Adjuster = Annotated[Visit, may(StockPermission.ADJUST)]

_SHOWN: Final = 200
"""Entries that a page shows at once, the newest first."""


class _Typed(BaseModel):
    sku: str
    counted: str


@router.get("")
async def show(request: Request, visit: Reader, paging: Paged, store: filters.Word = "") -> Response:
    """Show the counts, newest first."""
    async with open_work(visit.principal) as work:
        before = int(paging.place) if paging.place else None
        found = await counting.list_counts(work, store_id=filters.identified(store), before=before, limit=paging.limit)
        stores = await catalog.stores(work)
    return page(
        request,
        "counts.html",
        visit,
        current=COUNTS,
        paged=paging.page(found.items, None if found.next_cursor is None else str(found.next_cursor)),
        stores=stores,
        store=filters.identified(store),
        query=filters.query({"store": store}),
        is_first=paging.place is None,
        may_open=visit.principal.may(StockPermission.ADJUST),
    )


@router.post("")
async def begin(request: Request, visit: Adjuster) -> Response:
    """Begin to count a store."""
    said = await forms.part(request, OpenCount)
    made = await deeds.once(request, visit, CountView, lambda work: counting.open_count(work, said.store_id, said.name))
    return RedirectResponse(visit.at(f"counts/{made.id}"), 303)


@router.get("/{count_id}")
async def show_count(
    request: Request, visit: Reader, count_id: UUID, said: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show a count, where its next number is typed in."""
    async with open_work(visit.principal) as work:
        count = await counting.get_count(work, count_id)
        newest = sorted(count.entries, key=lambda entry: entry.counted_at, reverse=True)
        disputed = [entry for entry in newest if entry.variant_id in count.disputed]
        shown = newest[:_SHOWN]
        products = await goods.named(work, (entry.variant_id for entry in (*shown, *disputed)))
        store = await catalog.get_store_by_id(work, count.store_id)
    is_open = count.status is CountStatus.OPEN
    return page(
        request,
        "count.html",
        visit,
        current=COUNTS,
        count=count,
        shown=shown,
        disputed=disputed,
        products=products,
        store=store,
        said=said,
        different=sum(1 for entry in count.entries if entry.difference),
        may_count=is_open and visit.principal.may(StockPermission.COUNT),
        may_apply=is_open and visit.principal.may(StockPermission.ADJUST),
    )


@router.post("/{count_id}/entries")
async def enter(request: Request, visit: Counter, count_id: UUID) -> Response:
    """Say how much of a product lies on the shelf now."""
    typed = await forms.part(request, _Typed)
    async with open_work(visit.principal) as work:
        lines = await goods.coded(work, [typed.model_dump()])
    counted = await forms.part(request, Counted, lines=lines)
    await deeds.once(request, visit, CountView, lambda work: counting.enter_counts(work, count_id, counted.lines))
    return RedirectResponse(visit.at(f"counts/{count_id}"), 303)


@router.post("/{count_id}/choose")
async def choose(request: Request, visit: Adjuster, count_id: UUID) -> Response:
    """Decide which of several entries of a product holds."""
    said = await forms.part(request, Choice)
    await deeds.once(request, visit, CountView, lambda work: counting.choose_count(work, count_id, said.entry_id))
    return RedirectResponse(visit.at(f"counts/{count_id}"), 303)


@router.post("/{count_id}/apply")
async def apply(request: Request, visit: Adjuster, count_id: UUID) -> Response:
    """Book what a count found."""
    await deeds.once(request, visit, CountView, lambda work: counting.apply_count(work, count_id))
    return RedirectResponse(visit.at(f"counts/{count_id}?said=applied"), 303)


@router.post("/{count_id}/cancel")
async def cancel(request: Request, visit: Adjuster, count_id: UUID) -> Response:
    """Give a count up."""
    said = await forms.part(request, Reason)
    await deeds.once(request, visit, CountView, lambda work: counting.cancel_count(work, count_id, said.reason))
    return RedirectResponse(visit.at(f"counts/{count_id}?said=cancelled"), 303)
