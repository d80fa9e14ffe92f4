"""Customers over HTTP: found, changed by whoever has seen what stands, made one and given back."""

import re
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.customers import service as customers
from domain.customers.schemas import CustomerDetail, NewCustomer
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    return (await visit(application, api, desk.workspace, Role.MANAGER))[0]


async def known(desk: Desk, id: str | UUID) -> CustomerDetail:
    async with open_work(desk.shop.principal) as work:
        return await customers.detail(work, UUID(str(id)))


async def made(desk: Desk, name: str, phone: str | None = None) -> str:
    async with open_work(desk.shop.principal) as work:
        return str((await customers.create(work, NewCustomer(name=name, phone=phone))).id)


def version(shown: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', shown)
    assert found is not None
    return found[1]


async def test_a_customer_is_added_once_changed_and_emptied(person: Visitor, desk: Desk) -> None:
    fields = {"name": "Rosa Díaz", "phone": "0414 555 6677", "tags": "vip, mayorista", "credit_limit": "500", "key": "k"}
    places = {(await person.send("customers", fields)).headers["location"] for _ in range(3)}
    assert len(places) == 1
    path = places.pop().split("/", 3)[3]
    customer = await known(desk, path.split("/")[1])
    assert (customer.name, customer.tags) == ("Rosa Díaz", ("vip", "mayorista"))
    assert customer.credit_limit == 500

    form = await person.open(f"{path}/edit")
    assert 'value="vip, mayorista"' in form
    changed = {"name": "Rosa D.", "notes": "Llamar tarde", "marketing_consent": "true", "tags": "", "seen": version(form)}
    assert (await person.send(path, changed)).status_code == 303
    customer = await known(desk, customer.id)
    assert (customer.name, customer.phone, customer.tags, customer.marketing_consent) == ("Rosa D.", None, (), True)
    assert customer.notes == "Llamar tarde"


async def test_what_was_typed_stands_again_in_a_form_that_is_refused(person: Visitor, desk: Desk) -> None:
    wrong = await person.send("customers", {"name": "Ana", "email": "no es un correo", "tags": "a, b"})
    assert wrong.status_code == 422
    assert all(typed in wrong.text for typed in ('value="Ana"', 'value="no es un correo"', 'value="a, b"', "f-email-fault"))
    nobody = await person.send("customers", {"notes": "x"})
    assert (nobody.status_code, 'role="alert"' in nobody.text) == (422, True)

    id = await made(desk, "Ana")
    form = await person.open(f"customers/{id}/edit")
    await person.send(f"customers/{id}", {"name": "Ana Uno", "seen": version(form)})
    late = await person.send(f"customers/{id}", {"name": "Ana Dos", "seen": version(form)})
    assert (late.status_code, 'value="Ana Dos"' in late.text) == (412, True)
    assert (await known(desk, id)).name == "Ana Uno"


async def test_two_customers_are_made_one_and_given_back(person: Visitor, desk: Desk) -> None:
    stays, goes = await made(desk, "Luis Pérez"), await made(desk, "Luis P.")
    await person.send(f"customers/{goes}/addresses", {"text": "Calle 8, casa 2"})
    assert goes in await person.open(f"customers/{stays}/merge?search=Luis")
    assert "Calle 8, casa 2" in await person.open(f"customers/{stays}/merge?other={goes}")

    for _ in range(2):
        assert (await person.send(f"customers/{stays}/merge", {"customer_id": goes, "key": "m"})).status_code == 303
    shown = await person.open(f"customers/{stays}")
    assert "Calle 8, casa 2" in shown
    assert "Es la misma persona que" in await person.open(f"customers/{goes}")
    undo = re.search(r'action="[^"]+(/merges/[0-9a-f-]+/undo)"', shown)
    assert undo is not None
    assert (await person.send(f"customers/{stays}{undo[1]}")).status_code == 303

    assert "Calle 8, casa 2" not in await person.open(f"customers/{stays}")
    assert [each.text for each in (await known(desk, goes)).addresses] == ["Calle 8, casa 2"]


async def test_an_operator_changes_customers_but_neither_credit_nor_who_they_are(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    operator, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    id, other = await made(desk, "Ana"), await made(desk, "Beto")
    form = await operator.open(f"customers/{id}/edit")
    assert "credit_limit" not in form
    forged = await operator.send(f"customers/{id}", {"name": "Ana", "credit_limit": "9000", "seen": version(form)})
    assert (forged.status_code, (await known(desk, id)).credit_limit) == (403, None)
    assert "/merge" not in await operator.open(f"customers/{id}")
    assert (await operator.send(f"customers/{id}/merge", {"customer_id": other})).status_code == 403


async def test_places_are_added_preferred_and_forgotten(person: Visitor, desk: Desk) -> None:
    id = await made(desk, "Ana")
    for text in ("Calle 1", "Calle 2"):
        await person.send(f"customers/{id}/addresses", {"text": text})
    second = next(each for each in (await known(desk, id)).addresses if each.text == "Calle 2")
    await person.send(f"customers/{id}/addresses/{second.id}/prefer")
    assert (await known(desk, id)).addresses[0].text == "Calle 2"
    await person.send(f"customers/{id}/addresses/{second.id}/forget")
    assert [each.text for each in (await known(desk, id)).addresses] == ["Calle 1"]


async def test_what_strangers_write_of_themselves_is_text(person: Visitor, desk: Desk) -> None:
    fields = {"name": ATTACK, "notes": ATTACK, "tags": ATTACK[:40], "tax_id": ATTACK[:30], "phone": "+58 414 1112233"}
    path = (await person.send("customers", fields)).headers["location"].split("/", 3)[3]
    await person.send(f"{path}/addresses", {"text": ATTACK, "label": ATTACK[:60]})
    await made(desk, ATTACK, "+58 414 1112233")
    paths = (path, f"{path}/edit", f"{path}/merge?search={ATTACK}", "customers", f"customers?tag={ATTACK[:40]}")
    for each in (*paths, f"customers?search={ATTACK}", "customers/doubles", "orders/new"):
        shown = await person.open(each)
        assert "<img src=x" not in shown, each
        assert "<script>" not in shown, each


async def test_whoever_may_not_see_numbers_reads_them_masked_and_changes_none_unseen(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    # Given a clerk who writes customers and drafts and sees no numbers
    clerk, employee = await visit(application, api, desk.workspace, Role.VIEWER)
    home = f"/workspaces/{desk.workspace.id}"
    rights = ["*:read", "customers:write", "orders:draft", "stock:hold"]
    assert (await desk.post(f"{home}/roles", {"name": "clerk", "permissions": rights})).status_code == 201
    seen = desk.owner.headers | {"if-match": '"v1"'}
    changed = await api.patch(f"/api/v1{home}/members/{employee.id}", headers=seen, json={"role": "clerk"})
    assert changed.status_code == 200, changed.text
    rosa = await made(desk, "Rosa", "0414 555 6677")
    order = await desk.order(customer_id=rosa, recipient_phone="0414 555 6677")
    # Then no page of them has a whole number
    for path in ("customers", f"customers/{rosa}", f"customers/{rosa}/edit", "orders/new", f"orders/{order['id']}"):
        shown = await clerk.open(path)
        assert "5556677" not in shown.replace(" ", ""), path
    assert "+58…77" in await clerk.open("customers")
    # And what they save leaves the number as it was, which is seen by whoever may
    form = await clerk.open(f"customers/{rosa}/edit")
    assert (await clerk.send(f"customers/{rosa}", {"name": "Rosa D.", "seen": version(form)})).status_code == 303
    details = {"seen": version(await clerk.open(f"orders/{order['id']}")), "notes": "Timbre 2"}
    assert (await clerk.send(f"orders/{order['id']}/details", details)).status_code == 303
    customer = await known(desk, rosa)
    assert (customer.name, customer.phone) == ("Rosa D.", "+584145556677")
    kept = await desk.get(f"/orders/{order['id']}")
    assert (kept["recipient_phone"], kept["notes"]) == ("0414 555 6677", "Timbre 2")
