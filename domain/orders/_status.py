"""The only place where an order's status changes, so that each change leaves its row in the history."""

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.orders.kinds import OrderStatus
from domain.orders.models import Order, OrderStatusChange


def move(work: Work, order: Order, status: OrderStatus, *, reason: str | None = None) -> None:
    """Put the order in a status and write down who did it and why; the same status again is no change."""
    before = order.status
    if before == status:
        return
    order.status = status
    remember(work, order, before, reason=reason)


def cancelled(work: Work, order: Order, reason: str | None) -> None:
    """End an order, a draft or an amendment for good."""
    order.cancelled_at = work.now
    order.cancel_reason = reason
    order.cancel_deadline = None
    move(work, order, OrderStatus.CANCELLED, reason=reason)
    is_amendment = order.amends_order_id is not None
    type = EventType.ORDER_AMENDMENT_DROPPED if is_amendment else EventType.ORDER_CANCELLED
    events.record(work, type, subject=order.id, reason=reason)


def remember(work: Work, order: Order, before: str | None, *, reason: str | None = None) -> None:
    """Write the present status into the history."""
    work.session.add(
        OrderStatusChange(
            workspace_id=work.workspace_id,
            id=new_id(),
            order_id=order.id,
            from_status=before,
            to_status=order.status,
            actor_kind=work.principal.kind,
            actor_id=work.principal.id,
            reason=reason,
            changed_at=work.now,
        )
    )
