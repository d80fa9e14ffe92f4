"""Attacks on the staff's side over HTTP: what a member, a key or a stranger tries beyond what they were given."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from connectors.mail.smtp import message_of
from core.work import open_work
from domain.accounts import service as accounts
from domain.accounts.mails import Letter
from domain.accounts.roles import Role
from domain.stock import service as stock
from tests.api.test_retail_documents import opened
from tests.factories.purchases import make_order, make_supplier
from tests.factories.shop import Shop, open_shop
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace


async def hired(api: httpx.AsyncClient, shop: Shop, role: Role, *, is_limited: bool = False) -> Employee:
    """Somebody with a role in a shop, in its first store only or in all."""
    async with open_work(shop.principal) as work:
        workspace = await accounts.get_workspace(work)
    return await employ(api, workspace, role, shop.store_id if is_limited else None)


async def test_whoever_works_in_one_store_gives_nothing_that_holds_in_others(api: httpx.AsyncClient) -> None:
    shop, branch, _ = await opened(api)
    limited = await hired(api, shop, Role.ADMIN, is_limited=True)
    owner = await hired(api, shop, Role.OWNER)
    home = f"/api/v1/workspaces/{shop.workspace_id}"
    whole = await api.post(f"{home}/api-keys", headers=owner.headers, json={"name": "whole", "permissions": ["*"]})
    role = await api.post(f"{home}/roles", headers=owner.headers, json={"name": "cashier", "permissions": ["orders:*"]})
    tried: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/members", {"email": "a@shop.test", "role": "viewer"}),
        ("POST", "/members", {"email": "a@shop.test", "role": "viewer", "store_ids": [str(branch)]}),
        ("POST", "/api-keys", {"name": "k", "permissions": ["stock:read"]}),
        ("POST", "/api-keys", {"name": "k", "permissions": ["stock:read"], "store_id": str(branch)}),
        ("POST", f"/api-keys/{whole.json()['id']}/revoke", {"reason": "x"}),
        ("PATCH", f"/members/{limited.id}", {"store_ids": None}),
        ("PATCH", f"/members/{limited.id}", {"store_ids": [str(branch)]}),
        ("PATCH", f"/members/{limited.id}", {"store_ids": [str(branch), str(shop.store_id)]}),
        ("PATCH", f"/members/{owner.id}", {"status": "suspended", "reason": "x"}),
        ("POST", "/roles", {"name": "boss", "permissions": ["*"]}),
        ("PATCH", f"/roles/{role.json()['id']}", {"permissions": ["*"]}),
        ("DELETE", f"/roles/{role.json()['id']}?reason=x", {}),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "?reason=x", {}),
    ]
    for method, path, body in tried:
        answer = await api.request(method, home + path, headers=limited.headers | {"if-match": '"v1"'}, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "beyond_own_stores"), (method, path, body)
    inside = {"email": "b@shop.test", "role": "viewer", "store_ids": [str(shop.store_id)]}
    assert (await api.post(f"{home}/members", headers=limited.headers, json=inside)).status_code == 201


async def test_nobody_lowers_whoever_stands_above_them_by_a_role_of_the_workspaces_own(api: httpx.AsyncClient) -> None:
    shop, _, _ = await opened(api)
    owner, clerk, chief = [await hired(api, shop, role) for role in (Role.OWNER, Role.VIEWER, Role.VIEWER)]
    home = f"/api/v1/workspaces/{shop.workspace_id}"
    roles = {}
    for name, permissions in (("clerk", ["operations:manage"]), ("chief", ["*"])):
        made = await api.post(f"{home}/roles", headers=owner.headers, json={"name": name, "permissions": permissions})
        roles[name] = made.json()["id"]
    for person, name in ((clerk, "clerk"), (chief, "chief")):
        seen = owner.headers | {"if-match": '"v1"'}
        assert (await api.patch(f"{home}/members/{person.id}", headers=seen, json={"role": name})).status_code == 200
    for path, body in (
        (f"/members/{chief.id}", {"status": "suspended", "reason": "x"}),
        (f"/members/{clerk.id}", {"role": "chief"}),
        (f"/roles/{roles['chief']}", {"permissions": ["operations:manage"]}),
        (f"/roles/{roles['clerk']}", {"permissions": ["operations:manage", "orders:*"]}),
    ):
        versions = ('"v1"', '"v2"')
        answers = [await api.patch(home + path, headers=clerk.headers | {"if-match": tag}, json=body) for tag in versions]
        assert {answer.status_code for answer in answers} <= {403, 412}, path
        assert "beyond_own_rights" in {answer.json()["code"] for answer in answers}, path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/suppliers", {"name": "a\0b"}),
        ("/suppliers", {"name": "a", "phone": "\0"}),
        ("/customers", {"name": "a", "tags": ["\0"]}),
        ("/auth/register", {"email": "a@shop.test", "password": "x" * 8, "first_name": "\0a", "last_name": "b"}),
        ("/auth/login", {"email": "a\0@shop.test", "password": "x"}),
    ],
)
async def test_a_null_character_is_refused_before_anything_is_made_of_it(
    api: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    _, _, headers = await opened(api)
    answer = await api.post(f"/api/v1{path}", headers=headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "null_character")
    for address in ("/customers?q=%00", "/products/%00", "/customers/by-phone/%00"):
        assert (await api.get(f"/api/v1{address}", headers=headers)).json()["code"] == "null_character"
    literal = await api.post("/api/v1/suppliers", headers=headers, json={"name": r"a\u0000b"})
    assert (literal.status_code, literal.json()["name"]) == (201, r"a\u0000b")


@pytest.mark.parametrize(
    "expires_at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"], ids=["after the last year", "before the first"]
)
async def test_a_moment_that_no_column_holds_is_the_callers_fault(api: httpx.AsyncClient, expires_at: str) -> None:
    shop, _, _ = await opened(api)
    owner = await hired(api, shop, Role.OWNER)
    body = {"name": "k", "permissions": ["*"], "expires_at": expires_at}
    answer = await api.post(f"/api/v1/workspaces/{shop.workspace_id}/api-keys", headers=owner.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "value_unstorable")


async def test_a_level_beyond_all_numbers_is_the_callers_fault_and_changes_nothing(api: httpx.AsyncClient) -> None:
    shop, _, headers = await opened(api)
    body = {"store_id": str(shop.store_id), "variant_id": str(shop.variants["HAR-1"]), "delta": "999999999", "reason": "x"}
    first, second = [await api.post("/api/v1/stock/adjust", headers=headers, json=body) for _ in range(2)]
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "stock_too_large")
    async with open_work(shop.principal) as work:
        assert await stock.reconcile(work) == []
        assert (await stock.levels(work, shop.variants["HAR-1"]))[0].on_hand == Decimal(999999999)


async def test_things_of_another_shop_are_to_be_found_nowhere(api: httpx.AsyncClient) -> None:
    shop, _, _ = await opened(api)
    owner = await hired(api, shop, Role.OWNER)
    foreign = await open_shop((await make_workspace()).id)
    async with open_work(foreign.principal) as work:
        supplier = await make_supplier(work, foreign)
        order = await make_order(work, foreign, supplier, HAR_1=2)
    theirs, ours = str(foreign.store_id), str(shop.store_id)
    flour, theirs_flour = str(shop.variants["HAR-1"]), str(foreign.variants["HAR-1"])
    home = f"/workspaces/{shop.workspace_id}"
    line = {"variant_id": flour, "quantity": "1"}
    tried: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", f"{home}/members", {"email": "a@shop.test", "role": "viewer", "store_ids": [theirs]}),
        ("POST", f"{home}/api-keys", {"name": "k", "permissions": ["*"], "store_id": theirs}),
        ("GET", f"/suppliers/{supplier}", None),
        ("GET", f"/purchase-orders/{order.id}", None),
        ("POST", f"/purchase-orders/{order.id}/submit", {}),
        ("POST", f"/purchase-orders/{order.id}/receive", {"key": "k", "lines": [line]}),
        ("POST", "/purchase-orders", {"supplier_id": str(supplier), "store_id": ours}),
        ("PUT", "/stock/limits", {"store_id": theirs, "variant_id": flour, "min_stock": "1"}),
        ("PUT", "/stock/limits", {"store_id": ours, "variant_id": theirs_flour, "min_stock": "1"}),
        ("POST", "/stock/adjust", {"store_id": theirs, "variant_id": flour, "delta": "1", "reason": "x"}),
        ("POST", "/stock/adjust", {"store_id": ours, "variant_id": theirs_flour, "delta": "1", "reason": "x"}),
        ("POST", "/stock/reserve", {"store_id": theirs, "lines": [line]}),
        ("POST", "/stock-transfers", {"from_store_id": ours, "to_store_id": theirs, "lines": [line]}),
        ("POST", "/stock-transfers", {"from_store_id": theirs, "to_store_id": ours, "lines": [line]}),
        ("POST", "/stock-transfers", {"from_store_id": ours, "to_store_id": ours, "lines": [line]}),
        ("POST", "/stock-counts", {"store_id": theirs, "name": "x"}),
    ]
    for method, path, body in tried:
        answer = await api.request(method, f"/api/v1{path}", headers=owner.headers, json=body)
        assert answer.status_code in {400, 404, 409}, (method, path, answer.text)
        assert "Alimentos" not in answer.text
    async with open_work(foreign.principal) as work:
        assert await stock.movements(work) == []
    listed = await api.get(f"/api/v1/stock?store_id={theirs}", headers=owner.headers)
    assert listed.json()["data"] == []


async def test_one_key_of_two_people_or_of_two_routes_is_two_keys(api: httpx.AsyncClient) -> None:
    shop, _, _ = await opened(api)
    one, two = [await hired(api, shop, Role.MANAGER) for _ in range(2)]
    key = {"idempotency-key": "same"}
    made = [
        await api.post("/api/v1/suppliers", headers=who.headers | key, json={"name": name})
        for who, name in ((one, "Polar"), (two, "Mary"), (one, "Polar"), (one, "Other"))
    ]
    assert [answer.status_code for answer in made] == [201, 201, 201, 422]
    assert made[0].json() == made[2].json()
    assert made[1].json()["name"] == "Mary"
    assert "Polar" not in made[3].text
    assert (await api.post("/api/v1/customers", headers=one.headers | key, json={"name": "Ana"})).status_code == 201


async def test_goods_that_come_or_go_back_at_the_same_time_do_so_once(api: httpx.AsyncClient) -> None:
    shop, _, headers = await opened(api)
    flour = str(shop.variants["HAR-1"])
    async with open_work(shop.principal) as work:
        order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=2)

    async def send(path: str, body: dict[str, Any]) -> httpx.Response:
        return await api.post(f"/api/v1{path}", headers=headers | {"idempotency-key": uuid4().hex}, json=body)

    came = [{"key": f"guide {n}", "lines": [{"variant_id": flour, "packs": "2"}]} for n in range(5)]
    answers = await asyncio.gather(*(send(f"/purchase-orders/{order.id}/receive", body) for body in came))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    receipt = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    back = [{"key": f"back {n}", "reason": "wet", "lines": [{"variant_id": flour, "quantity": "7"}]} for n in range(5)]
    answers = await asyncio.gather(*(send(f"/goods-receipts/{receipt}/returns", body) for body in back))
    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert all(400 <= answer.status_code < 500 for answer in answers if answer.status_code != 201)
    async with open_work(shop.principal) as work:
        assert await stock.reconcile(work) == []
        assert (await stock.levels(work, shop.variants["HAR-1"]))[0].on_hand == Decimal(5)


async def test_no_answer_may_be_kept_by_whoever_passes_it_on(api: httpx.AsyncClient) -> None:
    _, _, headers = await opened(api)
    for path in ("/auth/me", "/suppliers", "/nonsense"):
        assert (await api.get(f"/api/v1{path}", headers=headers)).headers["cache-control"] == "no-store", path
    refused = await api.post("/api/v1/auth/login", json={"email": "a@shop.test", "password": "x"})
    assert refused.headers["cache-control"] == "no-store"


def test_a_name_with_lines_adds_no_header_to_a_mail() -> None:
    letter = Letter(uuid4(), "a@shop.test", "Ana te invita a Abasto\r\nBcc: b@shop.test", "Hola.")
    message = message_of(letter, "nexova@shop.test")
    assert message["Subject"] == "Ana te invita a Abasto Bcc: b@shop.test"
    assert message["Bcc"] is None


async def test_whoever_decides_on_so_much_money_makes_no_key_that_decides_on_more(api: httpx.AsyncClient) -> None:
    shop, _, _ = await opened(api)
    owner, admin = await hired(api, shop, Role.OWNER), await hired(api, shop, Role.ADMIN)
    home = f"/api/v1/workspaces/{shop.workspace_id}"
    seen = owner.headers | {"if-match": '"v1"'}
    assert (await api.patch(f"{home}/members/{admin.id}", headers=seen, json={"amount_limit": "100"})).status_code == 200
    key = {"name": "k", "permissions": ["payments:*"]}
    refused = await api.post(f"{home}/api-keys", headers=admin.headers, json=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "amount_beyond_limit")
