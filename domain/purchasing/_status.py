"""The end of a purchase order, in one place."""

from core import events
from core.db import storable
from core.event_types import EventType
from core.work import Work
from domain.purchasing.kinds import PurchaseStatus
from domain.purchasing.models import PurchaseOrder


def end(work: Work, order: PurchaseOrder, status: PurchaseStatus, reason: str | None) -> None:
    """End a locked purchase order."""
    before = order.status
    order.status, order.ended_at = status, work.now
    order.end_reason = storable(reason)[:500] if reason else None
    order.version += 1
    type = EventType.PURCHASE_ORDER_CLOSED if status is PurchaseStatus.CLOSED else EventType.PURCHASE_ORDER_CANCELLED
    events.record(work, type, subject=order.id, reason=order.end_reason, before={"status": before}, after={"status": status})
