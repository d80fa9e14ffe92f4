"""For how long readings are kept."""

from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from core.jobs import Retention


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
