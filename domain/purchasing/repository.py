"""All SQL of purchases. An order is locked before its lines, and both before the stock."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, literal, select, text
from sqlalchemy.dialects.postgresql import insert

from core import bulk
from core.paging import part
from core.tables import new_id
from core.work import Work, own
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierReturn,
    SupplierReturnLine,
)


async def ensure_draft(work: Work, supplier_id: UUID, store_id: UUID, number: int, currency: str) -> bool:
    """Begin a draft where the supplier and store have none; whether one was begun."""
    created = await work.session.scalar(
        insert(PurchaseOrder)
        .values(
            workspace_id=work.workspace_id,
            id=new_id(),
            supplier_id=supplier_id,
            store_id=store_id,
            number=number,
            status=PurchaseStatus.DRAFT.value,
            currency=currency,
            version=1,
        )
        .on_conflict_do_nothing(
            index_elements=["workspace_id", "supplier_id", "store_id"], index_where=text("status = 'draft'")
        )
        .returning(PurchaseOrder.id)
    )
    return created is not None


async def draft(work: Work, supplier_id: UUID, store_id: UUID) -> PurchaseOrder | None:
    """The draft of a supplier and store, locked."""
    query = select(PurchaseOrder).where(
        own(PurchaseOrder, work),
        PurchaseOrder.supplier_id == supplier_id,
        PurchaseOrder.store_id == store_id,
        PurchaseOrder.status == PurchaseStatus.DRAFT,
    )
    return (await work.session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def get(work: Work, order_id: UUID) -> PurchaseOrder | None:
    """One purchase order."""
    query = select(PurchaseOrder).where(own(PurchaseOrder, work), PurchaseOrder.id == order_id)
    return (await work.session.scalars(query)).one_or_none()


async def lock(work: Work, order_id: UUID) -> PurchaseOrder | None:
    """One purchase order, locked and read afresh."""
    query = select(PurchaseOrder).where(own(PurchaseOrder, work), PurchaseOrder.id == order_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def lock_drafts(work: Work, also: Collection[UUID]) -> Sequence[PurchaseOrder]:
    """All drafts, and some other purchase orders, locked in the order of their ids and read afresh."""
    wanted = (PurchaseOrder.status == PurchaseStatus.DRAFT) | PurchaseOrder.id.in_(set(also))
    query = select(PurchaseOrder).where(own(PurchaseOrder, work), wanted).order_by(PurchaseOrder.id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).all()


async def lines_of(work: Work, order_ids: Iterable[UUID]) -> Sequence[PurchaseOrderLine]:
    """The lines of purchase orders in their order, read afresh."""
    query = (
        select(PurchaseOrderLine)
        .where(own(PurchaseOrderLine, work), PurchaseOrderLine.purchase_order_id.in_(set(order_ids)))
        .order_by(PurchaseOrderLine.position, PurchaseOrderLine.id)
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def page(
    work: Work,
    *,
    statuses: Sequence[PurchaseStatus] | None,
    supplier_id: UUID | None,
    store_id: UUID | None,
    before: int | None,
    limit: int,
) -> Sequence[PurchaseOrder]:
    """Purchase orders, newest first, before a number."""
    query = select(PurchaseOrder).where(own(PurchaseOrder, work))
    if statuses is not None:
        query = query.where(PurchaseOrder.status.in_(statuses))
    if supplier_id is not None:
        query = query.where(PurchaseOrder.supplier_id == supplier_id)
    if store_id is not None:
        query = query.where(PurchaseOrder.store_id == store_id)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [PurchaseOrder.number], place, limit, falls=True))).all()


async def begin_receipt(work: Work, **values: Any) -> UUID | None:
    """Write the head of a receipt, None if its key was used; an equal key that is being written is waited for."""
    statement = insert(GoodsReceipt).values(workspace_id=work.workspace_id, id=new_id(), **values)
    created: UUID | None = await work.session.scalar(
        statement.on_conflict_do_nothing(index_elements=["workspace_id", "store_id", "key"]).returning(GoodsReceipt.id)
    )
    return created


async def receipt_by_key(work: Work, store_id: UUID, key: str) -> GoodsReceipt | None:
    """The receipt of a store with this key."""
    query = select(GoodsReceipt).where(own(GoodsReceipt, work), GoodsReceipt.store_id == store_id, GoodsReceipt.key == key)
    return (await work.session.scalars(query)).one_or_none()


async def receipt(work: Work, receipt_id: UUID) -> GoodsReceipt | None:
    """One receipt."""
    query = select(GoodsReceipt).where(own(GoodsReceipt, work), GoodsReceipt.id == receipt_id)
    return (await work.session.scalars(query)).one_or_none()


async def lock_receipt(work: Work, receipt_id: UUID) -> GoodsReceipt | None:
    """One receipt, locked and read afresh."""
    query = select(GoodsReceipt).where(own(GoodsReceipt, work), GoodsReceipt.id == receipt_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def receipt_lines(work: Work, receipt_ids: Iterable[UUID]) -> Sequence[GoodsReceiptLine]:
    """The lines of receipts in their order, read afresh."""
    query = (
        select(GoodsReceiptLine)
        .where(own(GoodsReceiptLine, work), GoodsReceiptLine.receipt_id.in_(set(receipt_ids)))
        .order_by(GoodsReceiptLine.position)
    )
    return (await work.session.scalars(query.execution_options(populate_existing=True))).all()


async def receipts(
    work: Work,
    *,
    purchase_order_id: UUID | None,
    supplier_id: UUID | None,
    store_id: UUID | None,
    before: int | None,
    limit: int,
) -> Sequence[GoodsReceipt]:
    """Receipts, newest first, before a number."""
    query = select(GoodsReceipt).where(own(GoodsReceipt, work))
    if purchase_order_id is not None:
        query = query.where(GoodsReceipt.purchase_order_id == purchase_order_id)
    if supplier_id is not None:
        query = query.where(GoodsReceipt.supplier_id == supplier_id)
    if store_id is not None:
        query = query.where(GoodsReceipt.store_id == store_id)
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [GoodsReceipt.number], place, limit, falls=True))).all()


async def begin_return(work: Work, **values: Any) -> UUID | None:
    """Write the head of a return, None if its key was used; an equal key that is being written is waited for."""
    statement = insert(SupplierReturn).values(workspace_id=work.workspace_id, id=new_id(), **values)
    created: UUID | None = await work.session.scalar(
        statement.on_conflict_do_nothing(index_elements=["workspace_id", "store_id", "key"]).returning(SupplierReturn.id)
    )
    return created


async def return_by_key(work: Work, store_id: UUID, key: str) -> SupplierReturn | None:
    """The return of a store with this key."""
    query = select(SupplierReturn).where(
        own(SupplierReturn, work), SupplierReturn.store_id == store_id, SupplierReturn.key == key
    )
    return (await work.session.scalars(query)).one_or_none()


async def returns_of(work: Work, receipt_id: UUID) -> Sequence[SupplierReturn]:
    """The returns of a receipt, oldest first."""
    query = select(SupplierReturn).where(own(SupplierReturn, work), SupplierReturn.receipt_id == receipt_id)
    return (await work.session.scalars(query.order_by(SupplierReturn.number))).all()


async def return_lines(work: Work, return_ids: Iterable[UUID]) -> Sequence[SupplierReturnLine]:
    """The lines of returns."""
    query = select(SupplierReturnLine).where(own(SupplierReturnLine, work), SupplierReturnLine.return_id.in_(set(return_ids)))
    return (await work.session.scalars(query.order_by(SupplierReturnLine.id))).all()


async def standing_refs(work: Work, refs: Sequence[str]) -> set[str]:
    """Those of the digests of rows of files that lines of receipts stand for."""
    query = select(GoodsReceiptLine.source_ref).where(
        own(GoodsReceiptLine, work),
        GoodsReceiptLine.source_ref == any_(literal(list(refs), ARRAY(String))),
        ~GoodsReceiptLine.taken_back,
    )
    return {ref for ref in await work.session.scalars(query) if ref is not None}


async def line_of_ref(work: Work, ref: str) -> GoodsReceiptLine | None:
    """The line of a receipt that stands for a row of a file."""
    query = select(GoodsReceiptLine).where(
        own(GoodsReceiptLine, work),
        GoodsReceiptLine.source_ref == ref,
        ~GoodsReceiptLine.taken_back,
    )
    return (await work.session.scalars(query)).one_or_none()


async def add_receipts(work: Work, heads: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> None:
    """Write many receipts with their lines."""
    await bulk.add_rows(work, GoodsReceipt, heads)
    await bulk.add_rows(work, GoodsReceiptLine, lines)
