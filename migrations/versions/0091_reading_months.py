"""Two who need the place of a month at once: the second finds what the first has made.

Revision ID: 0091_reading_months
Revises: 0090_rule_insistent
"""

from alembic import op

revision = "0091_reading_months"
down_revision = "0090_rule_insistent"
branch_labels = None
depends_on = None

KEEP_MONTH = """
    CREATE OR REPLACE FUNCTION keep_reading_month(day date) RETURNS void
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
        -- A name that was not found is remembered as such while the lock is waited for: what stands there now is read.
        IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'machine_readings'::regnamespace AND relname = part) THEN
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


def upgrade() -> None:
    """Look again in the table itself."""
    op.execute(KEEP_MONTH)


def downgrade() -> None:
    """The function does the same for one at a time."""
