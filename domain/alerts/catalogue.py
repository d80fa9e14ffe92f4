"""The one catalogue of causes: what is looked for, in SQL over the tables of other nouns, which it reads and never writes.

Each statement gives subject_id, store_id, variant_id, severity and evidence; quantities in it are text, as they are decimals.
"""

from collections.abc import Mapping
from typing import Final

from domain.alerts.kinds import AlertKind

MOST_OF_KIND: Final = 5_000

_LIVE: Final = """
    JOIN product_variants v ON v.workspace_id = i.workspace_id AND v.id = i.variant_id AND v.is_active
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id AND p.status = 'active'
"""

_SOLD: Final = """
    LEFT JOIN (
        SELECT store_id, variant_id, sum(sold) AS sold, sum(corrected) AS corrected FROM demand_days
        WHERE workspace_id = :workspace AND day >= :today - make_interval(days => {days}) GROUP BY store_id, variant_id
    ) s ON s.store_id = i.store_id AND s.variant_id = i.variant_id
"""

_LEVEL: Final = """'on_hand', i.on_hand::text, 'held', i.held::text, 'available', (i.on_hand - i.held)::text,
    'min_stock', i.min_stock::text, 'unit', p.unit"""

_STOCK_OUT: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'critical' AS severity,
           jsonb_build_object({_LEVEL}, 'sold_28_days', coalesce(s.sold, 0)::text) AS evidence
    FROM stock_items i {_LIVE} {_SOLD.format(days=28)}
    WHERE i.workspace_id = :workspace AND i.on_hand - i.held <= 0 AND (i.min_stock > 0 OR s.sold > 0)
"""  # noqa: S608 - only words of this file, here and below

_STOCK_LOW: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id,
           CASE WHEN (i.on_hand - i.held) * 100 <= i.min_stock * :critical_percent THEN 'critical' ELSE 'warning' END
               AS severity,
           jsonb_build_object({_LEVEL}) AS evidence
    FROM stock_items i {_LIVE}
    WHERE i.workspace_id = :workspace AND i.on_hand - i.held > 0 AND i.on_hand - i.held < i.min_stock
"""  # noqa: S608 - constants of this file

_NEXT_ARRIVAL: Final = """
    LEFT JOIN LATERAL (
        SELECT coalesce(o.lead_time_days, :lead_days) + (
            SELECT min(wait) FROM generate_series(0, 6) wait
            WHERE o.order_days = '{}' OR extract(isodow FROM :today + CAST(wait AS int)) = ANY (o.order_days)
        ) AS days
        FROM supplier_products q JOIN suppliers o ON o.workspace_id = q.workspace_id AND o.id = q.supplier_id AND o.is_active
        WHERE q.workspace_id = i.workspace_id AND q.variant_id = i.variant_id ORDER BY q.is_preferred DESC, q.id LIMIT 1
    ) arrival ON true
"""
"""In how many days goods would be there that were ordered at the next chance."""

_COMING: Final = """
    LEFT JOIN (
        SELECT o.store_id, l.variant_id, o.expected_on, greatest(l.packs * l.pack_size - l.received + l.rejected, 0) AS coming
        FROM purchase_orders o JOIN purchase_order_lines l ON l.workspace_id = o.workspace_id AND l.purchase_order_id = o.id
        WHERE o.workspace_id = :workspace AND o.status IN ('submitted', 'partly_received')
    ) c ON c.store_id = i.store_id AND c.variant_id = i.variant_id
       AND coalesce(c.expected_on, :today) <= :today + CAST(coalesce(arrival.days, :lead_days) AS int)
"""

# Behind the last day that was forecast its week goes on, as in `Curve.on`.
_STOCK_OUT_AHEAD: Final = f"""
    SELECT subject_id, store_id, variant_id, CASE WHEN supply < wanted / 2 THEN 'critical' ELSE 'warning' END AS severity,
           evidence || jsonb_build_object('coming', coming::text, 'days', days, 'expected', round(wanted, 1)::text) AS evidence
    FROM (
        SELECT i.id AS subject_id, i.store_id, i.variant_id, jsonb_build_object({_LEVEL}) AS evidence,
               coalesce(arrival.days, :lead_days) AS days, coalesce(sum(c.coming), 0) AS coming,
               i.on_hand - i.held + coalesce(sum(c.coming), 0) AS supply,
               (
                   SELECT coalesce(sum(CAST(f.mean ->> CAST(
                       CASE WHEN n < r.horizon THEN n ELSE r.horizon - 7 + (n - r.horizon) % 7 END AS int
                   ) AS numeric)), 0)
                   FROM generate_series(:today - r.first_day, :today - r.first_day + coalesce(arrival.days, :lead_days) - 1) n
               ) AS wanted
        FROM stock_items i {_LIVE}
        JOIN forecasts f ON f.workspace_id = i.workspace_id AND f.level = 'variant_store' AND f.store_id = i.store_id
         AND f.variant_id = i.variant_id
        JOIN forecast_runs r ON r.workspace_id = f.workspace_id AND r.id = f.run_id {_NEXT_ARRIVAL} {_COMING}
        WHERE i.workspace_id = :workspace AND i.on_hand - i.held > 0 AND i.on_hand - i.held >= i.min_stock
        GROUP BY i.id, i.store_id, i.variant_id, i.on_hand, i.held, i.min_stock, p.unit, f.mean, r.first_day, r.horizon,
                 arrival.days
    ) ahead WHERE wanted > supply
"""  # noqa: S608 - constants of this file

_SALES_UNEXPECTED: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'warning' AS severity,
           jsonb_build_object('expected', round(f.expected::numeric, 1)::text, 'came', round(f.came::numeric, 1)::text,
               'score', f.surprise, 'until', r.first_day - 1, 'unit', p.unit) AS evidence
    FROM forecasts f JOIN forecast_runs r ON r.workspace_id = f.workspace_id AND r.id = f.run_id
    JOIN stock_items i ON i.workspace_id = f.workspace_id AND i.store_id = f.store_id AND i.variant_id = f.variant_id {_LIVE}
    WHERE f.workspace_id = :workspace AND f.level = 'variant_store'
      AND (abs(f.surprise) >= :surprise OR (f.came = 0 AND f.surprise <= -3))
      AND abs(f.came - f.expected) >= :surprise_units AND r.first_day >= :today - 2
"""  # noqa: S608 - constants of this file

_SHRINKAGE: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'warning' AS severity,
           jsonb_build_object('missing', (-s.corrected)::text, 'sold', s.sold::text, 'days', 30, 'unit', p.unit,
               'worth', round(-s.corrected * i.unit_cost, 2)::text) AS evidence
    FROM stock_items i {_LIVE} {_SOLD.format(days=30)}
    WHERE i.workspace_id = :workspace AND -s.corrected >= 3
      AND -s.corrected * 100 >= (s.sold + i.on_hand - s.corrected) * :shrinkage_percent
"""  # noqa: S608 - constants of this file

_DEAD_STOCK: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'info' AS severity,
           jsonb_build_object({_LEVEL}, 'days', :dead_days, 'worth', i.value::text) AS evidence
    FROM stock_items i {_LIVE} {_SOLD.format(days=":dead_days")}
    WHERE i.workspace_id = :workspace AND i.on_hand > 0 AND coalesce(s.sold, 0) <= 0 AND NOT EXISTS (
        SELECT FROM stock_movements m WHERE m.workspace_id = i.workspace_id AND m.stock_item_id = i.id
        AND m.delta > 0 AND m.occurred_at >= :now - make_interval(days => :dead_days)
    )
"""  # noqa: S608 - constants of this file

_SLOW_STOCK: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'info' AS severity,
           jsonb_build_object({_LEVEL}, 'sold', s.sold::text, 'days', round(i.on_hand / s.sold * 90), 'worth', i.value::text)
               AS evidence
    FROM stock_items i {_LIVE} {_SOLD.format(days=90)}
    WHERE i.workspace_id = :workspace AND s.sold > 0 AND i.on_hand / s.sold * 90 > :slow_cover_days
      AND i.created_at < :now - interval '90 days'
"""  # noqa: S608 - constants of this file

_HOLD_EXPIRING: Final = """
    SELECT h.order_id AS subject_id, h.store_id, NULL::uuid AS variant_id, 'info' AS severity,
           jsonb_build_object('until', min(h.expires_at), 'goods', count(*)) AS evidence
    FROM stock_holds h
    WHERE h.workspace_id = :workspace AND h.status = 'active'
      AND h.expires_at > :now AND h.expires_at < :now + interval '15 minutes'
    GROUP BY h.order_id, h.store_id
"""

_PRICE_BELOW_COST: Final = f"""
    SELECT i.id AS subject_id, i.store_id, i.variant_id, 'warning' AS severity,
           jsonb_build_object('price', v.price::text, 'unit_cost', i.unit_cost::text,
               'currency', (SELECT currency FROM workspaces w WHERE w.id = :workspace)) AS evidence
    FROM stock_items i {_LIVE}
    WHERE i.workspace_id = :workspace AND i.on_hand > 0 AND v.price > 0 AND v.price < i.unit_cost
"""  # noqa: S608 - constants of this file

_PAYMENT_WAITING: Final = """
    SELECT m.id AS subject_id, o.store_id, NULL::uuid AS variant_id,
           CASE WHEN m.created_at < :now - make_interval(mins => 4 * :payment_minutes) THEN 'critical' ELSE 'warning' END
               AS severity,
           jsonb_build_object('amount', m.amount::text, 'currency', m.currency, 'order', o.number, 'since', m.created_at)
               AS evidence
    FROM payments m LEFT JOIN orders o ON o.workspace_id = m.workspace_id AND o.id = m.order_id
    WHERE m.workspace_id = :workspace AND m.status = 'claimed'
      AND m.created_at < :now - make_interval(mins => :payment_minutes)
"""

_ERP_LATE: Final = """
    SELECT e.id AS subject_id, NULL::uuid AS store_id, NULL::uuid AS variant_id, 'warning' AS severity,
           jsonb_build_object('name', e.name, 'since', min(coalesce(read.at, e.created_at))) AS evidence
    FROM erp_connections e CROSS JOIN LATERAL jsonb_array_elements_text(e.settings->'types') AS wanted(type)
    CROSS JOIN LATERAL (
        SELECT max(j.completed_at) AS at FROM sync_jobs j
        WHERE j.workspace_id = e.workspace_id AND j.connection_id = e.id AND j.job_type = wanted.type AND j.status = 'completed'
    ) AS read
    WHERE e.workspace_id = :workspace AND e.is_active
      AND coalesce(read.at, e.created_at)
          < clock_timestamp() - greatest(interval '1 day', make_interval(mins => 3 * e.every_minutes))
    GROUP BY e.id, e.name
"""

_MACHINE_UNWELL: Final = """
    SELECT m.id AS subject_id, NULL::uuid AS store_id, NULL::uuid AS variant_id,
           CASE WHEN bool_or(c.severity = 'critical') THEN 'critical' ELSE 'warning' END AS severity,
           jsonb_build_object('machine', m.code, 'name', m.name, 'causes', jsonb_agg(c.key ORDER BY c.key),
               'since', min(c.began_at)) AS evidence
    FROM machine_conditions c JOIN machines m ON m.workspace_id = c.workspace_id AND m.id = c.machine_id AND m.is_active
    WHERE c.workspace_id = :workspace AND c.raised_at IS NOT NULL AND c.resolved_at IS NULL
    GROUP BY m.id, m.code, m.name
"""

CAUSES: Final[Mapping[AlertKind, str]] = {
    AlertKind.STOCK_OUT: _STOCK_OUT,
    AlertKind.STOCK_LOW: _STOCK_LOW,
    AlertKind.STOCK_OUT_AHEAD: _STOCK_OUT_AHEAD,
    AlertKind.SALES_UNEXPECTED: _SALES_UNEXPECTED,
    AlertKind.SHRINKAGE: _SHRINKAGE,
    AlertKind.DEAD_STOCK: _DEAD_STOCK,
    AlertKind.SLOW_STOCK: _SLOW_STOCK,
    AlertKind.HOLD_EXPIRING: _HOLD_EXPIRING,
    AlertKind.PRICE_BELOW_COST: _PRICE_BELOW_COST,
    AlertKind.PAYMENT_WAITING: _PAYMENT_WAITING,
    AlertKind.ERP_LATE: _ERP_LATE,
    AlertKind.MACHINE_UNWELL: _MACHINE_UNWELL,
}
"""What finds each kind."""
