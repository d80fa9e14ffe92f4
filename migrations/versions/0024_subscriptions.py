"""Events out: who is told of what, and what was told.

Revision ID: 0024_subscriptions
Revises: 0023_event_origins
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0024_subscriptions"
down_revision = "0023_event_origins"
branch_labels = None
depends_on = None

TABLES = ("subscriptions", "subscription_deliveries")


def _of_workspace(table: str) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    return (
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Make the tables, and let sweeps see how far each stream has come."""
    op.create_table(
        "subscriptions",
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("types", postgresql.JSONB(), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'paused', 'closed')", name=op.f("ck_subscriptions_status_known")),
        *_of_workspace("subscriptions"),
    )
    op.create_table(
        "subscription_deliveries",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("tries", postgresql.JSONB(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed')", name=op.f("ck_subscription_deliveries_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "subscription_id"],
            ["subscriptions.workspace_id", "subscriptions.id"],
            name=op.f("fk_subscription_deliveries_workspace_id_subscription_id"),
            ondelete="CASCADE",
        ),
        *_of_workspace("subscription_deliveries"),
    )
    op.create_index(
        "ix_subscription_deliveries_log",
        "subscription_deliveries",
        ["workspace_id", "subscription_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_subscription_deliveries_due",
        "subscription_deliveries",
        ["workspace_id", "subscription_id", "position"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    for table in TABLES:
        security.secure(table, ["workspace_id"])
    # An installation that begins with this release has this from the migration that made the stream.
    op.execute("DROP POLICY IF EXISTS event_positions_system_reads ON event_positions")
    op.execute(f"GRANT SELECT (workspace_id, position) ON event_positions TO {security.SYSTEM}")
    op.execute(f"CREATE POLICY event_positions_system_reads ON event_positions FOR SELECT TO {security.SYSTEM} USING (true)")


def downgrade() -> None:
    """Forget who was told of what."""
    op.execute("DROP POLICY event_positions_system_reads ON event_positions")
    op.execute(f"REVOKE SELECT (workspace_id, position) ON event_positions FROM {security.SYSTEM}")
    for table in reversed(TABLES):
        op.drop_table(table)
