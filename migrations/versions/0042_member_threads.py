"""A member of the staff has one thread with the agent: a conversation without a customer, and without a line.

Revision ID: 0042_member_threads
Revises: 0041_live_events
"""

import sqlalchemy as sa
from alembic import op

revision = "0042_member_threads"
down_revision = "0041_live_events"
branch_labels = None
depends_on = None

OF_CUSTOMERS = ("customer_id", "connection_id", "contact_address_id", "shop_address")
WITH_ONE = f"num_nulls({', '.join(OF_CUSTOMERS)}) = CASE WHEN member_id IS NULL THEN 0 ELSE {len(OF_CUSTOMERS)} END"


def upgrade() -> None:
    """Let a conversation be with a member."""
    op.add_column("conversations", sa.Column("member_id", sa.Uuid()))
    for column in OF_CUSTOMERS:
        op.alter_column("conversations", column, nullable=True)
    op.alter_column("messages", "connection_id", nullable=True)
    op.create_index(
        "uq_conversations_member",
        "conversations",
        ["workspace_id", "member_id"],
        unique=True,
        postgresql_where=sa.text("member_id IS NOT NULL"),
    )
    op.create_check_constraint(op.f("ck_conversations_with_one"), "conversations", WITH_ONE)


def downgrade() -> None:
    """Forget the threads of members with all that was said in them: nobody else may read it."""
    for table in ("journal_entries", "turns", "agent_sessions", "messages"):
        op.execute(
            f"DELETE FROM {table} WHERE (workspace_id, conversation_id) IN"  # noqa: S608 - names of this file
            " (SELECT workspace_id, id FROM conversations WHERE member_id IS NOT NULL)"
        )
    op.execute("DELETE FROM conversations WHERE member_id IS NOT NULL")
    op.drop_constraint(op.f("ck_conversations_with_one"), "conversations", type_="check")
    op.drop_index("uq_conversations_member", "conversations")
    op.alter_column("messages", "connection_id", nullable=False)
    for column in OF_CUSTOMERS:
        op.alter_column("conversations", column, nullable=False)
    op.drop_column("conversations", "member_id")
