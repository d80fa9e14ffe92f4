"""SQL of lists that read several nouns at once. What Postgres hides of orders of other stores is hidden here too."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import text

from core.work import Work
from domain.accounts import service as accounts

Page = Callable[[Work, Any, int], Awaitable[list[dict[str, Any]]]]

_CUSTOMER = "coalesce(c.name, nullif(concat_ws(' ', c.first_name, c.last_name), ''))"

_ORDERS = f"""
    SELECT o.number, {{confirmed_at}} AS date, s.code AS store, {_CUSTOMER} AS customer, c.phone, o.status, o.payment_status,
           o.payment_method, o.fulfilment, o.address ->> 'text' AS address, o.subtotal, o.delivery_fee, o.total, o.refunded,
           o.currency, o.notes, o.cancel_reason
      FROM orders AS o
      JOIN customers AS c ON c.workspace_id = o.workspace_id AND c.id = o.customer_id
      LEFT JOIN stores AS s ON s.workspace_id = o.workspace_id AND s.id = o.store_id
     WHERE o.workspace_id = :workspace AND o.number > coalesce(CAST(:after AS bigint), 0)
     ORDER BY o.number
     LIMIT :limit
    """  # noqa: S608 - pieces of our own

_ORDER_LINES = """
    SELECT l.id, o.number, {confirmed_at} AS date, s.code AS store, l.sku AS code, l.name, l.unit, l.quantity, l.unit_price,
           l.total, o.currency, o.status
      FROM order_lines AS l
      JOIN orders AS o ON o.workspace_id = l.workspace_id AND o.id = l.order_id
      LEFT JOIN stores AS s ON s.workspace_id = o.workspace_id AND s.id = o.store_id
     WHERE l.workspace_id = :workspace AND o.number IS NOT NULL AND (CAST(:after AS uuid) IS NULL OR l.id > :after)
     ORDER BY l.id
     LIMIT :limit
    """

_CUSTOMERS = """
    SELECT c.id, c.name, c.first_name, c.last_name, c.phone, c.email, c.tax_id,
           (SELECT string_agg(tag, ', ' ORDER BY tag) FROM jsonb_array_elements_text(c.tags) AS tag) AS tags,
           c.credit_limit, c.marketing_consent, c.notes, {created_at} AS created_at
      FROM customers AS c
     WHERE c.workspace_id = :workspace AND c.merged_into IS NULL AND (CAST(:after AS uuid) IS NULL OR c.id > :after)
     ORDER BY c.id
     LIMIT :limit
    """

_PAYMENTS = f"""
    SELECT p.id, {{claimed_at}} AS date, o.number AS "order", {_CUSTOMER} AS customer, p.method, p.bank, p.reference, p.amount,
           p.currency, p.status, p.verified_amount, {{decided_at}} AS decided_at, p.decision_reason
      FROM payments AS p
      JOIN customers AS c ON c.workspace_id = p.workspace_id AND c.id = p.customer_id
      LEFT JOIN orders AS o ON o.workspace_id = p.workspace_id AND o.id = p.order_id
     WHERE p.workspace_id = :workspace AND (p.order_id IS NULL OR o.id IS NOT NULL)
       AND (CAST(:after AS uuid) IS NULL OR p.id > :after)
     ORDER BY p.id
     LIMIT :limit
    """  # noqa: S608 - pieces of our own


def _local(moment: str) -> str:
    """A time in the shop's zone, as spreadsheets know it."""
    return f"to_char(timezone(:zone, {moment}), 'YYYY-MM-DD HH24:MI:SS')"


def _page(sql: str) -> Page:
    moments = {"confirmed_at": "o.confirmed_at", "created_at": "c.created_at", "claimed_at": "p.claimed_at"}
    statement = text(sql.format(decided_at=_local("p.decided_at"), **{name: _local(of) for name, of in moments.items()}))

    async def page(work: Work, after: Any, limit: int) -> list[dict[str, Any]]:
        zone = (await accounts.get_workspace(work)).timezone
        values = {"workspace": work.workspace_id, "zone": zone, "after": after, "limit": limit}
        return [dict(row._mapping) for row in await work.session.execute(statement, values)]

    return page


orders = _page(_ORDERS)
order_lines = _page(_ORDER_LINES)
customers = _page(_CUSTOMERS)
payments = _page(_PAYMENTS)
