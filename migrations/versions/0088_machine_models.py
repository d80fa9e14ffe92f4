"""Models of machines, what they foretell, and the causes that come of that.

Revision ID: 0088_machine_models
Revises: 0087_event_snapshots
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import closed_sets, security

revision = "0088_machine_models"
down_revision = "0087_event_snapshots"
branch_labels = None
depends_on = None

TABLE = "machine_models"
CAUSES = ("failure_foretold", "life_ending", "model_drifted", "model_unreliable")


def _check(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{TABLE}_{name}"))


def _known(column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return _check(f"{column}_known", f"{column} IN ({listed})")


def upgrade() -> None:
    """Make their table, keep what they foretell, and let conditions and work orders be of their causes."""
    for table in ("machine_conditions", "work_orders"):
        closed_sets.know(table, "cause", *CAUSES)
    op.add_column("machine_predictions", sa.Column("foretold", postgresql.JSONB(), nullable=True))
    made = op.create_table(
        TABLE,
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("machine_kind", sa.String(length=50), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=True),
        sa.Column("horizon_hours", sa.Float(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("sensors", postgresql.JSONB(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("learned_from", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        _known("kind", "failure", "remaining_life"),
        _known("source", "history", "file", "model"),
        _known("status", "pending", "candidate", "promoted", "retired", "refused"),
        _check(
            "made_has_file",
            "status NOT IN ('candidate', 'promoted', 'retired') OR sha256 IS NOT NULL AND trained_at IS NOT NULL",
        ),
        _check("refused_has_reason", "(status = 'refused') = (reason IS NOT NULL)"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{TABLE}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f(f"uq_{TABLE}_workspace_id_number")),
    )
    op.create_index(f"ix_{TABLE}_due", TABLE, ["next_try_at"], postgresql_where=sa.text("status = 'pending'"))
    op.create_index(
        f"uq_{TABLE}_promoted",
        TABLE,
        ["workspace_id", "machine_kind", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'promoted'"),
    )
    security.secure(TABLE, [column.name for column in made.columns])


def downgrade() -> None:
    """Drop all of it."""
    op.drop_table(TABLE)
    op.drop_column("machine_predictions", "foretold")
    for table in ("work_orders", "machine_conditions"):
        closed_sets.know_no_more(table, "cause", *CAUSES)
