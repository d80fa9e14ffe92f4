"""For how long is kept what customers leave behind that is no business of the shop."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import Retention

RETENTIONS: Final = (
    Retention(
        "number_proofs",
        timedelta(days=30),
        "the code was sent",
        text(
            """
            DELETE FROM number_proofs WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM number_proofs WHERE created_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
)
