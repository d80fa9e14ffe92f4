"""For how long readings are kept."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Retention

RETENTIONS: Final = (
    Retention(
        "readings",
        timedelta(days=90),
        "the month in which they were measured ended",
        text("SELECT * FROM forget_reading_months(:kept, :limit)"),
        "what they come to by the minute, hour and day (reading_rollups)",
    ),
)
