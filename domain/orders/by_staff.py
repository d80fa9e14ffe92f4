"""What people of the shop do with orders: put one together, send it out, hand it over, cancel it; its customer is told.

Every verb may be repeated and changes nothing then. The conversation is locked before its order, as a turn locks them.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core import events
from core.errors import DomainError
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.errors import VersionConflict
from domain.catalog import service as catalog
from domain.conversations.schemas import ConversationView
from domain.customers import service as customers
from domain.orders import _status as status
from domain.orders import confirmation, deadlines, drafts, fulfilment, repository, telling
from domain.orders.errors import (
    NotForSale,
    OrderIncomplete,
    OrderNotChangeable,
    OrderNotFound,
    OrderOutOfStock,
    OrderOutsideZones,
    OrderPriceChanged,
    OrderTooSmall,
    OrderUnpaid,
    PaymentMethodUnknown,
)
from domain.orders.kinds import OPEN, Fulfilment, OrderStatus, PaymentStatus
from domain.orders.models import Order
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import (
    ByStaff,
    CancelOrder,
    ConfirmationRequest,
    ConfirmationResult,
    Delivery,
    NewOrder,
    OrderInput,
    OrderView,
    ShipOrder,
    WantedLine,
)

_WHERETO = ("fulfilment", "address", "zone", "store_id", "recipient_name", "recipient_phone", "notes")


async def create(work: Work, command: NewOrder) -> OrderView:
    """Begin an order for a customer. Raises CustomerNotFound, CustomerMerged, and what `change` raises."""
    work.require(OrdersPermission.DRAFT)
    customer = await customers.get(work, command.customer_id)
    if customer.merged_into is not None:
        raise customers.CustomerMerged(customer=customer.merged_into)
    order = Order(
        workspace_id=work.workspace_id,
        id=new_id(),
        customer_id=customer.id,
        currency=await accounts.currency(work),
        recipient_name=customer.name or customer.first_name,
        recipient_phone=await customers.telephone(work, customer.id),
        version=1,
    )
    await repository.insert_draft(work, order)
    stored = await repository.lock(work, order.id)
    assert stored is not None, "it was just made"
    status.remember(work, stored, None)
    events.record(work, EventType.ORDER_DRAFTED, subject=stored.id)
    return await _apply(work, stored.id, command)


async def change(work: Work, order_id: UUID, command: OrderInput, seen: int) -> OrderView:
    """Change an order, or an amendment, that staff put together; nothing at all brings it to today's prices.

    Raises OrderNotFound, OrderOfChat, OrderNotReady, VersionConflict, NotForSale, QuantityNotAllowed, PaymentMethodUnknown.
    """
    work.require(OrdersPermission.DRAFT)
    order, _ = await drafts.lock_draft(work, ByStaff(order_id))
    if order.version != seen:
        raise VersionConflict
    return await _apply(work, order_id, command)


async def quantities(work: Work, lines: Sequence[WantedLine]) -> dict[UUID, Decimal]:
    """How much of which products is wanted; raises NotForSale for what the shop does not have."""
    work.require(OrdersPermission.DRAFT)
    wanted: dict[UUID, Decimal] = {}
    for line in lines:
        variant = await catalog.find(work, line.sku)
        if variant is None:
            raise NotForSale(sku=line.sku)
        wanted[variant.variant_id] = line.quantity
    return wanted


async def _apply(work: Work, order_id: UUID, command: OrderInput) -> OrderView:
    draft = ByStaff(order_id)
    if command.lines or not command.model_fields_set:
        await drafts.change_items(work, draft, await quantities(work, command.lines))
    given = command.model_dump(include=set(_WHERETO), exclude_none=True)
    if given:
        await drafts.set_delivery(work, draft, Delivery(**given))
    if command.payment_method is not None:
        if (await accounts.get_workspace(work)).payment_method(command.payment_method) is None:
            raise PaymentMethodUnknown(method=command.payment_method)
        await drafts.choose_payment_method(work, order_id, command.payment_method)
    order, lines = await drafts.lock_draft(work, draft)
    return drafts.view_of(order, lines)


async def confirm(work: Work, order_id: UUID) -> OrderView:
    """Place what staff put together, or apply their amendment.

    Raises what stands in the way: OrderIncomplete, OrderOutOfStock, OrderTooSmall, OrderPriceChanged, NotForSale,
    OrderNotChangeable.
    """
    work.require(OrdersPermission.CONFIRM)
    result = await confirmation.confirm_by_staff(work, order_id)
    if result.refusal is None and isinstance(result, ConfirmationResult):
        return result.order
    raise refusal(result)


def refusal(result: ConfirmationRequest | ConfirmationResult) -> DomainError:
    """What stands in the way of an order, as an error."""
    changes = ", ".join(f"{each.sku} {each.old:f} → {each.new:f}" for each in result.price_changes if each.new is not None)
    match result.refusal:
        case "details_missing":
            assert isinstance(result, ConfirmationRequest)
            return OrderIncomplete(missing=", ".join(result.missing))
        case "out_of_stock":
            return OrderOutOfStock(short=", ".join(f"{each.sku} ({each.available:f})" for each in result.shortages))
        case "below_minimum":
            assert isinstance(result, ConfirmationRequest)
            return OrderTooSmall(minimum=result.minimum)
        case "outside_zones":
            return OrderOutsideZones(zones=", ".join(result.zones) or "-")
        case "not_for_sale":
            return NotForSale(sku=", ".join(each.sku for each in result.price_changes if each.new is None))
        case "not_changeable":
            return OrderNotChangeable(number=result.order.number, status=result.order.status)
        case "price_changed" | None:
            return OrderPriceChanged(changes=changes)


async def pack(work: Work, order_id: UUID) -> OrderView:
    """The goods are put together."""
    work.require(OrdersPermission.FULFIL)
    return await fulfilment.mark_packed(work, order_id)


async def ship(work: Work, order_id: UUID, command: ShipOrder, arrives: tuple[str, str] | None = None) -> OrderView:
    """The goods leave for the customer, who is told, and between which hours they arrive where that is known.

    What was to be paid before leaves unpaid within the customer's credit, or for a reason. Raises OrderNotReady and
    OrderUnpaid.
    """
    work.require(OrdersPermission.FULFIL)
    thread = await telling.lock_thread(work, order_id)
    order = await _locked(work, order_id)
    if order.status == OrderStatus.SHIPPED:
        return await drafts.view(work, order)
    if order.status == OrderStatus.CONFIRMED and order.fulfilment == Fulfilment.DELIVERY and command.reason is None:
        await _require_covered(work, order)
    shipped = await fulfilment.mark_shipped(work, order_id, command.reason)
    await _tell_of_leaving(work, thread, order.number, arrives)
    return shipped


async def ship_again(work: Work, order_id: UUID, arrives: tuple[str, str] | None) -> None:
    """What could not be handed over leaves once more: its customer is told."""
    work.require(OrdersPermission.FULFIL)
    thread = await telling.lock_thread(work, order_id)
    await _tell_of_leaving(work, thread, (await _locked(work, order_id)).number, arrives)


async def _tell_of_leaving(
    work: Work, thread: ConversationView | None, number: int | None, arrives: tuple[str, str] | None
) -> None:
    if arrives is None:
        await telling.tell(work, thread, "order.shipped", number=number)
    else:
        await telling.tell(work, thread, "order.arriving", number=number, begin=arrives[0], end=arrives[1])


async def bring_back(work: Work, order_id: UUID) -> None:
    """The goods were brought and nobody took them; the order stays on its way, and its customer is told."""
    work.require(OrdersPermission.FULFIL)
    thread = await telling.lock_thread(work, order_id)
    order = await _locked(work, order_id)
    if order.status == OrderStatus.SHIPPED:
        await telling.tell(work, thread, "order.not_handed_over", number=order.number)


async def _require_covered(work: Work, order: Order) -> None:
    settings = (await accounts.get_workspace(work)).settings
    if order.payment_status == PaymentStatus.PAID or not deadlines.owes_before(order, settings):
        return
    credit = (await customers.get(work, order.customer_id)).credit_limit or Decimal(0)
    if order.total + await repository.owed(work, order.customer_id, order.id) > credit:
        raise OrderUnpaid(number=order.number)


async def deliver(work: Work, order_id: UUID) -> OrderView:
    """The customer has the goods."""
    work.require(OrdersPermission.FULFIL)
    order = await _locked(work, order_id)
    return (
        await drafts.view(work, order)
        if order.status == OrderStatus.DELIVERED
        else await fulfilment.mark_delivered(work, order_id)
    )


async def cancel(work: Work, order_id: UUID, command: CancelOrder) -> OrderView:
    """Cancel a placed order, whose customer is told, or give a draft up. Raises OrderNotCancellable, OrderHasPayment."""
    work.require(OrdersPermission.CANCEL)
    thread = await telling.lock_thread(work, order_id)
    order = await _locked(work, order_id)
    if order.status == OrderStatus.CANCELLED:
        return await drafts.view(work, order)
    if order.status in OPEN:
        return await fulfilment.discard_draft(work, order_id, command.reason)
    cancelled = await fulfilment.cancel(work, order_id, command.reason)
    await telling.tell(work, thread, "order.cancelled", number=order.number)
    return cancelled


async def _locked(work: Work, order_id: UUID) -> Order:
    order = await repository.lock(work, order_id)
    if order is None:
        raise OrderNotFound
    return order
