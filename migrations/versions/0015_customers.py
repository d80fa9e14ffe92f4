"""Customers as staff keep them: tags, tax id, credit, consent, versions, and merges that can be undone.

Revision ID: 0015_customers
Revises: 0014_store_limits
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0015_customers"
down_revision = "0014_store_limits"
branch_labels = None
depends_on = None

def _columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("tax_id", sa.String(length=30), nullable=True),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("credit_limit", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("marketing_consent", sa.Boolean(), nullable=True),
        sa.Column("consent_source", sa.String(length=200), nullable=True),
        sa.Column("consent_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    )


def upgrade() -> None:
    """Add the columns and the table of merges."""
    op.execute("SET LOCAL lock_timeout = '10s'")
    for column in _columns():
        op.add_column("customers", column)
    op.create_check_constraint(op.f("ck_customers_credit_not_negative"), "customers", "credit_limit >= 0")
    op.create_check_constraint(
        op.f("ck_customers_consent_has_time"), "customers", "(marketing_consent IS NULL) = (consent_changed_at IS NULL)"
    )
    op.create_foreign_key(
        op.f("fk_customers_workspace_id_merged_into"),
        "customers",
        "customers",
        ["workspace_id", "merged_into"],
        ["workspace_id", "id"],
    )
    op.create_index(
        "ix_customers_merged_into",
        "customers",
        ["workspace_id", "merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "customer_merges",
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("moved", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filled", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tags_added", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("kept_id <> merged_id", name=op.f("ck_customer_merges_two_customers")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "kept_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_customer_merges_workspace_id_kept_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "merged_id"],
            ["customers.workspace_id", "customers.id"],
            name=op.f("fk_customer_merges_workspace_id_merged_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_customer_merges_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_customer_merges")),
    )
    op.create_index("ix_customer_merges_kept", "customer_merges", ["workspace_id", "kept_id"], unique=False)
    op.create_index(
        "uq_customer_merges_standing",
        "customer_merges",
        ["workspace_id", "merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    security.secure("customer_merges", ("workspace_id", "id"))


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("customer_merges")
    op.drop_index("ix_customers_merged_into", table_name="customers")
    op.drop_constraint(op.f("fk_customers_workspace_id_merged_into"), "customers", type_="foreignkey")
    op.drop_constraint(op.f("ck_customers_consent_has_time"), "customers", type_="check")
    op.drop_constraint(op.f("ck_customers_credit_not_negative"), "customers", type_="check")
    for column in _columns():
        op.drop_column("customers", column.name)
