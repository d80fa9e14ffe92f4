"""What changes in a conversation is told to whoever looks at it: a notice with the ids of workspace and conversation.

Messages are no events, so the stream of events does not tell of them. The notice carries no content; whoever hears it reads
what stands. A transaction that tells the same twice tells it once.

Revision ID: 0035_live
Revises: 0034_purchases_of_files
"""

from alembic import op

revision = "0035_live"
down_revision = "0034_purchases_of_files"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION nexova_tell_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('nexova_live', NEW.workspace_id || ' ' || coalesce(to_jsonb(NEW) ->> 'conversation_id', NEW.id::text));
    RETURN NULL;
END $$
"""
WATCHED = {
    "messages": "INSERT OR UPDATE OF status, content, edited_at, deleted_at, error_code",
    "conversations": "UPDATE OF voice, operator_id",
    "handoffs": "INSERT OR UPDATE",
    "conversation_notes": "INSERT",
}


def upgrade() -> None:
    """Tell of messages, voices, hand-offs and notes."""
    op.execute(FUNCTION)
    for table, what in WATCHED.items():
        op.execute(f"CREATE TRIGGER tell_live AFTER {what} ON {table} FOR EACH ROW EXECUTE FUNCTION nexova_tell_live()")


def downgrade() -> None:
    """Tell nobody."""
    for table in WATCHED:
        op.execute(f"DROP TRIGGER tell_live ON {table}")
    op.execute("DROP FUNCTION nexova_tell_live()")
