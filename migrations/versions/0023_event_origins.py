"""Events say from where staff have asked, and are found by their type and by whoever did it.

Revision ID: 0023_event_origins
Revises: 0022_desk
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_event_origins"
down_revision = "0022_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add where a request came from; older events do not know it."""
    op.add_column("events", sa.Column("ip", sa.String(length=45), nullable=True))
    op.add_column("events", sa.Column("agent", sa.String(length=300), nullable=True))
    op.create_index("ix_events_type", "events", ["workspace_id", "type", "created_at"], unique=False)
    op.create_index("ix_events_actor", "events", ["workspace_id", "actor_id", "created_at"], unique=False)


def downgrade() -> None:
    """Forget where requests came from."""
    op.drop_index("ix_events_actor", table_name="events")
    op.drop_index("ix_events_type", table_name="events")
    op.drop_column("events", "agent")
    op.drop_column("events", "ip")
