"""For how long alerts are kept whose cause is gone."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Retention

RETENTIONS: Final = (
    Retention(
        "alerts",
        timedelta(days=365),
        "it was raised",
        text(
            """
            DELETE FROM alerts WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM alerts
                WHERE created_at < clock_timestamp() - :kept AND status = 'resolved' LIMIT :limit
            )
            """
        ),
        "one whose cause still stands",
    ),
)
