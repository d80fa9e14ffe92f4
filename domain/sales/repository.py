"""SQL of sales from elsewhere."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, String, any_, cast, delete, func, literal, select, text

from core import bulk
from core.work import Work, own
from domain.sales.models import SaleLine


async def known(work: Work, source: str, digests: Sequence[str]) -> set[str]:
    """Those of the digests that are there."""
    query = select(SaleLine.digest).where(
        own(SaleLine, work),
        SaleLine.source == source,
        SaleLine.digest == any_(literal(list(digests), ARRAY(String))),
    )
    return set(await work.session.scalars(query))


async def add(work: Work, rows: Sequence[dict[str, object]]) -> set[str]:
    """Add lines; the digests of those that were not there."""
    return set(await bulk.add_rows(work, SaleLine, rows, known_by=("workspace_id", "source", "digest")))


async def remove(work: Work, id: UUID) -> bool:
    """Remove a line; whether it was there."""
    statement = delete(SaleLine).where(own(SaleLine, work), SaleLine.id == id)
    return (await work.session.execute(statement.returning(SaleLine.id))).first() is not None


async def daily(work: Work, timezone: str, first: date, last: date) -> Sequence[tuple[date, UUID, UUID, Decimal]]:
    """What was sold on each day of the shop's time zone: day, store, variant, quantity."""
    day = cast(func.timezone(timezone, SaleLine.sold_at), Date)
    query = (
        select(day, SaleLine.store_id, SaleLine.variant_id, func.sum(SaleLine.quantity))
        .where(own(SaleLine, work), day.between(first, last))
        .group_by(day, SaleLine.store_id, SaleLine.variant_id)
        .order_by(day, SaleLine.store_id, SaleLine.variant_id)
    )
    return [(on, store_id, variant_id, total) for on, store_id, variant_id, total in await work.session.execute(query)]


_LINES = text(
    """
    SELECT l.id, l.sold_at AS date, s.code AS store, v.sku AS code, p.name, l.quantity, l.unit_price AS price, l.total,
           l.document
      FROM sale_lines AS l
      JOIN stores AS s ON s.workspace_id = l.workspace_id AND s.id = l.store_id
      JOIN product_variants AS v ON v.workspace_id = l.workspace_id AND v.id = l.variant_id
      JOIN products AS p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
     WHERE l.workspace_id = :workspace AND (CAST(:after AS uuid) IS NULL OR l.id > :after)
     ORDER BY l.id
     LIMIT :limit
    """
)


async def page(work: Work, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A page of all lines with what they are of, by id."""
    values = {"workspace": work.workspace_id, "after": after, "limit": limit}
    return [dict(row._mapping) for row in await work.session.execute(_LINES, values)]
