"""Prices have a history, and what staff edit has a version.

Revision ID: 0018_prices
Revises: 0017_returns
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0018_prices"
down_revision = "0017_returns"
branch_labels = None
depends_on = None

VERSIONED = ("categories", "products", "stores", "connections")

# What a variant cost before is told by the events; here it begins with the price that it has.
BEGIN = """
    INSERT INTO prices (workspace_id, id, variant_id, kind, amount, starts_at, actor_kind)
    SELECT workspace_id, gen_random_uuid(), id, 'retail', price, created_at, 'system' FROM product_variants
    UNION ALL
    SELECT workspace_id, gen_random_uuid(), id, 'wholesale', wholesale_price, created_at, 'system' FROM product_variants
     WHERE wholesale_price IS NOT NULL
"""


def upgrade() -> None:
    """Count versions, and write down the prices of today."""
    for table in VERSIONED:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_table(
        "prices",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_prices_amount_not_negative")),
        sa.CheckConstraint("amount IS NOT NULL OR kind = 'wholesale'", name=op.f("ck_prices_amount_of_retail")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_prices_ends_after_start")),
        sa.CheckConstraint("kind IN ('retail', 'wholesale')", name=op.f("ck_prices_kind_known")),
        sa.CheckConstraint(
            "actor_kind IN ('system', 'agent', 'customer', 'user', 'api_key')", name=op.f("ck_prices_actor_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_prices_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_prices_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_prices")),
    )
    op.create_index("ix_prices_variant", "prices", ["workspace_id", "variant_id", "kind", "starts_at"])
    op.create_index("ix_prices_due", "prices", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.execute("ALTER TABLE product_variants NO FORCE ROW LEVEL SECURITY")
    op.execute(BEGIN)
    op.execute("ALTER TABLE product_variants FORCE ROW LEVEL SECURITY")
    security.secure("prices", ["workspace_id"])


def downgrade() -> None:
    """Forget what prices were and will be, and the versions."""
    op.drop_table("prices")
    for table in reversed(VERSIONED):
        op.drop_column(table, "version")
