"""Returns of customers, credit notes and refunds; an order says what of it was given back.

Revision ID: 0017_returns
Revises: 0016_transfers
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0017_returns"
down_revision = "0016_transfers"
branch_labels = None
depends_on = None

TABLES = (
    "customer_returns",
    "refunds",
    "credit_notes",
    "customer_return_arrivals",
    "customer_return_lines",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "customer_returns",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('closed', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f("ck_customer_returns_ended_when_over")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'received', 'closed', 'cancelled')", name=op.f("ck_customer_returns_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "customer_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_customer_returns_workspace_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"],
            ["orders.workspace_id", "orders.id"],
            name=op.f("fk_customer_returns_workspace_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customer_returns_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customer_returns")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_customer_returns_workspace_id_number")),
    )
    op.create_index("ix_customer_returns_customer", "customer_returns", ["workspace_id", "customer_id"], unique=False)
    op.create_index("ix_customer_returns_order", "customer_returns", ["workspace_id", "order_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=True),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refunded_by", sa.Uuid(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"], ["orders.workspace_id", "orders.id"], name=op.f("fk_refunds_workspace_id_order_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_refunds_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("workspace_id", "order_id", "key", name=op.f("uq_refunds_workspace_id_order_id_key")),
    )
    op.create_table(
        "credit_notes",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name=op.f("ck_credit_notes_refund_has_money")),
        sa.CheckConstraint("kind IN ('refund', 'exchange')", name=op.f("ck_credit_notes_kind_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_credit_notes_amount_positive")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "order_id"],
            ["orders.workspace_id", "orders.id"],
            name=op.f("fk_credit_notes_workspace_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "refund_id"],
            ["refunds.workspace_id", "refunds.id"],
            name=op.f("fk_credit_notes_workspace_id_refund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "return_id"],
            ["customer_returns.workspace_id", "customer_returns.id"],
            name=op.f("fk_credit_notes_workspace_id_return_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_credit_notes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_credit_notes_workspace_id_number")),
        sa.UniqueConstraint("workspace_id", "return_id", "key", name=op.f("uq_credit_notes_workspace_id_return_id_key")),
    )
    op.create_table(
        "customer_return_arrivals",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "return_id"],
            ["customer_returns.workspace_id", "customer_returns.id"],
            name=op.f("fk_customer_return_arrivals_workspace_id_return_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_customer_return_arrivals_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customer_return_arrivals_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customer_return_arrivals")),
        sa.UniqueConstraint(
            "workspace_id",
            "return_id",
            "store_id",
            "key",
            name=op.f("uq_customer_return_arrivals_workspace_id_return_id_store_id_key"),
        ),
    )
    op.create_table(
        "customer_return_lines",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("received", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("resellable", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("refunded", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "received >= 0 AND received <= requested", name=op.f("ck_customer_return_lines_received_of_requested")
        ),
        sa.CheckConstraint(
            "refunded >= 0 AND refunded <= received", name=op.f("ck_customer_return_lines_refunded_of_received")
        ),
        sa.CheckConstraint("requested > 0", name=op.f("ck_customer_return_lines_requested_positive")),
        sa.CheckConstraint(
            "resellable >= 0 AND resellable <= received", name=op.f("ck_customer_return_lines_resellable_of_received")
        ),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_customer_return_lines_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "return_id"],
            ["customer_returns.workspace_id", "customer_returns.id"],
            name=op.f("fk_customer_return_lines_workspace_id_return_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_customer_return_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customer_return_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customer_return_lines")),
        sa.UniqueConstraint(
            "workspace_id", "return_id", "variant_id", name=op.f("uq_customer_return_lines_workspace_id_return_id_variant_id")
        ),
    )
    for table in TABLES:
        security.secure(table, ["workspace_id"])
    security.limit_to_stores("customer_return_arrivals")
    op.add_column(
        "orders", sa.Column("refunded", sa.Numeric(precision=14, scale=2), server_default=sa.text("0"), nullable=False)
    )
    op.create_check_constraint(op.f("ck_orders_refunded_not_negative"), "orders", "refunded >= 0")


def downgrade() -> None:
    """Take them back."""
    op.drop_constraint(op.f("ck_orders_refunded_not_negative"), "orders", type_="check")
    op.drop_column("orders", "refunded")
    for table in reversed(TABLES):
        op.drop_table(table)
