"""The ERP: where it is, its runs, and what it said.

Revision ID: 0080_erp
Revises: 0055_emissions
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0080_erp"
down_revision = "0055_emissions"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(precision=14, scale=2)
QUANTITY = sa.Numeric(precision=12, scale=3)
TIME = sa.DateTime(timezone=True)
OPEN = sa.text("status IN ('pending', 'running')")
ROW_STATUSES = ("synced", "unmatched", "failed", "ignored", "gone")
JOB_TYPES = ("sync_products", "sync_inventory", "sync_sales", "sync_customers")
STATUSES = ("pending", "running", "completed", "failed", "cancelled")
ALERTS = (
    "stock_out", "stock_low", "stock_out_ahead", "sales_unexpected", "shrinkage", "dead_stock", "slow_stock",
    "hold_expiring", "price_below_cost", "payment_waiting", "machine_unwell",
)  # fmt: skip
TABLES = ("erp_customers", "erp_sales", "erp_stock", "erp_products", "sync_jobs", "erp_connections")


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _check(table, f"{column}_known", f"{column} IN ({listed})")


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _to(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    names, ends = ["workspace_id", column], [f"{other}.workspace_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(names, ends, name=op.f(f"fk_{table}_workspace_id_{column}"), ondelete=ondelete)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    name = "_".join(("workspace_id", *columns))
    return sa.UniqueConstraint("workspace_id", *columns, name=op.f(f"uq_{table}_{name}"))


def _make(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table of workspaces whose rows have ids, under row-level security."""
    made = op.create_table(
        table,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        *parts,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())


def _said(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table of what the ERP said."""
    _make(
        table,
        *parts,
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("last_synced_at", TIME, nullable=False),
        _text("sync_hash", 64),
        sa.Column("sync_status", sa.String(length=20), server_default="synced", nullable=False),
        _text("problem", 100, nullable=True),
        _known(table, "sync_status", ROW_STATUSES),
        _to(table, "connection_id", "erp_connections"),
    )
    op.create_index(f"ix_{table}_sync_status", table, ["workspace_id", "sync_status"])


def _connections() -> None:
    table = "erp_connections"
    _make(
        table,
        _text("name", 100),
        _text("preset", 20),
        _text("host", 255),
        sa.Column("port", sa.Integer(), nullable=False),
        _text("database", 500),
        _text("username", 100),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("synced_at", TIME, nullable=True),
        sa.Column("read_up_to", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(table, "rhythm_bearable", "every_minutes >= 5"),
        _known(table, "preset", ("microsip", "aspel_sae")),
        _unique(table, "name"),
    )


def _jobs() -> None:
    table = "sync_jobs"
    _make(
        table,
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        _text("job_type", 100),
        _text("entity_type", 100),
        _text("status", 20),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("completed_at", TIME, nullable=True),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        *(sa.Column(f"records_{name}", sa.Integer(), nullable=False) for name in ("synced", "failed", "skipped")),
        sa.Column("last_sync_timestamp", TIME, nullable=True),
        sa.Column("error_log", postgresql.JSONB(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", TIME, nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        _check(table, "counts_up", "least(records_synced, records_failed, records_skipped, attempts) >= 0"),
        _known(table, "job_type", JOB_TYPES),
        _known(table, "status", STATUSES),
        _to(table, "connection_id", "erp_connections"),
    )
    op.create_index(f"ix_{table}_job_type", table, ["workspace_id", "job_type"])
    op.create_index(f"ix_{table}_status", table, ["workspace_id", "status"])
    op.create_index(f"ix_{table}_created", table, ["workspace_id", sa.text("created_at DESC")])
    columns = ["workspace_id", "connection_id", "job_type"]
    op.create_index(f"uq_{table}_open", table, columns, unique=True, postgresql_where=OPEN)
    op.create_index(f"ix_{table}_due", table, ["next_try_at"], postgresql_where=OPEN)
    seen = "workspace_id, id, completed_at"
    security.forget_too(table, seen, "DELETE", "completed_at < {now} - interval '90 days'")


def _products() -> None:
    table = "erp_products"
    _said(
        table,
        _text("code", 100),
        _text("name", 500),
        _text("source_table", 100),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("record", postgresql.JSONB(), nullable=False),
        sa.Column("applied", postgresql.JSONB(), nullable=True),
        sa.Column("conflicts", postgresql.JSONB(), nullable=False),
        _to(table, "variant_id", "product_variants", "SET NULL (variant_id)"),
        _unique(table, "connection_id", "code"),
    )
    op.create_index(f"uq_{table}_variant", table, ["workspace_id", "connection_id", "variant_id"], unique=True)


def _levels() -> None:
    table = "erp_stock"
    _said(
        table,
        _text("product", 100),
        _text("warehouse", 50),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("on_hand", QUANTITY, nullable=False),
        *(sa.Column(name, MONEY, nullable=True) for name in ("cost", "last_cost", "average_cost")),
        sa.Column("counted_at", TIME, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _to(table, "store_id", "stores"),
        _unique(table, "connection_id", "product", "warehouse"),
    )
    security.limit_to_stores(table)


def _sales() -> None:
    table = "erp_sales"
    _said(
        table,
        _text("folio", 50),
        sa.Column("line", sa.Integer(), nullable=False),
        _text("product", 100),
        _text("customer", 50, nullable=True),
        _text("warehouse", 50),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", QUANTITY, nullable=False),
        *(sa.Column(name, MONEY, nullable=True) for name in ("price", "discount", "subtotal", "tax", "total")),
        sa.Column("sold_at", TIME, nullable=False),
        sa.Column("invoiced_at", TIME, nullable=True),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sale_line_id", sa.Uuid(), nullable=True),
        _to(table, "store_id", "stores"),
        _unique(table, "connection_id", "folio", "line"),
    )
    op.create_index(f"ix_{table}_sold", table, ["workspace_id", "sold_at"])
    security.limit_to_stores(table)


def _customers() -> None:
    table = "erp_customers"
    _said(
        table,
        _text("code", 50),
        _text("name", 500),
        *(
            _text(name, length, nullable=True)
            for name, length in (
                ("tax_id", 20), ("email", 255), ("phone", 40), ("address", 500), ("city", 100), ("state", 100),
                ("postal_code", 10),
            )
        ),
        *(sa.Column(name, MONEY, nullable=True) for name in ("credit_limit", "balance")),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("applied", postgresql.JSONB(), nullable=True),
        sa.Column("conflicts", postgresql.JSONB(), nullable=False),
        _to(table, "customer_id", "customers"),
        _unique(table, "connection_id", "code"),
    )
    name = sa.text("to_tsvector('spanish', name)")
    op.create_index(f"ix_{table}_name", table, [name], postgresql_using="gin")


def _alerts(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_alerts_kind_known"), "alerts")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_alerts_kind_known"), "alerts", f"kind IN ({listed})")


def upgrade() -> None:
    """Make the tables, and let alerts be about an ERP that is not read."""
    _connections()
    _jobs()
    _products()
    _levels()
    _sales()
    _customers()
    _alerts((*ALERTS, "erp_late"))


def downgrade() -> None:
    """Forget the ERP."""
    op.execute("DELETE FROM alerts WHERE kind = 'erp_late'")
    _alerts(ALERTS)
    security.forget_no_more("sync_jobs")
    for table in TABLES:
        op.drop_table(table)
