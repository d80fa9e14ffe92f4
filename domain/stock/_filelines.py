"""SQL of lines that files bring: which are booked, what moved since, and all levels page by page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, func, literal, select, text

from core import bulk
from core.work import Work, own
from domain.stock.kinds import MovementType
from domain.stock.models import StockItem, StockMovement


async def times_booked(work: Work, source: str, undone: str, refs: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """How often lines with these references were taken back, and the references that stand booked now."""
    query = select(StockMovement.source, StockMovement.source_ref, func.count()).where(
        own(StockMovement, work),
        StockMovement.source.in_((source, undone)),
        StockMovement.source_ref == any_(literal(list(refs), ARRAY(String))),
    )
    counts = {(kind, ref): count for kind, ref, count in await work.session.execute(query.group_by("source", "source_ref"))}
    taken_back = {ref: count for (kind, ref), count in counts.items() if kind == undone}
    live = {ref for (kind, ref), count in counts.items() if kind == source and count > taken_back.get(ref, 0)}
    return taken_back, live


_MOVED_SINCE = text(
    """
    SELECT asked.item, asked.at, sum(m.delta)
      FROM unnest(CAST(:items AS uuid[]), CAST(:times AS timestamptz[])) AS asked(item, at)
      JOIN stock_movements AS m
        ON m.workspace_id = :workspace AND m.stock_item_id = asked.item AND m.occurred_at > asked.at
     GROUP BY asked.item, asked.at
    """
)


async def moved_since(
    work: Work, places: Sequence[tuple[UUID, datetime | None]]
) -> dict[tuple[UUID, datetime | None], Decimal]:
    """By how much each level has changed since a time."""
    if not places:
        return {}
    asked = list(dict.fromkeys(places))
    values = {"workspace": work.workspace_id, "items": [item for item, _ in asked], "times": [at for _, at in asked]}
    found = await work.session.execute(_MOVED_SINCE, values)
    return {(item, at): total for item, at, total in found}


_WRITE_LEVELS = text(
    """
    UPDATE stock_items AS i
       SET on_hand = n.on_hand, value = n.value, unit_cost = n.unit_cost, last_cost = n.last_cost, min_stock = n.least,
           max_stock = n.most, updated_at = clock_timestamp()
      FROM unnest(CAST(:ids AS uuid[]), CAST(:on_hand AS numeric[]), CAST(:worth AS numeric[]), CAST(:costs AS numeric[]),
                  CAST(:last_costs AS numeric[]), CAST(:least AS numeric[]), CAST(:most AS numeric[]))
           AS n(id, on_hand, value, unit_cost, last_cost, least, most)
     WHERE i.workspace_id = :workspace AND i.id = n.id
    """
)


async def write(work: Work, levels: Sequence[StockItem], movements: Sequence[Mapping[str, Any]]) -> None:
    """Write what locked levels have become, and the lines of the ledger that explain it, in their order."""
    if levels:
        values = {
            "workspace": work.workspace_id,
            "ids": [level.id for level in levels],
            "on_hand": [level.on_hand for level in levels],
            "worth": [level.value for level in levels],
            "costs": [level.unit_cost for level in levels],
            "last_costs": [level.last_cost for level in levels],
            "least": [level.min_stock for level in levels],
            "most": [level.max_stock for level in levels],
        }
        await work.session.execute(_WRITE_LEVELS, values)
    await bulk.add_rows(work, StockMovement, movements)


async def movement_of(work: Work, source: str, ref: str, line: int) -> StockMovement | None:
    """The line of the ledger with this cause."""
    query = select(StockMovement).where(
        own(StockMovement, work),
        StockMovement.source == source,
        StockMovement.source_ref == ref,
        StockMovement.line == line,
    )
    return (await work.session.scalars(query)).one_or_none()


async def was_counted_since(work: Work, movement: StockMovement) -> bool:
    """Whether the level was counted or corrected after a line of its ledger."""
    query = select(StockMovement.id).where(
        own(StockMovement, work),
        StockMovement.stock_item_id == movement.stock_item_id,
        StockMovement.sequence > movement.sequence,
        StockMovement.type.in_((MovementType.COUNT, MovementType.ADJUSTMENT)),
    )
    return (await work.session.scalars(query.limit(1))).first() is not None


_ALL_LEVELS = text(
    """
    SELECT i.id, s.code AS store, v.sku AS code, p.name, p.unit, i.on_hand, i.held, i.on_hand - i.held AS available,
           i.min_stock, i.max_stock, i.unit_cost
      FROM stock_items AS i
      JOIN stores AS s ON s.workspace_id = i.workspace_id AND s.id = i.store_id
      JOIN product_variants AS v ON v.workspace_id = i.workspace_id AND v.id = i.variant_id
      JOIN products AS p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
     WHERE i.workspace_id = :workspace AND (CAST(:after AS uuid) IS NULL OR i.id > :after)
     ORDER BY i.id
     LIMIT :limit
    """
)


async def levels_page(work: Work, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A page of all levels with what they are of, by id."""
    values = {"workspace": work.workspace_id, "after": after, "limit": limit}
    return [dict(row._mapping) for row in await work.session.execute(_ALL_LEVELS, values)]


_LEDGER = text(
    """
    SELECT m.sequence, m.occurred_at, s.code AS store, v.sku AS code, p.name, m.type, m.delta, m.quantity_after, m.unit_cost,
           m.unit_price, m.reason, m.source, m.source_ref
      FROM stock_movements AS m
      JOIN stores AS s ON s.workspace_id = m.workspace_id AND s.id = m.store_id
      JOIN product_variants AS v ON v.workspace_id = m.workspace_id AND v.id = m.variant_id
      JOIN products AS p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
     WHERE m.workspace_id = :workspace AND m.sequence > :after
     ORDER BY m.sequence
     LIMIT :limit
    """
)


async def movements_page(work: Work, after: int | None, limit: int) -> list[dict[str, Any]]:
    """A page of the ledger by sequence."""
    values = {"workspace": work.workspace_id, "after": after or 0, "limit": limit}
    return [dict(row._mapping) for row in await work.session.execute(_LEDGER, values)]
