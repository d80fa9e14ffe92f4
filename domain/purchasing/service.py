"""Purchases, as the other rooms call them: the order, what arrives, what goes back, and what can be read."""

from collections.abc import Sequence
from uuid import UUID

from core.work import Work
from domain.purchasing import repository
from domain.purchasing._views import order_views, receipt_views, return_views
from domain.purchasing.errors import PurchaseOrderNotFound, ReceiptNotFound
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import (
    GoodsReceiptView,
    PurchaseOrderPage,
    PurchaseOrderView,
    ReceiptPage,
    SupplierReturnView,
)

MOST_ITEMS = 100


async def get(work: Work, order_id: UUID) -> PurchaseOrderView:
    """One purchase order."""
    work.require(PurchasesPermission.READ)
    order = await repository.get(work, order_id)
    if order is None:
        raise PurchaseOrderNotFound
    return (await order_views(work, [order]))[0]


async def list_orders(
    work: Work,
    *,
    statuses: Sequence[PurchaseStatus] | None = None,
    supplier_id: UUID | None = None,
    store_id: UUID | None = None,
    before: int | None = None,
    limit: int = 20,
) -> PurchaseOrderPage:
    """Purchase orders, newest first; `before` is the cursor of the page before."""
    work.require(PurchasesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.page(
        work, statuses=statuses, supplier_id=supplier_id, store_id=store_id, before=before, limit=limit + 1
    )
    items = tuple(await order_views(work, rows[:limit]))
    return PurchaseOrderPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)


async def get_receipt(work: Work, receipt_id: UUID) -> GoodsReceiptView:
    """One receipt of goods."""
    work.require(PurchasesPermission.READ)
    row = await repository.receipt(work, receipt_id)
    if row is None:
        raise ReceiptNotFound
    return (await receipt_views(work, [row]))[0]


async def list_receipts(
    work: Work,
    *,
    purchase_order_id: UUID | None = None,
    supplier_id: UUID | None = None,
    store_id: UUID | None = None,
    before: int | None = None,
    limit: int = 20,
) -> ReceiptPage:
    """Receipts of goods, newest first; `before` is the cursor of the page before."""
    work.require(PurchasesPermission.READ)
    limit = max(1, min(limit, MOST_ITEMS))
    rows = await repository.receipts(
        work,
        purchase_order_id=purchase_order_id,
        supplier_id=supplier_id,
        store_id=store_id,
        before=before,
        limit=limit + 1,
    )
    items = tuple(await receipt_views(work, rows[:limit]))
    return ReceiptPage(items=items, next_cursor=items[-1].number if len(rows) > limit else None)


async def returns_of(work: Work, receipt_id: UUID) -> list[SupplierReturnView]:
    """What of a receipt went back to the supplier, oldest first."""
    work.require(PurchasesPermission.READ)
    return await return_views(work, await repository.returns_of(work, receipt_id))
