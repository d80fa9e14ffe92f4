"""The open draft of a conversation: what the customer puts in, takes out, and where it shall go.

Every change of content voids a confirmation that was asked for: token gone, holds released, status back to draft.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.orders import _pricing as pricing
from domain.orders import _status as status
from domain.orders import deadlines, repository, zones
from domain.orders.errors import (
    DeliveryNotOffered,
    DraftTooLong,
    LineNotFound,
    NoDraft,
    NotForSale,
    OrderHasPayment,
    OrderNotFound,
    OrderNotReady,
    OrderOfChat,
    QuantityNotAllowed,
)
from domain.orders.kinds import OPEN, Fulfilment, OrderStatus, PaymentStatus
from domain.orders.models import Order, OrderLine
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import ByStaff, CartItem, CartResult, Delivery, Draft, Missing, OrderLineView, OrderView, PriceChange
from domain.stock import holds

MOST_LINES = 100


def view_of(order: Order, lines: Sequence[OrderLine]) -> OrderView:
    """An order with these lines as other rooms see it."""
    return OrderView.model_validate(order).model_copy(
        update={"lines": tuple(OrderLineView.model_validate(line) for line in lines)}
    )


async def view(work: Work, order: Order) -> OrderView:
    """An order as other rooms see it."""
    work.require(OrdersPermission.READ)
    return (await views(work, [order]))[0]


async def views(work: Work, orders: Sequence[Order]) -> list[OrderView]:
    """Orders as other rooms see them."""
    work.require(OrdersPermission.READ)
    lines = await repository.lines(work, [order.id for order in orders])
    return [view_of(order, lines.get(order.id, [])) for order in orders]


async def lock_draft(work: Work, draft: Draft) -> tuple[Order, list[OrderLine]]:
    """The open draft, locked, with its lines; raises NoDraft, and for one of staff OrderNotFound and OrderOfChat."""
    work.require(OrdersPermission.DRAFT)
    if isinstance(draft, ByStaff):
        order = await repository.lock(work, draft.order_id)
        if order is None:
            raise OrderNotFound
        if order.conversation_id is not None:
            raise OrderOfChat
        if order.status not in OPEN:
            raise OrderNotReady(number=order.number, status=order.status)
    else:
        order = await repository.lock_draft(work, draft)
        if order is None:
            raise NoDraft
    return order, (await repository.lines(work, [order.id])).get(order.id, [])


async def open_draft(work: Work, conversation_id: UUID) -> OrderView | None:
    """The open draft of a conversation, None if there is none."""
    work.require(OrdersPermission.READ)
    found = await repository.draft_with_lines(work, conversation_id)
    return view_of(*found) if found is not None else None


async def start_draft(
    work: Work,
    *,
    conversation_id: UUID,
    customer_id: UUID,
    recipient_name: str | None = None,
    recipient_phone: str | None = None,
) -> OrderView:
    """The open draft of the conversation, made if there is none; name and phone are those known of the customer."""
    work.require(OrdersPermission.DRAFT)
    order = Order(
        workspace_id=work.workspace_id,
        id=new_id(),
        customer_id=customer_id,
        conversation_id=conversation_id,
        currency=await accounts.currency(work),
        recipient_name=recipient_name,
        recipient_phone=recipient_phone,
    )
    await repository.insert_draft(work, order)
    stored = await repository.lock_draft(work, conversation_id)
    assert stored is not None, "either ours or the one that stood in the way"
    if stored.id == order.id:
        status.remember(work, stored, None)
        events.record(work, EventType.ORDER_DRAFTED, subject=stored.id)
    return await view(work, stored)


async def add_item(work: Work, conversation_id: UUID, variant_id: UUID, quantity: Decimal) -> OrderView:
    """Add to the draft; more of a product that is there already makes its line longer."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, conversation_id)
    current = await pricing.today(work, {variant_id, *(line.variant_id for line in lines)})
    agreed = await pricing.agreed(work, order)
    line = _put(work, order, lines, current.get(variant_id), quantity, agreed, add=True)
    await _changed(work, order, lines, current, agreed, reason="an item was added")
    events.record(work, EventType.ORDER_ITEM_ADDED, subject=order.id, after={"sku": line.sku, "quantity": quantity})
    return view_of(order, lines)


async def change_item(work: Work, conversation_id: UUID, variant_id: UUID, quantity: Decimal) -> OrderView:
    """Set the quantity of a product in the draft, which adds one that is not there; nothing left of it takes it out."""
    work.require(OrdersPermission.DRAFT)
    if quantity == 0:
        return await remove_item(work, conversation_id, variant_id)
    order, lines = await lock_draft(work, conversation_id)
    line = next((line for line in lines if line.variant_id == variant_id), None)
    before = line.quantity if line is not None else Decimal(0)
    current = await pricing.today(work, {variant_id, *(other.variant_id for other in lines)})
    agreed = await pricing.agreed(work, order)
    line = _put(work, order, lines, current.get(variant_id), quantity, agreed, add=False)
    await _changed(work, order, lines, current, agreed, reason="an item was changed")
    events.record(
        work,
        EventType.ORDER_ITEM_CHANGED,
        subject=order.id,
        before={"sku": line.sku, "quantity": before},
        after={"sku": line.sku, "quantity": quantity},
    )
    return view_of(order, lines)


async def change_items(work: Work, draft: Draft, quantities: Mapping[UUID, Decimal]) -> OrderView:
    """Set the quantities of several products of the draft together; what is not in it is added, zero takes a line out."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, draft)
    current = await pricing.today(work, {*quantities, *(line.variant_id for line in lines)})
    agreed = await pricing.agreed(work, order)
    before = {line.variant_id: line for line in lines}
    changes = []
    for variant_id, quantity in quantities.items():
        line = before.get(variant_id)
        was = line.quantity if line is not None else Decimal(0)
        if quantity:
            line = _put(work, order, lines, current.get(variant_id), quantity, agreed, add=False)
        elif line is None:
            raise LineNotFound
        else:
            await work.session.delete(line)
            lines.remove(line)
        changes.append({"sku": line.sku, "before": was, "quantity": quantity})
    await _changed(work, order, lines, current, agreed, reason="items were changed")
    events.record(work, EventType.ORDER_ITEMS_CHANGED, subject=order.id, after={"lines": changes})
    return view_of(order, lines)


async def remove_item(work: Work, conversation_id: UUID, variant_id: UUID) -> OrderView:
    """Take a product out of the draft."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, conversation_id)
    line = _line(lines, variant_id)
    await work.session.delete(line)
    lines.remove(line)
    await _changed(work, order, lines, reason="an item was removed")
    events.record(work, EventType.ORDER_ITEM_REMOVED, subject=order.id, before={"sku": line.sku, "quantity": line.quantity})
    return view_of(order, lines)


async def clear(work: Work, conversation_id: UUID) -> OrderView:
    """Take everything out of the draft; where it shall go is kept."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, conversation_id)
    if order.payment_status != PaymentStatus.UNPAID:
        raise OrderHasPayment
    for line in lines:
        await work.session.delete(line)
    await _changed(work, order, [], reason="the draft was cleared")
    events.record(work, EventType.ORDER_DRAFT_CLEARED, subject=order.id, before={"lines": len(lines)})
    return view_of(order, [])


async def set_delivery(work: Work, draft: Draft, delivery: Delivery) -> OrderView:
    """Say how the goods reach the customer; only what is given is changed."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, draft)
    settings = (await accounts.get_workspace(work)).settings
    wanted = delivery.fulfilment or _implied(delivery)
    if wanted is Fulfilment.DELIVERY and not settings.offers_delivery:
        raise DeliveryNotOffered(offered=Fulfilment.PICKUP)
    if wanted is Fulfilment.PICKUP and not settings.offers_pickup:
        raise DeliveryNotOffered(offered=Fulfilment.DELIVERY)
    if wanted is not None:
        order.fulfilment = wanted
    if wanted is Fulfilment.DELIVERY:
        order.store_id = None
    order.address = zones.address_with(order.address, delivery, settings)
    for field in ("store_id", "recipient_name", "recipient_phone", "notes"):
        value = getattr(delivery, field)
        if value is not None:
            setattr(order, field, value)
    await _changed(work, order, lines, reason="delivery was changed")
    events.record(work, EventType.ORDER_DELIVERY_SET, subject=order.id, after={"fulfilment": order.fulfilment})
    return view_of(order, lines)


def _implied(delivery: Delivery) -> Fulfilment | None:
    if delivery.address is not None or delivery.latitude is not None or delivery.zone is not None:
        return Fulfilment.DELIVERY
    return Fulfilment.PICKUP if delivery.store_id is not None else None


async def missing_details(work: Work, order: OrderView) -> tuple[Missing, ...]:
    """What the draft still lacks, in the order in which to ask for it."""
    work.require(OrdersPermission.READ)
    missing: list[Missing] = []
    if not order.lines:
        missing.append("items")
    if order.fulfilment is None:
        missing.append("fulfilment")
    if order.fulfilment is Fulfilment.DELIVERY and not order.address_text:
        missing.append("address")
    if order.fulfilment is Fulfilment.PICKUP and order.store_id is None and len(await catalog.stores(work)) > 1:
        missing.append("store")
    if order.fulfilment is not None and not order.recipient_name:
        missing.append("recipient_name")
    if order.fulfilment is Fulfilment.DELIVERY and not order.recipient_phone:
        missing.append("phone")
    return tuple(missing)


async def choose_payment_method(work: Work, order_id: UUID, code: str) -> OrderView:
    """Note how the customer will pay an order, placed or not; what is owed on delivery is not cancelled as unpaid."""
    work.require(OrdersPermission.DRAFT)
    order = await repository.lock(work, order_id)
    if order is None:
        raise OrderNotFound
    before, order.payment_method = order.payment_method, code
    if order.status == OrderStatus.CONFIRMED and order.payment_status == PaymentStatus.UNPAID:
        order.cancel_deadline = deadlines.cancel_deadline(order, (await accounts.get_workspace(work)).settings, work.now)
    events.record(
        work,
        EventType.ORDER_PAYMENT_METHOD_CHOSEN,
        subject=order.id,
        before={"payment_method": before},
        after={"payment_method": code},
    )
    await work.session.flush()
    return await view(work, order)


async def refresh_prices(work: Work, conversation_id: UUID) -> list[PriceChange]:
    """Bring an untouched draft to today's prices; a summary that waits for its answer is left as it was sent."""
    work.require(OrdersPermission.DRAFT)
    order = await repository.lock_draft(work, conversation_id)
    if order is None or order.status != OrderStatus.DRAFT:
        return []
    lines = (await repository.lines(work, [order.id])).get(order.id, [])
    changes = await pricing.reprice(work, order, lines, await pricing.agreed(work, order))
    if any(change.new is not None for change in changes):
        await _changed(work, order, lines, reason="prices changed")
        events.record(work, EventType.ORDER_REPRICED, subject=order.id, after={"skus": [change.sku for change in changes]})
    return changes


async def apply_catalog_order(work: Work, conversation_id: UUID, items: Sequence[CartItem], *, replace: bool) -> CartResult:
    """Take a WhatsApp cart into the draft at our prices, added to what is there or in its place."""
    work.require(OrdersPermission.DRAFT)
    order, lines = await lock_draft(work, conversation_id)
    if replace:
        for line in lines:
            await work.session.delete(line)
        await work.session.flush()
        lines = []
    added: list[str] = []
    unknown: list[str] = []
    unusable: list[str] = []
    changes: list[PriceChange] = []
    agreed = await pricing.agreed(work, order)
    for item in items:
        variant = await catalog.find(work, item.sku)
        price = pricing.sellable_price(variant, order.currency)
        if variant is None or price is None:
            unknown.append(item.sku)
            continue
        try:
            _put(work, order, lines, variant, item.quantity, agreed, add=True)
        except (QuantityNotAllowed, DraftTooLong):
            unusable.append(item.sku)
            continue
        added.append(variant.sku)
        if item.price is not None and item.price != price:
            changes.append(PriceChange(sku=variant.sku, name=variant.name, old=item.price, new=price))
    await _changed(work, order, lines, reason="a catalogue cart came")
    events.record(work, EventType.ORDER_CART_APPLIED, subject=order.id, after={"added": added, "unknown": unknown})
    return CartResult(
        order=view_of(order, lines),
        added=tuple(added),
        unknown=tuple(unknown),
        unusable=tuple(unusable),
        price_changes=tuple(changes),
    )


def _line(lines: Sequence[OrderLine], variant_id: UUID) -> OrderLine:
    line = next((line for line in lines if line.variant_id == variant_id), None)
    if line is None:
        raise LineNotFound
    return line


def _put(
    work: Work,
    order: Order,
    lines: list[OrderLine],
    variant: VariantView | None,
    quantity: Decimal,
    agreed: pricing.Agreed | None,
    *,
    add: bool,
) -> OrderLine:
    if variant is None:
        raise NotForSale
    line = next((line for line in lines if line.variant_id == variant.variant_id), None)
    total = line.quantity + quantity if line is not None and add else quantity
    price = pricing.price_of(variant.variant_id, total, variant, order.currency, agreed)
    if price is None:
        raise NotForSale(sku=variant.sku)
    if line is None:
        if len(lines) >= MOST_LINES:
            raise DraftTooLong
        pricing.require_quantity(quantity, variant)
        line = OrderLine(
            workspace_id=work.workspace_id,
            id=new_id(),
            order_id=order.id,
            variant_id=variant.variant_id,
            position=1 + max((other.position for other in lines), default=0),
            sku=variant.sku,
            name=variant.name,
            unit=variant.unit,
            quantity=quantity,
        )
        work.session.add(line)
        lines.append(line)
    else:
        line.quantity = pricing.require_quantity(total, variant)
    line.unit_price = price
    line.total = pricing.line_total(line.quantity, price)
    return line


async def _changed(
    work: Work,
    order: Order,
    lines: Sequence[OrderLine],
    current: Mapping[UUID, VariantView] | None = None,
    agreed: pricing.Agreed | None = None,
    *,
    reason: str,
) -> None:
    """The content changed: its prices, new sums, and whatever was asked to be confirmed is void.

    What was proposed by the shop and is changed is a proposal no more.
    """
    agreed = agreed or await pricing.agreed(work, order)
    await pricing.reprice(work, order, lines, agreed, current)
    pricing.add_up(order, lines, (await accounts.get_workspace(work)).settings, agreed)
    order.version += 1
    order.answer_by = None
    await void_confirmation(work, order, reason=reason)
    await work.session.flush()


async def void_confirmation(work: Work, order: Order, *, reason: str) -> None:
    """Make the summary that was sent worthless; the stock goes back unless a payment stands on the order."""
    work.require(OrdersPermission.DRAFT)
    order.confirmation_token = None
    order.confirmation_requested_at = None
    status.move(work, order, OrderStatus.DRAFT, reason=reason)
    if order.payment_status == PaymentStatus.UNPAID:
        await holds.release(work, order.id, reason)
