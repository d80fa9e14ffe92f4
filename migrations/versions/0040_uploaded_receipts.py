"""A receipt may be a file that staff have uploaded, beside no message.

Revision ID: 0040_uploaded_receipts
Revises: 0038_live_files
"""

import sqlalchemy as sa
from alembic import op

revision = "0040_uploaded_receipts"
down_revision = "0038_live_files"
branch_labels = None
depends_on = None

INDEX = "uq_payment_receipts_uploaded"
CHECK = "ck_payment_receipts_has_a_file"


def upgrade() -> None:
    """Let a receipt stand without an attachment, once for each payment and file."""
    op.alter_column("payment_receipts", "attachment_id", nullable=True)
    op.create_index(
        INDEX,
        "payment_receipts",
        ["workspace_id", "payment_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("attachment_id IS NULL"),
    )
    op.create_check_constraint(op.f(CHECK), "payment_receipts", "attachment_id IS NOT NULL OR sha256 IS NOT NULL")


def downgrade() -> None:
    """Give uploaded receipts up."""
    op.drop_constraint(op.f(CHECK), "payment_receipts")
    op.drop_index(INDEX, "payment_receipts")
    op.execute("DELETE FROM payment_receipts WHERE attachment_id IS NULL")
    op.alter_column("payment_receipts", "attachment_id", nullable=False)
