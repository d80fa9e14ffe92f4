"""Returns of customers: four numbers, money for what came and was paid, and everything once."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from core import db, events
from core.errors import NotPermitted
from core.idempotency import KeyReused
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.roles import Role, staff
from domain.orders import fulfilment
from domain.orders import service as orders
from domain.orders.schemas import OrderView
from domain.payments import claims, refunds
from domain.payments import service as payments
from domain.payments.refunds import RefundExceedsPaid
from domain.payments.schemas import ClaimPayment, NewRefund
from domain.returns import crediting
from domain.returns import service as returns
from domain.returns.errors import ArrivalExceedsReturn, NotReturnable, RefundExceedsReceived, ReturnExceedsOrder, ReturnNotReady
from domain.returns.kinds import CreditKind, ReturnStatus
from domain.returns.schemas import Arrival, ArrivedLine, Exchange, MoneyBack, NewReturn, QuantityLine, ReturnView
from domain.stock import service as stock
from domain.stock.kinds import MovementType
from domain.stock.schemas import HoldLine
from tests.factories.chat import Chat, chat_of, level, placed, reprice
from tests.factories.shop import Shop, open_shop
from tests.factories.workspaces import make_workspace
from tests.properties import examples


def lines(shop: Shop, **quantities: int) -> tuple[QuantityLine, ...]:
    """Quantities of products, named by SKU with underscores."""
    return tuple(
        QuantityLine(variant_id=shop.variants[sku.replace("_", "-")], quantity=Decimal(number))
        for sku, number in quantities.items()
    )


def came(shop: Shop, key: str, received: int, resellable: int) -> Arrival:
    """So much of the flour came, and so much of it is fit to be sold."""
    line = ArrivedLine(variant_id=shop.variants["HAR-1"], received=Decimal(received), resellable=Decimal(resellable))
    return Arrival(key=key, lines=(line,))


async def delivered(chat: Chat, items: dict[str, Decimal | int], paid: Decimal | int | None = None) -> OrderView:
    """An order that was paid, wholly unless another amount is given, and brought."""
    order = await placed(chat, items)
    amount = order.total if paid is None else Decimal(paid)
    async with open_work(chat.shop.principal) as work:
        if amount:
            command = ClaimPayment(
                order_id=order.id,
                customer_id=chat.customer_id,
                method="efectivo",
                kind="cash",
                amount=amount,
            )
            claimed = await claims.claim(work, command)
            assert claimed.payment is not None
            await payments.verify(work, claimed.payment.id, amount=amount)
        await fulfilment.mark_shipped(work, order.id)
        return await fulfilment.mark_delivered(work, order.id)


async def opened(work: Work, shop: Shop, order: OrderView, **quantities: int) -> ReturnView:
    """A return of so much of an order."""
    return await returns.request(work, NewReturn(order_id=order.id, lines=lines(shop, **quantities), reason="did not like it"))


async def test_requested_received_resellable_and_refunded_are_four_numbers(chat: Chat) -> None:
    # Given four bags of flour that had cost something and were paid, of which three shall come back
    shop = chat.shop
    async with open_work(shop.principal) as work:
        line = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(10))
        await stock.receive(work, shop.store_id, [line], values={line.variant_id: Decimal(100)})
    order = await delivered(chat, {"HAR-1": 4})
    async with open_work(shop.principal) as work:
        value = sum(level.value for level in await stock.levels(work, shop.variants["HAR-1"]))
        back = await opened(work, shop, order, HAR_1=3)
        with pytest.raises(ReturnNotReady):
            await crediting.refund(work, back.id, MoneyBack(key="x", lines=lines(shop, HAR_1=1), reason="promised"))

        # When two come, of which one is broken, and one is paid back
        arrived = await returns.receive(work, back.id, came(shop, "counter", 2, 1))
        assert await returns.receive(work, back.id, came(shop, "counter", 2, 1)) == arrived
        refund = MoneyBack(key="note", lines=lines(shop, HAR_1=1), reason="as promised", method="efectivo")
        after = await crediting.refund(work, back.id, refund)
        assert await crediting.refund(work, back.id, refund) == after

        # Then each number says its own, only what is fit is on the shelf, and what it had cost is back with it
        (row,) = after.lines
        assert (row.requested, row.received, row.resellable, row.refunded) == tuple(map(Decimal, (3, 2, 1, 1)))
        assert (await stock.movements(work, types=[MovementType.RETURN]))[0].delta == 1
        now = await stock.levels(work, shop.variants["HAR-1"])
        assert sum(level.value for level in now) - value == Decimal("5.00")
        assert await stock.reconcile(work) == []

        # And the order, its payments and the note say what was given back
        (note,) = after.credit_notes
        assert (note.kind, note.amount) == (CreditKind.REFUND, Decimal(25000))
        order = await orders.get(work, order.id)
        balance = await payments.balance(work, order)
        assert (order.refunded, balance.refunded, order.payment_status) == (Decimal(25000), Decimal(25000), "paid")
        assert balance.refundable == order.total - 25000


async def test_no_more_comes_back_than_was_sold_and_is_given_for_than_came(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 4})
    async with open_work(shop.principal) as work:
        with pytest.raises(ReturnExceedsOrder):
            await opened(work, shop, order, HAR_1=5)
        with pytest.raises(ReturnExceedsOrder):
            await opened(work, shop, order, ACE_1=1)
        back = await opened(work, shop, order, HAR_1=3)
        with pytest.raises(ReturnExceedsOrder):
            await opened(work, shop, order, HAR_1=2)
        for received, resellable in ((4, 1), (1, 2)):
            with pytest.raises(ArrivalExceedsReturn):
                await returns.receive(work, back.id, came(shop, "a", received, resellable))
        await returns.receive(work, back.id, came(shop, "a", 2, 0))
        with pytest.raises(RefundExceedsReceived):
            await crediting.refund(work, back.id, MoneyBack(key="n", lines=lines(shop, HAR_1=3), reason="r"))
        too_much = MoneyBack(key="n", lines=lines(shop, HAR_1=2), reason="r", amount=Decimal(50001))
        with pytest.raises(RefundExceedsReceived):
            await crediting.refund(work, back.id, too_much)


async def test_what_is_refused_leaves_nothing_behind(chat: Chat) -> None:
    # Given goods that came back and were counted as given for in a refusal, whose transaction goes on
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 2}, paid=30000)
    async with open_work(shop.principal) as work:
        back = await opened(work, shop, order, HAR_1=2)
        await returns.receive(work, back.id, came(shop, "a", 2, 2))
    with pytest.raises(RefundExceedsPaid):
        async with open_work(shop.principal) as work:
            await crediting.refund(work, back.id, MoneyBack(key="n", lines=lines(shop, HAR_1=2), reason="r"))

    # Then only what was paid can be given back
    async with open_work(shop.principal) as work:
        part = MoneyBack(key="n", lines=lines(shop, HAR_1=2), reason="r", amount=Decimal(30000))
        assert (await crediting.refund(work, back.id, part)).credit_notes[0].amount == 30000
        with pytest.raises(KeyReused):
            await crediting.refund(work, back.id, part.model_copy(update={"amount": Decimal(1)}))


async def test_other_goods_are_given_for_what_came_and_never_for_more(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"ACE-1": 2, "HAR-1": 1})
    flour_before, _ = await level(chat, "HAR-1")
    async with open_work(shop.principal) as work:
        back = await opened(work, shop, order, ACE_1=2)
        line = ArrivedLine(variant_id=shop.variants["ACE-1"], received=Decimal(2), resellable=Decimal(2))
        await returns.receive(work, back.id, Arrival(key="a", lines=(line,)))
        given = Exchange(key="x", lines=lines(shop, ACE_1=1), goods=lines(shop, HAR_1=1), reason="wanted flour")
        with pytest.raises(RefundExceedsReceived):
            await crediting.exchange(work, back.id, given.model_copy(update={"goods": lines(shop, HAR_1=2)}))
    async with open_work(shop.principal) as work:
        after = await crediting.exchange(work, back.id, given)
        assert await crediting.exchange(work, back.id, given) == after
        assert [(note.kind, note.amount) for note in after.credit_notes] == [(CreditKind.EXCHANGE, Decimal(25000))]
        await crediting.refund(work, back.id, MoneyBack(key="rest", lines=lines(shop, ACE_1=1), reason="the other one"))
        (sale,) = [row for row in await stock.movements(work) if row.source == "exchange"]
        assert (sale.type, sale.delta, sale.unit_price) == (MovementType.SALE, Decimal(-1), Decimal(25000))
        assert await stock.reconcile(work) == []
    assert (await level(chat, "HAR-1"))[0] == flour_before - 1


async def test_a_price_that_changed_since_changes_no_refund(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 1})
    await reprice(shop, "HAR-1", 90000)
    async with open_work(shop.principal) as work:
        back = await opened(work, shop, order, HAR_1=1)
        await returns.receive(work, back.id, came(shop, "a", 1, 1))
        after = await crediting.refund(work, back.id, MoneyBack(key="n", lines=lines(shop, HAR_1=1), reason="r"))
    assert after.credit_notes[0].amount == 25000


async def test_a_return_ends_and_what_did_not_come_may_come_another_day(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 3})
    async with open_work(shop.principal) as work:
        dropped = await opened(work, shop, order, HAR_1=3)
        assert (await returns.cancel(work, dropped.id, "keeps it")).status is ReturnStatus.CANCELLED
        back = await opened(work, shop, order, HAR_1=3)
        await returns.receive(work, back.id, came(shop, "a", 1, 1))
        with pytest.raises(ReturnNotReady):
            await returns.cancel(work, back.id, "too late")
        closed = await returns.close(work, back.id, "that was all")
        assert await returns.close(work, back.id, "again") == closed
        await opened(work, shop, order, HAR_1=2)
        with pytest.raises(ReturnNotReady):
            await returns.receive(work, back.id, came(shop, "b", 1, 1))
        found = await returns.list_returns(work, order_id=order.id, limit=2)
        assert ([row.number for row in found.items], found.next_cursor) == ([3, 2], 2)


async def test_goods_that_have_not_left_the_shop_are_cancelled_and_not_returned(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 1})
    async with open_work(chat.shop.principal) as work:
        with pytest.raises(NotReturnable):
            await opened(work, chat.shop, order, HAR_1=1)


async def test_an_operator_takes_goods_in_and_gives_no_money(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 1})
    operator = staff(shop.workspace_id, new_id(), Role.OPERATOR)
    async with open_work(operator) as work:
        back = await opened(work, shop, order, HAR_1=1)
        await returns.receive(work, back.id, came(shop, "a", 1, 1))
        with pytest.raises(NotPermitted):
            await crediting.refund(work, back.id, MoneyBack(key="n", lines=lines(shop, HAR_1=1), reason="r"))
        with pytest.raises(NotPermitted):
            await refunds.refund(work, order.id, NewRefund(key="n", amount=Decimal(1), reason="r"))
    async with open_work(shop.principal) as work:
        told = [event for event in await events.page(work, limit=500) if event.type.startswith("customer_return.")]
    assert [(event.type, event.actor_id) for event in told] == [
        ("customer_return.requested", operator.id),
        ("customer_return.received", operator.id),
    ]


async def test_fifty_refunds_at_once_never_give_back_more_than_was_paid(chat: Chat) -> None:
    # Given an order of four bags of which all came back, and people who give money for it in every way at once
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 4})
    async with open_work(shop.principal) as work:
        back = await opened(work, shop, order, HAR_1=4)
        await returns.receive(work, back.id, came(shop, "a", 4, 4))

    async def give(number: int) -> Decimal:
        try:
            async with open_work(shop.principal) as work:
                if number % 2:
                    money = MoneyBack(key=str(number % 20), lines=lines(shop, HAR_1=1), reason="r")
                    await crediting.refund(work, back.id, money)
                else:
                    await refunds.refund(work, order.id, NewRefund(key=str(number), amount=Decimal(9000), reason="r"))
        except (RefundExceedsReceived, RefundExceedsPaid):
            return Decimal(0)
        return Decimal(1)

    await asyncio.gather(*(give(number) for number in range(50)))

    async with open_work(shop.principal) as work:
        order = await orders.get(work, order.id)
        given = await refunds.refunds_of(work, order.id)
        back = await returns.get(work, back.id)
    assert order.refunded == sum(row.amount for row in given) <= order.total
    assert order.total - order.refunded < 9000 or back.lines[0].refunded == 4
    assert back.lines[0].refunded == len(back.credit_notes) <= 4


async def test_arrivals_that_race_take_in_what_was_asked_for_and_no_more(chat: Chat) -> None:
    shop, order = chat.shop, await delivered(chat, {"HAR-1": 4})
    before, _ = await level(chat, "HAR-1")
    async with open_work(shop.principal) as work:
        back = await opened(work, shop, order, HAR_1=4)

    async def receive(number: int) -> None:
        try:
            async with open_work(shop.principal) as work:
                await returns.receive(work, back.id, came(shop, str(number % 5), 1, 1))
        except ArrivalExceedsReturn:
            pass

    await asyncio.gather(*(receive(number) for number in range(15)))

    async with open_work(shop.principal) as work:
        assert (await returns.get(work, back.id)).lines[0].received == 4
        assert await stock.reconcile(work) == []
    assert (await level(chat, "HAR-1"))[0] == before + 4


class Counter:
    """An order that was delivered, and an event loop that outlives the examples."""

    def __init__(self, loop: asyncio.AbstractEventLoop, chat: Chat) -> None:
        self.loop, self.chat = loop, chat

    async def play(self, acts: list[tuple[str, int, int]]) -> int:
        """Return and refund in any order, whatever comes of it; the numbers keep their order after each act.

        How many acts were done, as what is refused shows nothing.
        """
        done = 0
        shop = self.chat.shop
        async with open_work(shop.principal) as work:
            await stock.receive(work, shop.store_id, [HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(4))])
        order = await delivered(self.chat, {"HAR-1": 4}, paid=70000)
        current: UUID | None = None
        refusals = (
            ArrivalExceedsReturn,
            RefundExceedsReceived,
            ReturnExceedsOrder,
            ReturnNotReady,
            RefundExceedsPaid,
        )
        for kind, quantity, fit in acts:
            try:
                async with open_work(shop.principal) as work:
                    if kind == "request" or current is None:
                        current = (await opened(work, shop, order, HAR_1=quantity)).id
                    elif kind == "receive":
                        await returns.receive(work, current, came(shop, str(new_id()), quantity, min(fit, quantity)))
                    elif kind == "refund":
                        money = MoneyBack(key=str(new_id()), lines=lines(shop, HAR_1=quantity), reason="r")
                        await crediting.refund(work, current, money)
                    else:
                        await returns.close(work, current, "enough")
                done += 1
            except refusals:
                pass
            async with open_work(shop.principal) as work:
                await self.look(work, order)
        return done

    async def look(self, work: Work, order: OrderView) -> None:
        found = (await returns.list_returns(work, order_id=order.id, limit=100)).items
        rows = [line for row in found for line in row.lines]
        for row in rows:
            assert row.requested >= row.received >= max(row.resellable, row.refunded)
        back = sum((note.amount for row in found for note in row.credit_notes), Decimal(0))
        now = await orders.get(work, order.id)
        assert now.refunded == back <= 70000
        assert back <= sum((row.received * row.unit_price for row in rows), Decimal(0))
        assert sum((row.received for row in rows), Decimal(0)) <= 4
        assert await stock.reconcile(work) == []


@pytest.fixture
def counter(database_url: str) -> Iterator[Counter]:
    """A customer's thread on a fresh database, connected in a loop of its own."""
    with asyncio.Runner() as runner:

        async def start() -> Chat:
            db.connect(database_url, pool_size=3)
            return await chat_of(await open_shop((await make_workspace()).id))

        yield Counter(runner.get_loop(), runner.run(start()))
        runner.run(db.disconnect())


@pytest.mark.hypothesis
def test_any_sequence_of_returns_and_refunds_keeps_the_numbers_in_their_order(counter: Counter) -> None:
    kinds = st.sampled_from(("request", "receive", "refund", "refund", "close"))
    done: list[int] = []

    @examples(10, suppress=(HealthCheck.too_slow,))
    @given(st.lists(st.tuples(kinds, st.integers(1, 4), st.integers(0, 4)), min_size=3, max_size=10))
    def run(acts: list[tuple[str, int, int]]) -> None:
        done.append(counter.loop.run_until_complete(counter.play(acts)))

    run()
    assert sum(done) > len(done)
