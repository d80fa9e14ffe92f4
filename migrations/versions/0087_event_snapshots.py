"""Snapshots of long histories of events.

Revision ID: 0087_event_snapshots
Revises: 0086_suggestions
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0087_event_snapshots"
down_revision = "0086_suggestions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table; they are forgotten after a month."""
    made = op.create_table(
        "event_snapshots",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_number", sa.Integer(), nullable=False),
        sa.Column("shapes", sa.String(length=16), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("subject_number > 0", name=op.f("ck_event_snapshots_counts_up")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_event_snapshots_workspace_id")),
        sa.PrimaryKeyConstraint(
            "workspace_id", "subject_kind", "subject_id", "subject_number", "shapes", name=op.f("pk_event_snapshots")
        ),
    )
    op.create_index("ix_event_snapshots_age", "event_snapshots", ["created_at"], postgresql_using="brin")
    security.secure("event_snapshots", made.columns.keys())
    security.forget_too(
        "event_snapshots",
        "workspace_id, subject_kind, subject_id, subject_number, shapes, created_at",
        "DELETE",
        "created_at < {now} - interval '30 days'",
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("event_snapshots")
