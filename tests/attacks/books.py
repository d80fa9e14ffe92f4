"""Checking the books after an attack: what must hold whatever was killed, repeated, delayed or lost."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.access import Principal
from core.work import open_work

RULES: dict[str, str] = {
    "a message is neither answered, nor with a person, nor closed for a reason": """
        SELECT m.id FROM messages m JOIN conversations c ON (c.workspace_id, c.id) = (m.workspace_id, m.conversation_id)
        WHERE m.direction = 'in' AND m.handled_at IS NULL AND c.voice = 'agent'
    """,
    "a message counts as answered, and nothing was said nor a person called": """
        SELECT m.id FROM messages m WHERE m.direction = 'in' AND m.handled_at IS NOT NULL
          AND m.handled_by NOT LIKE 'no_answer:%' AND NOT EXISTS (
            SELECT FROM messages o WHERE o.workspace_id = m.workspace_id AND o.direction = 'out' AND o.turn_id = m.handled_ref)
          AND NOT EXISTS (
            SELECT FROM handoffs h WHERE h.workspace_id = m.workspace_id AND h.conversation_id = m.conversation_id)
    """,
    "a customer wrote it and it never came in": """
        SELECT s.phone, s.provider_id FROM sandbox_messages s WHERE s.direction = 'customer' AND NOT EXISTS (
            SELECT FROM messages m WHERE m.workspace_id = s.workspace_id AND m.connection_id = s.connection_id
               AND m.direction = 'in' AND m.provider_message_id = s.provider_id)
    """,
    "an event was not handled": "SELECT id, parked_reason FROM inbound_events WHERE handled_at IS NULL AND kind = 'message'",
    "a turn is open": "SELECT id FROM turns WHERE status = 'open'",
    "a message was taken in twice": """
        SELECT provider_message_id FROM messages WHERE direction = 'in' GROUP BY 1 HAVING count(*) > 1
    """,
    "a message was answered by two turns": """
        SELECT conversation_id, content FROM messages WHERE direction = 'out'
        GROUP BY turn_id, conversation_id, content HAVING count(*) > 1
    """,
    "a message reached the phone twice": "SELECT provider_id FROM sandbox_messages WHERE direction = 'shop' AND sends > 1",
    "a phone shows what nobody queued": """
        SELECT s.phone, s.provider_id FROM sandbox_messages s WHERE s.direction = 'shop' AND NOT EXISTS (
            SELECT FROM messages m WHERE m.workspace_id = s.workspace_id AND m.direction = 'out'
               AND m.provider_message_id = s.provider_id)
    """,
    "a phone shows the same words of one turn twice": """
        SELECT s.phone, left(s.content ->> 'text', 60) FROM sandbox_messages s JOIN messages m
          ON m.workspace_id = s.workspace_id AND m.direction = 'out' AND m.provider_message_id = s.provider_id
        WHERE s.direction = 'shop' GROUP BY s.phone, m.turn_id, s.content HAVING count(*) > 1
    """,
    "a message went out that is on no phone": """
        SELECT m.id, m.status FROM messages m WHERE m.direction = 'out' AND m.status IN ('sent', 'delivered', 'read')
          AND NOT EXISTS (SELECT FROM sandbox_messages s WHERE s.workspace_id = m.workspace_id AND s.direction = 'shop'
               AND s.provider_id = m.provider_message_id)
    """,
    "a conversation has two orders": """
        SELECT conversation_id FROM orders WHERE status <> 'cancelled' GROUP BY 1 HAVING count(*) > 1
    """,
    "a payment was booked twice": "SELECT reference FROM payments GROUP BY 1 HAVING count(*) > 1",
    "an order's total is not the sum of its lines": """
        SELECT o.id FROM orders o LEFT JOIN order_lines l ON (l.workspace_id, l.order_id) = (o.workspace_id, o.id)
        GROUP BY o.workspace_id, o.id, o.subtotal HAVING o.subtotal <> coalesce(sum(l.total), 0)
    """,
    "more was held or sold than there was": "SELECT id FROM stock_items WHERE held > on_hand OR held < 0 OR on_hand < 0",
    "more was held and sold than was ever delivered": """
        SELECT i.id FROM stock_items i JOIN (
            SELECT workspace_id, store_id, variant_id, sum(delta) FILTER (WHERE type <> 'sale') AS brought,
                   -coalesce(sum(delta) FILTER (WHERE type = 'sale'), 0) AS sold
            FROM stock_movements GROUP BY 1, 2, 3
        ) m USING (workspace_id, store_id, variant_id)
        WHERE m.sold + (
            SELECT coalesce(sum(h.quantity), 0) FROM stock_holds h WHERE h.status = 'active'
               AND (h.workspace_id, h.store_id, h.variant_id) = (i.workspace_id, i.store_id, i.variant_id)
        ) > m.brought
    """,
    "a level is not the sum of its movements": """
        SELECT i.id FROM stock_items i JOIN stock_movements m
          ON (m.workspace_id, m.store_id, m.variant_id) = (i.workspace_id, i.store_id, i.variant_id)
        GROUP BY i.workspace_id, i.id, i.on_hand HAVING i.on_hand <> sum(m.delta)
    """,
    "what is held is not the sum of the holds": """
        SELECT i.id FROM stock_items i LEFT JOIN stock_holds h
          ON (h.workspace_id, h.store_id, h.variant_id, h.status) = (i.workspace_id, i.store_id, i.variant_id, 'active')
        GROUP BY i.workspace_id, i.id, i.held HAVING i.held <> coalesce(sum(h.quantity), 0)
    """,
    "what was sold is not what the orders say": """
        SELECT s.variant_id FROM (
            SELECT variant_id, -sum(delta) AS sold FROM stock_movements WHERE type = 'sale' GROUP BY 1
        ) s FULL JOIN (
            SELECT l.variant_id, sum(l.quantity) AS ordered FROM order_lines l
            JOIN orders o ON (o.workspace_id, o.id) = (l.workspace_id, l.order_id)
            WHERE o.status IN ('confirmed', 'shipped', 'delivered') GROUP BY 1
        ) o USING (variant_id) WHERE coalesce(s.sold, 0) <> coalesce(o.ordered, 0)
    """,
}
"""What may not be found, and how to look for it in a workspace."""


async def broken_rules(workspace_id: UUID) -> dict[str, list[tuple[Any, ...]]]:
    """The rules that do not hold in a workspace, with the rows that break them."""
    broken: dict[str, list[tuple[Any, ...]]] = {}
    async with open_work(Principal.system(workspace_id)) as work:
        for rule, query in RULES.items():
            rows = [tuple(row) for row in await work.session.execute(text(query))]
            if rows:
                broken[rule] = rows[:5]
    return broken
