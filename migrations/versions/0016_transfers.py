"""Transfers between stores, and counts of stores by several people.

Revision ID: 0016_transfers
Revises: 0015_customers
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0016_transfers"
down_revision = "0015_customers"
branch_labels = None
depends_on = None

TABLES = (
    "document_counters",
    "stock_counts",
    "stock_transfers",
    "stock_transfer_steps",
    "stock_count_entries",
    "stock_transfer_lines",
)

NUMBERED = {
    "purchase_orders": "purchase_order",
    "goods_receipts": "goods_receipt",
    "supplier_returns": "supplier_return",
}
KEYED = ("goods_receipts", "supplier_returns")


def upgrade() -> None:
    """Make the tables; numbers and keys of documents no longer depend on what of other stores can be seen."""
    op.create_table(
        "stock_counts",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(status = 'open') = (ended_at IS NULL)", name=op.f("ck_stock_counts_ended_when_over")),
        sa.CheckConstraint("status IN ('open', 'applied', 'cancelled')", name=op.f("ck_stock_counts_status_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_stock_counts_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_counts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_counts")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_stock_counts_workspace_id_number")),
    )
    op.create_index(
        "uq_stock_counts_open",
        "stock_counts",
        ["workspace_id", "store_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "stock_transfers",
        sa.Column("from_store_id", sa.Uuid(), nullable=False),
        sa.Column("to_store_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('in_transit', 'received')) = (sent_at IS NOT NULL)", name=op.f("ck_stock_transfers_sent_has_time")
        ),
        sa.CheckConstraint(
            "(status IN ('received', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f("ck_stock_transfers_ended_when_over")
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'in_transit', 'received', 'cancelled')",
            name=op.f("ck_stock_transfers_status_known"),
        ),
        sa.CheckConstraint("from_store_id <> to_store_id", name=op.f("ck_stock_transfers_two_stores")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "from_store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_stock_transfers_workspace_id_from_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "to_store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_stock_transfers_workspace_id_to_store_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_transfers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_transfers")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_stock_transfers_workspace_id_number")),
    )
    op.create_index("ix_stock_transfers_from", "stock_transfers", ["workspace_id", "from_store_id", "number"], unique=False)
    op.create_index("ix_stock_transfers_to", "stock_transfers", ["workspace_id", "to_store_id", "number"], unique=False)
    op.create_table(
        "stock_transfer_steps",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("outcome IN ('received', 'returned', 'lost')", name=op.f("ck_stock_transfer_steps_outcome_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "transfer_id"],
            ["stock_transfers.workspace_id", "stock_transfers.id"],
            name=op.f("fk_stock_transfer_steps_workspace_id_transfer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_transfer_steps_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_transfer_steps")),
        sa.UniqueConstraint(
            "workspace_id", "transfer_id", "key", name=op.f("uq_stock_transfer_steps_workspace_id_transfer_id_key")
        ),
    )
    op.create_table(
        "stock_count_entries",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("counted", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("expected", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("ledger_sequence", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("counted >= 0 AND expected >= 0", name=op.f("ck_stock_count_entries_quantities_not_negative")),
        sa.CheckConstraint(
            "actor_kind IN ('system', 'agent', 'customer', 'user', 'api_key')",
            name=op.f("ck_stock_count_entries_actor_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "count_id"],
            ["stock_counts.workspace_id", "stock_counts.id"],
            name=op.f("fk_stock_count_entries_workspace_id_count_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_stock_count_entries_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_count_entries_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_count_entries")),
    )
    op.create_index(
        "ix_stock_count_entries_count",
        "stock_count_entries",
        ["workspace_id", "count_id", "variant_id", "sequence"],
        unique=False,
    )
    op.create_table(
        "stock_transfer_lines",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("sent", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("received", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("returned", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("lost", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("value", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("received + returned + lost <= sent", name=op.f("ck_stock_transfer_lines_outcomes_of_sent")),
        sa.CheckConstraint(
            "received >= 0 AND returned >= 0 AND lost >= 0", name=op.f("ck_stock_transfer_lines_outcomes_not_negative")
        ),
        sa.CheckConstraint("requested > 0", name=op.f("ck_stock_transfer_lines_requested_positive")),
        sa.CheckConstraint("sent >= 0 AND sent <= requested", name=op.f("ck_stock_transfer_lines_sent_of_requested")),
        sa.CheckConstraint(
            "value >= 0 AND (received + returned + lost < sent OR value = 0)",
            name=op.f("ck_stock_transfer_lines_value_of_goods_on_the_way"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "transfer_id"],
            ["stock_transfers.workspace_id", "stock_transfers.id"],
            name=op.f("fk_stock_transfer_lines_workspace_id_transfer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_stock_transfer_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_stock_transfer_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_stock_transfer_lines")),
        sa.UniqueConstraint(
            "workspace_id",
            "transfer_id",
            "variant_id",
            name=op.f("uq_stock_transfer_lines_workspace_id_transfer_id_variant_id"),
        ),
    )
    op.create_table(
        "document_counters",
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_document_counters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_document_counters")),
        sa.UniqueConstraint("workspace_id", "kind", name=op.f("uq_document_counters_workspace_id_kind")),
    )
    for table in TABLES:
        security.secure(table, ["workspace_id"])
    security.limit_to_stores("stock_counts")
    security.limit_to_stores("stock_transfers", ["from_store_id", "to_store_id"])
    for table, kind in NUMBERED.items():
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE document_counters NO FORCE ROW LEVEL SECURITY")
        op.execute(
            f"INSERT INTO document_counters (workspace_id, id, kind, last_number) "
            f"SELECT workspace_id, gen_random_uuid(), '{kind}', max(number) FROM {table} GROUP BY workspace_id"
        )
        op.execute("ALTER TABLE document_counters FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in KEYED:
        op.drop_constraint(op.f(f"uq_{table}_workspace_id_key"), table, type_="unique")
        op.create_unique_constraint(op.f(f"uq_{table}_workspace_id_store_id_key"), table, ["workspace_id", "store_id", "key"])


def downgrade() -> None:
    """Take them back."""
    for table in KEYED:
        op.drop_constraint(op.f(f"uq_{table}_workspace_id_store_id_key"), table, type_="unique")
        op.create_unique_constraint(op.f(f"uq_{table}_workspace_id_key"), table, ["workspace_id", "key"])
    for table in reversed(TABLES):
        op.drop_table(table)
