"""Until when a placed order may stay unpaid."""

from datetime import datetime, timedelta

from core.settings import get_settings
from domain.accounts.schemas import PaymentMethodKind, WorkspaceSettings
from domain.orders.kinds import Fulfilment
from domain.orders.models import Order


def owes_before(order: Order, settings: WorkspaceSettings) -> bool:
    """Whether the order is to be paid before the customer has the goods.

    Cash is paid when they are brought. What is fetched is paid there, unless another way was chosen; what is brought
    and of which nobody has said how it will be paid is to be paid before, where the shop takes anything but cash.
    """
    if not settings.cash_on_delivery:
        return True
    kinds = {method.code: method.kind for method in settings.payment_methods}
    if order.payment_method in kinds:
        return kinds[order.payment_method] is not PaymentMethodKind.CASH
    if order.fulfilment == Fulfilment.PICKUP:
        return False
    return any(kind is not PaymentMethodKind.CASH for kind in kinds.values())


def cancel_deadline(order: Order, settings: WorkspaceSettings, now: datetime) -> datetime | None:
    """When an unpaid order is cancelled: as was settled already, else after the usual time; None if it owes nothing yet."""
    if not owes_before(order, settings):
        return None
    return order.cancel_deadline or now + timedelta(hours=get_settings().unpaid_order_hours)


def claim_deadline(order: Order, now: datetime) -> datetime:
    """Until when a claimed payment keeps the stock of an order that waits for its yes; further claims do not prolong it."""
    return order.cancel_deadline or now + timedelta(hours=get_settings().unpaid_order_hours)
