"""Payments: a claim is no payment, a reference pays once, and receipts are compared."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotPermitted
from core.work import open_work
from domain.orders import confirmation, drafts, fulfilment
from domain.orders import service as orders
from domain.orders.errors import OrderHasPayment, OrderNotFound
from domain.orders.kinds import OrderStatus, PaymentStatus
from domain.orders.schemas import OrderView
from domain.payments import claims, receipts, references
from domain.payments import service as payments
from domain.payments.claims import NothingToPay
from domain.payments.kinds import PaymentState
from domain.payments.schemas import ClaimPayment, ClaimResult, Flag
from domain.stock import holds
from tests.factories.chat import Chat, asked, chat_of, count, later, level, placed, send_picture


async def claim(chat: Chat, order: OrderView, reference: str | None = None, **changes: object) -> ClaimResult:
    command = {
        "order_id": order.id,
        "customer_id": chat.customer_id,
        "method": "pago_movil",
        "kind": "mobile",
        "bank": "Banesco",
        "reference": reference,
    } | changes
    async with chat.work() as work:
        return await claims.claim(work, ClaimPayment.model_validate(command))


async def payment_status(chat: Chat, order: OrderView) -> PaymentStatus:
    async with chat.work() as work:
        return (await orders.get(work, order.id)).payment_status


async def test_a_claim_is_not_a_payment_until_staff_verify_it(chat: Chat) -> None:
    # Given a placed order of 55 000
    order = await placed(chat, {"HAR-1": 2})

    # When the customer says to have paid it, and staff see the money
    claimed = await claim(chat, order, "0012345678", amount=Decimal(55000))
    before = await payment_status(chat, order)
    assert claimed.payment is not None
    async with open_work(chat.staff) as work:
        verified = await payments.verify(work, claimed.payment.id)
        assert await payments.verify(work, claimed.payment.id) == verified

    # Then only the second step made it paid
    assert claimed.payment.status is PaymentState.CLAIMED
    assert claimed.difference == 0
    assert claimed.payment.flags == ()
    assert before is PaymentStatus.CLAIMED
    assert verified.status is PaymentState.VERIFIED
    assert await payment_status(chat, order) is PaymentStatus.PAID


async def test_a_customer_cannot_verify(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    claimed = await claim(chat, order, "0012345678")
    assert claimed.payment is not None
    async with chat.work() as work:
        with pytest.raises(NotPermitted):
            await payments.verify(work, claimed.payment.id)
        with pytest.raises(NotPermitted):
            await payments.reject(work, claimed.payment.id, "no")


async def test_the_same_claim_twice_is_one_payment(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    first = await claim(chat, order, "0012345678")
    second = await claim(chat, order, "Ref. 0012-345678")
    assert second.repeated
    assert first.payment is not None
    assert second.payment is not None
    assert first.payment.id == second.payment.id
    assert await count(chat.shop, "payments") == 1
    assert await count(chat.shop, "notifications") == 1


async def test_a_full_reference_pays_one_order_only(chat: Chat) -> None:
    # Given two customers with an order each, one of which was paid with a reference
    other = await chat_of(chat.shop)
    first, second = await placed(chat, {"HAR-1": 1}), await placed(other, {"HAR-1": 1})
    await claim(chat, first, "0012345678")

    # When the other one claims the same reference, bank and method
    refused = await claim(other, second, "12345678", bank="BANESCO")

    # Then it is refused, staff are told, and the order is unpaid
    assert refused.refusal == "reference_used"
    assert refused.payment is None
    assert await payment_status(other, second) is PaymentStatus.UNPAID
    assert await count(chat.shop, "notifications") == 2


async def test_a_full_reference_on_two_workers_pays_one_order_only(chat: Chat) -> None:
    other = await chat_of(chat.shop)
    first, second = await placed(chat, {"HAR-1": 1}), await placed(other, {"HAR-1": 1})
    found = await asyncio.gather(claim(chat, first, "99887766"), claim(other, second, "99887766"))
    assert sorted(str(result.refusal) for result in found) == ["None", "reference_used"]


@pytest.mark.parametrize(
    ("reference", "bank", "flag"),
    [
        ("345678", "Banesco", Flag.REFERENCE_SIMILAR),
        ("12345678", "Mercantil", Flag.REFERENCE_SEEN),
        ("77345678", "Banesco", Flag.REFERENCE_SIMILAR),
        ("5678", "Banesco", Flag.SHORT_REFERENCE),
    ],
)
async def test_likenesses_are_flagged_and_not_refused(chat: Chat, reference: str, bank: str, flag: Flag) -> None:
    other = await chat_of(chat.shop)
    first, second = await placed(chat, {"HAR-1": 1}), await placed(other, {"HAR-1": 1})
    await claim(chat, first, "12345678")
    accepted = await claim(other, second, reference, bank=bank)
    assert accepted.payment is not None
    assert flag in accepted.payment.flags


async def test_short_references_of_honest_customers_do_not_collide(chat: Chat) -> None:
    other = await chat_of(chat.shop)
    first, second = await placed(chat, {"HAR-1": 1}), await placed(other, {"HAR-1": 1})
    assert (await claim(chat, first, "4321")).payment is not None
    assert (await claim(other, second, "4321")).payment is not None


@pytest.mark.parametrize(
    ("amount", "difference", "flag"),
    [
        (Decimal(50000), Decimal(-5000), Flag.AMOUNT_UNDER),
        (Decimal(60000), Decimal(5000), Flag.AMOUNT_OVER),
        (None, Decimal(0), Flag.AMOUNT_ASSUMED),
    ],
)
async def test_an_amount_that_differs_is_told_and_flagged(
    chat: Chat, amount: Decimal | None, difference: Decimal, flag: Flag
) -> None:
    order = await placed(chat, {"HAR-1": 2})
    result = await claim(chat, order, "0012345678", amount=amount)
    assert result.difference == difference
    assert result.payment is not None
    assert flag in result.payment.flags


async def test_two_parts_make_a_whole(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    first = await claim(chat, order, "11111111", amount=Decimal(30000))
    second = await claim(chat, order, "22222222", amount=Decimal(25000))
    assert second.difference == 0
    found = []
    for one in (first, second):
        assert one.payment is not None
        async with open_work(chat.staff) as work:
            await payments.verify(work, one.payment.id)
        found.append(await payment_status(chat, order))
    assert found == [PaymentStatus.CLAIMED, PaymentStatus.PAID]


async def test_less_money_than_claimed_pays_in_part(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    result = await claim(chat, order, "11111111")
    assert result.payment is not None
    async with open_work(chat.staff) as work:
        await payments.verify(work, result.payment.id, amount=Decimal(10000), note="came short")
        balance = await payments.balance(work, order)
    assert await payment_status(chat, order) is PaymentStatus.PARTLY_PAID
    assert balance.due == Decimal(45000)


async def test_a_rejected_claim_frees_the_reference_and_starts_a_new_deadline(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    result = await claim(chat, order, "0012345678")
    assert result.payment is not None
    await later(timedelta(hours=47))
    async with open_work(chat.staff) as work:
        await payments.reject(work, result.payment.id, "no such transfer")
        with pytest.raises(payments.PaymentDecided):
            await payments.verify(work, result.payment.id)
        after = await orders.get(work, order.id)
    assert after.payment_status is PaymentStatus.UNPAID
    assert after.cancel_deadline is not None
    assert order.cancel_deadline is not None
    assert after.cancel_deadline > order.cancel_deadline + timedelta(hours=46)
    assert (await claim(chat, order, "0012345678")).payment is not None


async def test_a_claimed_order_outlives_its_deadline_and_cannot_be_cancelled_by_the_customer(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    await claim(chat, order, "0012345678")
    await later(timedelta(hours=100))
    async with open_work(chat.shop.principal) as work:
        assert not await fulfilment.cancel_unpaid(work, order.id)
    async with chat.work() as work:
        with pytest.raises(OrderHasPayment):
            await fulfilment.cancel(work, order.id)
    async with open_work(chat.staff) as work:
        assert (await fulfilment.cancel(work, order.id)).status is OrderStatus.CANCELLED


async def test_a_payment_before_the_yes_keeps_the_stock_until_staff_should_have_decided(chat: Chat) -> None:
    # Given a summary that waits for its yes, and a payment for it
    token = await asked(chat, {"HAR-1": 2})
    async with chat.work() as work:
        order = await drafts.open_draft(work, chat.conversation_id)
    assert order is not None
    await claim(chat, order, "0012345678")

    # When the session times out, the hold runs out and the sweep comes
    await later(timedelta(hours=3))
    async with open_work(chat.shop.principal) as work:
        assert not await confirmation.release_for_timeout(work, chat.conversation_id)
        assert await holds.expire_due(work) == []

    # Then the yes still places the order, claimed as it is
    async with chat.work() as work:
        result = await confirmation.confirm(work, chat.conversation_id, chat.customer_id, token)
    assert result.refusal is None
    assert result.order.payment_status is PaymentStatus.CLAIMED


@pytest.mark.parametrize("again", [False, True])
async def test_a_claim_before_the_yes_does_not_keep_the_stock_for_ever(chat: Chat, again: bool) -> None:
    # Given a claimed payment for a summary to which nobody ever says yes, and perhaps more claims later
    await asked(chat, {"HAR-1": 2})
    async with chat.work() as work:
        order = await drafts.open_draft(work, chat.conversation_id)
    assert order is not None
    await claim(chat, order, "0012345678", amount=Decimal(1000))
    if again:
        await later(timedelta(hours=40))
        await claim(chat, order, "99887766", amount=Decimal(1000))

    # When staff have had two days since the first one
    await later(timedelta(hours=9 if again else 49))
    async with open_work(chat.shop.principal) as work:
        ended = await holds.expire_due(work)

    # Then others can buy
    assert ended == [order.id]
    assert await level(chat, "HAR-1") == (Decimal(10), Decimal(0))


async def test_a_refused_claim_before_the_yes_keeps_the_stock_no_longer_than_any_summary(chat: Chat) -> None:
    await asked(chat, {"HAR-1": 2})
    async with chat.work() as work:
        order = await drafts.open_draft(work, chat.conversation_id)
    assert order is not None
    result = await claim(chat, order, "0012345678")
    assert result.payment is not None
    async with open_work(chat.staff) as work:
        await payments.reject(work, result.payment.id, "no such transfer")
    await later(timedelta(minutes=31))
    async with open_work(chat.shop.principal) as work:
        assert await holds.expire_due(work) == [order.id]


async def test_what_is_not_open_cannot_be_paid(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    other = await chat_of(chat.shop)
    with pytest.raises(OrderNotFound):
        await claim(other, order, "0012345678")
    async with chat.work() as work:
        await fulfilment.cancel(work, order.id)
    with pytest.raises(NothingToPay):
        await claim(chat, order, "0012345678")


async def test_words_after_a_receipt_complete_its_claim(chat: Chat) -> None:
    # Given a claim that rests on a picture alone
    order = await placed(chat, {"HAR-1": 2})
    shown = await claim(chat, order, method=claims.RECEIPT_ONLY, kind=claims.RECEIPT_ONLY, bank=None)

    # When the customer then says how it was paid
    told = await claim(chat, order, "0012345678")

    # Then there is one payment, and it holds what is known now
    assert shown.payment is not None
    assert told.payment is not None
    assert told.payment.id == shown.payment.id
    assert (told.payment.method, told.payment.reference) == ("pago_movil", "0012345678")
    assert Flag.RECEIPT_ONLY not in told.payment.flags
    assert await count(chat.shop, "payments") == 1


async def test_a_used_reference_does_not_complete_a_receipt(chat: Chat) -> None:
    # Given a reference that has paid another order, and a claim that rests on a picture alone
    await claim(chat, await placed(chat, {"HAR-1": 1}), "0012345678")
    order = await placed(chat, {"HAR-1": 2})
    await claim(chat, order, method=claims.RECEIPT_ONLY, kind=claims.RECEIPT_ONLY, bank=None)

    # When the customer names that reference
    told = await claim(chat, order, "0012345678")

    # Then it is refused, and the picture stands as it was
    assert told.refusal == "reference_used"
    async with chat.work() as work:
        (kept,) = await payments.list_for_order(work, order.id)
    assert (kept.method, kept.reference) == (claims.RECEIPT_ONLY, None)


async def test_a_receipt_used_twice_flags_both_payments(chat: Chat) -> None:
    # Given two customers with a claimed payment each
    other = await chat_of(chat.shop)
    first = await claim(chat, await placed(chat, {"HAR-1": 1}), "11111111")
    second = await claim(other, await placed(other, {"HAR-1": 1}), "22222222")
    assert first.payment is not None
    assert second.payment is not None

    # When both send the same picture, the second one's bytes arriving only after it was tied
    early = await send_picture(chat, "a" * 64)
    late = await send_picture(other)
    async with chat.work() as work:
        assert len(await receipts.link_receipts(work, first.payment.id, [early])) == 1
        assert await receipts.link_receipts(work, first.payment.id, [early]) == []
    async with other.work() as work:
        await receipts.link_receipts(work, second.payment.id, [late])
    async with open_work(chat.shop.principal) as work:
        before = await payments.get(work, second.payment.id)
        await receipts.receipt_stored(work, late, "a" * 64)
        flags = [(await payments.get(work, one)).flags for one in (first.payment.id, second.payment.id)]

    # Then both are flagged and neither is refused
    assert Flag.RECEIPT_REUSED not in before.flags
    assert all(Flag.RECEIPT_REUSED in found for found in flags)


async def test_staff_see_what_waits_oldest_first(chat: Chat) -> None:
    order = await placed(chat, {"HAR-1": 2})
    first = await claim(chat, order, "11111111", amount=Decimal(10000))
    second = await claim(chat, order, "22222222", amount=Decimal(10000))
    async with open_work(chat.staff) as work:
        waiting = await payments.pending(work)
        assert [p.id for p in await payments.list_for_order(work, order.id)] == [p.id for p in waiting]
    assert [payment.id for payment in waiting] == [one.payment.id for one in (first, second) if one.payment]


@given(st.from_regex(r"[0-9A-Za-z]{1,30}", fullmatch=True), st.sampled_from(["", "-", " ", "."]), st.integers(0, 3))
def test_separators_case_and_padding_do_not_make_another_reference(bare: str, separator: str, padding: int) -> None:
    written = "0" * padding + separator.join(bare)
    assert references.key(written) == references.key(bare.upper())


@given(st.text(max_size=60))
def test_any_text_can_be_given_as_a_reference(text: str) -> None:
    cleaned = references.clean(text)
    key = references.key(cleaned)
    assert cleaned is None or 0 < len(cleaned) <= 100
    assert key is None or (key.isalnum() and not key.startswith("0"))


@pytest.mark.parametrize(
    ("one", "other"), [("Banco de Venezuela", "VENEZUELA"), ("Bancolombia", "bancolombia"), ("Banco Nación", "banco nacion")]
)
def test_banks_are_known_by_their_own_name(one: str, other: str) -> None:
    assert references.bank_key(one) == references.bank_key(other) != ""
