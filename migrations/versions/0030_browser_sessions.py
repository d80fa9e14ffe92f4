"""Sign-ins that a browser's cookie carries.

Revision ID: 0030_browser_sessions
Revises: 0028_retention
"""

import sqlalchemy as sa
from alembic import op

revision = "0030_browser_sessions"
down_revision = "0028_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give sign-ins the digest of a cookie."""
    op.add_column("sign_ins", sa.Column("browser_digest", sa.String(length=64), nullable=True))
    op.create_unique_constraint(op.f("uq_sign_ins_browser_digest"), "sign_ins", ["browser_digest"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_constraint(op.f("uq_sign_ins_browser_digest"), "sign_ins", type_="unique")
    op.drop_column("sign_ins", "browser_digest")
