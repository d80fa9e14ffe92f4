"""Further closed sets: files, tries, hand-offs, payments, events, turns, imports, and the sandbox's phones; a lease is called one."""

from alembic import op

revision = "0019_further_sets"
down_revision = "0018_prices"
branch_labels = None
depends_on = None

_TURNS = (
    "answered",
    "not_understood",
    "facts_changed",
    "model_failed",
    "no_reply",
    "too_many_steps",
    "out_of_time",
    "poison",
    "given_up",
    "taken_back",
    "voice_lost",
)
_TICKS = ("sent", "delivered", "read", "failed")

SETS = {
    ("attachments", "status"): ("pending", "stored", "failed"),
    ("delivery_attempts", "outcome"): ("sent", "retry", "rejected", "unknown"),
    ("handoffs", "reason"): ("customer_asked", "repeated_failure", "tool_request", "operator_took", "cannot_answer"),
    ("payments", "kind"): ("transfer", "mobile", "wallet", "card", "cash", "receipt"),
    ("inbound_events", "kind"): ("message", "delivery", "seen", "system", "unreadable"),
    ("turns", "outcome"): _TURNS,
    ("imports", "file_type"): ("products", "inventory", "sales", "purchases"),
    ("learnt_headings", "decimal_mark"): ("comma", "point"),
    ("learnt_headings", "date_order"): ("day_first", "month_first"),
    ("sandbox_messages", "direction"): ("customer", "shop"),
    ("sandbox_messages", "status"): _TICKS,
    ("sandbox_outbox", "effect"): _TICKS,
}

LEASES = ("messages", "mails", "outbox_messages", "sandbox_outbox")


def _on_all_rows(table: str, statement: str) -> None:
    """Change rows of all workspaces, which the owner of the table may not see otherwise."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _call(code: str, old: str) -> None:
    for table in ("delivery_attempts", "messages"):
        _on_all_rows(table, f"UPDATE {table} SET error_code = '{code}' WHERE error_code = '{old}'")


def upgrade() -> None:
    """Let the database refuse what is not in the set. What the gate of older releases said of a turn becomes its detail."""
    known = ", ".join(f"'{value}'" for value in _TURNS)
    _on_all_rows(
        "turns",
        f"UPDATE turns SET outcome = 'no_reply', detail = coalesce(detail, outcome) WHERE outcome NOT IN ({known})",
    )
    for (table, column), values in SETS.items():
        known = ", ".join(f"'{value}'" for value in values)
        op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, f"{column} IN ({known})")
    for table in LEASES:
        op.alter_column(table, "claimed_until", new_column_name="lease_until")
    _call("lease_stale", "claim_stale")


def downgrade() -> None:
    """Let it take anything again."""
    for table, column in SETS:
        op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
    for table in LEASES:
        op.alter_column(table, "lease_until", new_column_name="claimed_until")
    _call("claim_stale", "lease_stale")
