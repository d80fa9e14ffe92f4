"""SQL of demand: the projection of the ledger and of sales elsewhere, by day of the shop's calendar."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, exists, select, text

from core.work import Work, own
from domain.demand.models import DemandDay

_PROJECT: Final = """
    WITH moved AS (
        SELECT m.store_id, m.variant_id, m.type, m.delta, m.unit_price, m.quantity_after, m.sequence,
               (m.occurred_at AT TIME ZONE :timezone)::date AS day,
               (sale.occurred_at AT TIME ZONE :timezone)::date AS undone_day
        FROM stock_movements m LEFT JOIN stock_movements sale
          ON m.source = 'order_undone' AND sale.workspace_id = m.workspace_id AND sale.source = 'order'
         AND sale.source_ref = m.source_ref AND sale.stock_item_id = m.stock_item_id
        WHERE m.workspace_id = :workspace {of_moved}
    ), lines AS (
        SELECT store_id, variant_id, coalesce(undone_day, day) AS day,
               CASE WHEN type = 'sale' OR undone_day IS NOT NULL THEN -delta ELSE 0 END AS sold,
               CASE WHEN type = 'return' AND delta > 0 AND undone_day IS NULL THEN delta ELSE 0 END AS returned,
               CASE WHEN type = 'sale' THEN -delta ELSE 0 END AS largest,
               CASE WHEN type IN ('count', 'adjustment') THEN delta ELSE 0 END AS corrected,
               CASE WHEN type = 'sale' AND unit_price IS NOT NULL THEN -delta ELSE 0 END AS priced,
               CASE WHEN type = 'sale' THEN -delta * unit_price END AS worth
        FROM moved
        UNION ALL
        SELECT s.store_id, s.variant_id, (s.sold_at AT TIME ZONE :timezone)::date, s.quantity, 0, s.quantity, 0,
               CASE WHEN coalesce(s.total, s.unit_price) IS NOT NULL THEN s.quantity ELSE 0 END,
               coalesce(s.total, s.quantity * s.unit_price)
        FROM sale_lines s WHERE s.workspace_id = :workspace {of_sold}
    ), shelf AS (
        SELECT store_id, variant_id, day, bool_or(quantity_after = 0) AS was_empty,
               (array_agg(quantity_after ORDER BY sequence DESC))[1] = 0 AS is_empty_after
        FROM moved GROUP BY store_id, variant_id, day
    ), days AS (
        SELECT store_id, variant_id, day, sum(sold) AS sold, sum(returned) AS returned, max(largest) AS largest,
               sum(corrected) AS corrected, round(sum(worth) / nullif(sum(priced), 0), 2) AS price
        FROM lines GROUP BY store_id, variant_id, day
    )
    INSERT INTO demand_days (
        workspace_id, store_id, variant_id, day, sold, returned, largest, corrected, price, was_empty, is_empty_after
    )
    SELECT :workspace, store_id, variant_id, day, coalesce(sold, 0), coalesce(returned, 0), coalesce(largest, 0),
           coalesce(corrected, 0), price, coalesce(was_empty, false), is_empty_after
    FROM days FULL JOIN shelf USING (store_id, variant_id, day)
"""

_FORGET_ALL: Final = text("DELETE FROM demand_days WHERE workspace_id = :workspace")
_PROJECT_ALL: Final = text(_PROJECT.format(of_moved="", of_sold=""))

_OF_PLACES: Final = (
    "({0}.store_id, {0}.variant_id) IN (SELECT * FROM unnest(CAST(:stores AS uuid[]), CAST(:variants AS uuid[])))"
)
_FORGET_SOME: Final = text(
    f"DELETE FROM demand_days d WHERE d.workspace_id = :workspace AND {_OF_PLACES.format('d')}"  # noqa: S608 - constants
)
_PROJECT_SOME: Final = text(_PROJECT.format(of_moved=f"AND {_OF_PLACES.format('m')}", of_sold=f"AND {_OF_PLACES.format('s')}"))


async def project_all(work: Work, timezone: str) -> int:
    """Make all days anew; how many there are."""
    values = {"workspace": work.workspace_id}
    await work.session.execute(_FORGET_ALL, values)
    return _rows(await work.session.execute(_PROJECT_ALL, {**values, "timezone": timezone}))


async def project_some(work: Work, timezone: str, places: Collection[tuple[UUID, UUID]]) -> int:
    """Make the days of some variants in some stores anew; how many there are of them."""
    stores, variants = [store for store, _ in places], [variant for _, variant in places]
    values = {"workspace": work.workspace_id, "stores": stores, "variants": variants}
    await work.session.execute(_FORGET_SOME, values)
    return _rows(await work.session.execute(_PROJECT_SOME, {**values, "timezone": timezone}))


def _rows(result: Any) -> int:
    return int(result.rowcount)


_PLACES_OF_LEVELS: Final = text(
    "SELECT store_id, variant_id FROM stock_items WHERE workspace_id = :workspace AND id = ANY (:levels)"
).bindparams(bindparam("levels", type_=ARRAY(Uuid)))


async def places_of_levels(work: Work, level_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Store and variant of levels."""
    values = {"workspace": work.workspace_id, "levels": list(level_ids)}
    return {(row.store_id, row.variant_id) for row in await work.session.execute(_PLACES_OF_LEVELS, values)}


async def days_of(work: Work, store_id: UUID, variant_id: UUID, last: date) -> Sequence[DemandDay]:
    """What happened to a variant in a store up to a day, oldest first."""
    query = select(DemandDay).where(
        own(DemandDay, work), DemandDay.store_id == store_id, DemandDay.variant_id == variant_id, DemandDay.day <= last
    )
    return (await work.session.scalars(query.order_by(DemandDay.day))).all()


_COLUMNS: Final = (
    DemandDay.store_id,
    DemandDay.variant_id,
    DemandDay.day,
    (DemandDay.sold - DemandDay.returned).label("demand"),
    DemandDay.largest,
    DemandDay.price,
    DemandDay.was_empty,
    DemandDay.is_empty_after,
)


async def selling(work: Work, since: date) -> list[tuple[UUID, UUID]]:
    """The places (store, variant) that have sold anything since a day, in their order."""
    places = (DemandDay.store_id, DemandDay.variant_id)
    query = select(*places).where(own(DemandDay, work), DemandDay.day >= since, DemandDay.sold > 0)
    return [(store, variant) for store, variant in await work.session.execute(query.distinct().order_by(*places))]


async def has_sold_before(work: Work, day: date) -> bool:
    """Whether anything was sold before a day."""
    sold = exists().where(own(DemandDay, work), DemandDay.day < day, DemandDay.sold > 0)
    return bool(await work.session.scalar(select(sold)))


async def table(work: Work, first: date, last: date, places: Collection[tuple[UUID, UUID]]) -> list[Any]:
    """All days of some places from one day to another: store, variant, day, demand, largest, price, and how the shelf was."""
    wanted = text(_OF_PLACES.format("demand_days")).bindparams(
        bindparam("stores", [store for store, _ in places], ARRAY(Uuid)),
        bindparam("variants", [variant for _, variant in places], ARRAY(Uuid)),
    )
    query = select(*_COLUMNS).where(own(DemandDay, work), DemandDay.day.between(first, last), wanted)
    return list(await work.session.execute(query.order_by(DemandDay.store_id, DemandDay.variant_id, DemandDay.day)))


_OFFERS: Final = text(
    """
    SELECT p.variant_id, (p.starts_at AT TIME ZONE :timezone)::date AS first, (p.ends_at AT TIME ZONE :timezone)::date AS last,
           p.amount / nullif((
               SELECT usual.amount FROM prices usual
               WHERE usual.workspace_id = p.workspace_id AND usual.variant_id = p.variant_id AND usual.kind = 'retail'
                 AND usual.ends_at IS NULL AND usual.starts_at <= p.starts_at
               ORDER BY usual.starts_at DESC, usual.sequence DESC LIMIT 1
           ), 0) AS of_usual
    FROM prices p WHERE p.workspace_id = :workspace AND p.kind = 'retail' AND p.ends_at IS NOT NULL AND p.ends_at >= :since
    ORDER BY p.variant_id, p.starts_at, p.sequence
    """
)


async def offers(work: Work, timezone: str, since: datetime) -> list[Row[Any]]:
    """The retail prices that hold for a time only, past and planned: variant, first and last day, and the part that each
    is of the price that holds for good, None where there was none.
    """
    values = {"workspace": work.workspace_id, "timezone": timezone, "since": since}
    return list(await work.session.execute(_OFFERS, values))
