"""What somebody should look at.

Revision ID: 0053_alerts
Revises: 0062_proposals
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import closed_sets, security

revision = "0053_alerts"
down_revision = "0062_proposals"
branch_labels = None
depends_on = None

KINDS = (
    "stock_out", "stock_low", "stock_out_ahead", "sales_unexpected", "shrinkage", "dead_stock", "slow_stock",
    "hold_expiring", "price_below_cost", "payment_waiting",
)  # fmt: skip
SEVERITIES = ("info", "warning", "critical")
STATUSES = ("open", "acknowledged", "snoozed", "resolved")
NOTICES = ("alerts_raised", "alerts_waiting", "alerts_escalated")


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def upgrade() -> None:
    """Make the table, and let routines and notices have its names."""
    made = op.create_table(
        "alerts",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        _known("alerts", "kind", KINDS),
        _known("alerts", "severity", SEVERITIES),
        _known("alerts", "status", STATUSES),
        sa.CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_alerts_resolved_has_time")),
        sa.CheckConstraint("(status = 'snoozed') = (snoozed_until IS NOT NULL)", name=op.f("ck_alerts_snoozed_has_end")),
        sa.CheckConstraint("stage >= 0 AND version > 0", name=op.f("ck_alerts_counts_up")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_alerts_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_alerts_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_alerts_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_standing", "alerts", ["workspace_id", "kind", "subject_id"], unique=True,
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_index("ix_alerts_status", "alerts", ["workspace_id", "status", "id"])
    security.secure("alerts", made.columns.keys())
    security.limit_to_stores("alerts")
    closed_sets.know("routines", "name", "alerts.watch")
    closed_sets.know("notices", "kind", *NOTICES)


def downgrade() -> None:
    """Forget what was found; it is found again."""
    closed_sets.know_no_more("routines", "name", "alerts.watch")
    closed_sets.know_no_more("notices", "kind", *NOTICES)
    op.drop_table("alerts")
