"""Files that a shop brings: imports with what came of every row, learnt headings, and the history of sales made elsewhere.

Revision ID: 0011_imports
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0011_imports"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("sale_lines", "imports", "import_rows", "learnt_headings")


def upgrade() -> None:
    """Make the tables, and put them under row-level security."""
    op.create_table(
        "sale_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("total", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("document", sa.String(length=100), nullable=True),
        sa.Column("source", sa.String(length=50), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_sale_lines_quantity_positive")),
        sa.CheckConstraint("unit_price >= 0 AND total >= 0", name=op.f("ck_sale_lines_amounts_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_sale_lines_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_sale_lines_workspace_id_variant_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sale_lines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sale_lines")),
        sa.UniqueConstraint("workspace_id", "source", "digest", name=op.f("uq_sale_lines_workspace_id_source_digest")),
    )
    op.create_index("ix_sale_lines_sold", "sale_lines", ["workspace_id", "sold_at"], unique=False)
    op.create_index("ix_sale_lines_variant", "sale_lines", ["workspace_id", "variant_id", "sold_at"], unique=False)
    op.create_table(
        "imports",
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        sa.Column("file_type", sa.String(length=20), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("undone_to", sa.Integer(), nullable=True),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("rights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'needs_answers', 'completed', 'failed', 'undoing', 'undone')",
            name=op.f("ck_imports_status_known"),
        ),
        sa.CheckConstraint("done >= 0 AND done <= rows", name=op.f("ck_imports_done_within_rows")),
        sa.CheckConstraint("inserted + updated + unchanged + failed = done", name=op.f("ck_imports_every_row_counted")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_imports_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_imports_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_created", "imports", ["workspace_id", "created_at"], unique=False)
    op.create_index(
        "ix_imports_due",
        "imports",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('pending', 'processing', 'undoing')"),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=255), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undo", sa.String(length=20), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('inserted', 'updated', 'unchanged', 'failed')", name=op.f("ck_import_rows_outcome_known")
        ),
        sa.CheckConstraint("undo IN ('reversed', 'kept', 'failed')", name=op.f("ck_import_rows_undo_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "import_id"],
            ["imports.workspace_id", "imports.id"],
            name=op.f("fk_import_rows_workspace_id_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_import_rows_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_import_rows")),
        sa.UniqueConstraint("workspace_id", "import_id", "number", name=op.f("uq_import_rows_workspace_id_import_id_number")),
    )
    op.create_index("ix_import_rows_key", "import_rows", ["workspace_id", "import_id", "key"], unique=False)
    op.create_table(
        "learnt_headings",
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("field", sa.String(length=30), nullable=True),
        sa.Column("is_field_learnt", sa.Boolean(), nullable=False),
        sa.Column("decimal_mark", sa.String(length=20), nullable=True),
        sa.Column("date_order", sa.String(length=20), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_learnt_headings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_learnt_headings")),
        sa.UniqueConstraint("workspace_id", "heading", name=op.f("uq_learnt_headings_workspace_id_heading")),
    )
    for table in TABLES:
        security.secure(table, ["workspace_id"])


def downgrade() -> None:
    """Forget what was imported; what it changed stays."""
    for table in reversed(TABLES):
        op.drop_table(table)
