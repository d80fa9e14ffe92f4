"""What runs out of time in orders: the days in which a placed one is to be paid."""

from typing import Final

from sqlalchemy import text

from core.clock import BUSINESS_NOW
from core.jobs import Deadline, OpenCase
from domain.orders import fulfilment

DEADLINES: Final = (
    Deadline(
        "order_unpaid",
        text(
            f"""
            SELECT workspace_id, id FROM orders
            WHERE status = 'confirmed' AND payment_status = 'unpaid' AND cancel_deadline < {BUSINESS_NOW} LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        fulfilment.cancel_unpaid,
    ),
)

OPEN_CASES: Final = (
    OpenCase(
        "order",
        "orders on their way",
        "SELECT FROM orders AS open WHERE open.workspace_id = old.workspace_id AND open.id = old.subject_id"
        " AND open.status IN ('confirmed', 'shipped')",
    ),
)
