"""The desk of the operators: their notes, the order of queues and threads, and one voice that Postgres keeps.

Revision ID: 0022_desk
Revises: 0021_import_stores
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0022_desk"
down_revision = "0021_import_stores"
branch_labels = None
depends_on = None

# A message of a voice that the conversation has left is only ever a part of something that was said while it had it, or the
# template that asks the customer to write again.
_ONE_VOICE = """
CREATE FUNCTION keep_one_voice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    speaking record;
    is_followed_up boolean;
BEGIN
    SELECT voice, operator_id INTO speaking FROM conversations
    WHERE workspace_id = NEW.workspace_id AND id = NEW.conversation_id;
    IF (NEW.author = 'operator' AND speaking.voice = 'operator' AND speaking.operator_id IS NOT DISTINCT FROM NEW.author_id)
       OR (NEW.author = 'agent' AND speaking.voice <> 'operator') THEN
        RETURN NEW;
    END IF;
    SELECT EXISTS (
        SELECT 1 FROM messages
        WHERE workspace_id = NEW.workspace_id AND conversation_id = NEW.conversation_id AND direction = 'out'
          AND author = NEW.author AND author_id IS NOT DISTINCT FROM NEW.author_id AND voice_epoch = NEW.voice_epoch
    ) INTO is_followed_up;
    IF NOT is_followed_up THEN
        RAISE EXCEPTION 'another has the voice of this conversation' USING ERRCODE = '23514', CONSTRAINT = 'one_voice';
    END IF;
    RETURN NEW;
END $$
"""

_TRIGGER = """
CREATE TRIGGER one_voice BEFORE INSERT ON messages
FOR EACH ROW WHEN (NEW.direction = 'out' AND NEW.author IN ('agent', 'operator')) EXECUTE FUNCTION keep_one_voice()
"""


def _set_file_states(known: str) -> None:
    op.drop_constraint(op.f("ck_attachments_status_known"), "attachments", type_="check")
    op.create_check_constraint(op.f("ck_attachments_status_known"), "attachments", f"status IN ({known})")


def upgrade() -> None:
    """Make notes, index what is listed, and let nobody speak in another's voice."""
    op.create_table(
        "conversation_notes",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_conversation_notes_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_conversation_notes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_conversation_notes")),
    )
    op.create_index(
        "ix_conversation_notes_thread", "conversation_notes", ["workspace_id", "conversation_id", "created_at"], unique=False
    )
    security.secure("conversation_notes", ["workspace_id"])
    op.create_index("ix_messages_position", "messages", ["workspace_id", "conversation_id", "position"], unique=False)
    op.create_index(
        "ix_conversations_active",
        "conversations",
        ["workspace_id", sa.text("coalesce(last_inbound_at, created_at)"), "id"],
        unique=False,
    )
    _set_file_states("'pending', 'stored', 'failed', 'discarded'")
    op.execute(_ONE_VOICE)
    op.execute(_TRIGGER)


def downgrade() -> None:
    """Forget the notes, and leave the voice to the services."""
    op.execute("DROP TRIGGER one_voice ON messages")
    op.execute("DROP FUNCTION keep_one_voice")
    _set_file_states("'pending', 'stored', 'failed'")
    op.drop_index("ix_conversations_active", table_name="conversations")
    op.drop_index("ix_messages_position", table_name="messages")
    op.drop_table("conversation_notes")
