"""Members decide on money up to a limit.

Revision ID: 0020_amount_limits
Revises: 0019_further_sets
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_amount_limits"
down_revision = "0019_further_sets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the limit, which nobody has."""
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.add_column("memberships", sa.Column("amount_limit", sa.Numeric(precision=14, scale=2), nullable=True))
    op.create_check_constraint(op.f("ck_memberships_limit_not_negative"), "memberships", "amount_limit >= 0")


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("memberships", "amount_limit")
