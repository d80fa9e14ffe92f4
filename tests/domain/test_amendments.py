"""A placed order is changed by an amendment: with a new yes, exactly once, and it stands as it was until then."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.work import open_work
from domain.accounts.schemas import OrderChanges
from domain.catalog import editing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ChangeProduct
from domain.orders import amendments, confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.errors import ConfirmationStale, DraftInTheWay, NotForSale, OrderNotChangeable, OrderNotFound
from domain.orders.kinds import Fulfilment, OrderStatus, PaymentStatus
from domain.orders.schemas import ConfirmationResult, Delivery, OrderView
from domain.payments import claims
from domain.payments import service as payments
from domain.payments.schemas import ClaimPayment
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.chat import Chat, asked, chat_of, count, draft_with, later, level, placed, reprice, settle_on


async def amended(chat: Chat, order: OrderView, sku: str, quantity: int) -> OrderView:
    """An open amendment in which there is so much of a product."""
    async with chat.work() as work:
        await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)
        return await drafts.change_item(work, chat.conversation_id, chat.shop.variants[sku], Decimal(quantity))


async def summary(chat: Chat) -> str:
    async with chat.work() as work:
        result = await confirmation.request_confirmation(work, chat.conversation_id)
    assert result.token is not None, result
    return result.token


async def agree(chat: Chat, token: str) -> ConfirmationResult:
    async with chat.work() as work:
        return await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)


async def now(chat: Chat, order_id: UUID) -> OrderView:
    async with chat.work() as work:
        return await orders.get(work, order_id)


def quantities(order: OrderView) -> dict[str, Decimal]:
    return {line.sku: line.quantity for line in order.lines}


async def test_an_order_is_changed_by_a_yes_of_its_own_and_stands_as_it_was_until_then(chat: Chat) -> None:
    # Given a placed order of two of flour and one of oil
    order = await placed(chat, {"HAR-1": 2, "ACE-1": 1})

    # When a jar of oil is left out, and one more of flour and half a kilo of cheese come in
    await amended(chat, order, "HAR-1", 3)
    async with chat.work() as work:
        await drafts.change_item(work, chat.conversation_id, chat.shop.variants["QUE-1"], Decimal("0.5"))
        await drafts.remove_item(work, chat.conversation_id, chat.shop.variants["ACE-1"])
    token = await summary(chat)

    # Then only what it wants beyond is held, and the order is what it was
    assert await level(chat, "HAR-1") == (Decimal(8), Decimal(1))
    assert await level(chat, "QUE-1") == (Decimal(10), Decimal("0.5"))
    assert quantities(await now(chat, order.id)) == {"HAR-1": 2, "ACE-1": 1}

    # And the yes changes it once, however often it comes
    first, second = await agree(chat, token), await agree(chat, token)
    assert (first.repeated, second.repeated) == (False, True)
    assert (first.order.id, first.order.number, first.amended_from) == (order.id, order.number, order.total)
    assert second.order.total == first.order.total == Decimal(25000 * 3 + 45000 + 5000)
    assert quantities(first.order) == {"HAR-1": 3, "QUE-1": Decimal("0.5")}
    assert [await level(chat, sku) for sku in ("HAR-1", "ACE-1", "QUE-1")] == [
        (Decimal(7), Decimal(0)),
        (Decimal(10), Decimal(0)),
        (Decimal("9.5"), Decimal(0)),
    ]
    async with chat.work() as work:
        assert [one.id for one in await orders.history(work, chat.customer_id)] == [order.id]
        assert await drafts.open_draft(work, chat.conversation_id) is None
        assert await stock.reconcile(work) == []


async def test_a_change_of_the_address_moves_no_stock(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    async with chat.work() as work:
        await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)
        await drafts.set_delivery(work, chat.conversation_id, Delivery(address="Av. Santa Fe 999"))
    assert (await now(chat, order.id)).address_text == order.address_text
    result = await agree(chat, await summary(chat))
    assert (result.order.address_text, result.order.total) == ("Av. Santa Fe 999", order.total)
    assert await level(chat, "HAR-1") == (Decimal(8), Decimal(0))


async def test_what_was_agreed_keeps_its_price_and_what_is_new_costs_what_it_costs_today(chat: Chat) -> None:
    # Given an order, after which flour, oil and the delivery became dearer
    order = await placed(chat, {"HAR-1": 2})
    await reprice(chat.shop, "HAR-1", 99000)
    await reprice(chat.shop, "ACE-1", 50000)
    await settle_on(chat.shop, delivery_fee=Decimal(9000))

    # When one of each comes in
    await amended(chat, order, "HAR-1", 3)
    await amended(chat, order, "ACE-1", 1)
    result = await agree(chat, await summary(chat))

    # Then only what is new has its price of today
    assert {line.sku: line.unit_price for line in result.order.lines} == {"HAR-1": 25000, "ACE-1": 50000}
    assert result.order.delivery_fee == Decimal(5000)
    assert result.order.total == Decimal(130000)


async def test_a_new_price_after_the_summary_is_asked_about_again(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await amended(chat, order, "ACE-1", 1)
    token = await summary(chat)
    await reprice(chat.shop, "ACE-1", 50000)
    result = await agree(chat, token)
    assert result.refusal == "price_changed"
    assert quantities(await now(chat, order.id)) == {"HAR-1": 2}


async def test_of_what_is_no_longer_sold_less_can_be_kept_and_not_more(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2, "ACE-1": 1})
    async with open_work(chat.shop.principal) as work:
        await editing.change_product(work, "HAR-1", ChangeProduct(status=ProductStatus.ARCHIVED))
    with pytest.raises(NotForSale):
        await amended(chat, order, "HAR-1", 3)
    await amended(chat, order, "HAR-1", 1)
    assert quantities((await agree(chat, await summary(chat))).order) == {"HAR-1": 1, "ACE-1": 1}


async def test_stock_is_not_sold_twice_to_a_change(chat: Chat) -> None:
    # Given an order that has taken seven of ten, and another customer who takes two
    order = await placed(chat, {"HAR-1": 7})
    await asked(await chat_of(chat.shop), {"HAR-1": 2})

    # When two more are wanted of the one that is left
    await amended(chat, order, "HAR-1", 9)
    async with chat.work() as work:
        result = await confirmation.request_confirmation(work, chat.conversation_id)

    # Then what is left is told, and nothing is held
    assert result.refusal == "out_of_stock"
    assert [(short.wanted, short.available) for short in result.shortages] == [(Decimal(2), Decimal(1))]
    assert await level(chat, "HAR-1") == (Decimal(3), Decimal(2))


async def test_two_changes_at_once_in_two_chats_are_one(chat: Chat) -> None:
    # Given a customer who changes one order in two conversations
    order = await placed(chat, {"HAR-1": 2})
    other = await chat_of(chat.shop)
    second = Chat(chat.shop, other.conversation_id, chat.customer_id, other.connection_id, other.phone)
    await amended(chat, order, "HAR-1", 5)
    await amended(second, order, "ACE-1", 1)
    tokens = [await summary(chat), await summary(second)]

    # When both are agreed to at the same time
    found = await asyncio.gather(agree(chat, tokens[0]), agree(second, tokens[1]))

    # Then one is done and the other dropped, with nothing held for it
    assert sorted(str(one.refusal) for one in found) == ["None", "not_changeable"]
    assert quantities(await now(chat, order.id)) in ({"HAR-1": 5}, {"HAR-1": 2, "ACE-1": 1})
    async with chat.work() as work:
        assert await drafts.open_draft(work, chat.conversation_id) is None
        assert await drafts.open_draft(work, second.conversation_id) is None
        assert await stock.reconcile(work) == []
    assert (await level(chat, "HAR-1"))[1] == (await level(chat, "ACE-1"))[1] == 0


async def test_two_turns_that_begin_a_change_begin_one(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})

    async def begin() -> UUID:
        async with chat.work() as work:
            return (await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)).id

    assert len(set(await asyncio.gather(begin(), begin(), begin()))) == 1
    assert await count(chat.shop, "orders") == 2


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_payment_that_is_verified_meanwhile_ends_the_change(chat: Chat, at_once: bool) -> None:
    # Given a change that waits for its yes, and a payment that waits for staff
    order = await placed(chat, {"HAR-1": 2})
    command = ClaimPayment(
        order_id=order.id, customer_id=chat.customer_id, method="transferencia", kind="transfer", reference="0012345678"
    )
    async with chat.work() as work:
        claimed = await claims.claim(work, command)
    assert claimed.payment is not None
    payment_id = claimed.payment.id
    await amended(chat, order, "HAR-1", 3)
    token = await summary(chat)

    async def verify() -> None:
        async with open_work(chat.staff) as work:
            await payments.verify(work, payment_id)

    # When staff verify it before the yes, or just while it comes
    if at_once:
        result, _ = await asyncio.gather(agree(chat, token), verify())
    else:
        await verify()
        result = await agree(chat, token)

    # Then the order is either paid as it was, or changed and paid in part, and never changed after it was paid
    after = await now(chat, order.id)
    if result.refusal == "not_changeable":
        assert quantities(after) == {"HAR-1": 2}
        assert after.payment_status is PaymentStatus.PAID
    else:
        assert at_once
        assert quantities(after) == {"HAR-1": 3}
        assert after.payment_status is PaymentStatus.PARTLY_PAID
    assert (await level(chat, "HAR-1"))[1] == 0


@pytest.mark.parametrize("why", ["paid", "packed", "shipped", "cancelled", "never"])
async def test_an_order_that_has_gone_too_far_is_not_changed(chat: Chat, why: str) -> None:
    order = await placed(chat, {"HAR-1": 2})
    async with open_work(chat.staff) as work:
        match why:
            case "paid":
                await fulfilment.record_payment(work, order.id, PaymentStatus.PAID)
            case "packed":
                assert (await fulfilment.mark_packed(work, order.id)).packed_at is not None
            case "shipped":
                await fulfilment.mark_shipped(work, order.id)
            case "cancelled":
                await fulfilment.cancel(work, order.id)
    if why == "never":
        await settle_on(chat.shop, order_changes=OrderChanges.NEVER)
    async with chat.work() as work:
        with pytest.raises(OrderNotChangeable):
            await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)


async def test_a_shop_may_let_paid_orders_be_changed_until_they_are_packed(chat: Chat) -> None:
    await settle_on(chat.shop, order_changes=OrderChanges.UNTIL_PACKED)
    order = await placed(chat, {"HAR-1": 2})
    async with open_work(chat.staff) as work:
        await fulfilment.record_payment(work, order.id, PaymentStatus.PAID)
    await amended(chat, order, "HAR-1", 3)
    token = await summary(chat)
    async with open_work(chat.staff) as work:
        await fulfilment.mark_packed(work, order.id)
    assert (await agree(chat, token)).refusal == "not_changeable"


async def test_a_stranger_cannot_change_an_order(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    other = await chat_of(chat.shop)
    async with other.work() as work:
        with pytest.raises(OrderNotFound):
            await amendments.amend(work, other.conversation_id, other.customer_id, order.id)


async def test_an_order_that_is_being_put_together_is_not_given_up_for_a_change(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await draft_with(chat, {"ACE-1": 1})
    async with chat.work() as work:
        with pytest.raises(DraftInTheWay):
            await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)


async def test_silence_drops_the_change_and_the_order_stays(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    change = await amended(chat, order, "HAR-1", 5)
    token = await summary(chat)
    async with open_work(chat.shop.principal) as work:
        assert await confirmation.release_for_timeout(work, chat.conversation_id)
    assert (await now(chat, change.id)).status is OrderStatus.CANCELLED
    assert await now(chat, order.id) == order
    assert await level(chat, "HAR-1") == (Decimal(8), Decimal(0))
    with pytest.raises(ConfirmationStale):
        await agree(chat, token)


async def test_holds_that_ended_are_made_good_by_the_yes_or_what_is_left_is_told(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await amended(chat, order, "HAR-1", 5)
    token = await summary(chat)
    await later(timedelta(minutes=31))
    async with open_work(chat.shop.principal) as work:
        await holds.expire_due(work)
    await placed(await chat_of(chat.shop), {"HAR-1": 7})
    result = await agree(chat, token)
    assert result.refusal == "out_of_stock"
    assert quantities(await now(chat, order.id)) == {"HAR-1": 2}


async def test_an_order_that_was_changed_is_put_back_whole_when_it_is_cancelled(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2, "ACE-1": 3})
    await amended(chat, order, "HAR-1", 5)
    await amended(chat, order, "ACE-1", 1)
    await agree(chat, await summary(chat))
    async with chat.work() as work:
        await fulfilment.cancel(work, order.id)
    assert await level(chat, "HAR-1") == await level(chat, "ACE-1") == (Decimal(10), Decimal(0))


async def test_an_order_that_is_to_be_fetched_elsewhere_is_taken_from_there(chat: Chat) -> None:
    # Given an order that is brought from the first store, and a second store with goods
    order = await placed(chat, {"HAR-1": 2})
    async with open_work(chat.shop.principal) as work:
        branch = await chat.shop.open_branch(work)
        lines = [HoldLine(variant_id=chat.shop.variants["HAR-1"], quantity=Decimal(4))]
        await stock.receive(work, branch, lines)

    # When the customer wants to fetch it there
    async with chat.work() as work:
        await amendments.amend(work, chat.conversation_id, chat.customer_id, order.id)
        await drafts.set_delivery(work, chat.conversation_id, Delivery(fulfilment=Fulfilment.PICKUP, store_id=branch))
    result = await agree(chat, await summary(chat))

    # Then the first store has its goods back, and nothing is owed before it is fetched
    assert result.order.store_id == branch
    assert result.order.delivery_fee == 0
    assert result.order.cancel_deadline is None
    async with chat.work() as work:
        left = {one.store_id: one.on_hand for one in await stock.levels(work, chat.shop.variants["HAR-1"])}
    assert left == {chat.shop.store_id: Decimal(10), branch: Decimal(2)}
