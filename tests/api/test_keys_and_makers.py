"""A key is worth what its maker is worth today; and a request says once, and in one way, who makes it."""

import httpx
import pytest
from sqlalchemy import delete, event

from core import db
from core.access import Principal
from core.work import open_work
from domain.accounts.models import Membership
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from tests.factories.shop import open_shop
from tests.factories.staff import Employee, employ, make_person
from tests.factories.workspaces import make_workspace

PRODUCTS = "/api/v1/products"
ME = "/api/v1/auth/me"


def of(workspace: WorkspaceView, path: str) -> str:
    return f"/api/v1/workspaces/{workspace.id}{path}"


async def mint(api: httpx.AsyncClient, headers: dict[str, str], workspace: WorkspaceView, *permissions: str) -> dict[str, str]:
    body = {"name": "till", "permissions": list(permissions)}
    made = await api.post(of(workspace, "/api-keys"), headers=headers, json=body)
    assert made.status_code == 201, made.text
    return {"authorization": f"Bearer {made.json()['key']}"}


async def change(api: httpx.AsyncClient, by: Employee, workspace: WorkspaceView, whom: Employee, **fields: object) -> None:
    members = (await api.get(of(workspace, "/members"), headers=by.headers)).json()["data"]
    version = next(each["version"] for each in members if each["user_id"] == str(whom.id))
    answer = await api.patch(
        of(workspace, f"/members/{whom.id}"), headers=by.headers | {"if-match": f'"v{version}"'}, json=fields
    )
    assert answer.status_code == 200, answer.text


async def test_a_key_stops_and_goes_on_with_whoever_has_made_it(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, admin = await employ(api, workspace), await employ(api, workspace, Role.ADMIN)
    key = await mint(api, admin.headers, workspace, "catalog:read", "operations:manage")
    # Given also a key that the key has made
    second = await mint(api, key, workspace, "catalog:read")
    assert [(await api.get(PRODUCTS, headers=one)).status_code for one in (key, second)] == [200, 200]
    await change(api, owner, workspace, admin, status="suspended", reason="x")
    for one in (key, second):
        answer = await api.get(PRODUCTS, headers=one)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    await change(api, owner, workspace, admin, status="active")
    assert (await api.get(PRODUCTS, headers=key)).status_code == 200
    async with open_work(Principal.system(workspace.id)) as work:
        await work.session.execute(delete(Membership).where(Membership.user_id == admin.id))
    assert [(await api.get(PRODUCTS, headers=one)).status_code for one in (key, second)] == [401, 401]


async def test_a_key_does_no_more_than_its_maker_may_do_today(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    owner, admin = await employ(api, workspace), await employ(api, workspace, Role.ADMIN)
    key = await mint(api, admin.headers, workspace, "*")
    assert (await api.get(of(workspace, "/members"), headers=key)).status_code == 200
    await change(api, owner, workspace, admin, role="viewer")
    assert (await api.get(of(workspace, "/members"), headers=key)).status_code == 403
    assert (await api.get(PRODUCTS, headers=key)).status_code == 200
    refused = await api.post("/api/v1/categories", headers=key, json={"name": "Bebidas"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert shop.workspace_id == workspace.id


async def test_a_request_says_in_one_way_who_makes_it(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    person = await employ(api, workspace)
    key = (await mint(api, person.headers, workspace, "catalog:read"))["authorization"]
    bearer = person.headers["authorization"]
    token = bearer.removeprefix("Bearer ")
    inside = ("x-workspace-id", str(workspace.id))
    refused = {
        "two persons": [("authorization", bearer), ("authorization", bearer)],
        "a person and a key": [("authorization", bearer), ("authorization", key)],
        "a key and a person": [("authorization", key), ("Authorization", bearer)],
        "both in one": [("authorization", f"{bearer}, {key}")],
        "one after the other": [("authorization", f"{bearer} {key.removeprefix('Bearer ')}")],
        "no scheme": [("authorization", token)],
        "another scheme": [("authorization", f"Token {token}")],
        "basic": [("authorization", f"Basic {token}")],
        "another header": [("x-api-key", key.removeprefix("Bearer ")), ("x-access-token", token)],
        "forwarded": [("x-forwarded-authorization", bearer), ("x-original-authorization", bearer)],
        "a cookie": [("cookie", f"access_token={token}; authorization={token}")],
    }
    for name, headers in refused.items():
        answer = await api.get(PRODUCTS, headers=[*headers, inside])
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), name
    assert (await api.get(f"{PRODUCTS}?access_token={token}", headers=[inside])).status_code in (400, 401)
    # The scheme is written in any case, as HTTP has it
    for scheme in ("bearer", "BEARER"):
        assert (await api.get(PRODUCTS, headers=[("authorization", f"{scheme} {token}"), inside])).status_code == 200


@pytest.mark.parametrize("path", ["login", "forgot-password", "register"])
async def test_an_address_that_exists_costs_as_many_statements_as_one_that_does_not(api: httpx.AsyncClient, path: str) -> None:
    person = await make_person(api)
    more = {"login": {"password": "wrong"}, "register": {"password": "a-long-one", "first_name": "A", "last_name": "B"}}
    said: list[list[str]] = []
    engine = db._engine
    assert engine is not None

    def listen(connection: object, cursor: object, statement: str, *others: object) -> None:
        said[-1].append(" ".join(statement.split())[:60])

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    try:
        for email in ("warm.up@shop.test", person.email, "nobody@shop.test"):
            said.append([])
            answer = await api.post(f"/api/v1/auth/{path}", json={"email": email, **more.get(path, {})})
            assert answer.status_code in (401, 202)
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", listen)
    assert said[1] == said[2]
    assert said[1]
