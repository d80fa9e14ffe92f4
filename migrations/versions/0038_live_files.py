"""The live line tells as well of files that have arrived and of payments.

Revision ID: 0038_live_files
Revises: 0035_live
"""

from alembic import op

revision = "0038_live_files"
down_revision = "0035_live"
branch_labels = None
depends_on = None

WATCHED = {"attachments": "UPDATE OF status", "payments": "INSERT OR UPDATE OF status, order_id, flags"}


def upgrade() -> None:
    """Tell of files and payments."""
    for table, what in WATCHED.items():
        op.execute(f"CREATE TRIGGER tell_live AFTER {what} ON {table} FOR EACH ROW EXECUTE FUNCTION nexova_tell_live()")


def downgrade() -> None:
    """Tell of what was told before."""
    for table in WATCHED:
        op.execute(f"DROP TRIGGER tell_live ON {table}")
