"""Suggested replies.

Revision ID: 0086_suggestions
Revises: 0084_drivers
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0086_suggestions"
down_revision = "0084_drivers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table; who looks at the conversation is told of each change."""
    made = op.create_table(
        "suggestions",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("voice_epoch", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=4096), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'made', 'refused')", name=op.f("ck_suggestions_status_known")),
        sa.CheckConstraint(
            "refusal IN ('nothing_to_answer', 'deed_wanted', 'not_understood')", name=op.f("ck_suggestions_refusal_known")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_suggestions_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_suggestions_workspace_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("workspace_id", "conversation_id", name=op.f("uq_suggestions_workspace_id_conversation_id")),
    )
    op.create_index("ix_suggestions_due", "suggestions", ["next_try_at"], postgresql_where=sa.text("status = 'pending'"))
    security.secure("suggestions", made.columns.keys())
    op.execute(
        "CREATE TRIGGER tell_live AFTER INSERT OR UPDATE ON suggestions FOR EACH ROW EXECUTE FUNCTION nexova_tell_live()"
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("suggestions")
