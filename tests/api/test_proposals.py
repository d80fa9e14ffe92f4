"""The shop proposes a change of a placed order in the chat: the customer's yes applies it, and nothing else does."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agent import sessions, takeover
from core.work import open_work
from domain.accounts.schemas import OrderChanges
from domain.conversations.content import Answer, Buttons
from domain.orders import drafts
from domain.orders import service as orders
from domain.orders.kinds import PaymentStatus
from domain.orders.schemas import OrderView
from tests.api.test_notifications import deliver, inbox
from tests.api.test_payments import told
from tests.factories.chat import draft_with, later, level, placed, settle_on
from tests.factories.customer import Customer
from tests.factories.desk import Desk

OIL_INSTEAD = {"lines": [{"sku": "HAR-1", "quantity": "0"}, {"sku": "ACE-1", "quantity": "1"}]}


async def ordered(desk: Desk) -> tuple[Customer, OrderView]:
    """The customer has ordered two bags of flour, and every word of theirs is answered."""
    customer = Customer(desk.shop, desk.chat.connection_id, desk.chat.phone, desk.chat.conversation_id)
    await customer.says("hola")
    return customer, await placed(desk.chat, {"HAR-1": 2})


async def proposed(desk: Desk, order: OrderView, body: dict[str, Any] = OIL_INSTEAD) -> dict[str, Any]:
    answer = await desk.post(f"/orders/{order.id}/propose", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def buttons(customer: Customer) -> Buttons:
    content = (await customer.reads())[-1].content
    assert isinstance(content, Buttons)
    return content


async def press(customer: Customer, number: int) -> str:
    """Press a button of the newest message, and read what comes of it."""
    button = (await buttons(customer)).buttons[number]
    await customer.writes(Answer(via="button", id=button.id, title=button.title))
    await customer.is_answered()
    return (await customer.reads())[-1].text


async def now(desk: Desk, order: OrderView) -> dict[str, Decimal]:
    async with open_work(desk.shop.principal) as work:
        found = await orders.get(work, order.id)
    assert found.number == order.number
    return {line.sku: line.quantity for line in found.lines}


async def levels(desk: Desk) -> list[tuple[int, int]]:
    """On hand and held, of flour and of oil."""
    found = [await level(desk.chat, sku) for sku in ("HAR-1", "ACE-1")]
    return [(int(on_hand), int(held)) for on_hand, held in found]


async def test_the_customer_accepts_by_a_button_and_the_order_is_another(desk: Desk) -> None:
    customer, order = await ordered(desk)

    # When the shop offers oil in the place of flour
    proposal = await proposed(desk, order)

    # Then the customer is told what and why, with what it comes to; the oil is held, and the order is as it was
    said = await buttons(customer)
    assert f"En tu pedido {order.number} no nos alcanza: Harina P.A.N. Blanca." in said.text
    assert "Aceite Mazeite 1 L" in said.text
    assert "{" not in said.text
    assert (proposal["amends_order_id"], proposal["answer_by"] is not None) == (str(order.id), True)
    assert "confirmation_token" not in proposal
    assert await now(desk, order) == {"HAR-1": 2}
    assert await levels(desk) == [(8, 0), (10, 1)]

    # And their yes changes it, once however often they press
    assert str(order.number) in await press(customer, 0)
    await customer.writes(Answer(via="button", id=said.buttons[0].id, title="Confirmar"))
    await customer.is_answered()
    assert await now(desk, order) == {"ACE-1": 1}
    assert await levels(desk) == [(10, 0), (9, 0)]
    await deliver(desk)
    assert "order_amended" in await inbox(desk)


async def test_a_plain_yes_to_it_counts_as_well(desk: Desk) -> None:
    customer, order = await ordered(desk)
    await proposed(desk, order, OIL_INSTEAD | {"message": "Se acabó la harina, ¿te sirve aceite?"})
    assert (await buttons(customer)).text.startswith("Se acabó la harina, ¿te sirve aceite?")
    await customer.says("sí")
    assert await now(desk, order) == {"ACE-1": 1}


async def test_what_they_refuse_stays_as_it_was_and_staff_hear_of_it(desk: Desk) -> None:
    customer, order = await ordered(desk)
    await proposed(desk, order)
    assert "queda igual" in await press(customer, 2)
    assert await now(desk, order) == {"HAR-1": 2}
    assert await levels(desk) == [(8, 0), (10, 0)]
    await deliver(desk)
    notices = (await desk.get("/notifications"))["data"]
    texts = [each["text"] for each in notices if each["kind"] == "change_not_agreed"]
    assert texts == [f"El cliente no aceptó el cambio propuesto del pedido {order.number}; queda como estaba."]


async def test_it_waits_as_long_as_it_says_and_then_it_is_void(desk: Desk) -> None:
    customer, order = await ordered(desk)
    await proposed(desk, order)
    said = await buttons(customer)

    # A session goes silent sooner; the proposal stands
    await later(timedelta(minutes=100))
    async with open_work(desk.shop.principal) as work:
        assert not await sessions.expire(work, customer.conversation_id)
    assert await levels(desk) == [(8, 0), (10, 1)]

    # When its time is over, then nothing is held any more, staff hear of it, and the button changes nothing
    await later(timedelta(minutes=21))
    async with open_work(desk.shop.principal) as work:
        assert await sessions.expire(work, customer.conversation_id)
    assert await levels(desk) == [(8, 0), (10, 0)]
    await deliver(desk)
    assert "change_not_agreed" in await inbox(desk)
    await customer.writes(Answer(via="button", id=said.buttons[0].id, title="Confirmar"))
    await customer.is_answered()
    assert await now(desk, order) == {"HAR-1": 2}


async def test_an_answer_that_comes_before_the_sweep_and_after_the_time_changes_nothing(desk: Desk) -> None:
    customer, order = await ordered(desk)
    await proposed(desk, order)
    await later(timedelta(minutes=121))
    await press(customer, 0)
    assert await now(desk, order) == {"HAR-1": 2}
    assert (await levels(desk))[1] == (10, 0)


async def test_the_shop_proposes_where_customers_may_change_nothing_themselves(desk: Desk) -> None:
    customer, order = await ordered(desk)
    payment = await told(desk, order, amount=55000)
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    await settle_on(desk.shop, order_changes=OrderChanges.NEVER)

    await proposed(desk, order)
    await press(customer, 0)

    assert await now(desk, order) == {"ACE-1": 1}
    async with open_work(desk.shop.principal) as work:
        found = await orders.get(work, order.id)
    assert found.payment_status is PaymentStatus.PAID


async def test_what_the_customer_makes_of_it_is_theirs_and_not_the_shops(desk: Desk) -> None:
    # Given a paid order, which its customer may not change, and a proposal that they would have otherwise
    customer, order = await ordered(desk)
    payment = await told(desk, order, amount=55000)
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    await proposed(desk, order)
    await customer.says("mejor ponme 5 aceites")
    await customer.says("sí, confirmo")
    assert await now(desk, order) == {"HAR-1": 2}


async def test_a_newer_proposal_takes_the_place_of_an_older_one(desk: Desk) -> None:
    customer, order = await ordered(desk)
    await proposed(desk, order)
    old = (await buttons(customer)).buttons[0]
    await proposed(desk, order, {"lines": [{"sku": "HAR-1", "quantity": "1"}]})
    await customer.reads()
    await customer.writes(Answer(via="button", id=old.id, title=old.title))
    await customer.is_answered()
    assert await now(desk, order) == {"HAR-1": 2}
    assert await levels(desk) == [(8, 0), (10, 0)]
    await deliver(desk)
    assert "change_not_agreed" not in await inbox(desk)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lines": [{"sku": "HAR-1", "quantity": "2"}]}, 400, "nothing_proposed"),
        ({"lines": [{"sku": "NO-1", "quantity": "2"}]}, 400, "not_for_sale"),
        ({"lines": [{"sku": "ACE-1", "quantity": "11"}]}, 409, "order_out_of_stock"),
        ({"lines": []}, 422, "malformed"),
        (OIL_INSTEAD | {"answer_within_minutes": 1}, 422, "malformed"),
    ],
)
async def test_what_cannot_be_proposed_is_said_and_nothing_is_asked(
    desk: Desk, body: dict[str, Any], status: int, code: str
) -> None:
    customer, order = await ordered(desk)
    said = len(await customer.reads())
    answer = await desk.post(f"/orders/{order.id}/propose", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert len(await customer.reads()) == said
    assert await levels(desk) == [(8, 0), (10, 0)]


async def test_nothing_is_proposed_into_a_conversation_that_is_busy(desk: Desk) -> None:
    customer, order = await ordered(desk)

    async def refused() -> str:
        answer = await desk.post(f"/orders/{order.id}/propose", OIL_INSTEAD)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["code"])

    await customer.writes("una pregunta")
    assert await refused() == "conversation_busy"
    await customer.is_answered()
    await draft_with(desk.chat, {"ACE-1": 1})
    assert await refused() == "draft_in_the_way"
    async with desk.chat.work() as work:
        await drafts.clear(work, desk.chat.conversation_id)
    await later(timedelta(hours=25))
    assert await refused() == "window_closed"
    async with open_work(desk.chat.staff) as work:
        await takeover.take(work, desk.chat.conversation_id)
    assert await refused() == "conversation_attended"
    ours = await desk.order()
    assert (await desk.post(f"/orders/{ours['id']}/confirm")).status_code == 200
    assert (await desk.post(f"/orders/{ours['id']}/propose", OIL_INSTEAD)).json()["code"] == "order_not_of_chat"


async def test_the_same_proposal_at_once_and_again_is_asked_once(desk: Desk) -> None:
    customer, order = await ordered(desk)
    said = len(await customer.reads())
    path = f"/orders/{order.id}/propose"
    answers = await asyncio.gather(*(desk.post(path, OIL_INSTEAD, idempotency_key="k") for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (await desk.post(path, OIL_INSTEAD, idempotency_key="k")).status_code == 201
    assert len(await customer.reads()) == said + 1
