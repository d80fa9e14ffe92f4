"""Stores, and the units in which things are sold there."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.web.api.callers import may
from app.web.api.lists import Page
from app.web.api.routing import noun
from app.web.api.versions import SeenVersion, tell
from app.web.api.writes import Write, may_write
from core.access import Principal
from core.work import open_work
from domain.catalog import places
from domain.catalog import service as catalog
from domain.catalog.permissions import CatalogPermission
from domain.catalog.schemas import ChangeStore, NewStore, NewUnit, StoreView, UnitView
from domain.stock import closing
from domain.stock.permissions import StockPermission

router = noun("stores")

Reader = Annotated[Principal, may(CatalogPermission.READ)]
Writer = Annotated[Write, may_write(CatalogPermission.WRITE)]
Closer = Annotated[Write, may_write(StockPermission.ADJUST)]


@router.get("/stores")
async def list_(
    caller: Reader, is_active: Annotated[bool | None, Query(description="Only open ones, or only closed ones.")] = None
) -> Page[StoreView]:
    """List stores by name."""
    async with open_work(caller) as work:
        found = await catalog.all_stores(work)
    shown = [store for store in found if is_active is None or store.is_active is is_active]
    return Page(data=shown, has_more=False, next_cursor=None)


@router.post("/stores", status_code=201)
async def create(write: Writer, body: NewStore, response: Response) -> StoreView:
    """Open a store."""
    made = await write.once(StoreView, lambda work: places.create_store(work, body))
    tell(response, made.version)
    return made


@router.get("/stores/{store_id}")
async def get(caller: Reader, store_id: UUID, response: Response) -> StoreView:
    """Show a store."""
    async with open_work(caller) as work:
        found = await catalog.get_store_by_id(work, store_id)
    tell(response, found.version)
    return found


@router.patch("/stores/{store_id}")
async def change(write: Writer, seen: SeenVersion, store_id: UUID, body: ChangeStore, response: Response) -> StoreView:
    """Change a store; only what is said is changed."""
    changed = await write.once(StoreView, lambda work: places.change_store(work, store_id, body, seen))
    tell(response, changed.version)
    return changed


@router.put("/stores/{store_id}")
async def replace(write: Writer, seen: SeenVersion, store_id: UUID, body: ChangeStore, response: Response) -> StoreView:
    """Change a store; the same as PATCH."""
    return await change(write, seen, store_id, body, response)


@router.delete("/stores/{store_id}", status_code=204)
async def close(write: Closer, seen: SeenVersion, store_id: UUID) -> None:
    """Close a store in which nothing lies any more."""
    await write.once(StoreView, lambda work: closing.close_store(work, store_id, seen))


@router.post("/stores/{store_id}/activate")
async def activate(write: Writer, seen: SeenVersion, store_id: UUID, response: Response) -> StoreView:
    """Open a store again."""
    opened = await write.once(StoreView, lambda work: places.set_store_active(work, store_id, True, seen))
    tell(response, opened.version)
    return opened


@router.get("/units")
async def list_units(caller: Reader) -> Page[UnitView]:
    """List the units of sale by code."""
    async with open_work(caller) as work:
        return Page(data=await catalog.units(work), has_more=False, next_cursor=None)


@router.post("/units", status_code=201)
async def create_unit(write: Writer, body: NewUnit) -> UnitView:
    """Create a unit of sale."""
    return await write.once(UnitView, lambda work: places.create_unit(work, body))
