"""What is due of what the desk has prepared: replies whose time has come."""

from typing import Final

from sqlalchemy import text

from core.clock import BUSINESS_NOW
from core.jobs import Deadline
from domain.desk import planned

DEADLINES: Final = (
    Deadline(
        "reply_planned",
        text(
            f"""
            SELECT workspace_id, id FROM planned_replies
            WHERE status = 'waiting' AND send_at < {BUSINESS_NOW} ORDER BY send_at LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        planned.settle,
    ),
)
