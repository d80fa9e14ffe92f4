"""What was wanted day by day, and what a workspace does again and again.

Revision ID: 0048_demand
Revises: 0044_approvals_told
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0048_demand"
down_revision = "0044_approvals_told"
branch_labels = None
depends_on = None

ROUTINES = ("demand.project",)


def upgrade() -> None:
    """Make both tables; the system role sees when a routine is due, and up to where it has read."""
    listed = ", ".join(f"'{name}'" for name in ROUTINES)
    routines = op.create_table(
        "routines",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("position >= 0 AND runs >= 0 AND failures >= 0", name=op.f("ck_routines_counts_up")),
        sa.CheckConstraint(f"name IN ({listed})", name=op.f("ck_routines_name_known")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_routines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_routines")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_routines_workspace_id_name")),
    )
    days = op.create_table(
        "demand_days",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sold", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("returned", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("largest", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("corrected", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("was_empty", sa.Boolean(), nullable=False),
        sa.Column("is_empty_after", sa.Boolean(), nullable=True),
        sa.CheckConstraint("returned >= 0 AND largest >= 0", name=op.f("ck_demand_days_not_negative")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_demand_days_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_demand_days_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_demand_days_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "store_id", "variant_id", "day", name=op.f("pk_demand_days")),
    )
    op.create_index("ix_demand_days_day", "demand_days", ["workspace_id", "day"])
    for table in (routines, days):
        security.secure(table.name, table.columns.keys())
    security.limit_to_stores("demand_days")


def downgrade() -> None:
    """Drop both; they are made of other tables."""
    op.drop_table("demand_days")
    op.drop_table("routines")
