"""Stock: what lies where, what moved a product, and its corrections."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, filters, forms, goods
from app.console.catalogue import STOCK
from app.console.rendering import page
from app.console.visits import Visit, may
from app.web.api.lists import Paged
from app.web.api.stock import Limits
from core.work import Work, open_work
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound
from domain.stock import service as stock
from domain.stock.kinds import MovementType
from domain.stock.permissions import StockPermission
from domain.stock.schemas import Adjustment, MovementView, StockLevel

router = APIRouter(prefix="/console/@{workspace}/stock")

Reader = Annotated[Visit, may(STOCK.permission)]
Adjuster = Annotated[Visit, may(StockPermission.ADJUST)]


@router.get("")
async def show(
    request: Request,
    visit: Reader,
    paging: Paged,
    store: filters.Word = "",
    search: filters.Words = "",
    low: filters.Word = "",
) -> Response:
    """Show levels of some stores and products, or what is low."""
    after = tuple(map(UUID, paging.place.split())) if paging.place else None
    async with open_work(visit.principal) as work:
        wanted = None
        if search.strip():
            hits = await catalog.search(work, search, stock.MOST_LINES)
            exact = await catalog.find(work, search.strip())
            wanted = [hit.variant_id for hit in hits] or ([exact.variant_id] if exact else [])
        found, place = await stock.list_levels(
            work,
            store_id=filters.identified(store),
            variant_ids=wanted,
            is_low=low == "true",
            after=(after[0], after[1]) if after else None,
            limit=paging.limit,
        )
        products = await goods.named(work, (level.variant_id for level in found))
        stores = await catalog.all_stores(work)
    return page(
        request,
        "stock.html",
        visit,
        current=STOCK,
        paged=paging.page(found, f"{place[0]} {place[1]}" if place else None),
        products=products,
        stores=stores,
        store=filters.identified(store),
        search=search,
        low=low,
        query=filters.query({"store": store, "search": search, "low": low}),
        is_first=paging.place is None,
    )


@router.get("/{variant_id}")
async def show_product(
    request: Request,
    visit: Reader,
    variant_id: UUID,
    paging: Paged,
    store: filters.Word = "",
    type: filters.Word = "",
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show where a product lies, and everything that moved it, newest first."""
    async with open_work(visit.principal) as work:
        product = (await goods.named(work, [variant_id])).get(variant_id)
        if product is None:
            raise ProductNotFound(sku=variant_id)
        levels = await stock.levels(work, variant_id)
        before = int(paging.place) if paging.place else None
        kind, only = filters.chosen(MovementType, type), filters.identified(store)
        moves = await stock.movements(
            work,
            variant_id=variant_id,
            store_id=only,
            types=[kind] if kind else None,
            before=before,
            limit=min(paging.limit + 1, stock.MOST_LINES),
        )
        stores = await catalog.all_stores(work)
    shown = moves[: paging.limit]
    return page(
        request,
        "stock_product.html",
        visit,
        current=STOCK,
        product=product,
        levels=levels,
        paged=paging.page(shown, str(shown[-1].sequence) if len(moves) > paging.limit else None),
        stores=stores,
        types=list(MovementType),
        store=only,
        type=kind,
        said=said,
        query=filters.query({"store": store, "type": type}),
        is_first=paging.place is None,
        may_adjust=visit.principal.may(StockPermission.ADJUST),
    )


@router.post("/adjust")
async def adjust(request: Request, visit: Adjuster) -> Response:
    """Correct a level by hand, with a reason."""
    said = await forms.part(request, Adjustment)

    async def act(work: Work) -> MovementView:
        return await stock.adjust(work, said.store_id, said.variant_id, said.delta, said.reason)

    await deeds.once(request, visit, MovementView, act)
    return RedirectResponse(visit.at(f"stock/{said.variant_id}?said=adjusted"), 303)


@router.post("/limits")
async def set_limits(request: Request, visit: Adjuster) -> Response:
    """Set below what a level is low, and what is enough."""
    said = await forms.part(request, Limits)

    async def act(work: Work) -> StockLevel:
        return await stock.set_limits(work, said.store_id, said.variant_id, said.min_stock, said.max_stock)

    await deeds.once(request, visit, StockLevel, act)
    return RedirectResponse(visit.at(f"stock/{said.variant_id}?said=limited"), 303)
