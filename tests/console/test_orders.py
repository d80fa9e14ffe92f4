"""Orders over HTTP: what a person of the shop does with them from the console, once, and only who may."""

import re
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.orders import service as orders
from domain.orders.kinds import OrderStatus
from domain.orders.schemas import OrderView
from tests.factories.chat import STREET
from tests.factories.chat import placed as placed_in_chat
from tests.factories.customer import Customer
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)>\"'></script><script>alert(2)</script>"


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    return (await visit(application, api, desk.workspace, Role.MANAGER))[0]


async def newest(desk: Desk) -> OrderView:
    async with open_work(desk.shop.principal) as work:
        return (await orders.list_orders(work)).items[0]


async def count(desk: Desk) -> int:
    async with open_work(desk.shop.principal) as work:
        return len((await orders.list_orders(work)).items)


def number(shown: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', shown)
    assert found is not None
    return found[1]


async def placed(person: Visitor, desk: Desk) -> str:
    """The path of an order that staff have put together and placed, to be brought."""
    begun = await person.send("orders", {"customer_id": str(desk.chat.customer_id)})
    assert begun.status_code == 303, begun.text
    path = begun.headers["location"].split("/", 3)[3]
    fields = {"sku": "HAR-1", "quantity": "2", "seen": number(await person.open(path))}
    assert (await person.send(f"{path}/lines", fields)).status_code == 303
    details = {"fulfilment": "delivery", "address": STREET, "payment_method": "efectivo"}
    details["seen"] = number(await person.open(path))
    assert (await person.send(f"{path}/details", details)).status_code == 303
    answer = await person.send(f"{path}/confirm", {"key": "confirm"})
    assert answer.status_code == 303, answer.text
    return path


async def test_an_order_is_put_together_placed_sent_paid_and_given_back(person: Visitor, desk: Desk) -> None:
    # Given an order that staff have placed
    path = await placed(person, desk)
    order = await newest(desk)
    assert order.status is OrderStatus.CONFIRMED
    assert order.lines[0].quantity == 2

    # When it is packed, sent, handed over, paid and some of the money given back
    for verb, fields in (
        ("pack", {}),
        ("ship", {"reason": "La paga al recibir"}),
        ("deliver", {}),
        ("payments", {"method": "efectivo", "amount": f"{order.total}", "verified": "true"}),
        ("refunds", {"amount": "1", "reason": "Un paquete roto", "key": "back"}),
    ):
        answer = await person.send(f"{path}/{verb}", fields)
        assert answer.status_code == 303, (verb, answer.text)

    # Then its page tells all of it, with who did it
    shown = await person.open(path)
    assert all(words in shown for words in ("La paga al recibir", "Un paquete roto", "Entregado", "Pago verificado"))
    assert "Tú ·" in shown
    assert (await newest(desk)).refunded == 1


async def test_a_form_that_comes_twice_under_one_key_is_one_order_and_one_refund(person: Visitor, desk: Desk) -> None:
    fields = {"customer_id": str(desk.chat.customer_id), "key": uuid4().hex}
    places = {(await person.send("orders", fields)).headers["location"] for _ in range(3)}
    assert (len(places), await count(desk)) == (1, 1)

    path = await placed(person, desk)
    total = (await newest(desk)).total
    await person.send(f"{path}/payments", {"method": "efectivo", "amount": f"{total}", "verified": "true", "key": "p"})
    for _ in range(3):
        await person.send(f"{path}/payments", {"method": "efectivo", "amount": f"{total}", "verified": "true", "key": "p"})
        await person.send(f"{path}/refunds", {"amount": "1", "reason": "Roto", "key": "r"})
    assert (await newest(desk)).refunded == 1
    assert (await person.open(path)).count("Pago verificado") == 1


async def test_a_change_of_what_somebody_else_has_changed_is_refused(person: Visitor, desk: Desk) -> None:
    begun = await person.send("orders", {"customer_id": str(desk.chat.customer_id)})
    path = begun.headers["location"].split("/", 3)[3]
    seen = number(await person.open(path))
    assert (await person.send(f"{path}/lines", {"sku": "HAR-1", "quantity": "1", "seen": seen})).status_code == 303

    late = await person.send(f"{path}/lines", {"sku": "HAR-1", "quantity": "9", "seen": seen}, x_fragment="1")

    assert (late.status_code, 'data-code="version_conflict"' in late.text) == (412, True)
    assert (await newest(desk)).lines[0].quantity == 1


async def test_a_change_is_put_to_the_customer_of_an_order_of_the_chat(person: Visitor, desk: Desk) -> None:
    # Given an order of the chat, whose words are all answered
    customer = Customer(desk.shop, desk.chat.connection_id, desk.chat.phone, desk.chat.conversation_id)
    await customer.says("hola")
    order = await placed_in_chat(desk.chat, {"HAR-1": 2})
    path = f"orders/{order.id}"
    assert f'action="{person.at(path)}/propose"' in await person.open(path)
    # When flour is taken out and oil offered, in the dialog; the row for what is offered may stay empty
    lines: dict[str, str | list[str]] = {"sku": ["HAR-1", "ACE-1"], "quantity": ["0", "1"]}
    fields = lines | {"message": ATTACK, "answer_within_minutes": "30", "key": "k"}
    answers = [await person.send(f"{path}/propose", fields) for _ in range(2)]
    # Then the customer is asked once, and the amendment says until when
    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    assert (await customer.reads())[-1].text.startswith(ATTACK)
    shown = await person.open(answers[0].headers["location"].split("/", 3)[3])
    assert "Propuesto al cliente" in shown
    assert ATTACK not in shown
    nothing: dict[str, str | list[str]] = {"sku": ["", ""], "quantity": ["", ""], "answer_within_minutes": "30"}
    wrong = await person.send(f"{path}/propose", nothing)
    assert wrong.status_code == 422


async def test_the_list_is_narrowed_by_its_address(person: Visitor, desk: Desk) -> None:
    path = await placed(person, desk)
    order = await newest(desk)
    link = f'href="{person.at(path)}"'
    for query in ("", "status=placed", f"search=%23{order.number}", f"customer={desk.chat.customer_id}", "payment=unpaid"):
        assert link in await person.open(f"orders?{query}"), query
    for query in ("status=delivered", "search=999999", "search=Nadie", f"store={uuid4()}", "payment=paid", "until=2001-01-01"):
        assert link not in await person.open(f"orders?{query}"), query


async def test_what_makes_no_sense_in_an_address_leaves_nothing_out(person: Visitor, desk: Desk) -> None:
    path = await placed(person, desk)
    for query in ("status=x", "store=x", "since=x", "since=9999-12-31&until=0001-01-01", "search=%00", f"search={'9' * 40}"):
        await person.open(f"orders?{query}")
    assert f'href="{person.at(path)}"' in await person.open("orders?status=x&store=x&payment=x&since=x")


async def test_a_viewer_sees_an_order_and_nothing_to_do(
    application: FastAPI, api: httpx.AsyncClient, person: Visitor, desk: Desk
) -> None:
    path = await placed(person, desk)
    viewer, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    shown = await viewer.open(path)

    assert not re.search(rf'action="{viewer.at(path)}', shown)
    assert 'data-opens="cancel"' in await person.open(path)
    for verb in ("pack", "ship", "deliver", "cancel", "amend", "propose", "confirm", "payments", "refunds", "lines", "details"):
        assert (await viewer.send(f"{path}/{verb}", {"reason": "x", "seen": "1"})).status_code == 403, verb


async def test_what_strangers_write_into_an_order_is_text(person: Visitor, desk: Desk) -> None:
    made = await desk.order(address=ATTACK, recipient_name=ATTACK[:200], notes=ATTACK, recipient_phone=ATTACK[:40])
    await person.send(f"orders/{made['id']}/cancel", {"reason": ATTACK})
    for path in (f"orders/{made['id']}", f"orders/{made['id']}?find={ATTACK}", "orders", f"orders?search={ATTACK}"):
        shown = await person.open(path)
        assert "<img" not in shown.replace('<img src="/console/assets/', ""), path
        assert "<script>" not in shown, path
