"""Closing a store: only where nothing lies in it any more."""

from uuid import UUID

from core.errors import Conflict
from core.work import Work
from domain.catalog import places
from domain.catalog.schemas import StoreView
from domain.stock import repository
from domain.stock.permissions import StockPermission


class StoreHoldsGoods(Conflict):
    """Goods lie in the store; they have to be moved or written off first."""

    code = "store_holds_goods"


async def close_store(work: Work, store_id: UUID, seen: int) -> StoreView:
    """Close a store; raises StoreNotFound, StoreHoldsGoods and VersionConflict.

    It stays in all that happened in it, and can be opened again.
    """
    work.require(StockPermission.ADJUST)
    closed = await places.set_store_active(work, store_id, False, seen)
    if await repository.holds_goods(work, store_id):
        raise StoreHoldsGoods(store=closed.code)
    return closed
