"""What to order and when, and the classes of products.

Revision ID: 0054_replenishment
Revises: 0051_machine_risk
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import closed_sets, security

revision = "0054_replenishment"
down_revision = "0051_machine_risk"
branch_labels = None
depends_on = None

STATUSES = ("open", "accepted", "changed", "rejected", "placed", "gone")
REFERENCES = (
    ("store_id", "stores", None),
    ("from_store_id", "stores", None),
    ("variant_id", "product_variants", "CASCADE"),
    ("supplier_id", "suppliers", None),
    ("purchase_order_id", "purchase_orders", None),
    ("transfer_id", "stock_transfers", None),
)


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def _to(table: str, column: str, other: str, ondelete: str | None) -> sa.ForeignKeyConstraint:
    names, ends = ["workspace_id", column], [f"{other}.workspace_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(names, ends, name=op.f(f"fk_{table}_workspace_id_{column}"), ondelete=ondelete)


def upgrade() -> None:
    """Make both tables."""
    table = "replenishment_proposals"
    proposals = op.create_table(
        table,
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("from_store_id", sa.Uuid(), nullable=True),
        sa.Column("proposed", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("packs", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("pack_size", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("pack_cost", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("why", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("written", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("purchase_order_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(supplier_id IS NULL) <> (from_store_id IS NULL)", name=op.f(f"ck_{table}_one_source")),
        sa.CheckConstraint("from_store_id <> store_id", name=op.f(f"ck_{table}_two_stores")),
        sa.CheckConstraint("packs > 0 AND proposed > 0 AND pack_size > 0", name=op.f(f"ck_{table}_quantity_positive")),
        sa.CheckConstraint("version > 0", name=op.f(f"ck_{table}_counts_up")),
        _known(table, "status", STATUSES),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        *(_to(table, *reference) for reference in REFERENCES),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        f"uq_{table}_standing", table, ["workspace_id", "store_id", "variant_id", sa.text("(from_store_id IS NULL)")],
        unique=True, postgresql_where=sa.text("status IN ('open', 'accepted', 'changed')"),
    )
    op.create_index(f"ix_{table}_status", table, ["workspace_id", "status", "id"])
    classes = op.create_table(
        "product_classes",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("abc", sa.String(length=10), nullable=False),
        sa.Column("xyz", sa.String(length=10), nullable=False),
        sa.Column("worth", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=True),
        sa.CheckConstraint("share >= 0 AND share <= 1", name=op.f("ck_product_classes_share_of_whole")),
        _known("product_classes", "abc", ("a", "b", "c")),
        _known("product_classes", "xyz", ("x", "y", "z")),
        _known("product_classes", "before", ("a", "b", "c")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_product_classes_workspace_id")),
        _to("product_classes", "variant_id", "product_variants", "CASCADE"),
        sa.PrimaryKeyConstraint("workspace_id", "variant_id", name=op.f("pk_product_classes")),
    )
    for made in (proposals, classes):
        security.secure(made.name, made.columns.keys())
    security.limit_to_stores(table)
    closed_sets.know("routines", "name", "replenishment.plan")


def downgrade() -> None:
    """Drop both; the drafts stay."""
    closed_sets.know_no_more("routines", "name", "replenishment.plan")
    op.drop_table("product_classes")
    op.drop_table("replenishment_proposals")
