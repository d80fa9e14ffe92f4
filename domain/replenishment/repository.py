"""SQL of replenishment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text

from core import bulk
from core.paging import part
from core.work import Work, own
from domain.demand.schemas import Place
from domain.replenishment.kinds import STANDING, AbcClass, ProposalStatus
from domain.replenishment.models import ProductClass, Proposal

_SHELVES: Final = text(
    """
    WITH ordered AS (
        SELECT o.store_id, l.variant_id, sum(greatest(l.packs * l.pack_size - l.received + l.rejected, 0)) AS coming
        FROM purchase_orders o JOIN purchase_order_lines l ON l.workspace_id = o.workspace_id AND l.purchase_order_id = o.id
        WHERE o.workspace_id = :workspace AND o.status IN ('submitted', 'partly_received') GROUP BY o.store_id, l.variant_id
    ), moving AS (
        SELECT t.to_store_id, t.from_store_id, l.variant_id, l.requested - l.received - l.returned - l.lost AS coming,
               l.requested - l.sent AS leaving
        FROM stock_transfers t JOIN stock_transfer_lines l ON l.workspace_id = t.workspace_id AND l.transfer_id = t.id
        WHERE t.workspace_id = :workspace AND t.status IN ('requested', 'approved', 'in_transit')
    ), sources AS (
        SELECT DISTINCT ON (q.variant_id) q.variant_id, q.supplier_id, q.pack_size, q.minimum_packs, q.pack_cost,
               s.lead_time_days, s.order_days
        FROM supplier_products q JOIN suppliers s ON s.workspace_id = q.workspace_id AND s.id = q.supplier_id AND s.is_active
        WHERE q.workspace_id = :workspace ORDER BY q.variant_id, q.is_preferred DESC, q.id
    )
    SELECT i.store_id, i.variant_id, i.on_hand,
           i.held + coalesce((SELECT sum(m.leaving) FROM moving m
                              WHERE m.from_store_id = i.store_id AND m.variant_id = i.variant_id), 0) AS held,
           coalesce(o.coming, 0) + coalesce((SELECT sum(m.coming) FROM moving m
                              WHERE m.to_store_id = i.store_id AND m.variant_id = i.variant_id), 0) AS incoming,
           sources.supplier_id, sources.pack_size, sources.minimum_packs, sources.pack_cost, sources.lead_time_days,
           sources.order_days
    FROM stock_items i
    JOIN product_variants v ON v.workspace_id = i.workspace_id AND v.id = i.variant_id AND v.is_active
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id AND p.status = 'active'
    JOIN stores st ON st.workspace_id = i.workspace_id AND st.id = i.store_id AND st.is_active
    LEFT JOIN ordered o ON o.store_id = i.store_id AND o.variant_id = i.variant_id
    LEFT JOIN sources ON sources.variant_id = i.variant_id
    WHERE i.workspace_id = :workspace AND (CAST(:store AS uuid) IS NULL OR i.store_id = :store)
      AND (CAST(:variant AS uuid) IS NULL OR i.variant_id = :variant)
    """
)


async def shelves(work: Work, store_id: UUID | None = None, variant_id: UUID | None = None) -> list[Row[Any]]:
    """Every level of what is sold: what is there, promised or leaving, on its way, and of whom it is bought."""
    values = {"workspace": work.workspace_id, "store": store_id, "variant": variant_id}
    return list(await work.session.execute(_SHELVES, values))


_COMING_AFTER: Final = text(
    """
    SELECT o.store_id, l.variant_id, sum(greatest(l.packs * l.pack_size - l.received + l.rejected, 0)) AS quantity,
           min(o.expected_on) AS first
    FROM purchase_orders o JOIN purchase_order_lines l ON l.workspace_id = o.workspace_id AND l.purchase_order_id = o.id
    WHERE o.workspace_id = :workspace AND o.status IN ('submitted', 'partly_received') AND o.expected_on > :day
    GROUP BY o.store_id, l.variant_id HAVING sum(greatest(l.packs * l.pack_size - l.received + l.rejected, 0)) > 0
    """
)


async def coming_after(work: Work, day: date) -> dict[Place, Row[Any]]:
    """What was ordered and is expected only behind a day: how much, and when the first of it comes."""
    rows = await work.session.execute(_COMING_AFTER, {"workspace": work.workspace_id, "day": day})
    return {Place(row.store_id, row.variant_id): row for row in rows}


_WORTH: Final = text(
    """
    SELECT d.variant_id, sum((d.sold - d.returned) * coalesce(d.price, v.price)) AS worth FROM demand_days d
    JOIN product_variants v ON v.workspace_id = d.workspace_id AND v.id = d.variant_id
    WHERE d.workspace_id = :workspace AND d.day >= :since GROUP BY d.variant_id
    """
)


async def worth(work: Work, since: date) -> dict[UUID, float]:
    """What each variant has brought in since a day."""
    rows = await work.session.execute(_WORTH, {"workspace": work.workspace_id, "since": since})
    return {row.variant_id: float(row.worth) for row in rows}


async def standing(work: Work) -> Sequence[Proposal]:
    """All proposals that still wait, locked."""
    query = select(Proposal).where(own(Proposal, work), Proposal.status.in_(STANDING)).order_by(Proposal.id)
    return (await work.session.scalars(query.with_for_update(key_share=True))).all()


async def proposed_for(work: Work, store_id: UUID | None, variant_id: UUID | None) -> Sequence[Proposal]:
    """The proposals that still wait, of a store and a variant where these are given."""
    query = select(Proposal).where(own(Proposal, work), Proposal.status.in_(STANDING))
    for column, wanted in ((Proposal.store_id, store_id), (Proposal.variant_id, variant_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    return (await work.session.scalars(query.order_by(Proposal.id))).all()


async def rejected_since(work: Work, since: datetime) -> set[tuple[UUID, UUID, bool]]:
    """What was rejected lately: store, variant, and whether it was a transfer."""
    columns = (Proposal.store_id, Proposal.variant_id, Proposal.from_store_id.is_not(None))
    query = select(*columns).where(own(Proposal, work), Proposal.status == ProposalStatus.REJECTED)
    rows = await work.session.execute(query.where(Proposal.decided_at >= since))
    return {(store, variant, is_transfer) for store, variant, is_transfer in rows}


async def get(work: Work, proposal_id: UUID) -> Proposal | None:
    """One proposal."""
    query = select(Proposal).where(own(Proposal, work), Proposal.id == proposal_id)
    return (await work.session.scalars(query)).one_or_none()


async def lock(work: Work, proposal_id: UUID) -> Proposal | None:
    """One proposal, locked and read afresh."""
    query = select(Proposal).where(own(Proposal, work), Proposal.id == proposal_id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await work.session.scalars(locked)).one_or_none()


async def page(
    work: Work,
    *,
    statuses: Collection[ProposalStatus],
    store_id: UUID | None,
    supplier_id: UUID | None,
    variant_ids: Collection[UUID] | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Proposal]:
    """Proposals, the newest first, before one of them."""
    query = select(Proposal).where(own(Proposal, work), Proposal.status.in_(statuses))
    if store_id is not None:
        query = query.where(Proposal.store_id == store_id)
    if supplier_id is not None:
        query = query.where(Proposal.supplier_id == supplier_id)
    if variant_ids is not None:
        query = query.where(Proposal.variant_id.in_(set(variant_ids)))
    place = None if before is None else (before,)
    return (await work.session.scalars(part(query, [Proposal.id], place, limit, falls=True))).all()


async def decisions(work: Work, since: datetime) -> Mapping[str, int]:
    """How many proposals were decided on since a moment, by what came of them."""
    query = select(Proposal.status, func.count()).where(own(Proposal, work), Proposal.decided_at >= since)
    return {status.value: count for status, count in await work.session.execute(query.group_by(Proposal.status))}


async def classes(work: Work) -> Mapping[UUID, ProductClass]:
    """The class of each variant."""
    rows = await work.session.scalars(select(ProductClass).where(own(ProductClass, work)))
    return {row.variant_id: row for row in rows}


async def replace_classes(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put classes in the place of all others."""
    await work.session.execute(delete(ProductClass).where(own(ProductClass, work)))
    await bulk.add_rows(work, ProductClass, rows)


async def page_of_classes(
    work: Work, abc: AbcClass | None, after: tuple[float, UUID] | None, limit: int
) -> Sequence[ProductClass]:
    """Classes, what brings in most first, behind one of them."""
    query = select(ProductClass).where(own(ProductClass, work))
    if abc is not None:
        query = query.where(ProductClass.abc == abc)
    return (
        await work.session.scalars(part(query, [ProductClass.share, ProductClass.variant_id], after, limit, falls=True))
    ).all()
