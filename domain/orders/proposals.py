"""Proposals: a change of a placed order that the shop puts to its customer, who accepts or refuses it within a time.

A proposal is an amendment in the conversation of the order: its customer agrees to it as to any, and the order stands as it
was until then. What the shop lets customers change by themselves (`order_changes`) does not limit what it proposes.
"""

from datetime import timedelta
from uuid import UUID

from core.errors import Invalid
from core.work import Work
from domain.orders import amendments, by_staff, confirmation, drafts, repository
from domain.orders import service as orders
from domain.orders.permissions import OrdersPermission
from domain.orders.schemas import OrderView, ProposeChange


class NothingProposed(Invalid):
    """The order has what is proposed already."""

    code = "nothing_proposed"


async def propose(work: Work, conversation_id: UUID, order_id: UUID, command: ProposeChange) -> OrderView:
    """Make a proposal, with what it wants beyond the order held until its time is over: it can be confirmed by its token.

    The conversation is locked. Raises what `amendments.begin_proposal` does, NothingProposed, NotForSale,
    QuantityNotAllowed, LineNotFound, and what stands in the way of an order.
    """
    work.require(OrdersPermission.DRAFT)
    wanted = await by_staff.quantities(work, command.lines)
    await amendments.begin_proposal(work, conversation_id, order_id)
    changed = await drafts.change_items(work, conversation_id, wanted)
    placed = await orders.get(work, order_id)
    if changed.quantities == placed.quantities:
        raise NothingProposed
    row = await repository.lock_draft(work, conversation_id)
    assert row is not None, "it was just begun"
    row.answer_by = work.now + timedelta(minutes=command.answer_within_minutes)
    asked = await confirmation.request_confirmation(work, conversation_id)
    if asked.refusal is not None:
        raise by_staff.refusal(asked)
    return asked.order
