"""From a draft to a placed order: stock is held and a token given, and only that token confirms, at those prices."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceSettings
from domain.catalog import service as catalog
from domain.orders import _pricing as pricing
from domain.orders import _status as status
from domain.orders import amendments, deadlines, drafts, repository, zones
from domain.orders.errors import ConfirmationStale, LineNotFound, NoStore, OrderNotFound
from domain.orders.kinds import PLACED, Fulfilment, OrderStatus, PaymentStatus
from domain.orders.models import Order, OrderLine
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import ByStaff, ConfirmationRequest, ConfirmationResult, Draft, PriceChange, Shortage
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.errors import OutOfStock
from domain.stock.permissions import StockPermission
from domain.stock.schemas import HoldLine


async def request_confirmation(work: Work, draft: Draft) -> ConfirmationRequest:
    """Make the draft ready to be confirmed: today's prices, whole details, stock held, and a token for the summary.

    Asked again without a change it answers with the same token, so that both summaries may be answered.
    """
    work.require(OrdersPermission.CONFIRM)
    order, lines = await drafts.lock_draft(work, draft)
    settings = (await accounts.get_workspace(work)).settings
    agreed = await pricing.agreed(work, order)
    changes = await pricing.reprice(work, order, lines, agreed)
    if changes:
        pricing.add_up(order, lines, settings, agreed)
        await _back_to_draft(work, order, "prices changed")
    refusal = await _refusal(work, order, lines, changes, settings, agreed)
    if refusal is not None and refusal.refusal == "not_changeable":
        await amendments.drop(work, order, "the order can be changed no more")
        return refusal.model_copy(update={"order": await amendments.meant_by(work, order)})
    if refusal is not None:
        await _back_to_draft(work, order, "the draft is not ready")
        return refusal.model_copy(update={"order": drafts.view_of(order, lines)})
    held_until = order.answer_by or work.now + timedelta(minutes=settings.hold_minutes)
    shortages = await _hold(work, order, lines, settings, held_until)
    if shortages:
        await _back_to_draft(work, order, "out of stock")
        return ConfirmationRequest(
            order=drafts.view_of(order, lines),
            refusal="out_of_stock",
            shortages=shortages,
            price_changes=tuple(changes),
        )
    if order.status != OrderStatus.AWAITING_CONFIRMATION:
        order.confirmation_token = secrets.token_urlsafe(12)
        status.move(work, order, OrderStatus.AWAITING_CONFIRMATION)
        events.record(work, EventType.ORDER_CONFIRMATION_REQUESTED, subject=order.id, after={"total": order.total})
    order.confirmation_requested_at = work.now
    await work.session.flush()
    return ConfirmationRequest(order=drafts.view_of(order, lines), price_changes=tuple(changes), held_until=held_until)


async def _refusal(
    work: Work,
    order: Order,
    lines: Sequence[OrderLine],
    changes: Sequence[PriceChange],
    settings: WorkspaceSettings,
    agreed: pricing.Agreed | None,
) -> ConfirmationRequest | None:
    draft = drafts.view_of(order, lines)
    if agreed is not None and not amendments.is_still_for(order, agreed.order, settings, work.now):
        return ConfirmationRequest(order=draft, refusal="not_changeable")
    missing = await drafts.missing_details(work, draft)
    gone = tuple(change for change in changes if change.new is None)
    if gone:
        return ConfirmationRequest(order=draft, refusal="not_for_sale", price_changes=gone)
    if missing:
        return ConfirmationRequest(order=draft, refusal="details_missing", missing=missing)
    if may_be := zones.unsettled(order, settings):
        return ConfirmationRequest(order=draft, refusal="outside_zones", zones=tuple(each.name for each in may_be))
    zone = zones.zone_of(order, settings)
    minimum = max(settings.minimum_order, zone.minimum) if zone is not None else settings.minimum_order
    # An order that was agreed on may stay as small as it is.
    if draft.subtotal < min(minimum, agreed.order.subtotal if agreed else minimum):
        return ConfirmationRequest(order=draft, refusal="below_minimum", minimum=minimum)
    return None


async def _back_to_draft(work: Work, order: Order, reason: str) -> None:
    order.version += 1
    await drafts.void_confirmation(work, order, reason=reason)
    await work.session.flush()


async def reserve(work: Work, conversation_id: UUID) -> ConfirmationRequest:
    """Hold the stock of the draft without asking for its confirmation yet."""
    work.require(StockPermission.HOLD)
    order, lines = await drafts.lock_draft(work, conversation_id)
    if not lines:
        raise LineNotFound
    settings = (await accounts.get_workspace(work)).settings
    held_until = work.now + timedelta(minutes=settings.hold_minutes)
    shortages = await _hold(work, order, lines, settings, held_until)
    await work.session.flush()
    events.record(work, EventType.ORDER_STOCK_RESERVED, subject=order.id, after={"short": [item.sku for item in shortages]})
    return ConfirmationRequest(
        order=drafts.view_of(order, lines),
        refusal="out_of_stock" if shortages else None,
        shortages=shortages,
        held_until=None if shortages else held_until,
    )


async def _hold(
    work: Work, order: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings, until: datetime
) -> tuple[Shortage, ...]:
    """Hold all lines in the store that can serve them; what falls short is returned, and then nothing more is held.

    An amendment holds what it wants beyond what its order has taken there.
    """
    store_id = await _serving_store(work, order, lines, settings)
    taken = await holds.taken_by(work, order.amends_order_id) if order.amends_order_id is not None else {}
    beyond = {line.variant_id: line.quantity - taken.get((store_id, line.variant_id), Decimal(0)) for line in lines}
    wanted = [HoldLine(variant_id=variant_id, quantity=more) for variant_id, more in beyond.items() if more > 0]
    try:
        await holds.hold(work, order.id, store_id, wanted, until)
    except OutOfStock as error:
        by_variant = {line.variant_id: line for line in lines}
        return tuple(
            Shortage(
                sku=by_variant[short.variant_id].sku,
                name=by_variant[short.variant_id].name,
                unit=by_variant[short.variant_id].unit,
                wanted=short.wanted,
                available=max(short.available, Decimal(0)),
            )
            for short in error.shortages
        )
    order.store_id = store_id
    if order.payment_status != PaymentStatus.UNPAID:
        await holds.extend_holds(work, order.id, deadlines.claim_deadline(order, work.now))
    return ()


async def _serving_store(work: Work, order: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings) -> UUID:
    """The store of the pick-up; for a delivery the one that holds already, the default one, or the first that has all."""
    own_stores = work.principal.stores
    stores = [store for store in await catalog.stores(work) if own_stores is None or store.id in own_stores]
    if order.store_id is not None and (order.fulfilment == Fulfilment.PICKUP or not stores):
        return order.store_id
    if not stores:
        raise NoStore
    if len(stores) == 1:
        return stores[0].id
    zone = zones.zone_of(order, settings)
    if zone is not None and (serving := next((store for store in stores if store.code == zone.store), None)):
        return serving.id
    stores_now = {order.store_id, (await _store_of(work, order.amends_order_id)) if order.amends_order_id else None}
    ranked = sorted(stores, key=lambda store: (store.id not in stores_now, store.code != settings.default_store))
    own = {(h.store_id, h.variant_id): h.quantity for h in await holds.holds_of(work, order.id) if h.status == "active"}
    taken = await holds.taken_by(work, order.amends_order_id) if order.amends_order_id is not None else {}
    for store in ranked:
        free = await stock.available(work, [line.variant_id for line in lines], store.id)
        at_hand = {
            line.variant_id: sum((mine.get((store.id, line.variant_id), Decimal(0)) for mine in (own, taken)), Decimal(0))
            for line in lines
        }
        if all(free[line.variant_id].available + at_hand[line.variant_id] >= line.quantity for line in lines):
            return store.id
    return ranked[0].id


async def _store_of(work: Work, order_id: UUID) -> UUID | None:
    order = await repository.get(work, order_id)
    return order.store_id if order is not None else None


async def confirm(work: Work, conversation_id: UUID, customer_id: UUID, token: str) -> ConfirmationResult:
    """Place the order whose summary carried the token; the same token again answers with the same order.

    If a price or the stock no longer stands, nothing is placed and the order is a draft again. Raises
    ConfirmationStale when the token belongs to nothing that can be confirmed.
    """
    work.require(OrdersPermission.CONFIRM)
    if (amended := await repository.amended_by(work, conversation_id, token)) is not None:
        await repository.lock(work, amended)
    order = await repository.lock_by_token(work, conversation_id, token)
    if order is None or order.customer_id != customer_id:
        raise ConfirmationStale
    if order.status in PLACED or order.status == OrderStatus.APPLIED:
        return ConfirmationResult(order=await amendments.meant_by(work, order), repeated=True)
    if order.status != OrderStatus.AWAITING_CONFIRMATION:
        raise ConfirmationStale
    return await _carry_out(work, order)


async def confirm_by_staff(work: Work, order_id: UUID) -> ConfirmationRequest | ConfirmationResult:
    """Place an order, or apply an amendment, that staff put together with the customer. Once more changes nothing.

    What stands in the way is told as it is to a customer who is asked; changed prices do as well, as nobody has seen them.
    """
    work.require(OrdersPermission.CONFIRM)
    known = await repository.get(work, order_id)
    if known is not None and known.amends_order_id is not None:
        await repository.lock(work, known.amends_order_id)
    order = await repository.lock(work, order_id)
    if order is None:
        raise OrderNotFound
    if order.status in PLACED or order.status == OrderStatus.APPLIED:
        return ConfirmationResult(order=await amendments.meant_by(work, order), repeated=True)
    asked = await request_confirmation(work, ByStaff(order_id))
    return asked if asked.refusal is not None or asked.price_changes else await _carry_out(work, order)


async def _carry_out(work: Work, order: Order) -> ConfirmationResult:
    """Place what its customer has agreed to, which is locked, if prices and stock still stand."""
    settings = (await accounts.get_workspace(work)).settings
    lines = (await repository.lines(work, [order.id])).get(order.id, [])
    if not await amendments.hold_still(work, order, lines, settings):
        return ConfirmationResult(order=await amendments.meant_by(work, order), refusal="not_changeable")
    agreed = await pricing.agreed(work, order)
    changes = await pricing.reprice(work, order, lines, agreed)
    if changes:
        pricing.add_up(order, lines, settings, agreed)
        await _back_to_draft(work, order, "prices changed after the summary")
        return ConfirmationResult(order=drafts.view_of(order, lines), refusal="price_changed", price_changes=tuple(changes))
    # Holding it all again first makes good a hold that a sweep has ended meanwhile.
    shortages = await _hold(work, order, lines, settings, work.now + timedelta(minutes=settings.hold_minutes))
    if shortages:
        await _back_to_draft(work, order, "out of stock after the summary")
        return ConfirmationResult(order=drafts.view_of(order, lines), refusal="out_of_stock", shortages=shortages)
    if order.amends_order_id is not None:
        return await amendments.apply(work, order, lines, settings)
    await holds.consume(work, order.id, {line.variant_id: line.unit_price for line in lines})
    await _place(work, order, settings)
    return ConfirmationResult(order=drafts.view_of(order, lines))


async def _place(work: Work, order: Order, settings: WorkspaceSettings) -> None:
    order.confirmed_at = work.now
    order.cancel_deadline = None  # that of a claim before the yes
    order.cancel_deadline = deadlines.cancel_deadline(order, settings, work.now)
    order.number = await repository.next_number(work)
    status.move(work, order, OrderStatus.CONFIRMED)
    events.record(work, EventType.ORDER_CONFIRMED, subject=order.id, after={"number": order.number, "total": order.total})
    await work.session.flush()


async def void(work: Work, conversation_id: UUID, token: str, *, reason: str) -> bool:
    """Make a token worthless, for example because its summary never arrived; False if it was so already."""
    work.require(OrdersPermission.DRAFT)
    order = await repository.lock_by_token(work, conversation_id, token)
    if order is None or order.status != OrderStatus.AWAITING_CONFIRMATION:
        return False
    await _back_to_draft(work, order, reason)
    events.record(work, EventType.ORDER_CONFIRMATION_VOIDED, subject=order.id, reason=reason)
    return True


async def extend_holds(work: Work, conversation_id: UUID, until: datetime) -> None:
    """Keep what the draft holds at least until then, so that a turn that has begun is not overtaken by an expiry."""
    work.require(OrdersPermission.DRAFT)
    order = await repository.draft_of(work, conversation_id)
    if order is not None:
        await holds.extend_holds(work, order.id, until)


async def waits_until(work: Work, conversation_id: UUID) -> datetime | None:
    """Until when a change that the shop has proposed waits for its answer, None if none does."""
    work.require(OrdersPermission.READ)
    order = await repository.draft_of(work, conversation_id)
    return order.answer_by if order is not None else None


async def release_for_timeout(work: Work, conversation_id: UUID) -> bool:
    """The session has gone silent: give the stock back and keep the draft. A claimed payment keeps everything.

    An amendment is dropped, and its order stays as it was.
    """
    work.require(OrdersPermission.DRAFT)
    order = await repository.lock_draft(work, conversation_id)
    if order is None or order.payment_status != PaymentStatus.UNPAID:
        return False
    if order.amends_order_id is not None:
        await amendments.drop(work, order, "the session timed out")
        return True
    if order.status == OrderStatus.AWAITING_CONFIRMATION:
        await _back_to_draft(work, order, "the session timed out")
        events.record(work, EventType.ORDER_CONFIRMATION_VOIDED, subject=order.id, reason="the session timed out")
    else:
        await holds.release(work, order.id)
    return True
