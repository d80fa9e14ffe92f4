"""What runs out of time in stock, and what runs low: holds, and levels that have crossed their minimum."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from core.clock import BUSINESS_NOW
from core.jobs import Deadline
from core.work import Work
from domain.stock import holds, watching


async def _end_holds(work: Work, workspace_id: UUID) -> bool:
    """End the holds of a workspace whose time is over."""
    return bool(await holds.expire_due(work))


DEADLINES: Final = (
    Deadline(
        "holds_over",
        text(
            f"""
            SELECT DISTINCT workspace_id, workspace_id AS id FROM stock_holds
            WHERE status = 'active' AND expires_at < {BUSINESS_NOW} LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        _end_holds,
    ),
    Deadline(
        "stock_crossed",
        text(
            """
            SELECT workspace_id, id FROM stock_items
            WHERE (on_hand - held < min_stock) <> (low_since IS NOT NULL) LIMIT :limit
            """
        ),
        watching.settle,
    ),
)
