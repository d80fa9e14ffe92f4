"""Purchase orders: a draft that is put together, sent, and ends."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.catalog.errors import ProductNotFound, StoreNotFound
from domain.purchasing import repository
from domain.purchasing._status import end
from domain.purchasing._views import order_views, total
from domain.purchasing.errors import (
    BelowMinimum,
    NothingOrdered,
    PurchaseOrderNotFound,
    PurchaseOrderNotReady,
)
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.models import PurchaseOrder, PurchaseOrderLine
from domain.purchasing.permissions import PurchasesPermission
from domain.purchasing.schemas import OrderLineInput, PurchaseOrderView
from domain.stock import documents, quantities
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import SupplierProductView, SupplierView


async def _lock(work: Work, order_id: UUID, *statuses: PurchaseStatus) -> PurchaseOrder:
    order = await repository.lock(work, order_id)
    if order is None:
        raise PurchaseOrderNotFound
    if order.status not in statuses:
        raise PurchaseOrderNotReady(number=order.number, status=order.status)
    return order


async def _view(work: Work, order: PurchaseOrder) -> PurchaseOrderView:
    await work.session.flush()
    return (await order_views(work, [order]))[0]


async def open_draft(work: Work, supplier_id: UUID, store_id: UUID) -> PurchaseOrderView:
    """The draft of a supplier and store, begun if there is none: there is never a second one."""
    work.require(PurchasesPermission.WRITE)
    await suppliers.require_active(work, supplier_id)
    if store_id not in {store.id for store in await catalog.stores(work)}:
        raise StoreNotFound(store=store_id)
    order = await repository.draft(work, supplier_id, store_id)
    if order is None:
        number = await documents.next_number(work, "purchase_order")
        begun = await repository.ensure_draft(work, supplier_id, store_id, number, await accounts.currency(work))
        order = await repository.draft(work, supplier_id, store_id)
        if order is None:  # sent between the two statements
            raise VersionConflict
        if begun:
            after = {"number": order.number, "supplier_id": supplier_id, "store_id": store_id}
            events.record(work, EventType.PURCHASE_ORDER_DRAFTED, subject=order.id, after=after)
    return await _view(work, order)


async def hold_drafts(work: Work, also: Collection[UUID] = ()) -> dict[UUID, PurchaseOrderView]:
    """All drafts, and some other orders, as they stay until the transaction ends: nobody sends one meanwhile."""
    work.require(PurchasesPermission.WRITE)
    return {order.id: order for order in await order_views(work, await repository.lock_drafts(work, also))}


async def set_lines(
    work: Work, order_id: UUID, lines: Sequence[OrderLineInput], *, version: int | None = None
) -> PurchaseOrderView:
    """Let a draft have exactly so many packs of these products; what is not named stays as it is.

    Setting the same again changes nothing: a proposal that runs twice leaves one draft with the same numbers. Raises
    VersionConflict if the draft is not at `version` any more.
    """
    work.require(PurchasesPermission.WRITE)
    order = await _lock(work, order_id, PurchaseStatus.DRAFT)
    if version is not None and version != order.version:
        raise VersionConflict(version=order.version)
    known = await catalog.variants(work, [line.variant_id for line in lines])
    sold = {product.variant_id: product for product in await suppliers.products(work, order.supplier_id)}
    rows = {row.variant_id: row for row in await repository.lines_of(work, [order.id])}
    before = {row.variant_id: _told(row) for row in rows.values()}
    packs = {line.variant_id: _pack(line, sold.get(line.variant_id)) for line in lines if line.packs > 0}
    if missing := packs.keys() - known.keys():
        raise ProductNotFound(sku=min(missing))
    wanted = {line.variant_id: line.packs * packs[line.variant_id].size for line in lines if line.packs > 0}
    await quantities.require_quantities(work, wanted, sale=False)
    last = max((row.position for row in rows.values()), default=0)
    for position, line in enumerate(lines, start=last + 1):
        row = rows.get(line.variant_id)
        if line.packs == 0:
            if row is not None:
                await work.session.delete(rows.pop(line.variant_id))
            continue
        if row is None:
            row = rows[line.variant_id] = _begun(work, order, line.variant_id, position)
        pack = packs[line.variant_id]
        row.packs, row.pack_size, row.pack_cost = line.packs, pack.size, pack.cost
    after = {variant_id: _told(row) for variant_id, row in rows.items()}
    if after != before:
        order.version += 1
        changed = {id for id in {*before, *after} if before.get(id) != after.get(id)}
        events.record(
            work,
            EventType.PURCHASE_ORDER_CHANGED,
            subject=order.id,
            before={str(id): before[id] for id in changed if id in before},
            after={str(id): after[id] for id in changed if id in after},
        )
    return await _view(work, order)


def _told(row: PurchaseOrderLine) -> dict[str, Decimal | None]:
    return {"packs": row.packs, "pack_size": row.pack_size, "pack_cost": row.pack_cost}


def _begun(work: Work, order: PurchaseOrder, variant_id: UUID, position: int) -> PurchaseOrderLine:
    row = PurchaseOrderLine(
        workspace_id=work.workspace_id,
        id=new_id(),
        purchase_order_id=order.id,
        variant_id=variant_id,
        position=position,
        received=Decimal(0),
        rejected=Decimal(0),
        returned=Decimal(0),
    )
    work.session.add(row)
    return row


class _Pack(NamedTuple):
    size: Decimal
    cost: Decimal | None


def _pack(line: OrderLineInput, sold: SupplierProductView | None) -> _Pack:
    """The supplier's pack at their cost, unless others are named."""
    size = line.pack_size or (sold.pack_size if sold is not None else Decimal(1))
    cost = line.pack_cost
    if cost is None and sold is not None and sold.pack_size == size:
        cost = sold.pack_cost
    return _Pack(size, cost)


async def submit(work: Work, order_id: UUID, *, below_minimum_reason: str | None = None) -> PurchaseOrderView:
    """Send a draft; from now on it only changes by what comes. Sending it twice is sending it once.

    Raises NothingOrdered, and BelowMinimum unless a reason says that the supplier takes it all the same.
    """
    work.require(PurchasesPermission.WRITE)
    order = await _lock(work, order_id, PurchaseStatus.DRAFT, PurchaseStatus.SUBMITTED)
    if order.status == PurchaseStatus.SUBMITTED:
        return await _view(work, order)
    lines = await repository.lines_of(work, [order.id])
    if not lines:
        raise NothingOrdered(number=order.number)
    supplier = await suppliers.require_active(work, order.supplier_id)
    if below_minimum_reason is None:
        await _require_minimum(work, supplier, lines)
    order.expected_on = supplier.expected_on(await accounts.today(work))
    order.status, order.submitted_at = PurchaseStatus.SUBMITTED, work.now
    order.version += 1
    after = {"total": total(lines), "expected_on": order.expected_on and order.expected_on.isoformat()}
    events.record(work, EventType.PURCHASE_ORDER_SUBMITTED, subject=order.id, reason=below_minimum_reason, after=after)
    return await _view(work, order)


async def _require_minimum(work: Work, supplier: SupplierView, lines: Sequence[PurchaseOrderLine]) -> None:
    ordered = total(lines)
    if ordered < supplier.minimum_order:
        raise BelowMinimum(total=ordered, minimum=supplier.minimum_order)
    sold = {product.variant_id: product for product in await suppliers.products(work, supplier.id)}
    for line in lines:
        product = sold.get(line.variant_id)
        if product is not None and line.packs < product.minimum_packs:
            raise BelowMinimum(variant_id=line.variant_id, total=line.packs, minimum=product.minimum_packs)


async def cancel(work: Work, order_id: UUID, reason: str) -> PurchaseOrderView:
    """Give up a purchase order of which nothing has come. Once more changes nothing."""
    work.require(PurchasesPermission.WRITE)
    statuses = (PurchaseStatus.DRAFT, PurchaseStatus.SUBMITTED, PurchaseStatus.CANCELLED)
    order = await _lock(work, order_id, *statuses)
    if order.status != PurchaseStatus.CANCELLED:
        end(work, order, PurchaseStatus.CANCELLED, reason)
    return await _view(work, order)


async def close(work: Work, order_id: UUID, reason: str) -> PurchaseOrderView:
    """Wait no longer for the rest of a purchase order. Once more changes nothing."""
    work.require(PurchasesPermission.WRITE)
    statuses = (PurchaseStatus.SUBMITTED, PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.CLOSED)
    order = await _lock(work, order_id, *statuses)
    if order.status != PurchaseStatus.CLOSED:
        end(work, order, PurchaseStatus.CLOSED, reason)
    return await _view(work, order)
