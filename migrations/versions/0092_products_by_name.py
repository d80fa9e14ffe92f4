"""Products by name, whatever their status: staff's list shows drafts too, and sorted all products of a shop for each page.

Revision ID: 0092_products_by_name
Revises: 0091_reading_months
"""

import sqlalchemy as sa
from alembic import op

revision = "0092_products_by_name"
down_revision = "0091_reading_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index for the lists of customers and of staff."""
    op.create_index("ix_products_name", "products", ["workspace_id", "name", "id"])
    op.drop_index("ix_products_active_name", table_name="products")


def downgrade() -> None:
    """The index of what is active alone comes back."""
    active = sa.text("status = 'active'")
    op.create_index("ix_products_active_name", "products", ["workspace_id", "name", "id"], postgresql_where=active)
    op.drop_index("ix_products_name", table_name="products")
