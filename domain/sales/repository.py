"""SQL of sales from elsewhere."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Date, String, any_, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from core.work import Work
from domain.sales.models import SaleLine


async def known(work: Work, source: str, digests: Sequence[str]) -> set[str]:
    """Those of the digests that are there."""
    query = select(SaleLine.digest).where(
        SaleLine.workspace_id == work.workspace_id,
        SaleLine.source == source,
        SaleLine.digest == any_(literal(list(digests), ARRAY(String))),
    )
    return set(await work.session.scalars(query))


async def add(work: Work, rows: Sequence[dict[str, object]]) -> set[str]:
    """Add lines; the digests of those that were not there."""
    statement = insert(SaleLine).on_conflict_do_nothing(index_elements=["workspace_id", "source", "digest"])
    return set(await work.session.scalars(statement.returning(SaleLine.digest), rows))


async def remove(work: Work, id: UUID) -> bool:
    """Remove a line; whether it was there."""
    statement = delete(SaleLine).where(SaleLine.workspace_id == work.workspace_id, SaleLine.id == id)
    return (await work.session.execute(statement.returning(SaleLine.id))).first() is not None


async def daily(work: Work, timezone: str, first: date, last: date) -> Sequence[tuple[date, UUID, UUID, Decimal]]:
    """What was sold on each day of the shop's time zone: day, store, variant, quantity."""
    day = cast(func.timezone(timezone, SaleLine.sold_at), Date)
    query = (
        select(day, SaleLine.store_id, SaleLine.variant_id, func.sum(SaleLine.quantity))
        .where(SaleLine.workspace_id == work.workspace_id, day.between(first, last))
        .group_by(day, SaleLine.store_id, SaleLine.variant_id)
        .order_by(day, SaleLine.store_id, SaleLine.variant_id)
    )
    return [(on, store_id, variant_id, total) for on, store_id, variant_id, total in await work.session.execute(query)]
