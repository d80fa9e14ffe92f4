"""The one catalogue of metrics: what each is made of, when something falls into a period, and how it can be split.

A metric is SQL over the tables of other nouns, which it reads and never writes. Row-level security holds in it as
anywhere: nobody counts what they may not see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.access import OperationsPermission, Permission
from domain.conversations.permissions import ConversationsPermission
from domain.customers.permissions import CustomersPermission
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission
from domain.statistics.schemas import Grain, Kind
from domain.stock.importing import POS
from domain.stock.permissions import StockPermission

_PLACED: Final = "o.status IN ('confirmed', 'shipped', 'delivered')"

_SOLD: Final = f"""(
    SELECT l.workspace_id, o.store_id, l.variant_id, o.confirmed_at AS at, l.quantity, l.total, o.currency
    FROM order_lines l JOIN orders o ON o.workspace_id = l.workspace_id AND o.id = l.order_id WHERE {_PLACED}
    UNION ALL
    SELECT s.workspace_id, s.store_id, s.variant_id, s.sold_at, s.quantity, coalesce(s.total, s.quantity * s.unit_price),
           w.currency
    FROM sale_lines s JOIN workspaces w ON w.id = s.workspace_id
    UNION ALL
    SELECT m.workspace_id, m.store_id, m.variant_id, m.occurred_at, -m.delta, round(-m.delta * m.unit_price, 2), w.currency
    FROM stock_movements m JOIN workspaces w ON w.id = m.workspace_id WHERE m.type = 'sale' AND m.source = '{POS}'
)"""  # noqa: S608 - only words of this file
"""What was sold, line by line: by orders, elsewhere as files have told, and at a till whose ledger was taken over."""

_GOODS: Final = """
    JOIN product_variants v ON v.workspace_id = t.workspace_id AND v.id = t.variant_id
    JOIN products p ON p.workspace_id = t.workspace_id AND p.id = v.product_id
    LEFT JOIN categories c ON c.workspace_id = p.workspace_id AND c.id = p.category_id
"""

_IN_PERIOD: Final = "at >= :since AND at < :until"

TIMES: Final = frozenset({Grain.DAY, Grain.WEEK, Grain.MONTH})

_DAYS: Final = {
    Grain.DAY: ("date_trunc('day', {at} AT TIME ZONE :timezone)::date::text", "NULL::text"),
    Grain.WEEK: ("date_trunc('week', {at} AT TIME ZONE :timezone)::date::text", "NULL::text"),
    Grain.MONTH: ("date_trunc('month', {at} AT TIME ZONE :timezone)::date::text", "NULL::text"),
}
_STORE: Final = {
    Grain.STORE: (
        "{store}::text",
        "(SELECT name FROM stores WHERE stores.workspace_id = t.workspace_id AND stores.id = {store})",
    )
}
_PRODUCT: Final = {
    Grain.PRODUCT: ("p.id::text", "p.name"),
    Grain.CATEGORY: ("c.id::text", "c.name"),
}
_METHOD: Final = {Grain.METHOD: ("t.method", "NULL::text")}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `source` has its rows as `t`; `value`, `unit`, `at` and `store` are expressions over them.

    `at` chooses the rows of a period, where the source has not chosen them. `time` says in words which moment counts, and
    is None for what stands now. `store` None means that the metric knows no stores. `zero` is whether no rows count
    nothing, and are not an average of nothing.
    """

    name: str
    kind: Kind
    formula: str
    permission: Permission
    source: str
    value: str
    unit: str
    at: str | None = None
    time: str | None = None
    store: str | None = "t.store_id"
    where: str = "true"
    zero: bool = True
    others: Mapping[Grain, tuple[str, str]] = field(default_factory=dict)
    grain: Grain | None = None
    """How it is split when nobody says how; None for one number of everything."""
    ascending: bool = False
    alone: bool = True
    """Whether one number of everything makes sense; pieces and kilos have no sum."""

    @property
    def has_period(self) -> bool:
        """Whether it is measured for a period."""
        return self.time is not None

    @property
    def grains(self) -> dict[Grain, tuple[str, str]]:
        """By what it can be split: the key and the name of a part, in SQL."""
        found = {**(_DAYS if self.at else {}), **(_STORE if self.store else {}), **self.others}
        named = {"at": self.at, "store": self.store}
        return {grain: (key.format(**named), label.format(**named)) for grain, (key, label) in found.items()}


_ORDERS: Final = f"(SELECT o.* FROM orders o WHERE {_PLACED}) t"  # noqa: S608 - only words of this file

_MONEY_IN: Final = """(
    SELECT m.workspace_id, o.store_id, m.decided_at AS at, m.verified_amount AS amount, m.currency, m.method
    FROM payments m LEFT JOIN orders o ON o.workspace_id = m.workspace_id AND o.id = m.order_id
    WHERE m.status = 'verified' AND (m.order_id IS NULL OR o.id IS NOT NULL)
    UNION ALL
    SELECT r.workspace_id, o.store_id, r.refunded_at, -r.amount, r.currency, coalesce(r.method, o.payment_method)
    FROM refunds r JOIN orders o ON o.workspace_id = r.workspace_id AND o.id = r.order_id
) t"""

_CLAIMS: Final = """(
    SELECT m.workspace_id, o.store_id, coalesce(m.amount, 0) AS amount, m.currency, m.method
    FROM payments m LEFT JOIN orders o ON o.workspace_id = m.workspace_id AND o.id = m.order_id
    WHERE m.status = 'claimed' AND (m.order_id IS NULL OR o.id IS NOT NULL)
) t"""

_THREADS: Final = f"""(
    SELECT c.workspace_id, c.id, w.at, EXISTS (
        SELECT 1 FROM orders o WHERE o.workspace_id = c.workspace_id AND o.conversation_id = c.id
        AND {_PLACED} AND o.confirmed_at >= w.at AND o.confirmed_at < :until
    ) AS has_ordered
    FROM (SELECT * FROM conversations WHERE customer_id IS NOT NULL) c JOIN LATERAL (
        SELECT min(m.received_at) AS at FROM messages m WHERE m.workspace_id = c.workspace_id
        AND m.conversation_id = c.id AND m.direction = 'in' AND m.received_at >= :since AND m.received_at < :until
    ) w ON w.at IS NOT NULL
) t"""  # noqa: S608 - only words of this file

_CURRENCY: Final = "(SELECT currency FROM workspaces WHERE id = t.workspace_id)"

_MODELS: Final = f"""(
    SELECT r.workspace_id, r.started_at AS at, r.cost_usd AS cost, 0 AS orders FROM turns r
    UNION ALL
    SELECT o.workspace_id, o.confirmed_at, 0, 1 FROM orders o WHERE {_PLACED} AND o.conversation_id IS NOT NULL
) t"""  # noqa: S608 - only words of this file

METRICS: Final = (
    Metric(
        name="orders",
        kind=Kind.COUNT,
        formula="How many orders were placed and not cancelled.",
        permission=OrdersPermission.READ,
        source=_ORDERS,
        value="count(*)",
        unit="'orders'",
        at="t.confirmed_at",
        time="order.confirmed_at",
    ),
    Metric(
        name="cancelled_orders",
        kind=Kind.COUNT,
        formula="How many orders were cancelled after they were placed.",
        permission=OrdersPermission.READ,
        source="orders t",
        value="count(*)",
        unit="'orders'",
        at="t.cancelled_at",
        time="order.cancelled_at",
        where="t.status = 'cancelled' AND t.number IS NOT NULL",
    ),
    Metric(
        name="sales",
        kind=Kind.MONEY,
        formula="The worth of all lines of placed orders, and of sales made elsewhere; before returns, without delivery.",
        permission=OrdersPermission.READ,
        source=f"{_SOLD} t {_GOODS}",
        value="sum(t.total)",
        unit="t.currency",
        at="t.at",
        time="order.confirmed_at, sale.sold_at",
        others=_PRODUCT,
    ),
    Metric(
        name="takings",
        kind=Kind.MONEY,
        formula="Money that staff have verified, less what was given back.",
        permission=PaymentsPermission.READ,
        source=_MONEY_IN,
        value="sum(t.amount)",
        unit="t.currency",
        at="t.at",
        time="payment.decided_at, refund.refunded_at",
        others=_METHOD,
    ),
    Metric(
        name="average_ticket",
        kind=Kind.MONEY,
        formula="The totals of placed orders, delivery among them, through their number.",
        permission=OrdersPermission.READ,
        source=_ORDERS,
        value="round(avg(t.total), 2)",
        unit="t.currency",
        at="t.confirmed_at",
        time="order.confirmed_at",
        zero=False,
    ),
    Metric(
        name="conversion",
        kind=Kind.RATIO,
        formula="Of the conversations in which a customer wrote, the part in which an order was placed after that.",
        permission=ConversationsPermission.READ,
        source=_THREADS,
        value="round(avg(t.has_ordered::int), 4)",
        unit="'ratio'",
        at="t.at",
        time="message.received_at",
        store=None,
        zero=False,
    ),
    Metric(
        name="best_sellers",
        kind=Kind.QUANTITY,
        formula="How much of each product was sold, here and elsewhere; the most first.",
        permission=OrdersPermission.READ,
        source=f"{_SOLD} t {_GOODS}",
        value="sum(t.quantity)",
        unit="p.unit",
        at="t.at",
        time="order.confirmed_at, sale.sold_at",
        others={Grain.PRODUCT: _PRODUCT[Grain.PRODUCT]},
        grain=Grain.PRODUCT,
        alone=False,
    ),
    Metric(
        name="slow_sellers",
        kind=Kind.QUANTITY,
        formula="How much was sold of each product that lies on a shelf; the least first.",
        permission=StockPermission.READ,
        source=f"""(
            SELECT i.workspace_id, i.store_id, i.variant_id, coalesce(s.quantity, 0) AS quantity
            FROM stock_items i LEFT JOIN (
                SELECT store_id, variant_id, sum(quantity) AS quantity FROM {_SOLD} lines
                WHERE workspace_id = :workspace AND {_IN_PERIOD} GROUP BY store_id, variant_id
            ) s ON s.variant_id = i.variant_id AND s.store_id = i.store_id
            WHERE i.on_hand > 0
        ) t {_GOODS}""",  # noqa: S608 - only words of this file
        value="sum(t.quantity)",
        unit="p.unit",
        time="order.confirmed_at, sale.sold_at",
        others={Grain.PRODUCT: _PRODUCT[Grain.PRODUCT]},
        grain=Grain.PRODUCT,
        ascending=True,
        alone=False,
    ),
    Metric(
        name="stock_value",
        kind=Kind.MONEY,
        formula="What the goods on hand have cost.",
        permission=StockPermission.READ,
        source=f"stock_items t {_GOODS}",
        value="sum(t.value)",
        unit=_CURRENCY,
        others=_PRODUCT,
    ),
    Metric(
        name="low_stock",
        kind=Kind.COUNT,
        formula="How many levels have less available than their minimum.",
        permission=StockPermission.READ,
        source="stock_items t",
        value="count(*)",
        unit="'levels'",
        where="t.on_hand - t.held < t.min_stock",
    ),
    Metric(
        name="payments_to_verify",
        kind=Kind.COUNT,
        formula="How many payments customers have told and nobody has decided on.",
        permission=PaymentsPermission.READ,
        source=_CLAIMS,
        value="count(*)",
        unit="'payments'",
        others=_METHOD,
    ),
    Metric(
        name="amount_to_verify",
        kind=Kind.MONEY,
        formula="How much customers say to have paid that nobody has decided on.",
        permission=PaymentsPermission.READ,
        source=_CLAIMS,
        value="sum(t.amount)",
        unit="t.currency",
        others=_METHOD,
    ),
    Metric(
        name="waiting_handoffs",
        kind=Kind.COUNT,
        formula="How many conversations wait for a person.",
        permission=ConversationsPermission.READ,
        source="handoffs t JOIN conversations c ON c.workspace_id = t.workspace_id AND c.id = t.conversation_id",
        value="count(*)",
        unit="'conversations'",
        where="c.voice = 'waiting' AND t.released_at IS NULL",
        store=None,
    ),
    Metric(
        name="handoff_wait",
        kind=Kind.DURATION,
        formula="How long customers waited on average until a person took the conversation.",
        permission=ConversationsPermission.READ,
        source="handoffs t",
        value="round(extract(epoch FROM avg(t.taken_at - t.requested_at)))",
        unit="'seconds'",
        at="t.requested_at",
        time="handoff.requested_at",
        where="t.taken_at IS NOT NULL",
        store=None,
        zero=False,
    ),
    Metric(
        name="new_customers",
        kind=Kind.COUNT,
        formula="How many customers became known.",
        permission=CustomersPermission.READ,
        source="customers t",
        where="t.merged_into IS NULL",
        value="count(*)",
        unit="'customers'",
        at="t.created_at",
        time="customer.created_at",
        store=None,
    ),
    Metric(
        name="model_cost",
        kind=Kind.MONEY,
        formula="What the models of the agent cost.",
        permission=OperationsPermission.MANAGE,
        source="turns t",
        value="sum(t.cost_usd)",
        unit="'USD'",
        at="t.started_at",
        time="turn.started_at",
        store=None,
    ),
    Metric(
        name="model_cost_per_order",
        kind=Kind.MONEY,
        formula="What the models of the agent cost through the orders that were placed in conversations.",
        permission=OperationsPermission.MANAGE,
        source=_MODELS,
        value="round(sum(t.cost) / nullif(sum(t.orders), 0), 6)",
        unit="'USD'",
        at="t.at",
        time="turn.started_at, order.confirmed_at",
        store=None,
        zero=False,
    ),
)

BY_NAME: Final = {metric.name: metric for metric in METRICS}
