"""Judging machines, and for how long readings are kept."""

from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.jobs import FileHolder, Job, Retention, Sweep

JOBS: Final = (Job("machine.judge", "machine-judge", 60), Job("machine.learn", "machine-learn", 840))

# No bell is rung for a reading: a machine is judged when it has said something since, at most twice a minute, and every five
# minutes in any case, as silence says something too.
SWEEPS: Final = (
    Sweep(
        "machine.judge",
        "machine_id",
        text(
            """
            SELECT machine.workspace_id, machine.id, machine.judged_at AS since FROM machines AS machine
            WHERE machine.is_active
              AND (machine.judged_at IS NULL OR machine.judged_at < clock_timestamp() - interval '30 seconds')
              AND EXISTS (
                SELECT FROM sensors AS sensor JOIN sensor_status AS status
                    ON status.workspace_id = sensor.workspace_id AND status.sensor_id = sensor.id
                WHERE sensor.workspace_id = machine.workspace_id AND sensor.machine_id = machine.id
                  AND (machine.judged_at IS NULL OR status.received_at > machine.judged_at
                       OR machine.judged_at < clock_timestamp() - interval '5 minutes')
              )
            ORDER BY machine.judged_at NULLS FIRST LIMIT :limit
            """
        ),
    ),
    Sweep(
        "machine.learn",
        "model_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM machine_models
            WHERE status = 'pending' AND next_try_at < clock_timestamp()
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)

FILE_HOLDERS: Final = (FileHolder("machine_models"),)


def _rollups(level: str) -> TextClause:
    return text(
        f"""
        DELETE FROM reading_rollups WHERE (workspace_id, sensor_id, level, starts_at) IN (
            SELECT workspace_id, sensor_id, level, starts_at FROM reading_rollups
            WHERE level = '{level}' AND starts_at < clock_timestamp() - :kept LIMIT :limit
        )
        """  # noqa: S608 - a constant of this house
    )


RETENTIONS: Final = (
    Retention(
        "readings",
        timedelta(days=90),
        "the month in which they were measured ended",
        text("SELECT * FROM forget_reading_months(:kept, :limit)"),
        "what they come to by the minute, hour and day (reading_rollups)",
    ),
    Retention("reading_rollups of minutes", timedelta(days=180), "it was measured", _rollups("minute")),
    Retention("reading_rollups of hours", timedelta(days=1095), "it was measured", _rollups("hour")),
    Retention(
        "sensor_features",
        timedelta(days=400),
        "the window began",
        text(
            """
            DELETE FROM sensor_features WHERE (workspace_id, sensor_id, seconds, starts_at) IN (
                SELECT workspace_id, sensor_id, seconds, starts_at FROM sensor_features
                WHERE starts_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
    Retention(
        "quarantined_readings",
        timedelta(days=30),
        "it came in",
        text(
            """
            DELETE FROM quarantined_readings WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM quarantined_readings
                WHERE received_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
)
