"""A level says since when it is known to be low.

Revision ID: 0032_low_stock
Revises: 0031_notices
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0032_low_stock"
down_revision = "0031_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the moment; what is low today is known. Sweeps see the numbers that tell whether it is still right."""
    op.add_column("stock_items", sa.Column("low_since", sa.DateTime(timezone=True), nullable=True))
    # The owner sees no rows while row-level security binds it too.
    op.execute("ALTER TABLE stock_items NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE stock_items SET low_since = clock_timestamp() WHERE on_hand - held < min_stock")
    op.execute("ALTER TABLE stock_items FORCE ROW LEVEL SECURITY")
    op.create_index(
        "ix_stock_items_crossed",
        "stock_items",
        ["workspace_id", "id"],
        postgresql_where=sa.text("(on_hand - held < min_stock) <> (low_since IS NOT NULL)"),
    )
    op.execute(f"GRANT SELECT (workspace_id, id, on_hand, held, min_stock, low_since) ON stock_items TO {security.SYSTEM}")
    op.execute(f"CREATE POLICY stock_items_system_reads ON stock_items FOR SELECT TO {security.SYSTEM} USING (true)")


def downgrade() -> None:
    """Forget it, and let sweeps see nothing of levels."""
    op.execute("DROP POLICY stock_items_system_reads ON stock_items")
    op.execute(f"REVOKE ALL ON stock_items FROM {security.SYSTEM}")
    op.drop_index("ix_stock_items_crossed", table_name="stock_items")
    op.drop_column("stock_items", "low_since")
