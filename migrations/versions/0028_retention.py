"""Forgetting: a role that deletes what is older than it is to be kept, and nothing else.

Revision ID: 0028_retention
Revises: 0026_search_postings
"""

from alembic import op

from migrations import security

revision = "0028_retention"
down_revision = "0026_search_postings"
branch_labels = None
depends_on = None

KEY = "fk_event_positions_workspace_id"


def upgrade() -> None:
    """Let the role forget; the last place of a subject in the stream outlives its event."""
    op.drop_constraint(KEY, "event_positions", type_="foreignkey")
    op.create_index("ix_events_age", "events", ["created_at"], postgresql_using="brin")
    security.let_retention_forget()


def downgrade() -> None:
    """Forget nothing more. Places whose event was forgotten have to go, as they would refer to nothing."""
    security.take_from_retention()
    op.drop_index("ix_events_age", table_name="events")
    # The owner sees no rows while row-level security binds it too.
    for table in ("event_positions", "events"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "DELETE FROM event_positions AS place WHERE NOT EXISTS (SELECT FROM events AS kept"
        " WHERE kept.workspace_id = place.workspace_id AND kept.id = place.event_id)"
    )
    op.create_foreign_key(
        KEY, "event_positions", "events", ["workspace_id", "event_id"], ["workspace_id", "id"]
    )
    for table in ("event_positions", "events"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
