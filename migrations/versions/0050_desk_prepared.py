"""What the desk prepares: canned replies, macros, replies that go out later, and views of the queues.

Revision ID: 0050_desk_prepared
Revises: 0045_desk
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0050_desk_prepared"
down_revision = "0045_desk"
branch_labels = None
depends_on = None

HELD = ("not_your_conversation", "messages_unseen", "window_closed", "not_permitted")
TABLES = ("canned_replies", "macros", "planned_replies", "desk_views")


def _secured(table: str, *parts: sa.schema.SchemaItem) -> None:
    made = op.create_table(
        table,
        *parts,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())


def upgrade() -> None:
    """Make the tables."""
    _secured(
        "canned_replies",
        sa.Column("shortcut", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("workspace_id", "shortcut", name=op.f("uq_canned_replies_workspace_id_shortcut")),
    )
    _secured(
        "macros",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("deeds", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_macros_workspace_id_name")),
    )
    held = ", ".join(f"'{reason}'" for reason in HELD)
    _secured(
        "planned_replies",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=4096), nullable=False),
        sa.Column("seen_id", sa.Uuid(), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40)),
        sa.Column("message_id", sa.Uuid()),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent', 'held', 'cancelled')", name=op.f("ck_planned_replies_status_known")
        ),
        sa.CheckConstraint(f"reason IN ({held})", name=op.f("ck_planned_replies_reason_known")),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_planned_replies_author_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_planned_replies_workspace_id_conversation_id"),
        ),
    )
    op.create_index("ix_planned_replies_due", "planned_replies", ["send_at"], postgresql_where=sa.text("status = 'waiting'"))
    op.create_index("ix_planned_replies_thread", "planned_replies", ["workspace_id", "conversation_id"])
    op.execute(f"GRANT SELECT (workspace_id, id, status, send_at) ON planned_replies TO {security.SYSTEM}")
    op.execute(f"CREATE POLICY planned_replies_system_reads ON planned_replies FOR SELECT TO {security.SYSTEM} USING (true)")
    _secured(
        "desk_views",
        sa.Column("owner_id", sa.Uuid()),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_desk_views_owner_id")),
        sa.UniqueConstraint(
            "workspace_id",
            "owner_id",
            "name",
            name=op.f("uq_desk_views_workspace_id_owner_id_name"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
