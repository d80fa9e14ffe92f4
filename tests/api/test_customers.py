"""Customers over HTTP: found however a number is written, changed by one person at a time, merged and given back."""

import asyncio
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from core.work import open_work
from domain.accounts.roles import Role
from domain.orders import service as orders
from tests.factories.chat import Chat, chat_of, open_chat, placed
from tests.factories.shop import fill, open_shop
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

ANA = {"name": "Ana Pérez", "phone": "0414-555.0101", "email": "ana@example.com"}


@pytest.fixture
async def owner(api: httpx.AsyncClient) -> Employee:
    """The owner of a new shop."""
    return await employ(api, await make_workspace())


async def made(api: httpx.AsyncClient, by: Employee, **fields: object) -> dict[str, object]:
    answer = await api.post("/api/v1/customers", headers=by.headers, json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


@pytest.mark.parametrize("words", ["pérez", "ANA@", "0414 5550101", "+58 414 555 0101", "58414-5550101", "5550101"])
async def test_a_customer_is_found_by_name_mail_and_number_in_any_spelling(
    api: httpx.AsyncClient, owner: Employee, words: str
) -> None:
    ana = await made(api, owner, **ANA)
    await made(api, owner, name="Luis", phone="+584125550909")
    assert ana["phone"] == "+584145550101"
    found = await api.get("/api/v1/customers", headers=owner.headers, params={"q": words})
    assert [each["id"] for each in found.json()["data"]] == [ana["id"]]


async def test_a_number_names_its_customer(api: httpx.AsyncClient, owner: Employee) -> None:
    ana = await made(api, owner, **ANA)
    for written in ("+584145550101", "04145550101", "0414-555.0101"):
        found = await api.get(f"/api/v1/customers/by-phone/{written}", headers=owner.headers)
        assert [each["id"] for each in found.json()["data"]] == [ana["id"]], written


async def test_pages_show_each_customer_once_while_others_come(api: httpx.AsyncClient, owner: Employee) -> None:
    there = {(await made(api, owner, name=f"C{number}", tags=["vip"]))["id"] for number in range(5)}
    await made(api, owner, name="sin etiqueta")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", "tag": "vip"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/api/v1/customers", headers=owner.headers, params=query)).json()
        seen += [each["id"] for each in page["data"]]
        await made(api, owner, name="Nueva", tags=["vip"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == there


async def test_what_a_person_changes_is_what_they_saw(api: httpx.AsyncClient, owner: Employee) -> None:
    ana = await made(api, owner, **ANA)
    path = f"/api/v1/customers/{ana['id']}"
    assert (await api.patch(path, headers=owner.headers, json={"notes": "x"})).status_code == 428
    seen = {"if-match": (await api.get(path, headers=owner.headers)).headers["etag"]}
    told = {"marketing_consent": True, "consent_source": "mostrador", "credit_limit": "1500.50", "tags": ["vip", "vip"]}
    changed = await api.patch(path, headers=owner.headers | seen, json=told)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert (changed.json()["credit_limit"], changed.json()["tags"]) == ("1500.50", ["vip"])
    assert changed.json()["consent_changed_at"] is not None
    assert changed.json()["email"] == "ana@example.com"
    assert (await api.patch(path, headers=owner.headers | seen, json={"notes": "x"})).status_code == 412
    cleared = await api.patch(
        path, headers=owner.headers | {"if-match": '"v2"'}, json={"email": None, "marketing_consent": None}
    )
    assert (cleared.json()["email"], cleared.json()["consent_changed_at"]) == (None, None)


async def test_credit_is_given_by_those_who_may(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    operator = await employ(api, workspace, Role.OPERATOR)
    refused = await api.post("/api/v1/customers", headers=operator.headers, json=ANA | {"credit_limit": "10"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    ana = await made(api, operator, **ANA)
    headers = operator.headers | {"if-match": '"v1"'}
    assert (await api.patch(f"/api/v1/customers/{ana['id']}", headers=headers, json={"credit_limit": "1"})).status_code == 403


async def test_a_customer_is_somebody(api: httpx.AsyncClient, owner: Employee) -> None:
    answer = await api.post("/api/v1/customers", headers=owner.headers, json={"notes": "nadie"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_places_are_kept_preferred_and_forgotten(api: httpx.AsyncClient, owner: Employee) -> None:
    path = f"/api/v1/customers/{(await made(api, owner, **ANA))['id']}"
    places = [
        (await api.post(f"{path}/addresses", headers=owner.headers, json={"text": text})).json()
        for text in ("Calle 1, casa 2", "Av. Bolívar", "calle 1,  casa 2")
    ]
    assert places[0]["id"] == places[2]["id"]
    await api.post(f"{path}/addresses/{places[1]['id']}/prefer", headers=owner.headers)
    shown = (await api.get(path, headers=owner.headers)).json()["addresses"]
    assert [(each["id"], each["is_default"]) for each in shown] == [(places[1]["id"], True), (places[0]["id"], False)]
    assert (await api.delete(f"{path}/addresses/{places[1]['id']}", headers=owner.headers)).status_code == 204
    other = f"/api/v1/customers/{(await made(api, owner, name='Luis'))['id']}"
    foreign = await api.delete(f"{other}/addresses/{places[0]['id']}", headers=owner.headers)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "address_not_found")


async def two_chats(api: httpx.AsyncClient) -> tuple[Employee, Chat, Chat]:
    """One person who has written from two numbers and ordered from each."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 20)
    one = await chat_of(shop)
    two = await open_chat(shop, one.connection_id)
    for chat in (one, two):
        await placed(chat, {"HAR-1": 1})
    return await employ(api, workspace), one, two


async def orders_of(chat: Chat, customer: object) -> list[int | None]:
    async with open_work(chat.shop.principal) as work:
        return [order.number for order in await orders.history(work, customer)]  # type: ignore[arg-type]  # an id


async def test_a_merge_brings_everything_and_its_undo_gives_it_back(api: httpx.AsyncClient) -> None:
    owner, one, two = await two_chats(api)
    path = f"/api/v1/customers/{one.customer_id}"
    merged = await api.post(
        f"{path}/merge", headers=owner.headers, json={"customer_id": str(two.customer_id), "reason": "la misma"}
    )
    assert merged.status_code == 200, merged.text
    assert {name: merged.json()["moved"][name] for name in ("conversations", "orders", "contact_addresses")} == {
        "conversations": 1,
        "orders": 1,
        "contact_addresses": 1,
    }
    assert await orders_of(one, one.customer_id) == [1002, 1001]
    assert len((await api.get(path, headers=owner.headers)).json()["contacts"]) == 2
    gone = (await api.get(f"/api/v1/customers/{two.customer_id}", headers=owner.headers)).json()
    assert (gone["merged_into"], gone["contacts"]) == (str(one.customer_id), [])
    listed = (await api.get("/api/v1/customers", headers=owner.headers)).json()["data"]
    assert [each["id"] for each in listed] == [str(one.customer_id)]
    changed = await api.patch(
        f"/api/v1/customers/{two.customer_id}", headers=owner.headers | {"if-match": '"v2"'}, json={"notes": "x"}
    )
    assert (changed.status_code, changed.json()["code"]) == (409, "customer_merged")

    # Given an order that came since in the conversation that goes back
    since = await placed(Chat(two.shop, two.conversation_id, one.customer_id, two.connection_id, two.phone), {"HAR-1": 1})
    assert since.number == 1003
    undo = f"{path}/merges/{merged.json()['id']}/undo"
    for _ in range(2):
        assert (await api.post(undo, headers=owner.headers)).json()["undone_at"] is not None
    assert await orders_of(one, one.customer_id) == [1001]
    assert await orders_of(two, two.customer_id) == [1003, 1002]
    again = (await api.get(f"/api/v1/customers/{two.customer_id}", headers=owner.headers)).json()
    assert (again["merged_into"], len(again["contacts"])) == (None, 1)
    history = (await api.get(f"{path}/merges", headers=owner.headers)).json()["data"]
    assert [each["reason"] for each in history] == ["la misma"]


async def test_of_two_merges_that_meet_one_gets_through_and_a_chain_is_undone_from_its_end(
    api: httpx.AsyncClient, owner: Employee
) -> None:
    one, two, three = [str((await made(api, owner, name=name))["id"]) for name in ("Ana", "Anita", "A. Pérez")]

    async def merge(into: str, other: str) -> httpx.Response:
        return await api.post(f"/api/v1/customers/{into}/merge", headers=owner.headers, json={"customer_id": other})

    answers = await asyncio.gather(merge(one, two), merge(two, one))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    first = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await merge(one, one)).json()["code"] == "same_customer"
    assert (await merge(three, first["kept_id"])).status_code == 200
    undo = f"/api/v1/customers/{first['kept_id']}/merges/{first['id']}/undo"
    buried = await api.post(undo, headers=owner.headers)
    assert (buried.status_code, buried.json()["code"]) == (409, "merged_since")


async def test_nobody_reaches_into_another_shop(api: httpx.AsyncClient) -> None:
    _, one, two = await two_chats(api)
    workspace = await make_workspace()
    stranger = await employ(api, workspace)
    body = {"customer_id": str(two.customer_id)}
    for path, method in (
        (f"/api/v1/customers/{one.customer_id}", "GET"),
        (f"/api/v1/customers/{one.customer_id}/merge", "POST"),
        (f"/api/v1/customers/{one.customer_id}/merges/{uuid4()}/undo", "POST"),
    ):
        answer = await api.request(method, path, headers=stranger.headers, json=body if method == "POST" else None)
        assert answer.status_code == 404, (path, answer.text)


async def test_what_was_asked_for_under_one_key_happens_once(api: httpx.AsyncClient, owner: Employee) -> None:
    headers = owner.headers | {"idempotency-key": "ana"}
    answers = [await api.post("/api/v1/customers", headers=headers, json=ANA) for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await api.get("/api/v1/customers", headers=owner.headers)).json()["data"]) == 1
    assert Decimal(answers[0].json()["version"]) == 1


async def test_numbers_are_whole_for_whoever_may_see_them_and_masked_for_anybody_else(api: httpx.AsyncClient) -> None:
    # Given a customer whose number stands in what staff keep, at an address, with a place, and on an order
    workspace = await make_workspace()
    chat = await chat_of(await open_shop(workspace.id))
    owner, viewer = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    rights = {"name": "till", "permissions": ["*:read", "customers:write", "orders:draft"]}
    key = await api.post(f"/api/v1/workspaces/{workspace.id}/api-keys", headers=owner.headers, json=rights)
    till = {"authorization": f"Bearer {key.json()['key']}"}
    await api.post(
        f"/api/v1/customers/{chat.customer_id}/addresses",
        headers=owner.headers,
        json={"text": "Calle 1", "phone": "04145559988"},
    )
    known = (await api.get(f"/api/v1/customers/{chat.customer_id}", headers=owner.headers)).json()
    number, path = known["phone"], f"/api/v1/customers/{chat.customer_id}"
    begun = await api.post("/api/v1/orders", headers=till, json={"customer_id": str(chat.customer_id)})
    assert begun.status_code == 201, begun.text
    order = f"/api/v1/orders/{begun.json()['id']}"
    reads = (
        "/api/v1/customers",
        path,
        f"/api/v1/customers/by-phone/{number}",
        "/api/v1/customers/doubles",
        "/api/v1/orders?expand=customer",
        f"{order}?expand=customer",
    )
    # Then whoever lacks the right reads no whole number anywhere, in an answer to a write as little
    digits = number[-7:]
    assert digits not in begun.text
    for reader in (viewer.headers, till):
        for read in reads:
            shown = await api.get(read, headers=reader)
            assert shown.status_code == 200, read
            assert digits not in shown.text, read
            assert "5559988" not in shown.text, read
    assert (await api.get(path, headers=viewer.headers)).json()["phone"] == f"{number[:3]}…{number[-2:]}"
    # And cannot guess it from which parts find its customer, but finds the customer of a number that they know
    for words, found in ((digits, 0), (number, 1)):
        listed = await api.get("/api/v1/customers", headers=viewer.headers, params={"q": words})
        assert len(listed.json()["data"]) == found
    # And a masked number that is sent back takes the place of none
    seen = {**till, "if-match": f'"v{known["version"]}"'}
    assert (await api.patch(path, headers=seen, json={"phone": "+58…01"})).status_code == 422
    # And whoever has the right reads all of it, the order's among it: the house copied the whole one
    for read in reads[:3]:
        assert digits in (await api.get(read, headers=owner.headers)).text, read
    assert (await api.get(order, headers=owner.headers)).json()["recipient_phone"] == number


async def test_an_export_with_whole_numbers_stands_in_the_audit(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, viewer = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    ana = await made(api, owner, **ANA)
    for name in ("customers", "orders", "products"):
        assert (await api.get(f"/api/v1/exports/{name}", headers=viewer.headers)).status_code == 200
    masked = (await api.get("/api/v1/exports/customers", headers=viewer.headers)).text
    assert "Ana Pérez" in masked
    assert "+58…01" in masked
    assert "4145550101" not in masked
    trail = "/api/v1/audit?type=workspace.numbers_exported"
    assert (await api.get(trail, headers=owner.headers)).json()["data"] == []
    whole = await api.get("/api/v1/exports/customers", headers=owner.headers)
    assert str(ana["phone"]) in whole.text
    assert (await api.get("/api/v1/exports/orders?format=xlsx", headers=owner.headers)).status_code == 200
    assert (await api.get("/api/v1/exports/products", headers=owner.headers)).status_code == 200
    kept = (await api.get(trail, headers=owner.headers)).json()["data"]
    assert [(each["actor_id"], each["after"]) for each in kept] == [
        (str(owner.id), {"list": "orders"}),
        (str(owner.id), {"list": "customers"}),
    ]
