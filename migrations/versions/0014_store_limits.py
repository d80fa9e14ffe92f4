"""Whoever works in some stores only sees and changes nothing of the others, whatever a query forgets.

Revision ID: 0014_store_limits
Revises: 0013_closed_sets
"""

from alembic import op

from migrations import security

revision = "0014_store_limits"
down_revision = "0013_closed_sets"
branch_labels = None
depends_on = None

TABLES = (
    "stock_items",
    "stock_movements",
    "stock_holds",
    "sale_lines",
    "orders",
    "purchase_orders",
    "goods_receipts",
    "supplier_returns",
    "imports",
)


def upgrade() -> None:
    """Narrow the policies of what lies in a store."""
    for table in TABLES:
        security.limit_to_stores(table)


def downgrade() -> None:
    """Let everybody see all stores."""
    for table in TABLES:
        op.execute(f"DROP POLICY {table}_stores ON {table}")
