"""Snapshots of a workspace: all rows that a conversation has no business with, so that any change of them shows."""

from typing import Any

from sqlalchemy import Table, select

from core.tables import Base
from core.work import Work
from migrations import models

RUNTIME = frozenset(
    {
        "inbound_events", "outbox_messages", "idempotency_keys", "events", "event_positions", "messages", "delivery_attempts",
        "attachments", "conversations", "agent_sessions", "turns", "journal_entries", "conversation_summaries", "spend_periods",
        "spend_reservations", "contact_addresses", "notifications", "notices", "search_words", "search_postings",
        "conversation_words", "routines", "demand_days", "forecast_runs", "forecasts", "alerts", "replenishment_proposals",
        "product_classes",
    }
)  # fmt: skip
"""Tables in which every conversation leaves rows; what they say is judged elsewhere."""

JUDGED = frozenset(
    {
        "orders", "order_lines", "order_status_history", "order_counters", "stock_items", "stock_movements", "stock_holds",
        "payments", "payment_receipts", "handoffs", "customers", "customer_addresses",
    }
)  # fmt: skip
"""Tables whose changes are compared with the task's end state."""

Rows = dict[str, dict[str, dict[str, Any]]]
"""By table and primary key: the row's values."""


def _tables() -> list[Table]:
    models.load()
    known = [table for table in Base.metadata.sorted_tables if "workspace_id" in table.c or table.name == "workspaces"]
    return [table for table in known if table.name not in RUNTIME and not table.name.startswith("sandbox_")]


async def take(work: Work) -> Rows:
    """All rows of the workspace, but for those that every conversation leaves."""
    found: Rows = {}
    for table in _tables():
        owner = table.c.get("workspace_id", table.c.get("id"))
        assert owner is not None, "chosen by having one"
        rows = (await work.session.execute(select(table).where(owner == work.workspace_id))).mappings()
        keys = [column.name for column in table.primary_key]
        found[table.name] = {"/".join(str(row[key]) for key in keys): dict(row) for row in rows}
    return found


def absorb(baseline: Rows, before: Rows, after: Rows) -> None:
    """Take what the shop's own people changed (from `before` to `after`) into the baseline."""
    for name, rows in after.items():
        for key, row in rows.items():
            if before.get(name, {}).get(key) != row:
                baseline.setdefault(name, {})[key] = row
        for key in set(before.get(name, {})) - set(rows):
            baseline.get(name, {}).pop(key, None)


def foreign_changes(before: Rows, after: Rows) -> list[str]:
    """What changed in tables that a conversation must not touch."""
    found: list[str] = []
    for name in sorted({*before, *after} - JUDGED):
        old, new = before.get(name, {}), after.get(name, {})
        found.extend(f"{name}: a row was added" for _ in set(new) - set(old))
        found.extend(f"{name}: a row was removed" for _ in set(old) - set(new))
        for key in set(old) & set(new):
            changed = sorted(column for column in new[key] if old[key].get(column) != new[key][column])
            if changed:
                found.append(f"{name}: {', '.join(changed)} changed")
    return found
