"""Amounts that customers tell are amounts that are kept, and what is told before its order is kept until it comes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.cli import payments as command
from core.errors import NotPermitted
from core.work import open_work
from domain.orders import fulfilment
from domain.orders import service as orders
from domain.orders.errors import OrderNotFound
from domain.orders.kinds import PaymentStatus
from domain.orders.schemas import OrderView
from domain.payments import claims
from domain.payments import service as payments
from domain.payments.claims import NothingToPay
from domain.payments.schemas import ClaimPayment, ClaimResult, Flag
from tests.domain.test_payments import claim, payment_status
from tests.factories.chat import Chat, chat_of, count, later, placed


async def test_what_is_said_is_what_is_claimed(chat: Chat) -> None:
    # Given an order of 55 000, of which 3 000 and then too much are said to be paid
    order = await placed(chat, {"HAR-1": 2})
    part = await claim(chat, order, "11111111", amount=Decimal(3000))
    rest = await claim(chat, order, "22222222", amount=Decimal(60000))

    # Then both are kept as they were said, and the difference is that to what was still due
    assert part.payment is not None
    assert rest.payment is not None
    assert (part.payment.amount, part.due, part.difference) == (Decimal(3000), Decimal(55000), Decimal(-52000))
    assert (rest.payment.amount, rest.due, rest.difference) == (Decimal(60000), Decimal(52000), Decimal(8000))
    async with open_work(chat.staff) as work:
        await payments.verify(work, part.payment.id)
        balance = await payments.balance(work, order)
    assert (balance.verified, balance.claimed, balance.due) == (Decimal(3000), Decimal(60000), Decimal(0))


async def test_another_amount_of_the_same_payment_corrects_it_until_staff_have_decided(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await claim(chat, order, "11111111", amount=Decimal(3000))
    corrected = await claim(chat, order, "11111111", amount=Decimal(3500))
    assert corrected.payment is not None
    assert (corrected.payment.amount, corrected.difference) == (Decimal(3500), Decimal(-51500))
    async with open_work(chat.staff) as work:
        await payments.verify(work, corrected.payment.id)
    late = await claim(chat, order, "11111111", amount=Decimal(9000))
    assert late.repeated
    assert late.payment is not None
    assert late.payment.amount == Decimal(3500)
    assert await count(chat.shop, "payments") == 1


async def test_two_parts_without_references_are_two_payments(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    for amount in (3000, 2000, 2000):
        await claim(chat, order, amount=Decimal(amount))
    async with chat.work() as work:
        found = await payments.list_for_order(work, order.id)
    assert [payment.amount for payment in found] == [Decimal(3000), Decimal(2000)]


@pytest.mark.parametrize(("method", "kind"), [("receipt", "receipt"), ("pago_movil", "mobile")])
async def test_an_amount_that_was_assumed_gives_way_to_the_one_that_is_said(chat: Chat, method: str, kind: str) -> None:
    # Given a claim without an amount: a receipt alone, or a transfer of which nothing more was said
    order = await placed(chat, {"HAR-1": 2})
    await claim(chat, order, method=method, kind=kind)

    # When the customer says how much it was, and under which reference
    told = await claim(chat, order, "0012345678", amount=Decimal(3000))

    # Then there is one payment of so much, and the difference is that to the whole order
    assert told.payment is not None
    assert (told.payment.amount, told.payment.reference) == (Decimal(3000), "0012345678")
    assert told.difference == Decimal(-52000)
    assert Flag.AMOUNT_ASSUMED not in told.payment.flags
    assert await count(chat.shop, "payments") == 1


async def ahead(chat: Chat, reference: str | None = None, **changes: object) -> ClaimResult:
    """A payment that is told before there is an order to pay."""
    command = {"order_id": None, "customer_id": chat.customer_id, "method": "transferencia", "kind": "transfer"}
    async with chat.work() as work:
        told = ClaimPayment.model_validate(command | {"reference": reference} | changes)
        return await claims.claim_ahead(work, told, chat.conversation_id)


@pytest.mark.parametrize(("amount", "flags"), [(Decimal(5000), {Flag.AMOUNT_UNDER}), (None, {Flag.AMOUNT_ASSUMED})])
async def test_a_payment_told_before_the_order_is_tied_to_it_when_it_comes(
    chat: Chat, amount: Decimal | None, flags: set[Flag]
) -> None:
    # Given a payment of somebody who has ordered nothing yet, told twice
    first, second = await ahead(chat, "99001234", amount=amount), await ahead(chat, "99001234", amount=amount)
    assert first.payment is not None
    assert second.payment is not None
    assert second.repeated
    assert first.payment.id == second.payment.id
    assert first.payment.order_id is None

    # When their order is placed
    order = await placed(chat, {"HAR-1": 2})
    async with chat.work() as work:
        linked = await claims.link_ahead(work, order.id)
        assert await claims.link_ahead(work, order.id) == []

    # Then the payment is that order's, with what was said of it
    assert [payment.id for payment in linked] == [first.payment.id]
    assert (linked[0].order_id, linked[0].amount) == (order.id, amount or order.total)
    assert set(linked[0].flags) == flags
    assert await payment_status(chat, order) is PaymentStatus.CLAIMED
    assert (await claim(chat, order, "99001234", bank=None, method="transferencia", kind="transfer")).repeated


async def test_a_payment_told_ahead_is_nobody_elses_and_is_not_tied_weeks_later(chat: Chat) -> None:
    await ahead(chat, "99001234", amount=Decimal(5000))
    other = await chat_of(chat.shop)
    theirs = await placed(other, {"HAR-1": 1})
    await later(timedelta(days=8))
    mine = await placed(chat, {"HAR-1": 1})
    async with chat.work() as work:
        assert await claims.link_ahead(work, theirs.id) == []
        assert await claims.link_ahead(work, mine.id) == []


async def test_staff_tie_a_payment_to_its_order_after_any_time(chat: Chat) -> None:
    # Given a payment whose order came after it had waited long enough
    told = await ahead(chat, "99001234", amount=Decimal(5000))
    assert told.payment is not None
    await later(timedelta(days=8))
    order, second = await placed(chat, {"HAR-1": 2}), await placed(chat, {"HAR-1": 1})
    foreign = await placed(await chat_of(chat.shop), {"HAR-1": 1})
    assert await payment_status(chat, order) is PaymentStatus.UNPAID
    assert [row.payment for row in await command._rows(None, unlinked=True)] == [told.payment.id]

    # When whoever may not do it tries, or the order is somebody else's
    async with chat.work() as work:
        with pytest.raises(NotPermitted):
            await payments.link(work, told.payment.id, order.id)
    async with open_work(chat.staff) as work:
        with pytest.raises(OrderNotFound):
            await payments.link(work, told.payment.id, foreign.id)

    # Then nothing is tied; and staff's word ties it once, under the order's number
    assert order.number is not None
    for _ in range(2):
        await command._link(told.payment.id, order.number)
    assert await command._rows(None, unlinked=True) == []
    async with open_work(chat.staff) as work:
        (linked,) = await payments.list_for_order(work, order.id)
        with pytest.raises(payments.PaymentMoved):
            await payments.link(work, linked.id, second.id)
        events = await work.session.scalar(text("SELECT count(*) FROM events WHERE type = 'payment.linked'"))
    assert (linked.id, linked.amount, linked.flags) == (told.payment.id, Decimal(5000), (Flag.AMOUNT_UNDER,))
    assert events == 1
    assert await payment_status(chat, order) is PaymentStatus.CLAIMED


async def test_staff_tie_nothing_that_was_refused_and_nothing_to_what_cannot_be_paid(chat: Chat) -> None:
    first, second = await ahead(chat, "99001234", amount=Decimal(5000)), await ahead(chat, "99005678", amount=Decimal(6000))
    assert first.payment is not None
    assert second.payment is not None
    order = await placed(chat, {"HAR-1": 1})
    async with open_work(chat.staff) as work:
        await payments.reject(work, first.payment.id, "no such transfer")
        with pytest.raises(payments.PaymentDecided):
            await payments.link(work, first.payment.id, order.id)
        with pytest.raises(payments.PaymentNotFound):
            await payments.link(work, order.id, order.id)
        await fulfilment.cancel(work, order.id, "by the shop")
        with pytest.raises(NothingToPay):
            await payments.link(work, second.payment.id, order.id)


async def test_staff_may_decide_on_a_payment_before_its_order_comes(chat: Chat) -> None:
    told = await ahead(chat, "99001234")
    assert told.payment is not None
    async with open_work(chat.staff) as work:
        with pytest.raises(payments.AmountMissing):
            await payments.verify(work, told.payment.id)
        await payments.verify(work, told.payment.id, amount=Decimal(60000))
    order = await placed(chat, {"HAR-1": 2})
    async with chat.work() as work:
        (linked,) = await claims.link_ahead(work, order.id)
    # Then what they saw is what was paid, not what the order comes to
    assert linked.amount == Decimal(60000)
    assert {Flag.AMOUNT_OVER} <= set(linked.flags)
    assert Flag.AMOUNT_ASSUMED not in linked.flags
    assert await payment_status(chat, order) is PaymentStatus.PAID


async def test_a_reference_that_paid_an_order_is_not_told_ahead_by_somebody_else(chat: Chat) -> None:
    other = await chat_of(chat.shop)
    order = await placed(other, {"HAR-1": 1})
    await claim(other, order, "99001234", bank=None, method="transferencia", kind="transfer")
    assert (await ahead(chat, "99001234", amount=Decimal(5000))).refusal == "reference_used"
    assert (await ahead(other, "99001234", amount=Decimal(30000))).order == await now(other, order)


async def now(chat: Chat, order: OrderView) -> OrderView:
    async with chat.work() as work:
        return await orders.get(work, order.id)
