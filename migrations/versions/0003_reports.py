"""The system role may tell reports from messages, as reports are read in together.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Show the system role what kind of event came in."""
    op.execute("GRANT SELECT (kind) ON inbound_events TO nexova_system")


def downgrade() -> None:
    """Hide it again."""
    op.execute("REVOKE SELECT (kind) ON inbound_events FROM nexova_system")
