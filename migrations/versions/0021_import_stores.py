"""An import is limited to the stores of whoever brought it.

Revision ID: 0021_import_stores
Revises: 0020_amount_limits
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_import_stores"
down_revision = "0020_amount_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the stores; those of earlier imports were not kept."""
    op.add_column("imports", sa.Column("stores", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    """Forget the stores."""
    op.drop_column("imports", "stores")
