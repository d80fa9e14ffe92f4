"""Approvals know the message that told them; those from before were told by none, and can only expire.

Revision ID: 0044_approvals_told
Revises: 0043_approvals
"""

import sqlalchemy as sa
from alembic import op

revision = "0044_approvals_told"
down_revision = "0043_approvals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the message of a proposal."""
    op.add_column("approvals", sa.Column("message_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("approvals", "message_id")
