"""Drivers are known as such by what they do; what was brought is forgotten after a year.

Revision ID: 0084_drivers
Revises: 0083_work_orders
"""

from alembic import op

from migrations import security

revision = "0084_drivers"
down_revision = "0083_work_orders"
branch_labels = None
depends_on = None

TABLES = (
    "events",
    "imports",
    "machine_events",
    "order_status_history",
    "prices",
    "stock_count_entries",
    "stock_movements",
)
KINDS = ("system", "agent", "customer", "user", "api_key")


def _know(*kinds: str) -> None:
    """Let these kinds act, and no other."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    for table in TABLES:
        name = op.f(f"ck_{table}_actor_kind_known")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"actor_kind IN ({listed})")


def upgrade() -> None:
    """Let drivers act, and retention delete stops that are settled and plans that are done."""
    _know(*KINDS, "driver")
    old = "{now} - interval '365 days'"
    security.forget_too("delivery_stops", "workspace_id, id, plan_id, settled_at", "DELETE", f"settled_at < {old}")
    done = f"status = 'done' AND created_at < {old}"
    security.forget_too("delivery_plans", "workspace_id, id, status, created_at", "DELETE", done)


def downgrade() -> None:
    """Keep them, and call a driver the system again."""
    security.forget_no_more("delivery_plans")
    security.forget_no_more("delivery_stops")
    _know(*KINDS)
