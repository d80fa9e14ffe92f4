"""Further closed sets: files, tries, hand-offs, payments, events, turns, imports, and the sandbox's phones."""

from alembic import op

revision = "0018_further_sets"
down_revision = "0017_returns"
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


def upgrade() -> None:
    """Let the database refuse what is not in the set. What the gate of older releases said of a turn becomes its detail."""
    known = ", ".join(f"'{value}'" for value in _TURNS)
    op.execute(
        f"UPDATE turns SET outcome = 'no_reply', detail = coalesce(detail, outcome) WHERE outcome NOT IN ({known})"
    )
    for (table, column), values in SETS.items():
        known = ", ".join(f"'{value}'" for value in values)
        op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, f"{column} IN ({known})")


def downgrade() -> None:
    """Let it take anything again."""
    for table, column in SETS:
        op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
