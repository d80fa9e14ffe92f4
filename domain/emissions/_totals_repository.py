"""SQL of totals: what records come to over spans of days, by what counts now, in one statement and so of one moment."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from core.work import Work
from domain.emissions.kinds import Grouping

_KEYS: Final = {
    Grouping.SCOPE: ("NULL", "NULL"),
    Grouping.CATEGORY: ("s.category", "NULL"),
    Grouping.SITE: ("s.site_id::text", "st.name"),
    Grouping.MACHINE: ("s.machine_id::text", "m.code"),
    Grouping.PRODUCT: ("s.variant_id::text", "v.sku"),
    Grouping.SOURCE: ("s.id::text", "s.name"),
    Grouping.MONTH: ("to_char(p.first, 'YYYY-MM')", "NULL"),
}

_WITHIN: Final = """
    FROM emission_records r
    JOIN emission_sources s ON s.workspace_id = r.workspace_id AND s.id = r.source_id
    JOIN newest n ON n.record_id = r.id
    JOIN unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS p(first, last)
      ON p.first <= r.last_day AND p.last >= r.first_day
    LEFT JOIN sites st ON st.workspace_id = s.workspace_id AND st.id = s.site_id
    LEFT JOIN machines m ON m.workspace_id = s.workspace_id AND m.id = s.machine_id
    LEFT JOIN product_variants v ON v.workspace_id = s.workspace_id AND v.id = s.variant_id
    WHERE r.workspace_id = :workspace AND r.withdrawn_at IS NULL
      AND (CAST(:site AS uuid) IS NULL OR s.site_id = :site) AND (CAST(:machine AS uuid) IS NULL OR s.machine_id = :machine)
      AND (CAST(:variant AS uuid) IS NULL OR s.variant_id = :variant)
"""

_NEWEST: Final = """
    WITH newest AS MATERIALIZED (
        SELECT DISTINCT ON (record_id) * FROM emission_figures WHERE workspace_id = :workspace
        ORDER BY record_id, calculation DESC
    )
"""

_TOTALS: Final = (
    _NEWEST  # noqa: S608 - pieces of our own
    + """
    , parts AS (
        SELECT {key} AS key, {name} AS name, n.scope, r.id, n.uncertainty, n.reason,
               n.co2e * days.within / days.whole AS co2e, coalesce(n.market, n.co2e) * days.within / days.whole AS market,
               n.biogenic_co2 * days.within / days.whole AS biogenic_co2
    """
    + _WITHIN.replace(
        "    WHERE",
        """
    CROSS JOIN LATERAL (SELECT CAST(least(r.last_day, p.last) - greatest(r.first_day, p.first) + 1 AS numeric) AS within,
                               r.last_day - r.first_day + 1 AS whole) AS days
    WHERE""",
        1,
    )
    + """
    )
    SELECT key, max(name) AS name, scope, sum(co2e) AS co2e, sum(market) AS market,
           coalesce(sum(biogenic_co2), 0) AS biogenic_co2, count(DISTINCT id) AS records,
           sum(power(co2e * uncertainty / 100, 2)) AS squares,
           coalesce(sum(co2e) FILTER (WHERE uncertainty IS NOT NULL), 0) AS known
    FROM parts GROUP BY key, scope ORDER BY key NULLS LAST, scope NULLS LAST
    """
)

_LINES: Final = (
    _NEWEST
    + """
    SELECT r.id, r.first_day, r.last_day, r.amount, r.unit, r.coverage, r.filename, r.key, s.name AS source, s.activity, s.kind,
           s.country, s.category, st.name AS site, m.code AS machine, v.sku AS product, n.scope, n.co2e, n.market,
           n.biogenic_co2, n.gases, n.quality, n.uncertainty, n.factor, n.market_factor, n.notes, n.market_notes, n.reason,
           n.gwp, n.calculation
    """
    + _WITHIN
    + " ORDER BY r.first_day, s.name_key, r.id LIMIT :limit"
)


def _values(
    work: Work, spans: Sequence[tuple[date, date]], site: UUID | None, machine: UUID | None, variant: UUID | None
) -> dict[str, Any]:
    return {
        "workspace": work.workspace_id,
        "firsts": [first for first, _ in spans],
        "lasts": [last for _, last in spans],
        "site": site,
        "machine": machine,
        "variant": variant,
    }


async def totals(
    work: Work,
    by: Grouping,
    spans: Sequence[tuple[date, date]],
    *,
    site_id: UUID | None,
    machine_id: UUID | None,
    variant_id: UUID | None,
) -> Sequence[Row[Any]]:
    """Kilograms by a key and scope; rows without a scope count what has no figure. A record counts by its days in a span."""
    key, name = _KEYS[by]
    query = text(_TOTALS.format(key=key, name=name))
    return (await work.session.execute(query, _values(work, spans, site_id, machine_id, variant_id))).all()


async def lines(work: Work, first: date, last: date, *, site_id: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Each record with what it comes to, whole, by its first day."""
    values = _values(work, [(first, last)], site_id, None, None) | {"limit": limit}
    return (await work.session.execute(text(_LINES), values)).all()
