"""Stores: where the shop sells from."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.console import deeds, forms
from app.console.catalogue import STORES
from app.console.rendering import page
from app.console.visits import Visit, may
from core.work import open_work
from domain.catalog import places
from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ChangeStore, NewStore, StoreView
from domain.stock import closing
from domain.stock.permissions import StockPermission

router = APIRouter(prefix="/console/@{workspace}/stores")

Writer = Annotated[Visit, may(CatalogPermission.WRITE)]
Closer = Annotated[Visit, may(StockPermission.ADJUST)]

_DETAILS: Final = ("address", "city", "state", "zone", "phone", "email", "manager", "latitude", "longitude")


@router.get("")
async def show(request: Request, visit: Annotated[Visit, may(STORES.permission)]) -> Response:
    """Show the stores by name, those that are closed too."""
    async with open_work(visit.principal) as work:
        stores = await catalog.all_stores(work)
    return page(
        request,
        "stores.html",
        visit,
        current=STORES,
        stores=stores,
        details=_DETAILS,
        may_write=visit.principal.may(CatalogPermission.WRITE),
        may_close=visit.principal.may(StockPermission.ADJUST),
    )


@router.post("")
async def create(request: Request, visit: Writer) -> Response:
    """Open a store."""
    command = await forms.part(request, NewStore)
    await deeds.once(request, visit, StoreView, lambda work: places.create_store(work, command))
    return RedirectResponse(visit.at("stores"), 303)


@router.post("/{store_id}")
async def change(request: Request, visit: Writer, store_id: UUID) -> Response:
    """Change a store; what was emptied is empty."""
    emptied = await forms.emptied(request, *_DETAILS)
    command = await forms.part(request, ChangeStore, **emptied)
    seen = await forms.seen(request)
    await deeds.once(request, visit, StoreView, lambda work: places.change_store(work, store_id, command, seen))
    return RedirectResponse(visit.at("stores"), 303)


@router.post("/{store_id}/close")
async def close(request: Request, visit: Closer, store_id: UUID) -> Response:
    """Close a store in which nothing lies any more."""
    seen = await forms.seen(request)
    await deeds.once(request, visit, StoreView, lambda work: closing.close_store(work, store_id, seen))
    return RedirectResponse(visit.at("stores"), 303)


@router.post("/{store_id}/open")
async def reopen(request: Request, visit: Writer, store_id: UUID) -> Response:
    """Open a store again."""
    seen = await forms.seen(request)
    await deeds.once(request, visit, StoreView, lambda work: places.set_store_active(work, store_id, True, seen))
    return RedirectResponse(visit.at("stores"), 303)
