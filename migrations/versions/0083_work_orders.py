"""Work orders: planned jobs on machines, and what was found.

Revision ID: 0083_work_orders
Revises: 0081_routes
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0083_work_orders"
down_revision = "0081_routes"
branch_labels = None
depends_on = None

TABLE = "work_orders"
CAUSES = (
    "above_alarm", "below_alarm", "above_warning", "below_warning", "heat_dissipation", "power", "overstrain", "anomaly",
    "silent",
)  # fmt: skip


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}"))


def _known(column: str, *values: str) -> sa.CheckConstraint:
    return _check(f"{column}_known", f"{column} IN ({', '.join(repr(value) for value in values)})")


def _to(column: str, other: str) -> sa.ForeignKeyConstraint:
    ends = [f"{other}.workspace_id", f"{other}.id"]
    return sa.ForeignKeyConstraint(["workspace_id", column], ends, name=op.f(f"fk_{TABLE}_workspace_id_{column}"))


def upgrade() -> None:
    """Make the table."""
    made = op.create_table(
        TABLE,
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("condition_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("planned_for", sa.Date(), nullable=False),
        sa.Column("assignee", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("parts_from", sa.Uuid(), nullable=True),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("finding", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        _to("machine_id", "machines"),
        _to("condition_id", "machine_conditions"),
        _to("parts_from", "stores"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{TABLE}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f(f"uq_{TABLE}_workspace_id_number")),
        _known("cause", *CAUSES),
        _known("status", "planned", "done", "cancelled"),
        _known("finding", "confirmed", "other", "nothing"),
        _check("warning_whole", "(condition_id IS NULL) = (cause IS NULL)"),
        _check("closed_when_over", "(closed_at IS NULL) = (status = 'planned')"),
        _check("found_when_done", "(finding IS NOT NULL) = (status = 'done' AND cause IS NOT NULL)"),
        _check("parts_come_from_somewhere", "jsonb_array_length(parts) = 0 OR parts_from IS NOT NULL"),
        _check("counts_up", "version > 0"),
    )
    op.create_index(f"ix_{TABLE}_machine", TABLE, ["workspace_id", "machine_id", "number"])
    planned = sa.text("status = 'planned'")
    op.create_index(f"ix_{TABLE}_planned", TABLE, ["workspace_id", "planned_for"], postgresql_where=planned)
    security.secure(TABLE, made.columns.keys())


def downgrade() -> None:
    """Drop it."""
    op.drop_table(TABLE)
