"""Bringing an open draft back to what it was, when the words that changed it are taken back."""

from collections.abc import Sequence
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.catalog import service as catalog
from domain.orders import drafts
from domain.orders.kinds import Fulfilment, PaymentStatus
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import CartItem, CartResult, Whereto


async def restore(work: Work, conversation_id: UUID, items: Sequence[CartItem], whereto: Whereto) -> CartResult | None:
    """Put the open draft back to these lines, at today's prices, and these details; None if a payment stands on it.

    Whatever was asked to be confirmed is void. A product that is no longer sold, or not so, is left out and named in the
    result.
    """
    work.require(OrdersPermission.DRAFT)
    order, _ = await drafts.lock_draft(work, conversation_id)
    if order.payment_status != PaymentStatus.UNPAID:
        return None
    order.fulfilment = Fulfilment(whereto.fulfilment) if whereto.fulfilment else None
    if whereto.address != (order.address or {}).get("text"):
        order.address = {"text": whereto.address} if whereto.address else None
    stores = {store.name: store.id for store in await catalog.stores(work)}
    order.store_id = stores.get(whereto.store) if whereto.store else None
    for name in ("recipient_name", "recipient_phone", "notes", "payment_method"):
        setattr(order, name, getattr(whereto, name))
    result = await drafts.apply_catalog_order(work, conversation_id, items, replace=True)
    events.record(work, EventType.ORDER_RESTORED, subject=order.id, after={"skus": result.added})
    return result
