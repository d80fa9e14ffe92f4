"""Emissions: sources, factors, records, figures and reports.

Revision ID: 0055_emissions
Revises: 0063_ledger_order
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0055_emissions"
down_revision = "0063_ledger_order"
branch_labels = None
depends_on = None

AMOUNT = sa.Numeric(precision=20, scale=6)
KILOGRAMS = sa.Numeric(precision=30, scale=9)
PER_CENT = sa.Numeric(precision=6, scale=2)
GWP = ("AR5", "AR6")
CATEGORIES = (
    "purchased_goods_and_services",
    "capital_goods",
    "fuel_and_energy_related_activities",
    "upstream_transportation_and_distribution",
    "waste_generated_in_operations",
    "business_travel",
    "employee_commuting",
    "upstream_leased_assets",
    "downstream_transportation_and_distribution",
    "processing_of_sold_products",
    "use_of_sold_products",
    "end_of_life_treatment_of_sold_products",
    "downstream_leased_assets",
    "franchises",
    "investments",
)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _check(table, f"{column}_known", f"{column} IN ({listed})")


def _scope(table: str) -> sa.CheckConstraint:
    return _check(table, "scope_known", "scope BETWEEN 1 AND 3")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    names, ends = ["workspace_id", column], [f"{other}.workspace_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(names, ends, name=op.f(f"fk_{table}_workspace_id_{column}"))


def _make(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table of workspaces whose rows have ids, under row-level security."""
    made = op.create_table(
        table,
        *parts,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())


def _inventories() -> None:
    table = "emission_inventories"
    made = op.create_table(
        table,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("gwp", sa.String(length=10), nullable=False),
        sa.Column("approach", sa.String(length=30), nullable=False),
        sa.Column("boundary", sa.Text(), nullable=True),
        sa.Column("base_year", sa.Integer(), nullable=True),
        sa.Column("calculation", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(table, "counts_up", "version > 0 AND calculation > 0"),
        _known(table, "gwp", GWP),
        _known(table, "approach", ("operational_control", "financial_control", "equity_share")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())


def _sources() -> None:
    table = "emission_sources"
    _make(
        table,
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("activity", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("scope", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("contract", AMOUNT, nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("machine_id", sa.Uuid(), nullable=True),
        sa.Column("sensor_id", sa.Uuid(), nullable=True),
        sa.Column("meaning", sa.String(length=20), nullable=True),
        sa.Column("supplier_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _scope(table),
        _check(table, "category_of_scope_3", "category IS NULL OR scope = 3"),
        _check(table, "telemetry_has_sensor", "(kind = 'telemetry') = (sensor_id IS NOT NULL AND meaning IS NOT NULL)"),
        _check(table, "purchases_have_supplier", "(kind = 'purchases') = (supplier_id IS NOT NULL)"),
        _check(table, "contract_not_negative", "contract >= 0"),
        _known(table, "kind", ("meter", "telemetry", "purchases", "manual")),
        _known(table, "category", CATEGORIES),
        _known(table, "meaning", ("amount", "rate", "counter")),
        _to(table, "site_id", "sites"),
        _to(table, "machine_id", "machines"),
        _to(table, "sensor_id", "sensors"),
        _to(table, "supplier_id", "suppliers"),
        _to(table, "variant_id", "product_variants"),
        sa.UniqueConstraint("workspace_id", "name_key", name=op.f(f"uq_{table}_workspace_id_name_key")),
    )


def _factors() -> None:
    table = "emission_factors"
    _make(
        table,
        sa.Column("activity", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        *(sa.Column(name, KILOGRAMS, nullable=True) for name in ("co2", "ch4", "n2o", "co2e", "biogenic_co2")),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("is_residual", sa.Boolean(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.Column("uncertainty", PER_CENT, nullable=True),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("licence", sa.String(length=200), nullable=False),
        sa.Column("gwp", sa.String(length=10), nullable=True),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        _scope(table),
        _check(table, "says_something", "num_nonnulls(co2, ch4, n2o, co2e) > 0"),
        _check(table, "not_negative", "least(co2, ch4, n2o, co2e, biogenic_co2) >= 0"),
        _check(table, "valid_in_order", "valid_to >= year"),
        _known(table, "gwp", GWP),
    )
    op.create_index(f"ix_{table}_activity", table, ["workspace_id", "activity"])


def _records() -> None:
    table = "emission_records"
    _make(
        table,
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("contract", AMOUNT, nullable=True),
        sa.Column("uncertainty", PER_CENT, nullable=True),
        sa.Column("coverage", sa.Float(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=True),
        _check(table, "days_in_order", "first_day <= last_day"),
        _check(table, "amount_not_negative", "amount >= 0"),
        _check(table, "withdrawn_for_a_reason", "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)"),
        _to(table, "source_id", "emission_sources"),
    )
    op.create_index(f"ix_{table}_days", table, ["workspace_id", "first_day", "last_day"])
    op.create_index(f"ix_{table}_source", table, ["workspace_id", "source_id", "last_day"])
    standing = sa.text("withdrawn_at IS NULL")
    op.create_index(f"uq_{table}_key", table, ["workspace_id", "source_id", "key"], unique=True, postgresql_where=standing)


def _figures() -> None:
    table = "emission_figures"
    _make(
        table,
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("calculation", sa.Integer(), nullable=False),
        sa.Column("gwp", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=True),
        *(sa.Column(name, KILOGRAMS, nullable=True) for name in ("co2e", "market", "biogenic_co2")),
        sa.Column("gases", postgresql.JSONB(), nullable=False),
        sa.Column("quality", sa.String(length=20), nullable=True),
        sa.Column("uncertainty", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("factor", postgresql.JSONB(), nullable=True),
        sa.Column("market_factor", postgresql.JSONB(), nullable=True),
        sa.Column("notes", postgresql.JSONB(), nullable=False),
        sa.Column("market_notes", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("candidates", postgresql.JSONB(), nullable=False),
        _scope(table),
        _check(table, "figure_or_reason", "(reason IS NULL) = (co2e IS NOT NULL AND scope IS NOT NULL)"),
        _known(table, "gwp", GWP),
        _known(table, "quality", ("measured", "calculated", "estimated", "default")),
        _to(table, "record_id", "emission_records"),
        sa.UniqueConstraint("workspace_id", "record_id", "calculation", name=op.f(f"uq_{table}_workspace_id_record_id_calculation")),
    )


def _reports() -> None:
    table = "emission_reports"
    _make(
        table,
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        _check(table, "days_in_order", "first_day <= last_day"),
        _check(table, "done_has_file", "(status = 'done') = (sha256 IS NOT NULL)"),
        _known(table, "language", ("es", "en")),
        _known(table, "format", ("pdf", "xlsx")),
        _known(table, "status", ("pending", "done", "failed")),
        _to(table, "site_id", "sites"),
    )
    due = sa.text("status = 'pending'")
    op.create_index(f"ix_{table}_due", table, ["next_try_at"], postgresql_where=due)


def upgrade() -> None:
    """Make the tables."""
    for make in (_inventories, _sources, _factors, _records, _figures, _reports):
        make()


def downgrade() -> None:
    """Drop them."""
    for name in ("reports", "figures", "records", "factors", "sources", "inventories"):
        op.drop_table(f"emission_{name}")
