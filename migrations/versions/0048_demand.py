"""What was wanted day by day, what will be, and what a workspace does again and again.

Revision ID: 0048_demand
Revises: 0049_machines
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0048_demand"
down_revision = "0049_machines"
branch_labels = None
depends_on = None

LEVELS = ("variant_store", "variant", "category", "store", "total")
ROUTINES = ("demand.project", "forecast.train")


def upgrade() -> None:
    """Make both tables; the system role sees when a routine is due, and up to where it has read."""
    listed = ", ".join(f"'{name}'" for name in ROUTINES)
    routines = op.create_table(
        "routines",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        *_of_workspace("routines"),
        sa.CheckConstraint("position >= 0 AND runs >= 0 AND failures >= 0", name=op.f("ck_routines_counts_up")),
        sa.CheckConstraint(f"name IN ({listed})", name=op.f("ck_routines_name_known")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_routines_workspace_id_name")),
    )
    days = op.create_table(
        "demand_days",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sold", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("returned", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("largest", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("corrected", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("was_empty", sa.Boolean(), nullable=False),
        sa.Column("is_empty_after", sa.Boolean(), nullable=True),
        sa.CheckConstraint("returned >= 0 AND largest >= 0", name=op.f("ck_demand_days_not_negative")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_demand_days_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "store_id"], ["stores.workspace_id", "stores.id"], name=op.f("fk_demand_days_workspace_id_store_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "variant_id"],
            ["product_variants.workspace_id", "product_variants.id"],
            name=op.f("fk_demand_days_workspace_id_variant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "store_id", "variant_id", "day", name=op.f("pk_demand_days")),
    )
    op.create_index("ix_demand_days_day", "demand_days", ["workspace_id", "day"])
    for table in (routines, days):
        security.secure(table.name, table.columns.keys())
    security.limit_to_stores("demand_days")
    _forecasts()


def _forecasts() -> None:
    """The runs and the forecasts. What is added up over all stores is hidden from those who work in some."""
    runs = op.create_table(
        "forecast_runs",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("accuracy", postgresql.JSONB(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        *_of_workspace("forecast_runs"),
        sa.CheckConstraint("horizon > 0 AND series >= 0", name=op.f("ck_forecast_runs_counts_up")),
    )
    op.create_index("ix_forecast_runs_newest", "forecast_runs", ["workspace_id", "created_at"])
    listed = ", ".join(f"'{level}'" for level in LEVELS)
    made = op.create_table(
        "forecasts",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=True),
        sa.Column("variant_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("demand_class", sa.String(length=20), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("mean", postgresql.JSONB(), nullable=False),
        sa.Column("day_width", sa.Float(), nullable=False),
        sa.Column("sum_widths", postgresql.JSONB(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("came", sa.Float(), nullable=False),
        sa.Column("surprise", sa.Float(), nullable=False),
        *_of_workspace("forecasts"),
        sa.CheckConstraint(f"level IN ({listed})", name=op.f("ck_forecasts_level_known")),
        *(
            sa.ForeignKeyConstraint(
                ["workspace_id", column],
                [f"{table}.workspace_id", f"{table}.id"],
                name=op.f(f"fk_forecasts_workspace_id_{column}"),
                ondelete=ondelete,
            )
            for column, table, ondelete in (
                ("run_id", "forecast_runs", "CASCADE"),
                ("store_id", "stores", None),
                ("variant_id", "product_variants", "CASCADE"),
                ("category_id", "categories", "CASCADE"),
            )
        ),
        sa.UniqueConstraint(
            "workspace_id", "level", "store_id", "variant_id", "category_id",
            name="uq_forecasts_series", postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_forecasts_variant", "forecasts", ["workspace_id", "variant_id"])
    for table in (runs, made):
        security.secure(table.name, table.columns.keys())
    security.limit_to_stores("forecasts")
    op.execute(
        "CREATE POLICY forecasts_of_all_stores ON forecasts AS RESTRICTIVE FOR ALL TO nexova_app"
        " USING (store_id IS NOT NULL OR nullif(current_setting('app.store_ids', true), '') IS NULL)"
    )


def _of_workspace(table: str) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    return (
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    """Drop all; they are made of other tables."""
    op.drop_table("forecasts")
    op.drop_table("forecast_runs")
    op.drop_table("demand_days")
    op.drop_table("routines")
