"""For how long proposals are kept that are settled."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Retention

RETENTIONS: Final = (
    Retention(
        "replenishment_proposals",
        timedelta(days=730),
        "it was made",
        text(
            """
            DELETE FROM replenishment_proposals WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM replenishment_proposals
                WHERE created_at < clock_timestamp() - :kept AND status IN ('rejected', 'placed', 'gone') LIMIT :limit
            )
            """
        ),
        "one that still waits",
    ),
)
