"""The live line tells that a workspace has new events, and new messages are found by their time.

The notice of an event carries the workspace alone; one commit tells it once, however many events it has.

Revision ID: 0041_live_events
Revises: 0040_uploaded_receipts
"""

from alembic import op

revision = "0041_live_events"
down_revision = "0040_uploaded_receipts"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION nexova_tell_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('nexova_live', NEW.workspace_id || ' ');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Tell of events, and index messages by their time."""
    op.execute(FUNCTION)
    op.execute(
        "CREATE TRIGGER tell_events AFTER INSERT ON event_positions FOR EACH ROW EXECUTE FUNCTION nexova_tell_events()"
    )
    op.create_index("ix_messages_age", "messages", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    """Tell of conversations only."""
    op.drop_index("ix_messages_age", "messages")
    op.execute("DROP TRIGGER tell_events ON event_positions")
    op.execute("DROP FUNCTION nexova_tell_events()")
