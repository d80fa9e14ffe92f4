"""Orders: what a draft costs, what voids a summary, and that a yes places exactly one order."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from core.access import Principal
from core.errors import NotPermitted
from core.work import open_work
from domain.orders import confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.errors import ConfirmationStale, OrderNotCancellable, OrderNotFound, OrderNotReady, QuantityNotAllowed
from domain.orders.kinds import Fulfilment, OrderStatus
from domain.orders.schemas import CartItem, Delivery, OrderFilter
from domain.stock import holds as stock_holds
from tests.factories.chat import Chat, asked, chat_of, count, draft_with, later, level, placed, reprice, settle_on
from tests.factories.shop import Shop


async def test_a_draft_adds_up_lines_and_delivery(chat: Chat) -> None:
    # When two products are ordered for delivery
    order = await draft_with(chat, {"HAR-1": 2, "QUE-1": Decimal("0.750")})

    # Then every line, the fee and the sum are exact
    assert [line.total for line in order.lines] == [Decimal(50000), Decimal(67500)]
    assert (order.subtotal, order.delivery_fee, order.total) == (Decimal(117500), Decimal(5000), Decimal(122500))


async def test_the_same_product_twice_is_one_line(chat: Chat) -> None:
    await draft_with(chat, {"HAR-1": 2})
    async with chat.work() as work:
        order = await drafts.add_item(work, chat.conversation_id, chat.shop.variants["HAR-1"], Decimal(3))
    assert [line.quantity for line in order.lines] == [Decimal(5)]


async def test_delivery_is_free_from_the_amount_the_shop_set(chat: Chat) -> None:
    await settle_on(chat.shop, free_delivery_from=Decimal(50000))
    order = await draft_with(chat, {"HAR-1": 2})
    assert order.total == order.subtotal == Decimal(50000)


async def test_a_conversation_has_one_open_draft_under_any_number_of_workers(chat: Chat) -> None:
    # When four workers begin a draft at once
    async def start() -> object:
        async with chat.work() as work:
            return (await drafts.start_draft(work, conversation_id=chat.conversation_id, customer_id=chat.customer_id)).id

    found = await asyncio.gather(*(start() for _ in range(4)))

    # Then there is one
    assert len(set(found)) == 1
    assert await count(chat.shop, "orders") == 1


@pytest.mark.parametrize(("sku", "quantity"), [("HAR-1", "1.5"), ("HAR-1", "-1"), ("QUE-1", "0.0005"), ("HAR-1", "10001")])
async def test_a_quantity_the_product_is_not_sold_in_is_refused(chat: Chat, sku: str, quantity: str) -> None:
    await draft_with(chat, {"ACE-1": 1})
    async with chat.work() as work:
        with pytest.raises(QuantityNotAllowed):
            await drafts.add_item(work, chat.conversation_id, chat.shop.variants[sku], Decimal(quantity))


async def test_a_yes_places_the_order_once_and_sells_what_was_held(chat: Chat) -> None:
    # Given a summary that was asked for
    token = await asked(chat, {"HAR-1": 2})
    assert await level(chat, "HAR-1") == (Decimal(10), Decimal(2))

    # When the same yes arrives twice
    async with chat.work() as work:
        first = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)
    async with chat.work() as work:
        second = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)

    # Then it is one order, with one number, and the stock left once
    assert first.order.number == second.order.number == 1001
    assert second.repeated
    assert not first.repeated
    assert await level(chat, "HAR-1") == (Decimal(8), Decimal(0))
    async with chat.work() as work:
        steps = await orders.status_history(work, first.order.id)
        assert await drafts.open_draft(work, chat.conversation_id) is None
    assert [step.to_status for step in steps] == ["draft", "awaiting_confirmation", "confirmed"]
    assert first.order.cancel_deadline is not None


async def test_the_same_yes_on_many_workers_is_one_order(chat: Chat) -> None:
    token = await asked(chat, {"HAR-1": 3})

    async def confirm() -> int | None:
        async with chat.work() as work:
            return (await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)).order.number

    assert set(await asyncio.gather(*(confirm() for _ in range(5)))) == {1001}
    assert await level(chat, "HAR-1") == (Decimal(7), Decimal(0))


async def test_orders_of_a_shop_are_numbered_without_gaps(chat: Chat) -> None:
    second = await chat_of(chat.shop)
    first_token, second_token = await asked(chat, {"HAR-1": 1}), await asked(second, {"HAR-1": 1})

    async def confirm(which: Chat, token: str) -> int | None:
        async with which.work() as work:
            return (await confirmation.confirm(work, which.conversation_id, which.customer_id, token)).order.number

    found = await asyncio.gather(confirm(chat, first_token), confirm(second, second_token))
    assert sorted(number or 0 for number in found) == [1001, 1002]


@pytest.mark.parametrize("change", ["add", "change", "remove", "clear", "delivery"])
async def test_every_change_voids_the_summary_and_gives_the_stock_back(chat: Chat, change: str) -> None:
    # Given a summary of flour and oil
    token = await asked(chat, {"HAR-1": 2, "ACE-1": 1})
    flour = chat.shop.variants["HAR-1"]

    # When the draft changes
    async with chat.work() as work:
        match change:
            case "add":
                order = await drafts.add_item(work, chat.conversation_id, flour, Decimal(1))
            case "change":
                order = await drafts.change_item(work, chat.conversation_id, flour, Decimal(4))
            case "remove":
                order = await drafts.remove_item(work, chat.conversation_id, flour)
            case "clear":
                order = await drafts.clear(work, chat.conversation_id)
            case _:
                order = await drafts.set_delivery(work, chat.conversation_id, Delivery(address="Otra calle, casa 9"))

    # Then the old yes confirms nothing, and nothing is held
    assert order.status is OrderStatus.DRAFT
    assert order.confirmation_token is None
    assert (await level(chat, "HAR-1"))[1] == 0
    async with chat.work() as work:
        with pytest.raises(ConfirmationStale):
            await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)


async def test_asked_again_without_a_change_the_same_summary_stands(chat: Chat) -> None:
    token = await asked(chat, {"HAR-1": 2})
    await later(timedelta(minutes=20))
    async with chat.work() as work:
        again = await confirmation.request_confirmation(work, chat.conversation_id)
    assert again.token == token
    assert again.held_until is not None
    async with open_work(chat.shop.principal) as work:
        holds = await stock_holds.holds_of(work, again.order.id)
    assert [hold.expires_at for hold in holds] == [again.held_until]


async def test_a_price_that_changed_after_the_summary_is_not_charged(chat: Chat) -> None:
    # Given a summary at the old price
    token = await asked(chat, {"HAR-1": 2})
    await reprice(chat.shop, "HAR-1", 26000)

    # When the customer says yes
    async with chat.work() as work:
        result = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)

    # Then nothing is placed, the change is told, and the draft has the new price
    assert result.refusal == "price_changed"
    assert [(one.sku, one.old, one.new) for one in result.price_changes] == [("HAR-1", Decimal(25000), Decimal(26000))]
    assert result.order.status is OrderStatus.DRAFT
    assert result.order.subtotal == Decimal(52000)
    assert await level(chat, "HAR-1") == (Decimal(10), Decimal(0))


async def test_a_hold_that_was_swept_is_made_good_at_the_yes_if_the_stock_is_there(chat: Chat) -> None:
    # Given a summary whose hold ran out and was swept
    token = await asked(chat, {"HAR-1": 2, "ACE-1": 1})
    await later(timedelta(minutes=31))
    async with open_work(chat.shop.principal) as work:
        assert await stock_holds.expire_due(work)

    # When the customer says yes after all
    async with chat.work() as work:
        result = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)

    # Then all of it is sold, once
    assert result.refusal is None
    assert await level(chat, "HAR-1") == (Decimal(8), Decimal(0))
    assert await level(chat, "ACE-1") == (Decimal(9), Decimal(0))


async def test_a_late_yes_gets_nothing_if_somebody_else_took_the_stock(chat: Chat) -> None:
    # Given a summary for all the flour, whose hold ran out
    token = await asked(chat, {"HAR-1": 10})
    await later(timedelta(minutes=31))

    # When another customer buys some of it, and the first one says yes
    await placed(await chat_of(chat.shop), {"HAR-1": 4})
    async with chat.work() as work:
        result = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)

    # Then the truth is told and nothing is sold twice
    assert result.refusal == "out_of_stock"
    assert [(short.wanted, short.available) for short in result.shortages] == [(Decimal(10), Decimal(6))]
    assert await level(chat, "HAR-1") == (Decimal(6), Decimal(0))


async def test_many_customers_race_for_the_last_units_and_none_is_sold_twice(chat: Chat) -> None:
    # Given four customers who each want four of ten
    chats = [chat, *[await chat_of(chat.shop) for _ in range(3)]]
    for one in chats:
        await draft_with(one, {"HAR-1": 4})

    async def buy(one: Chat) -> bool:
        async with one.work() as work:
            request = await confirmation.request_confirmation(work, one.conversation_id)
        if request.token is None:
            return False
        async with one.work() as work:
            result = await confirmation.confirm(work, one.conversation_id, one.customer_id, request.token)
        return result.refusal is None

    # When all buy at once
    bought = await asyncio.gather(*(buy(one) for one in chats))

    # Then exactly two get it
    assert sum(bought) == 2
    assert await level(chat, "HAR-1") == (Decimal(2), Decimal(0))


@pytest.mark.parametrize(
    ("details", "missing"),
    [
        ({}, ("fulfilment",)),
        ({"fulfilment": Fulfilment.DELIVERY}, ("address",)),
        ({"fulfilment": Fulfilment.DELIVERY, "address": "Calle 9, casa 1"}, ()),
        ({"fulfilment": Fulfilment.PICKUP}, ()),
    ],
)
async def test_a_summary_needs_whole_details(chat: Chat, details: dict[str, object], missing: tuple[str, ...]) -> None:
    await draft_with(chat, {"HAR-1": 1}, delivery=False)
    async with chat.work() as work:
        if details:
            await drafts.set_delivery(work, chat.conversation_id, Delivery.model_validate(details))
        result = await confirmation.request_confirmation(work, chat.conversation_id)
    assert result.missing == missing
    assert (result.refusal == "details_missing") == bool(missing)


async def test_below_the_minimum_no_summary_is_made(chat: Chat) -> None:
    await settle_on(chat.shop, minimum_order=Decimal(60000))
    await draft_with(chat, {"HAR-1": 2})
    async with chat.work() as work:
        result = await confirmation.request_confirmation(work, chat.conversation_id)
    assert (result.refusal, result.minimum, result.token) == ("below_minimum", Decimal(60000), None)


async def test_silence_gives_the_stock_back_and_keeps_the_draft(chat: Chat) -> None:
    token = await asked(chat, {"HAR-1": 2})
    async with open_work(chat.shop.principal) as work:
        assert await confirmation.release_for_timeout(work, chat.conversation_id)
    async with chat.work() as work:
        draft = await drafts.open_draft(work, chat.conversation_id)
        with pytest.raises(ConfirmationStale):
            await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)
    assert draft is not None
    assert [line.quantity for line in draft.lines] == [Decimal(2)]
    assert (await level(chat, "HAR-1"))[1] == 0


async def test_a_summary_that_never_arrived_confirms_nothing(chat: Chat) -> None:
    token = await asked(chat, {"HAR-1": 2})
    async with open_work(chat.shop.principal) as work:
        assert await confirmation.void(work, chat.conversation_id, token, reason="the summary failed")
        assert not await confirmation.void(work, chat.conversation_id, token, reason="again")
    async with chat.work() as work:
        with pytest.raises(ConfirmationStale):
            await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)


async def test_a_cancelled_order_puts_its_goods_back_once(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    for _ in range(2):
        async with chat.work() as work:
            assert (await fulfilment.cancel(work, order.id, "cambié de idea")).status is OrderStatus.CANCELLED
    assert await level(chat, "HAR-1") == (Decimal(10), Decimal(0))


async def test_staff_send_and_hand_over_an_order_in_its_order(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 1})
    async with open_work(chat.staff) as work:
        with pytest.raises(OrderNotReady):
            await fulfilment.mark_delivered(work, order.id)
        await fulfilment.mark_shipped(work, order.id)
        with pytest.raises(OrderNotCancellable):
            await fulfilment.cancel(work, order.id)
        delivered = await fulfilment.mark_delivered(work, order.id)
    assert delivered.status is OrderStatus.DELIVERED


async def test_a_customer_may_not_fulfil_orders_and_sees_only_their_own(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 1})
    other = await chat_of(chat.shop)
    async with chat.work() as work:
        with pytest.raises(NotPermitted):
            await fulfilment.mark_shipped(work, order.id)
        assert (await orders.by_number(work, chat.customer_id, 1001)).id == order.id
    async with other.work() as work:
        assert await orders.history(work, other.customer_id) == []
        with pytest.raises(OrderNotFound):
            await orders.by_number(work, other.customer_id, 1001)
        with pytest.raises(ConfirmationStale):
            await confirmation.confirm(work, other.conversation_id, other.customer_id, order.confirmation_token or "")


async def test_a_cart_from_the_phone_is_taken_at_the_shops_prices(chat: Chat) -> None:
    # Given a draft with oil
    await draft_with(chat, {"ACE-1": 1})
    cart = [
        CartItem(sku="har-1", quantity=Decimal(2), price=Decimal("0.01")),
        CartItem(sku="NOPE", quantity=Decimal(1)),
        CartItem(sku="HAR-1", quantity=Decimal("0.5")),
    ]

    # When a cart with a false price, an unknown SKU and half a bag comes, to be added
    async with chat.work() as work:
        result = await drafts.apply_catalog_order(work, chat.conversation_id, cart, replace=False)

    # Then what can be sold is in the draft at our price, and the rest is named
    assert [(line.sku, line.quantity, line.unit_price) for line in result.order.lines] == [
        ("ACE-1", Decimal(1), Decimal(45000)),
        ("HAR-1", Decimal(2), Decimal(25000)),
    ]
    assert (result.unknown, result.unusable) == (("NOPE",), ("HAR-1",))
    assert [(one.old, one.new) for one in result.price_changes] == [(Decimal("0.01"), Decimal(25000))]

    # And replacing takes the oil out
    async with chat.work() as work:
        replaced = await drafts.apply_catalog_order(work, chat.conversation_id, cart[:1], replace=True)
    assert [line.sku for line in replaced.order.lines] == ["HAR-1"]


async def test_lists_page_by_cursor(chat: Chat) -> None:
    for _ in range(3):
        await placed(chat, {"HAR-1": 1})
    async with open_work(chat.staff) as work:
        first = await orders.list_orders(work, OrderFilter(statuses=(OrderStatus.CONFIRMED,)), limit=2)
        second = await orders.list_orders(work, place=first.next_cursor, limit=2)
    assert [order.number for order in (*first.items, *second.items)] == [1003, 1002, 1001]
    assert second.next_cursor is None


async def test_prices_of_an_untouched_draft_follow_the_shop(chat: Chat) -> None:
    await draft_with(chat, {"HAR-1": 2})
    await reprice(chat.shop, "HAR-1", 30000)
    async with chat.work() as work:
        changes = await drafts.refresh_prices(work, chat.conversation_id)
        draft = await drafts.open_draft(work, chat.conversation_id)
    assert [change.new for change in changes] == [Decimal(30000)]
    assert draft is not None
    assert draft.subtotal == Decimal(60000)


async def test_a_draft_given_up_leaves_room_for_a_new_one(chat: Chat) -> None:
    order = await draft_with(chat, {"HAR-1": 2})
    async with chat.work() as work:
        assert (await fulfilment.discard_draft(work, order.id)).status is OrderStatus.CANCELLED
        fresh = await drafts.start_draft(work, conversation_id=chat.conversation_id, customer_id=chat.customer_id)
    assert fresh.id != order.id


async def test_a_shop_of_another_workspace_sees_no_order(chat: Chat, shop: Shop) -> None:
    order = await draft_with(chat, {"HAR-1": 1})
    async with open_work(Principal.system(order.id)) as work:
        with pytest.raises(OrderNotFound):
            await orders.get(work, order.id)
