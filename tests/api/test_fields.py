"""Whoever reads says which fields they want, and what their ids shall be shown as; what there is not is refused."""

from typing import Any

import pytest
from fastapi import FastAPI

from domain.accounts.roles import Role
from tests.api.test_payments import told
from tests.api.walking import operations
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import employ


async def refused(desk: Desk, path: str, **query: str) -> tuple[int, str, str]:
    answer = await desk.api.get(f"/api/v1{path}", headers=desk.owner.headers, params=query)
    body = answer.json()
    return answer.status_code, body["code"], body["detail"]


async def test_a_list_and_a_thing_show_what_is_wanted_of_them(desk: Desk) -> None:
    whole = await desk.get("/products", limit=1)
    listed = await desk.get("/products", limit=1, fields="name, code")
    assert listed["data"] == [{name: whole["data"][0][name] for name in ("code", "name")}]
    assert listed["has_more"] is True
    # The place in a list holds whatever is shown of it
    onward = await desk.get("/products", limit=1, cursor=whole["next_cursor"], fields="code")
    assert onward == await desk.get("/products", limit=1, cursor=listed["next_cursor"], fields="code")
    assert await desk.get("/products/HAR-1", fields="code,version") == {"code": "HAR-1", "version": 1}


async def test_what_a_thing_does_not_have_is_refused_with_what_it_has(desk: Desk) -> None:
    status, code, said = await refused(desk, "/products", fields="code,colour")
    assert (status, code) == (400, "field_unknown")
    assert "colour" in said
    assert "barcode" in said or "brand" in said
    assert "code" in (await refused(desk, "/products", fields="coda"))[2]
    assert (await refused(desk, "/products/HAR-1", fields=""))[1] == "field_unknown"
    assert (await refused(desk, "/orders", expand="customer,owner"))[:2] == (400, "expansion_unknown")
    assert (await refused(desk, "/products", expand="category"))[1] == "parameter_unknown"


async def test_every_list_takes_fields(desk: Desk, application: FastAPI) -> None:
    asked = []
    for each in operations(application):
        content = each.responses.get("200", {}).get("content", {}).get("application/json", {})
        if each.method != "GET" or "{" in each.path or "Page_" not in str(content):
            continue
        answer = await desk.api.get(each.path, headers=desk.owner.headers, params={"fields": "no_such_field"})
        assert (answer.status_code, answer.json()["code"]) in {(400, "field_unknown"), (422, "malformed")}, each.path
        asked.append(answer.json()["code"])
    assert asked.count("field_unknown") > 20


async def test_ids_are_shown_as_what_they_stand_for(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    payment = await told(desk, order)
    bare = (await desk.get("/orders"))["data"][0]
    assert (bare["customer"], bare["store"]) == (None, None)

    listed = (await desk.get("/orders", expand="customer,store"))["data"][0]
    assert (listed["customer"]["id"], listed["store"]["code"]) == (bare["customer_id"], "T-1")
    shown = await desk.get(f"/orders/{order.id}", expand="customer", fields="number,customer")
    assert set(shown) == {"number", "customer"}
    assert shown["customer"]["id"] == bare["customer_id"]
    for path in ("/payments", f"/payments/{payment.id}"):
        found: dict[str, Any] = await desk.get(path, expand="customer")
        assert (found["data"][0] if path == "/payments" else found)["customer"]["id"] == bare["customer_id"]


@pytest.mark.parametrize("path", ["/orders", "/payments", "/returns"])
async def test_nobody_sees_by_an_expansion_what_they_may_not_see(desk: Desk, path: str) -> None:
    role = {"name": "till", "permissions": ["orders:read", "payments:read", "returns:read"]}
    assert (await desk.post(f"/workspaces/{desk.workspace.id}/roles", role)).status_code == 201
    clerk = await employ(desk.api, desk.workspace, Role.VIEWER)
    member = f"/api/v1/workspaces/{desk.workspace.id}/members/{clerk.id}"
    seen = desk.owner.headers | {"if-match": '"v1"'}
    assert (await desk.api.patch(member, headers=seen, json={"role": "till"})).status_code == 200
    await told(desk, await placed(desk.chat, {"HAR-1": 1}))
    assert (await desk.api.get(f"/api/v1{path}", headers=clerk.headers)).status_code == 200
    answer = await desk.api.get(f"/api/v1{path}", headers=clerk.headers, params={"expand": "customer"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
