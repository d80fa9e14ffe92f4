"""All SQL of statistics: a metric of the catalogue becomes one query, and movements are added up by product."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from core.work import Work
from domain.statistics.catalogue import TIMES, Metric
from domain.statistics.schemas import Grain
from domain.stock.kinds import MovementType


async def measured(
    work: Work,
    metric: Metric,
    grain: Grain | None,
    *,
    since: datetime,
    until: datetime,
    timezone: str,
    stores: tuple[UUID, ...],
    product: UUID | None,
    limit: int,
) -> list[Row[Any]]:
    """The parts of a figure as (key, label, unit, value): days in their order, everything else by its value."""
    key, label = metric.grains[grain] if grain is not None else ("NULL::text", "NULL::text")
    conditions = ["t.workspace_id = :workspace", metric.where]
    if metric.at is not None:
        conditions.append(f"{metric.at} >= :since AND {metric.at} < :until")
    if stores:
        conditions.append(f"{metric.store} = ANY (:stores)")
    if product is not None:
        conditions.append("p.id = :product")
    by_value = f"value {'ASC' if metric.ascending else 'DESC'} NULLS LAST, label, key"
    # Nothing but words of the catalogue is put together here.
    query = f"""
        SELECT {key} AS key, {label} AS label, {metric.unit} AS unit, {metric.value} AS value
        FROM {metric.source} WHERE {" AND ".join(f"({each})" for each in conditions)}
        GROUP BY 1, 2, 3 ORDER BY {"key, unit" if grain in TIMES else by_value} LIMIT :limit
    """  # noqa: S608 - words of the catalogue, and values that are bound
    known = {
        "workspace": work.workspace_id,
        "since": since,
        "until": until,
        "timezone": timezone,
        "stores": list(stores),
        "product": product,
        "limit": limit,
    }
    named = {name: value for name, value in known.items() if f":{name}" in query}
    return list(await work.session.execute(text(query), named))


_BY_PRODUCT: Final = """
    SELECT p.id AS product_id, p.code, p.name, p.unit, m.type, w.currency,
           sum(coalesce(m.counted_quantity, abs(m.delta))) AS total_quantity,
           round(avg(coalesce(m.counted_quantity, abs(m.delta))), 3) AS average_quantity,
           count(DISTINCT m.store_id) AS stores,
           sum(round(coalesce(m.counted_quantity, abs(m.delta)) * coalesce(m.unit_price, v.price), 2)) AS total_value,
           count(*) AS movements, min(m.occurred_at) AS first_at, max(m.occurred_at) AS last_at
    FROM stock_movements m
    JOIN workspaces w ON w.id = m.workspace_id
    JOIN product_variants v ON v.workspace_id = m.workspace_id AND v.id = m.variant_id
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    WHERE m.workspace_id = :workspace AND p.status = 'active' AND m.type = :type
      AND m.occurred_at >= :since AND m.occurred_at < :until
      AND (cardinality(CAST(:stores AS uuid[])) = 0 OR m.store_id = ANY (CAST(:stores AS uuid[])))
    GROUP BY p.id, p.code, p.name, p.unit, m.type, w.currency
    ORDER BY total_quantity DESC, p.code LIMIT :limit
"""


async def by_product(
    work: Work, type: MovementType, since: datetime, until: datetime, stores: tuple[UUID, ...], limit: int
) -> list[Row[Any]]:
    """What moved of each active product in one way; what was counted is added up as it was counted."""
    named = {"workspace": work.workspace_id, "type": type.value, "since": since, "until": until}
    return list(await work.session.execute(text(_BY_PRODUCT), {**named, "stores": list(stores), "limit": limit}))
