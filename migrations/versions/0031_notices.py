"""What each person is told, and how they want to be told.

Revision ID: 0031_notices
Revises: 0030_browser_sessions
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0031_notices"
down_revision = "0030_browser_sessions"
branch_labels = None
depends_on = None

KINDS = (
    "handoff_requested", "customer_wrote", "customer_edited", "customer_deleted", "changed_after_the_deed", "message_failed",
    "message_rejected", "message_unconfirmed", "attachment_failed", "payment_claimed", "payment_reference_reused",
    "order_amended", "order_expired", "stock_low", "subscription_closed", "other",
)  # fmt: skip
WAYS = ("inbox", "mail", "webhook", "whatsapp")
STATUSES = ("pending", "sending", "sent", "unconfirmed", "failed", "dropped")


def _of_workspace(table: str) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    return (
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def upgrade() -> None:
    """Make both tables, and let sweeps see what is due."""
    op.create_table(
        "notices",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notification_id"],
            ["notifications.workspace_id", "notifications.id"],
            name=op.f("fk_notices_workspace_id_notification_id"),
        ),
        sa.UniqueConstraint(
            "workspace_id", "notification_id", "user_id", "way",
            name=op.f("uq_notices_workspace_id_notification_id_user_id_way"),
        ),
        sa.CheckConstraint("read_at IS NULL OR way = 'inbox'", name=op.f("ck_notices_read_in_inbox")),
        _known("notices", "way", WAYS),
        _known("notices", "kind", KINDS),
        _known("notices", "status", STATUSES),
        *_of_workspace("notices"),
    )
    op.create_index(
        "ix_notices_inbox", "notices", ["workspace_id", "user_id", "id"], postgresql_where=sa.text("way = 'inbox'")
    )
    op.create_index(
        "ix_notices_due", "notices", ["due_at"], postgresql_where=sa.text("status IN ('pending', 'sending')")
    )
    op.create_table(
        "notification_preferences",
        sa.Column("ways", postgresql.JSONB(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("sealed_url", sa.LargeBinary(), nullable=True),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("workspace_id", "user_id", name=op.f("uq_notification_preferences_workspace_id_user_id")),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_notification_preferences_quiet_is_a_span")
        ),
        *_of_workspace("notification_preferences"),
    )
    for table in ("notices", "notification_preferences"):
        security.secure(table, ("workspace_id",))


def downgrade() -> None:
    """Forget what was told to whom."""
    op.drop_table("notification_preferences")
    op.drop_table("notices")
