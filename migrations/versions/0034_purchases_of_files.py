"""A line of a receipt knows the row of the file that told of it.

Revision ID: 0034_purchases_of_files
Revises: 0032_low_stock
"""

import sqlalchemy as sa
from alembic import op

revision = "0034_purchases_of_files"
down_revision = "0032_low_stock"
branch_labels = None
depends_on = None

INDEX = "uq_goods_receipt_lines_source"


def upgrade() -> None:
    """Add the digest of the row, of which one line stands at a time."""
    op.add_column("goods_receipt_lines", sa.Column("source_ref", sa.String(64)))
    op.add_column(
        "goods_receipt_lines", sa.Column("taken_back", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        INDEX, "goods_receipt_lines", ["workspace_id", "source_ref"], unique=True, postgresql_where=sa.text("NOT taken_back")
    )


def downgrade() -> None:
    """Forget which rows brought what."""
    op.drop_index(INDEX, "goods_receipt_lines")
    op.drop_column("goods_receipt_lines", "taken_back")
    op.drop_column("goods_receipt_lines", "source_ref")
