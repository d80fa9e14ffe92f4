"""All SQL of stock. Rows are locked in id order: first items, then the holds on them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.tables import new_id
from core.work import Work
from domain.stock.models import HoldStatus, MovementType, StockHold, StockItem, StockMovement


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(StockHold.status == HoldStatus.ACTIVE, ~StockHold.pinned, StockHold.expires_at <= now)


async def ensure_items(work: Work, store_id: UUID, variant_ids: Iterable[UUID]) -> None:
    """Make sure that each variant has a level in the store."""
    rows = [
        {"workspace_id": work.workspace_id, "id": new_id(), "store_id": store_id, "variant_id": variant_id}
        for variant_id in variant_ids
    ]
    if rows:
        statement = insert(StockItem).values([{**row, "on_hand": 0, "held": 0, "min_stock": 0, "unit_cost": 0} for row in rows])
        await work.session.execute(statement.on_conflict_do_nothing())


async def item_ids(work: Work, store_id: UUID, variant_ids: Iterable[UUID]) -> Sequence[UUID]:
    """The ids of these variants' levels in a store."""
    query = select(StockItem.id).where(
        StockItem.workspace_id == work.workspace_id,
        StockItem.store_id == store_id,
        StockItem.variant_id.in_(list(variant_ids)),
    )
    return (await work.session.scalars(query)).all()


async def item_ids_of_order(work: Work, order_id: UUID) -> Sequence[UUID]:
    """The ids of the levels on which an order has active holds."""
    query = select(StockHold.stock_item_id).where(
        StockHold.workspace_id == work.workspace_id,
        StockHold.order_id == order_id,
        StockHold.status == HoldStatus.ACTIVE,
    )
    return (await work.session.scalars(query)).all()


async def lock_items(work: Work, ids: Iterable[UUID]) -> Mapping[UUID, StockItem]:
    """Lock levels in id order and read them afresh."""
    query = (
        select(StockItem)
        .where(StockItem.workspace_id == work.workspace_id, StockItem.id.in_(set(ids)))
        .order_by(StockItem.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {item.id: item for item in await work.session.scalars(query)}


async def active_holds(work: Work, order_id: UUID) -> Sequence[StockHold]:
    """An order's active holds, read afresh and locked; their items must be locked already."""
    query = (
        select(StockHold)
        .where(
            StockHold.workspace_id == work.workspace_id,
            StockHold.order_id == order_id,
            StockHold.status == HoldStatus.ACTIVE,
        )
        .order_by(StockHold.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.scalars(query)).all()


async def holds_of_order(work: Work, order_id: UUID) -> Sequence[StockHold]:
    """All holds of an order, whatever became of them, oldest first."""
    query = select(StockHold).where(StockHold.workspace_id == work.workspace_id, StockHold.order_id == order_id)
    return (await work.session.scalars(query.order_by(StockHold.id))).all()


async def due_holds_on(work: Work, ids: Iterable[UUID], except_order: UUID | None) -> Sequence[StockHold]:
    """Holds on these items whose time is over, locked; their items must be locked already."""
    query = (
        select(StockHold)
        .where(
            StockHold.workspace_id == work.workspace_id,
            StockHold.stock_item_id.in_(set(ids)),
            _is_due(work.now),
            true() if except_order is None else StockHold.order_id != except_order,
        )
        .order_by(StockHold.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await work.session.scalars(query)).all()


async def items_with_due_holds(work: Work, limit: int) -> Sequence[UUID]:
    """Levels on which a hold's time is over, the longest overdue first."""
    query = (
        select(StockHold.stock_item_id)
        .where(StockHold.workspace_id == work.workspace_id, _is_due(work.now))
        .group_by(StockHold.stock_item_id)
        .order_by(func.min(StockHold.expires_at))
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


_DUE_WORKSPACES = text(
    """
    SELECT DISTINCT workspace_id FROM stock_holds
     WHERE status = 'active' AND NOT pinned
       AND expires_at <= clock_timestamp() + coalesce((SELECT shift FROM runtime_clock), interval '0')
    """
)


async def workspaces_with_due_holds(session: AsyncSession) -> Sequence[UUID]:
    """The workspaces in which a hold's time is over; for the system role."""
    return (await session.scalars(_DUE_WORKSPACES)).all()


async def levels(
    work: Work, variant_ids: Iterable[UUID], store_id: UUID | None
) -> Sequence[tuple[UUID, Decimal, Decimal, Decimal]]:
    """For each variant what is on hand, held, and held by promises whose time is over."""
    overdue = (
        select(StockHold.stock_item_id, func.sum(StockHold.quantity).label("quantity"))
        .where(StockHold.workspace_id == work.workspace_id, _is_due(work.now))
        .group_by(StockHold.stock_item_id)
        .subquery()
    )
    query = (
        select(
            StockItem.variant_id,
            func.sum(StockItem.on_hand),
            func.sum(StockItem.held),
            func.sum(func.coalesce(overdue.c.quantity, 0)),
        )
        .outerjoin(overdue, overdue.c.stock_item_id == StockItem.id)
        .where(
            StockItem.workspace_id == work.workspace_id,
            StockItem.variant_id.in_(list(variant_ids)),
            true() if store_id is None else StockItem.store_id == store_id,
        )
        .group_by(StockItem.variant_id)
    )
    rows = await work.session.execute(query)
    return [(variant, on_hand, held, over) for variant, on_hand, held, over in rows]


async def items_of_variant(work: Work, variant_id: UUID) -> Sequence[StockItem]:
    """The levels of a variant in all stores."""
    query = select(StockItem).where(StockItem.workspace_id == work.workspace_id, StockItem.variant_id == variant_id)
    return (await work.session.scalars(query.order_by(StockItem.store_id))).all()


async def low_items(work: Work, store_id: UUID | None) -> Sequence[StockItem]:
    """The levels with less available than their minimum."""
    query = select(StockItem).where(
        StockItem.workspace_id == work.workspace_id,
        StockItem.on_hand - StockItem.held < StockItem.min_stock,
        true() if store_id is None else StockItem.store_id == store_id,
    )
    return (await work.session.scalars(query.order_by(StockItem.store_id, StockItem.variant_id))).all()


async def movements_of(work: Work, source: str, source_ref: str) -> Sequence[StockMovement]:
    """The ledger lines of one cause in their order."""
    query = select(StockMovement).where(
        StockMovement.workspace_id == work.workspace_id,
        StockMovement.source == source,
        StockMovement.source_ref == source_ref,
    )
    return (await work.session.scalars(query.order_by(StockMovement.line))).all()


async def history(
    work: Work,
    variant_id: UUID | None,
    store_id: UUID | None,
    types: Sequence[MovementType] | None,
    before: int | None,
    limit: int,
) -> Sequence[StockMovement]:
    """Ledger lines, newest first, before a place in the ledger."""
    query = select(StockMovement).where(StockMovement.workspace_id == work.workspace_id)
    if variant_id is not None:
        query = query.where(StockMovement.variant_id == variant_id)
    if store_id is not None:
        query = query.where(StockMovement.store_id == store_id)
    if types is not None:
        query = query.where(StockMovement.type.in_(types))
    if before is not None:
        query = query.where(StockMovement.sequence < before)
    return (await work.session.scalars(query.order_by(StockMovement.sequence.desc()).limit(limit))).all()


async def unexplained(work: Work) -> Sequence[tuple[StockItem, Decimal, Decimal]]:
    """Levels that differ from the sum of their ledger, or whose promises differ from their holds."""
    ledger = (
        select(StockMovement.stock_item_id, func.sum(StockMovement.delta).label("total"))
        .where(StockMovement.workspace_id == work.workspace_id)
        .group_by(StockMovement.stock_item_id)
        .subquery()
    )
    holds = (
        select(StockHold.stock_item_id, func.sum(StockHold.quantity).label("total"))
        .where(StockHold.workspace_id == work.workspace_id, StockHold.status == HoldStatus.ACTIVE)
        .group_by(StockHold.stock_item_id)
        .subquery()
    )
    in_ledger, in_holds = func.coalesce(ledger.c.total, 0), func.coalesce(holds.c.total, 0)
    query = (
        select(StockItem, in_ledger, in_holds)
        .outerjoin(ledger, ledger.c.stock_item_id == StockItem.id)
        .outerjoin(holds, holds.c.stock_item_id == StockItem.id)
        .where(
            StockItem.workspace_id == work.workspace_id,
            or_(StockItem.on_hand != in_ledger, StockItem.held != in_holds),
        )
        .order_by(StockItem.id)
    )
    return [(item, total, held) for item, total, held in await work.session.execute(query)]
