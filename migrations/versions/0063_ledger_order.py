"""The ledger is read in its order by an index: all of it, and that of a product.

Revision ID: 0063_ledger_order
Revises: 0046_member_phones
"""

from alembic import op

revision = "0063_ledger_order"
down_revision = "0046_member_phones"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody asks for a product's movements by their time."""
    op.drop_index("ix_stock_movements_variant", table_name="stock_movements")
    op.create_index("ix_stock_movements_variant", "stock_movements", ["workspace_id", "variant_id", "sequence"])
    op.create_index("ix_stock_movements_sequence", "stock_movements", ["workspace_id", "sequence"])


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_stock_movements_sequence", table_name="stock_movements")
    op.drop_index("ix_stock_movements_variant", table_name="stock_movements")
    op.create_index("ix_stock_movements_variant", "stock_movements", ["workspace_id", "variant_id", "occurred_at"])
