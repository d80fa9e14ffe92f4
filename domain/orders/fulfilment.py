"""After the order is placed: sent, handed over, cancelled, paid for or not."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from core import events
from core.access import PrincipalKind
from core.event_types import EventType
from core.messages import text
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import NoticeKind, Voice
from domain.orders import _status as status
from domain.orders import amendments, deadlines, drafts, repository
from domain.orders.errors import OrderHasPayment, OrderNotCancellable, OrderNotFound, OrderNotReady
from domain.orders.kinds import OPEN, Fulfilment, OrderStatus, PaymentStatus
from domain.orders.models import Order
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView
from domain.stock import holds


async def _lock(work: Work, order_id: UUID) -> Order:
    order = await repository.lock(work, order_id)
    if order is None:
        raise OrderNotFound
    return order


async def cancel(work: Work, order_id: UUID, reason: str | None = None) -> OrderView:
    """Cancel a placed order and put its goods back; one with a payment on it only staff may cancel."""
    work.require(OrdersPermission.CANCEL)
    order = await _lock(work, order_id)
    if order.status == OrderStatus.CANCELLED:
        return await drafts.view(work, order)
    if order.status != OrderStatus.CONFIRMED:
        raise OrderNotCancellable(number=order.number, status=order.status)
    by_staff = work.principal.kind in {PrincipalKind.USER, PrincipalKind.API_KEY}
    if order.payment_status != PaymentStatus.UNPAID and not by_staff:
        raise OrderHasPayment(number=order.number)
    await _undo(work, order, reason)
    return await drafts.view(work, order)


async def discard_draft(work: Work, order_id: UUID, reason: str | None = None) -> OrderView:
    """Give a draft up: its holds go back and it is nobody's open draft any more."""
    work.require(OrdersPermission.DRAFT)
    order = await _lock(work, order_id)
    if order.status not in OPEN:
        raise OrderNotReady
    if order.payment_status != PaymentStatus.UNPAID:
        raise OrderHasPayment
    await drafts.void_confirmation(work, order, reason=reason or "the draft was given up")
    status.cancelled(work, order, reason)
    await work.session.flush()
    await amendments.tell_of_refusal(work, order)
    return await drafts.view(work, order)


async def _undo(work: Work, order: Order, reason: str | None) -> None:
    await holds.put_back(work, order.id, reason or "order cancelled")
    status.cancelled(work, order, reason)
    await work.session.flush()


async def mark_packed(work: Work, order_id: UUID) -> OrderView:
    """The goods are put together: from now on a person decides on changes. A second call changes nothing."""
    work.require(OrdersPermission.FULFIL)
    order = await _lock(work, order_id)
    if order.status != OrderStatus.CONFIRMED:
        raise OrderNotReady(number=order.number, status=order.status)
    if order.packed_at is None:
        order.packed_at = work.now
        events.record(work, EventType.ORDER_PACKED, subject=order.id)
        await work.session.flush()
    return await drafts.view(work, order)


async def mark_shipped(work: Work, order_id: UUID, reason: str | None = None) -> OrderView:
    """The goods are on their way; a reason says why they left unpaid."""
    work.require(OrdersPermission.FULFIL)
    order = await _lock(work, order_id)
    if order.status != OrderStatus.CONFIRMED or order.fulfilment != Fulfilment.DELIVERY:
        raise OrderNotReady(number=order.number, status=order.status)
    status.move(work, order, OrderStatus.SHIPPED, reason=reason)
    events.record(work, EventType.ORDER_SHIPPED, subject=order.id, reason=reason)
    await work.session.flush()
    return await drafts.view(work, order)


async def mark_delivered(work: Work, order_id: UUID) -> OrderView:
    """The customer has the goods: brought, or fetched at the store."""
    work.require(OrdersPermission.FULFIL)
    order = await _lock(work, order_id)
    before = OrderStatus.CONFIRMED if order.fulfilment == Fulfilment.PICKUP else OrderStatus.SHIPPED
    if order.status != before:
        raise OrderNotReady(number=order.number, status=order.status)
    status.move(work, order, OrderStatus.DELIVERED)
    events.record(work, EventType.ORDER_DELIVERED, subject=order.id)
    await work.session.flush()
    return await drafts.view(work, order)


async def cancel_unpaid(work: Work, order_id: UUID) -> bool:
    """Cancel one order whose time to be paid is over, and tell staff and customer.

    False if it was paid, claimed or cancelled meanwhile, or while the agent has an answer to give: the customer may
    just have written that it is paid.
    """
    work.require(OrdersPermission.CANCEL)
    conversation_id = await repository.conversation_of(work, order_id)
    conversation = await conversations.lock(work, conversation_id) if conversation_id is not None else None
    order = await repository.lock(work, order_id)
    if (
        order is None
        or order.status != OrderStatus.CONFIRMED
        or order.payment_status != PaymentStatus.UNPAID
        or order.cancel_deadline is None
        or order.cancel_deadline > work.now
    ):
        return False
    # Whom a person attends is told by that person.
    agents = conversation if conversation is not None and conversation.voice is Voice.AGENT else None
    if agents is not None and await conversations.open_messages(work, agents.id):
        return False
    await _undo(work, order, "not paid in time")
    await conversations.notify(
        work,
        NoticeKind.ORDER_EXPIRED,
        dedupe_key=f"order_expired:{order.id}",
        conversation_id=order.conversation_id,
        subject_id=order.id,
        payload={"number": order.number},
    )
    if agents is not None:
        language = (await accounts.get_workspace(work)).language
        words = text("order.cancelled_unpaid", language, number=order.number)
        await conversations.queue(work, agents.id, [Text(text=words)])
    return True


async def record_payment(work: Work, order_id: UUID, payment_status: PaymentStatus) -> OrderView:
    """What the payments room says of an order: a claim stops the deadline, a refused one starts a new one.

    Before the yes a claim keeps the stock, though only until staff should have decided, not for ever.
    """
    work.require(OrdersPermission.PAY)
    order = await _lock(work, order_id)
    before = order.payment_status
    order.payment_status = payment_status
    settings = (await accounts.get_workspace(work)).settings
    if order.status in OPEN:
        if payment_status == PaymentStatus.UNPAID:
            order.cancel_deadline = None
            await holds.hold_until(work, order.id, work.now + timedelta(minutes=settings.hold_minutes))
        else:
            order.cancel_deadline = deadlines.claim_deadline(order, work.now)
            await holds.extend_holds(work, order.id, order.cancel_deadline)
    elif payment_status == PaymentStatus.UNPAID and order.status == OrderStatus.CONFIRMED and before != payment_status:
        order.cancel_deadline = None
        order.cancel_deadline = deadlines.cancel_deadline(order, settings, work.now)
    events.record(
        work,
        EventType.ORDER_PAYMENT_STATUS_CHANGED,
        subject=order.id,
        before={"payment_status": before},
        after={"payment_status": payment_status},
    )
    await work.session.flush()
    return await drafts.view(work, order)


async def record_refund(work: Work, order_id: UUID, refunded: Decimal) -> None:
    """What the payments room has given back of an order, altogether."""
    work.require(OrdersPermission.PAY)
    order = await _lock(work, order_id)
    order.refunded = refunded
    await work.session.flush()
