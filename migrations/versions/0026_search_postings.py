"""Words on file hang on their variant alone, which hangs on its workspace: the second check cost a third of filing them.

Revision ID: 0026_search_postings
Revises: 0024_subscriptions
"""

from alembic import op

revision = "0026_search_postings"
down_revision = "0024_subscriptions"
branch_labels = None
depends_on = None

NAME = "fk_search_postings_workspace_id"


def upgrade() -> None:
    """Drop the key to the workspace; the one to the variant holds the workspace too."""
    op.drop_constraint(NAME, "search_postings", type_="foreignkey")


def downgrade() -> None:
    """Check the workspace of every posting again."""
    op.create_foreign_key(NAME, "search_postings", "workspaces", ["workspace_id"], ["id"])
