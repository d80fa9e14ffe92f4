"""Amendments: a placed order is changed by a draft of its own, to which the customer must agree like to any order.

Until then the placed order stands as it is. The amendment holds the whole new content; it applies only to the version
of the order that it was begun with, so that of two amendments at once one is dropped. Rows are locked in the order
placed order, amendment, levels of stock.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core import events
from core.event_types import EventType
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.schemas import OrderChanges, WorkspaceSettings
from domain.conversations import service as conversations
from domain.conversations.kinds import NoticeDetails, NoticeKind
from domain.orders import _status as status
from domain.orders import deadlines, drafts, repository
from domain.orders.errors import DraftInTheWay, OrderNotChangeable, OrderNotFound, OrderOfChat
from domain.orders.kinds import OPEN, OrderStatus, PaymentStatus
from domain.orders.models import Order, OrderLine
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import ConfirmationResult, OrderView
from domain.stock import holds

CONTENT = (
    "store_id",
    "subtotal",
    "delivery_fee",
    "total",
    "fulfilment",
    "address",
    "recipient_name",
    "recipient_phone",
    "notes",
)
"""What an amendment takes over from its order, and gives back changed."""

_LINE = ("variant_id", "position", "sku", "name", "unit", "quantity", "unit_price", "total")


def may_change(order: Order | OrderView, settings: WorkspaceSettings) -> bool:
    """Whether the customer may still change this placed order by chat."""
    if order.status != OrderStatus.CONFIRMED or order.packed_at is not None:
        return False
    if settings.order_changes is OrderChanges.UNTIL_PAID:
        return order.payment_status in (PaymentStatus.UNPAID, PaymentStatus.CLAIMED)
    return settings.order_changes is not OrderChanges.NEVER


def is_still_for(amendment: Order, placed: Order, settings: WorkspaceSettings, now: datetime) -> bool:
    """Whether the order is the one that the amendment was begun with, and may still be changed."""
    if amendment.answer_by is not None and amendment.answer_by < now:
        return False
    if amendment.conversation_id is None or amendment.answer_by is not None:
        # Staff decide on their own what they change with the customer, until the goods have left.
        return _is_of(amendment, placed) and placed.status == OrderStatus.CONFIRMED
    return _is_of(amendment, placed) and may_change(placed, settings)


async def amend(work: Work, conversation_id: UUID, customer_id: UUID, order_id: UUID) -> OrderView:
    """The open amendment of a placed order in this conversation, begun if there is none.

    It takes the place of an empty draft and of an amendment that applies no more. Raises OrderNotFound,
    OrderNotChangeable, or DraftInTheWay if something else is being put together.
    """
    work.require(OrdersPermission.DRAFT)
    settings = (await accounts.get_workspace(work)).settings
    placed = await repository.lock(work, order_id)
    draft = await repository.lock_draft(work, conversation_id)
    if placed is None or placed.customer_id != customer_id or placed.number is None:
        raise OrderNotFound
    if not may_change(placed, settings):
        raise OrderNotChangeable(number=placed.number, status=placed.status)
    if draft is not None:
        if _is_of(draft, placed):
            return await drafts.view(work, draft)
        await _clear_the_way(work, draft, settings)
    return await _begin(work, conversation_id, placed)


async def begin_proposal(work: Work, conversation_id: UUID, order_id: UUID) -> OrderView:
    """An amendment that the shop begins in the order's conversation; it takes the place of an earlier proposal.

    Raises OrderNotFound, OrderNotChangeable, and DraftInTheWay if the customer is putting something together.
    """
    work.require(OrdersPermission.DRAFT)
    placed = await repository.lock(work, order_id)
    draft = await repository.lock_draft(work, conversation_id)
    if placed is None or placed.number is None or placed.conversation_id != conversation_id:
        raise OrderNotFound
    if placed.status != OrderStatus.CONFIRMED:
        raise OrderNotChangeable(number=placed.number, status=placed.status)
    if draft is not None:
        if draft.answer_by is not None:
            draft.answer_by = None  # replaced, not refused
            await drop(work, draft, "the shop proposes another change")
        else:
            await _clear_the_way(work, draft, (await accounts.get_workspace(work)).settings)
    return await _begin(work, conversation_id, placed)


async def amend_by_staff(work: Work, order_id: UUID) -> OrderView:
    """The open amendment that staff make of a placed order, begun if there is none; the order stands until it is confirmed.

    An order of a chat is changed there, as its customer has to agree. Raises OrderNotFound, OrderOfChat and
    OrderNotChangeable.
    """
    work.require(OrdersPermission.DRAFT)
    placed = await repository.lock(work, order_id)
    if placed is None or placed.number is None:
        raise OrderNotFound
    if placed.conversation_id is not None:
        raise OrderOfChat
    if placed.status != OrderStatus.CONFIRMED:
        raise OrderNotChangeable(number=placed.number, status=placed.status)
    for earlier in await repository.amendments(work, placed.id):
        if earlier.status in OPEN:
            if _is_of(earlier, placed):
                return await drafts.view(work, earlier)
            await drop(work, earlier, "the order was changed meanwhile")
    amendment = _amendment_of(work, placed, None)
    await repository.insert_draft(work, amendment)
    stored = await repository.lock(work, amendment.id)
    assert stored is not None, "it was just made"
    return await _filled(work, stored, placed)


def _is_of(draft: Order, placed: Order) -> bool:
    """Whether a draft amends this order as it is now."""
    return draft.amends_order_id == placed.id and draft.amends_version == placed.version


async def _clear_the_way(work: Work, draft: Order, settings: WorkspaceSettings) -> None:
    if draft.amends_order_id is None:
        if (await repository.lines(work, [draft.id])).get(draft.id) or draft.payment_status != PaymentStatus.UNPAID:
            raise DraftInTheWay
    else:
        amended = await repository.get(work, draft.amends_order_id)
        if amended is not None and is_still_for(draft, amended, settings, work.now):
            raise DraftInTheWay
    await drop(work, draft, "a placed order is changed")


async def _begin(work: Work, conversation_id: UUID, placed: Order) -> OrderView:
    amendment = _amendment_of(work, placed, conversation_id)
    await repository.insert_draft(work, amendment)
    stored = await repository.lock_draft(work, conversation_id)
    if stored is None or not _is_of(stored, placed):
        raise DraftInTheWay
    if stored.id != amendment.id:
        return await drafts.view(work, stored)
    return await _filled(work, stored, placed)


def _amendment_of(work: Work, placed: Order, conversation_id: UUID | None) -> Order:
    return Order(
        workspace_id=work.workspace_id,
        id=new_id(),
        customer_id=placed.customer_id,
        conversation_id=conversation_id,
        currency=placed.currency,
        amends_order_id=placed.id,
        amends_version=placed.version,
    )


async def _filled(work: Work, amendment: Order, placed: Order) -> OrderView:
    """Give a new amendment the content of its order."""
    for name in CONTENT:
        setattr(amendment, name, getattr(placed, name))
    for line in (await repository.lines(work, [placed.id])).get(placed.id, []):
        work.session.add(_copy(line, amendment))
    status.remember(work, amendment, None)
    events.record(work, EventType.ORDER_AMENDMENT_BEGUN, subject=amendment.id, after={"order_id": str(placed.id)})
    await work.session.flush()
    return await drafts.view(work, amendment)


def _copy(line: OrderLine, order: Order) -> OrderLine:
    values = {name: getattr(line, name) for name in _LINE}
    return OrderLine(workspace_id=order.workspace_id, id=new_id(), order_id=order.id, **values)


async def drop(work: Work, amendment: Order, reason: str) -> None:
    """Give a draft up without a word about a placed order: what it held goes back."""
    work.require(OrdersPermission.DRAFT)
    await drafts.void_confirmation(work, amendment, reason=reason)
    status.cancelled(work, amendment, reason)
    await work.session.flush()
    await tell_of_refusal(work, amendment)


async def tell_of_refusal(work: Work, amendment: Order) -> None:
    """Staff hear that what they have proposed was not accepted; of anything else that was dropped they need not hear."""
    work.require(OrdersPermission.READ)
    if amendment.answer_by is None:
        return
    placed = await meant_by(work, amendment)
    payload: NoticeDetails = {"order_id": str(placed.id), "number": placed.number}
    if placed.store_id is not None:
        payload["store_id"] = str(placed.store_id)
    await conversations.notify(
        work,
        NoticeKind.CHANGE_NOT_AGREED,
        dedupe_key=f"change_not_agreed:{amendment.id}",
        conversation_id=amendment.conversation_id,
        subject_id=placed.id,
        payload=payload,
    )


async def hold_still(work: Work, order: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings) -> bool:
    """Lock the stock of an amendment and its order, which are locked; False if it applies no more, and is dropped."""
    work.require(OrdersPermission.READ)
    if order.amends_order_id is None:
        return True
    placed = await repository.get(work, order.amends_order_id)
    assert placed is not None, "a foreign key says so"
    if not is_still_for(order, placed, settings, work.now):
        await drop(work, order, "the order can be changed no more")
        return False
    before = (await repository.lines(work, [placed.id])).get(placed.id, [])
    await holds.lock_levels(work, [line.variant_id for line in (*before, *lines)])
    return True


async def meant_by(work: Work, order: Order) -> OrderView:
    """The order itself, or the placed one that it amends."""
    work.require(OrdersPermission.READ)
    placed = await repository.get(work, order.amends_order_id) if order.amends_order_id is not None else order
    assert placed is not None, "a foreign key says so"
    return await drafts.view(work, placed)


async def apply(work: Work, amendment: Order, lines: Sequence[OrderLine], settings: WorkspaceSettings) -> ConfirmationResult:
    """Make the placed order what its amendment says. Everything is locked, and what it wants beyond is held."""
    work.require(OrdersPermission.CONFIRM)
    assert amendment.amends_order_id is not None, "it is an amendment"
    placed = await repository.get(work, amendment.amends_order_id)
    assert placed is not None, "it was locked"
    assert amendment.store_id is not None, "what is held has a store"
    before = drafts.view_of(placed, (await repository.lines(work, [placed.id])).get(placed.id, []))
    wanted = {(amendment.store_id, line.variant_id): line.quantity for line in lines}
    prices = {line.variant_id: line.unit_price for line in lines}
    await holds.exchange(work, placed.id, amendment.id, wanted, prices, "the order was changed")
    await _rewrite_lines(work, placed, lines)
    for name in CONTENT:
        setattr(placed, name, getattr(amendment, name))
    placed.version += 1
    placed.packed_at = None  # what was packed is another order now
    if placed.payment_status == PaymentStatus.UNPAID:
        placed.cancel_deadline = deadlines.cancel_deadline(placed, settings, work.now)
    status.move(work, amendment, OrderStatus.APPLIED)
    await work.session.flush()
    after = await drafts.view(work, placed)
    events.record(work, EventType.ORDER_AMENDED, subject=placed.id, before=_summary(before), after=_summary(after))
    await conversations.notify(
        work,
        NoticeKind.ORDER_AMENDED,
        dedupe_key=f"order_amended:{amendment.id}",
        conversation_id=amendment.conversation_id,
        subject_id=placed.id,
        payload={"number": after.number},
    )
    return ConfirmationResult(order=after, amended_from=before.total)


async def _rewrite_lines(work: Work, placed: Order, wanted: Sequence[OrderLine]) -> None:
    """The lines of the placed order as its amendment has them; a line that stays keeps its row."""
    present = {line.variant_id: line for line in (await repository.lines(work, [placed.id])).get(placed.id, [])}
    for line in wanted:
        kept = present.pop(line.variant_id, None)
        if kept is None:
            work.session.add(_copy(line, placed))
            continue
        for name in _LINE:
            setattr(kept, name, getattr(line, name))
    for line in present.values():
        await work.session.delete(line)


def _summary(order: OrderView) -> dict[str, object]:
    """What an entry of the trail tells of an order's content; where it goes to is personal and stays in the order."""
    quantities: dict[str, Decimal] = {line.sku: line.quantity for line in order.lines}
    return {"version": order.version, "total": order.total, "fulfilment": order.fulfilment, "lines": quantities}
