"""What customers say of paying, at the tools: claims, receipts, and payments that are told before their order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from core.work import open_work
from domain.conversations.states import State
from domain.orders import service as orders
from domain.payments import claims, receipts
from domain.payments import service as payments
from domain.payments.schemas import Flag
from tests.factories.chat import STREET, chat_of, later, send_picture
from tests.factories.counter import Counter, agreed, fact, spoken
from tests.tools.test_ordering import confirmed, summarised
from tools.outcome import Deed


async def test_a_payment_is_only_claimed(counter: Counter) -> None:
    number = await confirmed(counter)
    outcome = await counter("register_payment", method="pagomovil", reference="Ref 0012345678", amount=55000.0, bank="Banesco")
    assert outcome.deeds == [(Deed.PAYMENT_CLAIMED, number)]
    assert fact(outcome, "reference") == "0012345678"
    assert "verificar" in spoken(outcome)
    assert counter.signals[0].name == "payment_claimed"
    again = await counter("register_payment", method="pago móvil", reference="12345678", bank="Banesco")
    assert again.code == "payment_repeated"


@pytest.mark.parametrize(("amount", "difference"), [(50000.0, "menos"), (60000.5, "más")])
async def test_too_little_or_too_much_is_told(counter: Counter, amount: float, difference: str) -> None:
    await confirmed(counter)
    outcome = await counter("register_payment", method="efectivo", amount=amount)
    assert difference in spoken(outcome)
    assert Decimal(fact(outcome, "difference")) == abs(Decimal(str(amount)) - 55000)


async def test_what_is_missing_of_a_payment_is_asked(counter: Counter) -> None:
    await confirmed(counter)
    which = await counter("register_payment", method="bitcoin", reference="0012345678")
    assert counter.question is not None
    assert counter.question.arguments == {"reference": "0012345678"}
    reference = await counter("register_payment", method="transferencia")
    assert [one.code for one in (which, reference)] == ["method_unknown", "reference_missing"]


async def test_a_reference_of_another_order_is_refused(counter: Counter) -> None:
    other = Counter(await chat_of(counter.chat.shop))
    await confirmed(other)
    await other("register_payment", method="pago móvil", reference="0012345678", bank="Banesco")
    await confirmed(counter)
    outcome = await counter("register_payment", method="pago móvil", reference="12345678", bank="banesco")
    assert (outcome.status, outcome.code) == ("refused", "reference_used")


async def test_of_several_open_orders_the_one_meant_is_found_or_asked(counter: Counter) -> None:
    first, second = await confirmed(counter), await confirmed(counter, ACE=1)
    asked = await counter("register_payment", method="efectivo")
    assert asked.code == "which_order"
    assert {one.value for one in asked.facts if one.kind == "order_number"} == {first, second}
    by_amount = await counter("register_payment", method="efectivo", amount=50000.0)
    assert by_amount.deeds == [(Deed.PAYMENT_CLAIMED, second)]
    by_number = await counter("register_payment", method="efectivo", number=first)
    assert by_number.deeds == [(Deed.PAYMENT_CLAIMED, first)]


async def test_nothing_to_pay_is_said_so(counter: Counter) -> None:
    assert (await counter("register_payment", method="efectivo")).code == "nothing_to_pay"


@pytest.mark.parametrize("which", ["wrong", "paid"])
async def test_a_payment_for_an_order_that_takes_none_is_kept_for_staff_until_it_is_told_for_the_right_one(
    counter: Counter, which: str
) -> None:
    # Given an order that is paid, and another that is not
    first = await confirmed(counter)
    await counter("register_payment", method="efectivo", amount=55000.0)
    async with open_work(counter.chat.staff) as work:
        (claim,) = await payments.pending(work)
        await payments.verify(work, claim.id)
    second = await confirmed(counter, ACE=1)

    # When a payment is told for the one that is paid, or for one that never was
    named = {"wrong": "8888", "paid": first}[which]
    told = await counter("register_payment", method="transferencia", reference="99001234", amount=50000.0, number=named)

    # Then it is kept, staff are told which order was named, and no order takes it
    assert (told.status, told.code) == ("ok", "payment_ahead")
    assert Flag.ORDER_UNMATCHED in told.data["flags"]
    assert "el equipo lo va a revisar" in spoken(told)
    async with open_work(counter.chat.staff) as work:
        (kept,) = await payments.without_order(work)
        order = await orders.by_number(work, counter.chat.customer_id, int(second))
        assert await claims.link_ahead(work, order.id) == []
        notes = await work.session.scalars(text("SELECT payload ->> 'named' FROM notifications ORDER BY id DESC LIMIT 1"))
        assert notes.all() == [named]

    # When the customer tells it for the other
    await counter("register_payment", method="transferencia", reference="99001234", amount=50000.0, number=second)

    # Then it is that order's
    async with open_work(counter.chat.staff) as work:
        (linked,) = await payments.list_for_order(work, order.id)
    assert (linked.id, linked.reference) == (kept.id, "99001234")
    assert Flag.ORDER_UNMATCHED not in linked.flags


async def test_a_payment_of_a_paid_order_that_is_told_again_is_the_same(counter: Counter) -> None:
    number = await confirmed(counter)
    await counter("register_payment", method="efectivo", amount=55000.0)
    async with open_work(counter.chat.staff) as work:
        (claim,) = await payments.pending(work)
        await payments.verify(work, claim.id)
    again = await counter("register_payment", method="efectivo", amount=55000.0, number=number)
    assert again.code == "payment_repeated"


async def test_a_wrong_number_alone_is_not_a_payment(counter: Counter) -> None:
    await confirmed(counter)
    assert (await counter("register_payment", method="efectivo", number="8888")).code == "nothing_to_pay"


async def test_a_payment_before_the_yes_is_kept_and_the_yes_is_still_asked_for(counter: Counter) -> None:
    token = await summarised(counter)
    paid = await counter("register_payment", method="pago móvil", reference="0012345678")
    assert "confirmes" in spoken(paid)
    assert counter.state is State.AWAITING_CONFIRMATION
    await agreed(counter, token)
    assert (await counter("confirm_order", token=token)).code == "order_confirmed"


async def test_a_picture_sent_shortly_before_the_claim_is_its_receipt(counter: Counter) -> None:
    await confirmed(counter)
    await send_picture(counter.chat, "b" * 64)
    outcome = await counter("register_payment", method="transferencia")
    assert (Deed.RECEIPT_ATTACHED, "1001") in outcome.deeds
    nothing = await counter("attach_receipt")
    assert (nothing.status, nothing.code) == ("refused", "no_receipt")


async def test_a_picture_after_the_claim_is_tied_to_it(counter: Counter) -> None:
    await confirmed(counter)
    await counter("register_payment", method="transferencia", reference="0012345678")
    await send_picture(counter.chat)
    assert (await counter("attach_receipt")).code == "receipt_attached"


async def test_a_picture_too_many_is_refused_and_not_said_to_be_kept(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MOST", 1)
    await confirmed(counter)
    await counter("register_payment", method="transferencia", reference="0012345678")
    await send_picture(counter.chat)
    assert (await counter("attach_receipt")).code == "receipt_attached"
    await send_picture(counter.chat)
    with pytest.raises(receipts.TooManyReceipts):
        await counter("attach_receipt")


async def test_a_picture_alone_is_a_claim_that_staff_look_at(counter: Counter) -> None:
    await confirmed(counter)
    await send_picture(counter.chat)
    outcome = await counter("attach_receipt")
    assert outcome.deeds == [(Deed.PAYMENT_CLAIMED, "1001"), (Deed.RECEIPT_ATTACHED, "1001")]
    assert Flag.RECEIPT_ONLY in outcome.data["flags"]


async def test_an_old_picture_is_no_receipt(counter: Counter) -> None:
    await send_picture(counter.chat)
    await confirmed(counter)
    await later(timedelta(minutes=16))
    assert (await counter("attach_receipt")).code == "no_receipt"


async def test_a_receipt_without_an_order_is_kept_and_is_the_orders_when_it_comes(counter: Counter) -> None:
    # Given a picture of somebody who has ordered nothing yet
    await send_picture(counter.chat, "c" * 64)
    kept = await counter("attach_receipt")
    assert (kept.status, kept.code) == ("ok", "payment_ahead")
    assert "?" in spoken(kept)

    # When their order is placed
    token = await summarised(counter)
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)

    # Then it is that order's, and they hear it
    assert (Deed.PAYMENT_CLAIMED, "1001") in outcome.deeds
    async with counter.chat.work() as work:
        (payment,) = await payments.list_for_order(work, (await orders.by_number(work, counter.chat.customer_id, 1001)).id)
        assert len(await receipts.receipts_of(work, [payment.id])) == 1


async def test_a_payment_told_with_the_cart_open_is_kept_and_what_is_missing_is_told(counter: Counter) -> None:
    # Given a cart of 55 000 that is not confirmed
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    told = await counter("register_payment", method="transferencia", amount=5000, reference="99001234")
    assert (told.status, told.code) == ("ok", "payment_ahead")
    assert "¿Lo quieres con entrega" in spoken(told)

    # When it is
    await counter("set_delivery_details", fulfilment="delivery", address=STREET)
    assert "confirmes" in spoken(await counter("register_payment", method="transferencia", amount=5000, reference="99001234"))
    token = str((await counter("request_confirmation")).data["token"])
    await agreed(counter, token)
    outcome = await counter("confirm_order", token=token)

    # Then the customer hears what is left to pay
    assert (fact(outcome, "amount"), fact(outcome, "due")) == ("5000.00", "50000.00")


async def test_an_amount_that_was_said_is_kept_while_the_reference_is_asked_for(counter: Counter) -> None:
    await confirmed(counter)
    told = await counter("register_payment", method="transferencia", amount=3000, bank="Banesco")
    assert (told.code, fact(told, "amount"), fact(told, "difference")) == ("payment_claimed", "3000.00", "52000.00")
    assert counter.question is not None
    assert counter.question.kind == "payment_reference"
    whole = await counter("register_payment", **{**counter.question.arguments, "reference": "77001122334"})
    assert (whole.code, fact(whole, "amount")) == ("payment_claimed", "3000.00")
    async with counter.chat.work() as work:
        order = await orders.by_number(work, counter.chat.customer_id, 1001)
        (payment,) = await payments.list_for_order(work, order.id)
    assert (payment.amount, payment.reference, payment.bank) == (Decimal(3000), "77001122334", "Banesco")
