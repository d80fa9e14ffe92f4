"""Closed sets are known to the database: what a column may hold is a CHECK beside its enum."""

from alembic import op

revision = "0013_closed_sets"
down_revision = "0012_contents"
branch_labels = None
depends_on = None

_PRINCIPALS = ("system", "agent", "customer", "user", "api_key")
_STATES = (
    "IDLE",
    "COLLECTING_ORDER",
    "NEEDS_DETAILS",
    "AWAITING_CONFIRMATION",
    "EXECUTING",
    "DONE",
    "HANDOFF",
)
_VOICES = ("agent", "waiting", "operator")
_ORDERS = ("draft", "awaiting_confirmation", "confirmed", "shipped", "delivered", "cancelled", "applied")
_MESSAGES = (
    "received",
    "queued",
    "sending",
    "retry",
    "unknown",
    "unconfirmed",
    "sent",
    "delivered",
    "read",
    "failed",
    "rejected",
    "cancelled",
)

SETS = {
    ("agent_sessions", "state"): _STATES,
    ("agent_sessions", "previous_state"): _STATES,
    ("memberships", "role"): ("owner", "admin", "manager", "inventory_supervisor", "operator", "viewer"),
    ("events", "actor_kind"): _PRINCIPALS,
    ("imports", "actor_kind"): _PRINCIPALS,
    ("order_status_history", "actor_kind"): _PRINCIPALS,
    ("order_status_history", "from_status"): _ORDERS,
    ("order_status_history", "to_status"): _ORDERS,
    ("stock_movements", "actor_kind"): _PRINCIPALS,
    ("conversations", "voice"): _VOICES,
    ("messages", "voice"): _VOICES,
    ("messages", "direction"): ("in", "out"),
    ("messages", "author"): ("customer", "agent", "operator", "system"),
    ("messages", "status"): _MESSAGES,
    ("turns", "status"): ("open", "finished", "superseded"),
    ("journal_entries", "kind"): ("model", "tool"),
    ("journal_entries", "outcome"): ("value", "refusal", "timeout", "error"),
}


def upgrade() -> None:
    """Let the database refuse what is not in the set."""
    for (table, column), values in SETS.items():
        known = ", ".join(f"'{value}'" for value in values)
        op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, f"{column} IN ({known})")


def downgrade() -> None:
    """Let it take anything again."""
    for table, column in SETS:
        op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table, type_="check")
