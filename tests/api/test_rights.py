"""Who may do what: the table of rights is true, cell by cell, and nobody gets beyond what they were given."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from app.web.api import rights
from core import vault
from core.access import Principal, covers
from core.work import open_identity_work, open_work
from domain.accounts import roles
from domain.accounts.models import Mail
from domain.accounts.roles import GRANTS, Role
from domain.accounts.schemas import WorkspaceView
from tests.api.walking import operations
from tests.factories.shop import open_shop
from tests.factories.staff import Employee, employ, make_person
from tests.factories.workspaces import make_workspace

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def of(workspace: WorkspaceView, path: str = "") -> str:
    return f"/api/v1/workspaces/{workspace.id}{path}"


def test_the_table_of_rights_is_the_one_of_the_routes(application: FastAPI) -> None:
    assert PAGE.read_text(encoding="utf-8") == rights.table(application)


@pytest.mark.parametrize("role", Role)
async def test_a_role_opens_what_the_table_says_and_nothing_else(
    application: FastAPI, api: httpx.AsyncClient, role: Role
) -> None:
    workspace = await make_workspace()
    person = await employ(api, workspace, role)
    named = {permission.value: permission for permission in roles.permissions()}
    walked = 0
    for each in operations(application):
        if not each.permissions:
            continue
        answer = await api.request(each.method, each.address(workspace.id), headers=person.headers, json={})
        is_allowed = all(covers(GRANTS[role], named[name]) for name in each.permissions)
        assert (answer.status_code == 403) == (not is_allowed), (each.id, answer.text)
        assert answer.status_code != 401
        assert answer.status_code < 500, (each.id, answer.text)
        walked += 1
    assert walked > 10


async def test_a_member_is_suspended_at_once_and_brought_back(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, viewer = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    path = of(workspace, f"/members/{viewer.id}")
    seen = (await api.get(path, headers=owner.headers)).headers["etag"]
    body = {"status": "suspended", "reason": "dejó la tienda"}
    assert (await api.patch(path, headers=owner.headers, json=body)).status_code == 428
    done = await api.patch(path, headers=owner.headers | {"if-match": seen}, json=body)
    assert (done.status_code, done.json()["status"]) == (200, "suspended")
    refused = await api.get("/api/v1/products", headers=viewer.headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "workspace_not_found")
    stale = await api.patch(path, headers=owner.headers | {"if-match": seen}, json={"status": "active"})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    fresh = done.headers["etag"]
    assert (await api.patch(path, headers=owner.headers | {"if-match": fresh}, json={"status": "active"})).status_code == 200
    assert (await api.get("/api/v1/products", headers=viewer.headers)).status_code == 200


async def test_of_two_who_change_one_member_from_the_same_version_one_gets_through(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, other = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    path = of(workspace, f"/members/{other.id}")
    headers = owner.headers | {"if-match": '"v1"'}
    wanted = ("manager", "operator", "inventory_supervisor")
    answers = await asyncio.gather(*(api.patch(path, headers=headers, json={"role": role}) for role in wanted))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_a_workspace_keeps_an_owner_also_when_two_remove_each_other(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    one, two = await employ(api, workspace), await employ(api, workspace)

    async def demote(by: Employee, whom: Employee) -> int:
        path = of(workspace, f"/members/{whom.id}")
        answer = await api.patch(path, headers=by.headers | {"if-match": '"v1"'}, json={"role": "viewer"})
        return answer.status_code

    codes = await asyncio.gather(demote(one, two), demote(two, one))
    assert codes.count(200) == 1
    async with open_work(Principal.system(workspace.id)) as work:
        owners = await work.session.scalar(text("SELECT count(*) FROM memberships WHERE role = 'owner'"))
    assert owners == 1


async def test_a_role_of_the_workspaces_own_holds_from_the_next_request_on(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, member = await employ(api, workspace), await employ(api, workspace, Role.VIEWER)
    body = {"name": "cashier", "permissions": ["orders:*"]}
    made = await api.post(of(workspace, "/roles"), headers=owner.headers, json=body)
    assert made.status_code == 201
    path = of(workspace, f"/members/{member.id}")
    await api.patch(path, headers=owner.headers | {"if-match": '"v1"'}, json={"role": "cashier"})
    assert (await api.get("/api/v1/products", headers=member.headers)).status_code == 403
    role = of(workspace, f"/roles/{made.json()['id']}")
    wider = {"permissions": ["orders:*", "*:read"]}
    changed = await api.patch(role, headers=owner.headers | {"if-match": made.headers["etag"]}, json=wider)
    assert (await api.get("/api/v1/products", headers=member.headers)).status_code == 200
    shown = (await api.get("/api/v1/auth/me", headers=member.headers)).json()["workspaces"][0]
    assert shown["role"] == "cashier"
    assert "orders:cancel" in shown["permissions"]
    assert "operations:manage" not in shown["permissions"]
    used = await api.delete(role, params={"reason": "x"}, headers=owner.headers | {"if-match": changed.headers["etag"]})
    assert (used.status_code, used.json()["code"]) == (409, "role_in_use")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "owner", "permissions": ["*"]}, 409, "role_exists"),
        ({"name": "strange", "permissions": ["orders:fly"]}, 400, "permission_unknown"),
        ({"name": "Not A Name", "permissions": ["*"]}, 422, "malformed"),
        ({"name": "empty", "permissions": []}, 422, "malformed"),
    ],
)
async def test_a_role_that_makes_no_sense_is_refused(
    api: httpx.AsyncClient, body: dict[str, object], status: int, code: str
) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    answer = await api.post(of(workspace, "/roles"), headers=owner.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_gives_away_a_right_that_is_not_their_own(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, helper, other = [await employ(api, workspace, role) for role in (Role.OWNER, Role.VIEWER, Role.MANAGER)]
    body = {"name": "hr", "permissions": ["operations:manage"]}
    await api.post(of(workspace, "/roles"), headers=owner.headers, json=body)
    path = of(workspace, f"/members/{helper.id}")
    await api.patch(path, headers=owner.headers | {"if-match": '"v1"'}, json={"role": "hr"})
    tries = [
        await api.post(of(workspace, "/roles"), headers=helper.headers, json={"name": "all", "permissions": ["*"]}),
        await api.post(of(workspace, "/members"), headers=helper.headers, json={"email": "x@y.test", "role": "owner"}),
        await api.post(of(workspace, "/api-keys"), headers=helper.headers, json={"name": "k", "permissions": ["*"]}),
        await api.patch(path, headers=helper.headers | {"if-match": '"v2"'}, json={"role": "admin"}),
        await api.patch(
            of(workspace, f"/members/{other.id}"),
            headers=helper.headers | {"if-match": '"v1"'},
            json={"status": "suspended", "reason": "x"},
        ),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in tries} == {(403, "beyond_own_rights")}


async def test_a_key_does_what_it_may_in_its_own_workspace_until_it_is_revoked(api: httpx.AsyncClient) -> None:
    workspace, foreign = await make_workspace(), await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)
    body = {"name": "till", "permissions": ["catalog:read"]}
    headers = owner.headers | {"idempotency-key": "make-it-once"}
    made = (await api.post(of(workspace, "/api-keys"), headers=headers, json=body)).json()
    again = await api.post(of(workspace, "/api-keys"), headers=headers, json=body)
    assert again.json() == made
    assert again.headers["idempotent-replayed"] == "true"
    key = {"authorization": f"Bearer {made['key']}"}
    assert (await api.get("/api/v1/products", headers=key)).status_code == 200
    assert (await api.get("/api/v1/products", headers=key | {"x-workspace-id": str(foreign.id)})).status_code == 404
    assert (await api.get(of(workspace, "/members"), headers=key)).status_code == 403
    assert (await api.get("/api/v1/auth/me", headers=key)).json()["code"] == "wrong_token_type"
    stolen = made["key"].replace(workspace.id.hex, foreign.id.hex)
    assert (await api.get("/api/v1/products", headers={"authorization": f"Bearer {stolen}"})).status_code == 401
    listed = (await api.get(of(workspace, "/api-keys"), headers=owner.headers)).json()["data"]
    assert len(listed) == 1
    assert listed[0]["last_used_at"] is not None
    assert "key" not in listed[0]
    await api.post(of(workspace, f"/api-keys/{made['id']}/revoke"), headers=owner.headers, json={"reason": "se filtró"})
    assert (await api.get("/api/v1/products", headers=key)).status_code == 401
    async with open_work(Principal.system(workspace.id)) as work:
        for table in ("api_keys", "idempotency_keys", "events"):
            rows = (await work.session.execute(text(f"SELECT {table}::text AS row FROM {table}"))).scalars().all()
            assert rows
            assert not any(made["key"] in row for row in rows), table


async def test_a_key_expires(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    async with open_work(Principal.system(workspace.id)) as work:
        past = (work.system_time - timedelta(seconds=1)).isoformat()
    body = {"name": "old", "permissions": ["catalog:read"], "expires_at": past}
    made = (await api.post(of(workspace, "/api-keys"), headers=owner.headers, json=body)).json()
    answer = await api.get("/api/v1/products", headers={"authorization": f"Bearer {made['key']}"})
    assert answer.status_code == 401


async def test_a_key_that_comes_again_means_the_same_request_or_none(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner = await employ(api, workspace)
    headers = owner.headers | {"idempotency-key": str(uuid4())}
    body = {"name": "cashier", "permissions": ["orders:*"]}
    answers = await asyncio.gather(*(api.post(of(workspace, "/roles"), headers=headers, json=body) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert made
    assert all(each == made[0] for each in made)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_still_running"}
    other = await api.post(of(workspace, "/roles"), headers=headers, json={**body, "name": "other"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    # Somebody else's key of the same name is another key
    second = await employ(api, workspace)
    theirs = await api.post(of(workspace, "/roles"), headers=second.headers | {"idempotency-key": headers["idempotency-key"]},
                            json={**body, "name": "third"})  # fmt: skip
    assert theirs.status_code == 201


async def test_whoever_is_invited_gets_in_by_the_link_and_a_stranger_does_not(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, known = await employ(api, workspace), await make_person(api)
    invited = {}
    for email in ("new@shop.test", known.email):
        answer = await api.post(of(workspace, "/members"), headers=owner.headers, json={"email": email, "role": "viewer"})
        assert (answer.status_code, answer.json()["status"]) == (201, "invited")
        invited[email] = await _token_sent_to(email)
    headers = known.headers | {"x-workspace-id": str(workspace.id)}
    assert (await api.get("/api/v1/products", headers=headers)).status_code == 404
    accepted = await api.post("/api/v1/auth/accept-invitation", json={"token": invited[known.email]})
    assert (accepted.status_code, accepted.json()) == (200, {"tokens": None})
    assert (await api.get("/api/v1/products", headers=headers)).status_code == 200
    bare = await api.post("/api/v1/auth/accept-invitation", json={"token": invited["new@shop.test"]})
    assert (bare.status_code, bare.json()["code"]) == (400, "password_needed")
    body = {"token": invited["new@shop.test"], "password": "a fresh password"}
    tokens = (await api.post("/api/v1/auth/accept-invitation", json=body)).json()["tokens"]
    fresh = {"authorization": f"Bearer {tokens['access_token']}", "x-workspace-id": str(workspace.id)}
    assert (await api.get("/api/v1/products", headers=fresh)).status_code == 200
    for token in (body["token"], "nxi_" + "0" * 32 + "_" + "A" * 43, "nonsense"):
        again = await api.post("/api/v1/auth/accept-invitation", json={"token": token, "password": "a fresh password"})
        assert (again.status_code, again.json()["code"]) == (400, "link_refused")


async def _token_sent_to(email: str) -> str:
    async with open_identity_work() as work:
        sealed = await work.session.scalar(select(Mail.sealed).where(Mail.address == email, Mail.kind == "invitation"))
    assert sealed is not None
    return str(vault.unseal(sealed)["token"])
