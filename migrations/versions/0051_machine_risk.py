"""How machines were judged, with what they are compared, and what holds of them.

Revision ID: 0051_machine_risk
Revises: 0050_desk_prepared
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import closed_sets, security

revision = "0051_machine_risk"
down_revision = "0050_desk_prepared"
branch_labels = None
depends_on = None

TABLES = ("machine_baselines", "machine_predictions", "machine_conditions")


def upgrade() -> None:
    """Make the tables, and let there be alerts of machines."""
    closed_sets.know("alerts", "kind", "machine_unwell")
    op.create_table(
        "machine_conditions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "cause IN ('above_alarm', 'below_alarm', 'above_warning', 'below_warning', 'heat_dissipation', 'power', 'overstrain', 'anomaly', 'silent')",
            name=op.f("ck_machine_conditions_cause_known"),
        ),
        sa.CheckConstraint("severity IN ('warning', 'critical')", name=op.f("ck_machine_conditions_severity_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "machine_id"],
            ["machines.workspace_id", "machines.id"],
            name=op.f("fk_machine_conditions_workspace_id_machine_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_machine_conditions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_machine_conditions")),
    )
    op.create_index("ix_machine_conditions_seen", "machine_conditions", ["workspace_id", "resolved_at", "id"], unique=False)
    op.create_index(
        "uq_machine_conditions_open",
        "machine_conditions",
        ["workspace_id", "machine_id", "key"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_table(
        "machine_baselines",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("status IN ('candidate', 'promoted', 'retired')", name=op.f("ck_machine_baselines_status_known")),
        sa.CheckConstraint("since < until", name=op.f("ck_machine_baselines_span_is_ordered")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "machine_id"],
            ["machines.workspace_id", "machines.id"],
            name=op.f("fk_machine_baselines_workspace_id_machine_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_machine_baselines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_machine_baselines")),
        sa.UniqueConstraint(
            "workspace_id", "machine_id", "number", name=op.f("uq_machine_baselines_workspace_id_machine_id_number")
        ),
    )
    op.create_index(
        "uq_machine_baselines_promoted",
        "machine_baselines",
        ["workspace_id", "machine_id"],
        unique=True,
        postgresql_where=sa.text("status = 'promoted'"),
    )
    op.create_table(
        "machine_predictions",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("ways", postgresql.JSONB(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("baseline_id", sa.Uuid(), nullable=True),
        sa.Column("data_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tool_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("level IN ('unknown', 'low', 'elevated', 'high')", name=op.f("ck_machine_predictions_level_known")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "machine_id"],
            ["machines.workspace_id", "machines.id"],
            name=op.f("fk_machine_predictions_workspace_id_machine_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_machine_predictions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_machine_predictions")),
    )
    op.create_index(
        "ix_machine_predictions_since", "machine_predictions", ["workspace_id", "machine_id", "since", "id"], unique=False
    )
    for table in TABLES:
        security.secure(table, [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)])


def downgrade() -> None:
    """Drop everything."""
    for table in TABLES:
        op.drop_table(table)
    closed_sets.know_no_more("alerts", "kind", "machine_unwell")
