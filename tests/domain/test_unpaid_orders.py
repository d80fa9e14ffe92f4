"""Unpaid orders: cancelled after their deadline, with the goods back on the shelf and nobody left in the dark."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.messages import text
from core.tables import new_id
from core.work import open_work
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.orders import confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.schemas import Delivery
from tests.factories.chat import Chat, count, draft_with, later, level, placed, send, settle_on


async def answered(chat: Chat) -> None:
    """Everything that the customer has written is answered."""
    async with chat.work() as work:
        open_ones = [message.id for message in await conversations.open_messages(work, chat.conversation_id)]
        await conversations.mark_answered(work, chat.conversation_id, open_ones, new_id())


async def heard(chat: Chat) -> list[str]:
    """What is on its way to the customer."""
    async with open_work(chat.staff) as work:
        return [message.text or "" for message in await conversations.unsettled(work, chat.conversation_id)]


async def test_an_unpaid_order_is_cancelled_after_its_deadline_its_goods_come_back_and_the_customer_hears_it(
    chat: Chat,
) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await answered(chat)
    await later(timedelta(hours=47))
    async with open_work(chat.shop.principal) as work:
        assert not await fulfilment.cancel_unpaid(work, order.id)
    await later(timedelta(hours=2))
    for is_first in (True, False):
        async with open_work(chat.shop.principal) as work:
            assert await fulfilment.cancel_unpaid(work, order.id) is is_first
    async with chat.work() as work:
        assert (await orders.get(work, order.id)).status is OrderStatus.CANCELLED
    assert await level(chat, "HAR-1") == (Decimal(10), Decimal(0))
    assert await count(chat.shop, "notifications") == 1
    assert await heard(chat) == [text("order.cancelled_unpaid", "es", number=order.number)]


async def test_an_unpaid_order_of_a_customer_with_a_person_is_cancelled_and_left_to_the_person_to_tell(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    async with open_work(chat.staff) as work:
        await handoffs.take(work, chat.conversation_id)
    await later(timedelta(hours=49))
    async with open_work(chat.shop.principal) as work:
        assert await fulfilment.cancel_unpaid(work, order.id)
    assert await heard(chat) == []
    assert await count(chat.shop, "notifications") == 1


async def test_an_unpaid_order_waits_while_its_customer_has_no_answer_yet(chat: Chat) -> None:
    # Given a customer who writes at the last moment, perhaps of a payment
    order = await placed(chat, {"HAR-1": 2})
    await answered(chat)
    await later(timedelta(hours=49))
    await send(chat.shop.workspace_id, chat.connection_id, chat.phone, text_="ya pagué")

    # Then the order stands until they are answered
    async with open_work(chat.shop.principal) as work:
        assert not await fulfilment.cancel_unpaid(work, order.id)
    await answered(chat)
    async with open_work(chat.shop.principal) as work:
        assert await fulfilment.cancel_unpaid(work, order.id)


@pytest.mark.parametrize("how", ["cash", "pickup"])
@pytest.mark.parametrize("may_wait", [True, False])
async def test_an_order_that_owes_nothing_yet_is_not_cancelled_as_unpaid(chat: Chat, how: str, may_wait: bool) -> None:
    # Given an order that is paid when it is brought, or where it is fetched, in a shop that allows it or not
    await settle_on(chat.shop, cash_on_delivery=may_wait)
    await draft_with(chat, {"HAR-1": 2}, delivery=how == "cash")
    async with chat.work() as work:
        if how == "pickup":
            await drafts.set_delivery(work, chat.conversation_id, Delivery(fulfilment=Fulfilment.PICKUP))
        asked = await confirmation.request_confirmation(work, chat.conversation_id)
        assert asked.token is not None
        order = (await confirmation.confirm(work, chat.conversation_id, chat.customer_id, asked.token)).order
        if how == "cash":
            order = await drafts.choose_payment_method(work, order.id, "efectivo")

    # When two days go by
    await answered(chat)
    await later(timedelta(hours=49))
    async with open_work(chat.shop.principal) as work:
        cancelled = await fulfilment.cancel_unpaid(work, order.id)

    # Then it stands, unless the shop wants its money first
    assert cancelled is not may_wait
    assert (order.cancel_deadline is None) is may_wait


async def test_who_means_to_transfer_after_all_has_two_days_from_then(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    first = order.cancel_deadline
    await later(timedelta(hours=10))
    async with chat.work() as work:
        cash = await drafts.choose_payment_method(work, order.id, "efectivo")
        transfer = await drafts.choose_payment_method(work, order.id, "transferencia")
    assert cash.cancel_deadline is None
    assert first is not None
    assert transfer.cancel_deadline is not None
    assert transfer.cancel_deadline > first + timedelta(hours=9)
