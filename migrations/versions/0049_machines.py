"""Machines, what their sensors said, and what could not be taken as a reading.

Readings are divided by month. A month's part lies in a schema of its own, in which nobody has rights: it is reached through
`readings`, and so through its policy. Only the owner may make and drop tables, so two functions do it in the owner's name,
and within bounds: no month that lies far from today, and none that is to be kept.

Revision ID: 0049_machines
Revises: 0047_web_chat
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import security

revision = "0049_machines"
down_revision = "0047_web_chat"
branch_labels = None
depends_on = None

TABLES = (
    "sites", "machines", "machine_events", "sensors", "sensor_status", "sensor_features",
    "readings", "reading_rollups", "quarantined_readings",
)  # fmt: skip

FORGOTTEN = {
    "reading_rollups": (
        "workspace_id, sensor_id, level, starts_at",
        "starts_at < {now} - CASE level WHEN 'minute' THEN interval '180 days' WHEN 'hour' THEN interval '1095 days' END",
    ),
    "sensor_features": ("workspace_id, sensor_id, seconds, starts_at", "starts_at < {now} - interval '400 days'"),
    "quarantined_readings": ("workspace_id, id, received_at", "received_at < {now} - interval '30 days'"),
}

KEEP_MONTH = """
    CREATE FUNCTION keep_reading_month(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
    DECLARE
        first date := date_trunc('month', day)::date;
        part text := 'readings_' || to_char(first, 'YYYY_MM');
    BEGIN
        IF to_regclass('machine_readings.' || part) IS NOT NULL THEN
            RETURN;
        END IF;
        IF day NOT BETWEEN current_date - 100 AND current_date + 2 THEN
            RAISE EXCEPTION 'no readings are taken of %', day;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtext('machine_readings'));
        IF to_regclass('machine_readings.' || part) IS NOT NULL THEN
            RETURN;
        END IF;
        -- A table that is attached keeps nobody from reading and writing the others meanwhile.
        EXECUTE format('CREATE TABLE machine_readings.%I (LIKE public.readings INCLUDING ALL)', part);
        EXECUTE format('ALTER TABLE machine_readings.%I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE machine_readings.%I FORCE ROW LEVEL SECURITY', part);
        EXECUTE format(
            'ALTER TABLE public.readings ATTACH PARTITION machine_readings.%I FOR VALUES FROM (%L) TO (%L)',
            part, first::timestamptz, (first + interval '1 month')::timestamptz
        );
    END $$
"""

FORGET_MONTHS = """
    CREATE FUNCTION forget_reading_months(kept interval, most integer) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
    DECLARE
        part text;
        oldest date := (clock_timestamp() - greatest(kept, interval '90 days'))::date;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('machine_readings'));
        FOR part IN
            SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = 'machine_readings' AND c.relkind = 'r'
               AND c.relname <= 'readings_' || to_char(oldest - interval '1 month', 'YYYY_MM')
             ORDER BY c.relname LIMIT most
        LOOP
            EXECUTE format('DROP TABLE machine_readings.%I', part);
            RETURN NEXT part;
        END LOOP;
    END $$
"""


def upgrade() -> None:
    """Make the tables, and the functions that make and drop months."""
    op.execute("CREATE SCHEMA machine_readings")
    op.create_table(
        "reading_rollups",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("sensor_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.CheckConstraint("level IN ('minute', 'hour', 'day')", name=op.f("ck_reading_rollups_level_known")),
        sa.PrimaryKeyConstraint("workspace_id", "sensor_id", "level", "starts_at", name=op.f("pk_reading_rollups")),
    )
    op.create_index("ix_reading_rollups_age", "reading_rollups", ["starts_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "readings",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("sensor_id", sa.Uuid(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "sensor_id", "measured_at", name=op.f("pk_readings")),
        postgresql_partition_by="RANGE (measured_at)",
    )
    op.create_table(
        "quarantined_readings",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("machine", sa.String(length=50), nullable=True),
        sa.Column("sensor", sa.String(length=50), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "reason IN ('stored', 'late', 'early', 'duplicate', 'conflict', 'out_of_range', 'not_a_number', 'clock_skewed', 'too_old', 'unknown_machine', 'unknown_sensor', 'unit_mismatch', 'malformed')",
            name=op.f("ck_quarantined_readings_reason_known"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_quarantined_readings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_quarantined_readings")),
        sa.UniqueConstraint("workspace_id", "digest", name=op.f("uq_quarantined_readings_workspace_id_digest")),
    )
    op.create_index("ix_quarantined_readings_reason", "quarantined_readings", ["workspace_id", "reason", "id"], unique=False)
    op.create_table(
        "sites",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_sites_placed_whole")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_sites_on_earth")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sites_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sites")),
        sa.UniqueConstraint("workspace_id", "name_key", name=op.f("uq_sites_workspace_id_name_key")),
    )
    op.create_table(
        "machines",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=True),
        sa.Column("tool_grade", sa.String(length=1), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'idle', 'degraded', 'failed', 'maintenance')", name=op.f("ck_machines_state_known")
        ),
        sa.CheckConstraint("tool_grade IN ('L', 'M', 'H')", name=op.f("ck_machines_tool_grade_known")),
        sa.CheckConstraint("code = upper(code) AND length(code) > 0", name=op.f("ck_machines_code_is_upper")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "site_id"], ["sites.workspace_id", "sites.id"], name=op.f("fk_machines_workspace_id_site_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_machines_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_machines")),
        sa.UniqueConstraint("workspace_id", "code", name=op.f("uq_machines_workspace_id_code")),
    )
    op.create_index("ix_machines_judged", "machines", ["judged_at"], unique=False)
    op.create_index("ix_machines_site", "machines", ["workspace_id", "site_id"], unique=False)
    op.create_table(
        "machine_events",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('system', 'agent', 'customer', 'user', 'api_key')", name=op.f("ck_machine_events_actor_kind_known")
        ),
        sa.CheckConstraint(
            "kind IN ('started', 'stopped', 'degraded', 'failed', 'maintenance_begun', 'maintenance_ended', 'part_replaced', 'inspected', 'noted')",
            name=op.f("ck_machine_events_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "machine_id"],
            ["machines.workspace_id", "machines.id"],
            name=op.f("fk_machine_events_workspace_id_machine_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_machine_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_machine_events")),
    )
    op.create_index("ix_machine_events_at", "machine_events", ["workspace_id", "machine_id", "at", "id"], unique=False)
    op.create_table(
        "sensors",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("warn_low", sa.Float(), nullable=True),
        sa.Column("warn_high", sa.Float(), nullable=True),
        sa.Column("alarm_low", sa.Float(), nullable=True),
        sa.Column("alarm_high", sa.Float(), nullable=True),
        sa.Column("sampling_seconds", sa.Float(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('air_temperature', 'process_temperature', 'speed', 'torque', 'tool_wear', 'other')",
            name=op.f("ck_sensors_role_known"),
        ),
        sa.CheckConstraint("code = lower(code) AND length(code) > 0", name=op.f("ck_sensors_code_is_lower")),
        sa.CheckConstraint("low < high", name=op.f("ck_sensors_range_is_ordered")),
        sa.CheckConstraint("sampling_seconds > 0", name=op.f("ck_sensors_sampled")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "machine_id"],
            ["machines.workspace_id", "machines.id"],
            name=op.f("fk_sensors_workspace_id_machine_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sensors_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sensors")),
        sa.UniqueConstraint("workspace_id", "machine_id", "code", name=op.f("uq_sensors_workspace_id_machine_id_code")),
    )
    op.create_table(
        "sensor_features",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("sensor_id", sa.Uuid(), nullable=False),
        sa.Column("seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "sensor_id"],
            ["sensors.workspace_id", "sensors.id"],
            name=op.f("fk_sensor_features_workspace_id_sensor_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "sensor_id", "seconds", "starts_at", name=op.f("pk_sensor_features")),
    )
    op.create_index("ix_sensor_features_age", "sensor_features", ["starts_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "sensor_status",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("sensor_id", sa.Uuid(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_value", sa.Float(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "sensor_id"],
            ["sensors.workspace_id", "sensors.id"],
            name=op.f("fk_sensor_status_workspace_id_sensor_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "sensor_id", name=op.f("pk_sensor_status")),
    )
    for function, role, given in (
        (KEEP_MONTH, security.APP, "keep_reading_month(date)"),
        (FORGET_MONTHS, security.RETENTION, "forget_reading_months(interval, integer)"),
    ):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {given} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {given} TO {role}")
    for table in TABLES:
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
        security.secure(table, columns)
    for table, (seen, which) in FORGOTTEN.items():
        security.forget_too(table, seen, "DELETE", which)


def downgrade() -> None:
    """Drop everything."""
    op.execute("DROP FUNCTION forget_reading_months(interval, integer)")
    op.execute("DROP FUNCTION keep_reading_month(date)")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP SCHEMA machine_readings")
