"""Changes that wait for a member's yes.

Revision ID: 0043_approvals
Revises: 0042_member_threads
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0043_approvals"
down_revision = "0042_member_threads"
branch_labels = None
depends_on = None

DECISIONS = ("approved", "refused", "replaced", "stale")


def upgrade() -> None:
    """Make the table: of each member one proposal is open at a time."""
    listed = ", ".join(f"'{decision}'" for decision in DECISIONS)
    made = op.create_table(
        "approvals",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.String(length=100), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decision", sa.String(length=20)),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(f"decision IN ({listed})", name=op.f("ck_approvals_decision_known")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_approvals_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_approvals_workspace_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_approvals")),
    )
    op.create_index(
        "uq_approvals_open",
        "approvals",
        ["workspace_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    security.secure("approvals", made.columns.keys())


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("approvals")
