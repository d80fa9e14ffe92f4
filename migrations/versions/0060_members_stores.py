"""A member works in any number of stores, and may be bound to the hours of the shop.

Revision ID: 0060_members_stores
Revises: 0044_approvals_told
"""

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0060_members_stores"
down_revision = "0044_approvals_told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the one store of a member as the first of several."""
    op.create_table(
        "membership_stores",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "membership_id"],
            ["memberships.workspace_id", "memberships.id"],
            name=op.f("fk_membership_stores_workspace_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"],
            ["stores.workspace_id", "stores.id"],
            name=op.f("fk_membership_stores_workspace_id_store_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_membership_stores_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_membership_stores")),
        sa.UniqueConstraint(
            "workspace_id",
            "membership_id",
            "store_id",
            name=op.f("uq_membership_stores_workspace_id_membership_id_store_id"),
        ),
    )
    security.secure("membership_stores", ["workspace_id"])
    security.show_to_identity("membership_stores")
    op.execute("ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE membership_stores NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO membership_stores (workspace_id, id, membership_id, store_id)"
        " SELECT workspace_id, gen_random_uuid(), id, store_id FROM memberships WHERE store_id IS NOT NULL"
    )
    op.execute("ALTER TABLE memberships FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE membership_stores FORCE ROW LEVEL SECURITY")
    op.drop_constraint(op.f("fk_memberships_workspace_id_store_id"), "memberships", type_="foreignkey")
    op.drop_column("memberships", "store_id")
    op.add_column(
        "memberships", sa.Column("only_open_hours", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    """Keep one store of each member."""
    op.drop_column("memberships", "only_open_hours")
    op.add_column("memberships", sa.Column("store_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_memberships_workspace_id_store_id"),
        "memberships",
        "stores",
        ["workspace_id", "store_id"],
        ["workspace_id", "id"],
    )
    op.execute("ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE membership_stores NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE memberships SET store_id = (SELECT store_id FROM membership_stores AS theirs"
        " WHERE theirs.workspace_id = memberships.workspace_id AND theirs.membership_id = memberships.id"
        " ORDER BY theirs.id LIMIT 1)"
    )
    op.execute("ALTER TABLE memberships FORCE ROW LEVEL SECURITY")
    op.drop_table("membership_stores")
