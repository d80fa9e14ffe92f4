"""What runs out of time in the catalogue: prices that begin and end."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from core.clock import BUSINESS_NOW
from core.jobs import Deadline
from core.work import Work
from domain.catalog import pricing


async def _bring_prices(work: Work, workspace_id: UUID) -> bool:
    """Bring into force what begins in a workspace, and end what ends."""
    return bool(await pricing.apply_due(work))


DEADLINES: Final = (
    Deadline(
        "prices_due",
        text(
            f"""
            SELECT DISTINCT workspace_id, workspace_id AS id FROM prices WHERE due_at < {BUSINESS_NOW} LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        _bring_prices,
    ),
)
