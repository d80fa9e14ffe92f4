"""A session knows whom it talks to. All there are so far talk to customers.

Revision ID: 0010_audience
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_audience"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tell every session its audience."""
    op.add_column("agent_sessions", sa.Column("audience", sa.String(length=20), server_default="customer", nullable=False))
    op.create_check_constraint(
        op.f("ck_agent_sessions_audience_known"), "agent_sessions", "audience IN ('customer', 'manager')"
    )


def downgrade() -> None:
    """Forget the audiences; who is no customer has no session."""
    op.execute("DELETE FROM agent_sessions WHERE audience <> 'customer'")
    op.drop_constraint(op.f("ck_agent_sessions_audience_known"), "agent_sessions", type_="check")
    op.drop_column("agent_sessions", "audience")
