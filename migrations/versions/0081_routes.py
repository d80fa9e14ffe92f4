"""Routes: where stores are, vehicles, plans, routes and stops.

Revision ID: 0081_routes
Revises: 0080_erp
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations import security

revision = "0081_routes"
down_revision = "0080_erp"
branch_labels = None
depends_on = None

KILOGRAMS = sa.Numeric(precision=12, scale=3)
WHOLE = "(latitude IS NULL) = (longitude IS NULL)"
ON_EARTH = "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180"


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _known(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _check(table, f"{column}_known", f"{column} IN ({listed})")


def _to(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    names, ends = ["workspace_id", column], [f"{other}.workspace_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(names, ends, name=op.f(f"fk_{table}_workspace_id_{column}"), ondelete=ondelete)


def _make(table: str, *parts: sa.Column[Any] | sa.Constraint) -> None:
    """A table of a store's rows, under row-level security."""
    made = op.create_table(
        table,
        sa.Column("store_id", sa.Uuid(), nullable=False),
        *parts,
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        _to(table, "store_id", "stores"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())
    security.limit_to_stores(table)


def _vehicles() -> None:
    table = "delivery_vehicles"
    _make(
        table,
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("driver_name", sa.String(length=200), nullable=False),
        sa.Column("driver_phone", sa.String(length=40), nullable=True),
        sa.Column("capacity_kg", KILOGRAMS, nullable=True),
        sa.Column("most_stops", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("break_starts_at", sa.Time(), nullable=True),
        sa.Column("break_ends_at", sa.Time(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("workspace_id", "store_id", "name", name=op.f(f"uq_{table}_workspace_id_store_id_name")),
        _check(table, "capacity_positive", "capacity_kg > 0 AND most_stops > 0"),
        _check(table, "shift_in_order", "starts_at < ends_at"),
        _check(
            table,
            "break_within_shift",
            "(break_starts_at IS NULL) = (break_ends_at IS NULL) AND starts_at < break_starts_at"
            " AND break_starts_at < break_ends_at AND break_ends_at < ends_at",
        ),
        _check(table, "counts_up", "version > 0"),
    )


def _plans() -> None:
    table = "delivery_plans"
    _make(
        table,
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        _known(table, "status", ("pending", "ready", "failed", "under_way", "done")),
        _check(table, "counts_up", "asked >= 0 AND attempts >= 0"),
    )
    early = sa.text("status IN ('pending', 'ready', 'failed')")
    columns = ["workspace_id", "store_id", "day"]
    op.create_index(f"uq_{table}_before_leaving", table, columns, unique=True, postgresql_where=early)
    op.create_index(f"ix_{table}_due", table, ["next_try_at"], postgresql_where=sa.text("status = 'pending'"))


def _routes() -> None:
    table = "delivery_routes"
    _make(
        table,
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returns_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("link_until", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            "workspace_id",
            "plan_id",
            "vehicle_id",
            "leaves_at",
            name=op.f(f"uq_{table}_workspace_id_plan_id_vehicle_id_leaves_at"),
        ),
        _to(table, "plan_id", "delivery_plans", "CASCADE"),
        _to(table, "vehicle_id", "delivery_vehicles"),
        _check(table, "times_in_order", "leaves_at < returns_at"),
        _check(table, "counts_up", "link_version >= 0"),
    )
    op.create_index(f"ix_{table}_vehicle", table, ["workspace_id", "vehicle_id", "leaves_at"])


def _stops() -> None:
    table = "delivery_stops"
    _make(
        table,
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("weight_kg", KILOGRAMS, nullable=False),
        sa.Column("is_weight_known", sa.Boolean(), nullable=False),
        sa.Column("service_minutes", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrives_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_out", sa.String(length=20), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        _to(table, "plan_id", "delivery_plans"),
        _to(table, "route_id", "delivery_routes"),
        _to(table, "order_id", "orders"),
        _to(table, "transfer_id", "stock_transfers"),
        _known(table, "left_out", ("no_position", "too_heavy", "out_of_time", "no_room")),
        _known(table, "outcome", ("open", "delivered", "failed", "dropped")),
        _check(table, "one_thing", "(order_id IS NULL) <> (transfer_id IS NULL)"),
        _check(table, "whole_position", WHOLE),
        _check(table, "on_earth", ON_EARTH),
        _check(table, "window_in_order", "opens_at <= closes_at"),
        _check(table, "not_negative", "weight_kg >= 0 AND service_minutes >= 0"),
        _check(table, "settled_has_time", "(outcome = 'open') = (settled_at IS NULL)"),
    )
    op.create_index(f"ix_{table}_plan", table, ["workspace_id", "plan_id", "position"])
    for thing in ("order", "transfer"):
        open_ones = sa.text("outcome = 'open'")
        op.create_index(
            f"uq_{table}_{thing}", table, ["workspace_id", f"{thing}_id"], unique=True, postgresql_where=open_ones
        )


def upgrade() -> None:
    """Say where stores are, and make the tables."""
    op.add_column("stores", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("stores", sa.Column("longitude", sa.Float(), nullable=True))
    op.create_check_constraint(op.f("ck_stores_whole_position"), "stores", WHOLE)
    op.create_check_constraint(op.f("ck_stores_on_earth"), "stores", ON_EARTH)
    for make in (_vehicles, _plans, _routes, _stops):
        make()


def downgrade() -> None:
    """Drop them."""
    for name in ("stops", "routes", "plans", "vehicles"):
        op.drop_table(f"delivery_{name}")
    op.drop_column("stores", "longitude")
    op.drop_column("stores", "latitude")
