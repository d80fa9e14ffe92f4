"""Telephones of members, and what of an approval is bound to them; notices that answer from a telephone.

Revision ID: 0046_member_phones
Revises: 0055_foresight_forgotten
"""

import sqlalchemy as sa
from alembic import op

from migrations import closed_sets, security

revision = "0046_member_phones"
down_revision = "0055_foresight_forgotten"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let a yes from a telephone carry its PIN."""
    made = op.create_table(
        "member_phones",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("code_digest", sa.String(length=64)),
        sa.Column("code_until", sa.DateTime(timezone=True)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("pin_digest", sa.String(length=200)),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_member_phones_user_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_member_phones_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_member_phones")),
        sa.UniqueConstraint("workspace_id", "user_id", name=op.f("uq_member_phones_workspace_id_user_id")),
    )
    op.create_index("ix_member_phones_key", "member_phones", ["workspace_id", "key"])
    op.create_index(
        "uq_member_phones_key",
        "member_phones",
        ["workspace_id", "key"],
        unique=True,
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    security.secure("member_phones", made.columns.keys())
    op.add_column("approvals", sa.Column("unlocked_by", sa.Uuid()))
    closed_sets.know("notices", "kind", "assistant_answered")
    # Whoever is told over WhatsApp has a telephone that is proven.
    op.drop_column("notification_preferences", "phone")


def downgrade() -> None:
    """Forget the telephones."""
    op.add_column("notification_preferences", sa.Column("phone", sa.String(length=40)))
    closed_sets.know_no_more("notices", "kind", "assistant_answered")
    op.drop_column("approvals", "unlocked_by")
    op.drop_table("member_phones")
