"""What limits a member beside their role: the stores that they work in, and the hours of the shop."""

from datetime import timedelta
from uuid import UUID

import httpx

from core import clock
from core.work import open_identity_work, open_work
from domain.accounts import colleagues, entry
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceSettings
from tests.api.test_keys_and_makers import change, mint, of
from tests.factories.desk import Desk
from tests.factories.staff import employ


async def settle_hours(desk: Desk, *, is_open: bool) -> None:
    """Let the shop be open, or closed, for the hours around now."""
    async with open_identity_work() as identity:
        here = identity.time.astimezone(desk.workspace.zone)
    from_now = (-2, 2) if is_open else (2, 4)
    opens, closes = [(here + timedelta(hours=hours)).time().replace(tzinfo=None) for hours in from_now]
    async with open_work(desk.shop.principal) as work:
        seen = (await accounts.get_workspace(work)).version
        await accounts.update_settings(work, WorkspaceSettings(opens_at=opens, closes_at=closes), seen)


async def count_in(desk: Desk, headers: dict[str, str], store: UUID) -> httpx.Response:
    body = {"store_id": str(store), "name": "x"}
    return await desk.api.post("/api/v1/stock-counts", headers=headers, json=body)


async def correct(desk: Desk, headers: dict[str, str]) -> httpx.Response:
    body = {
        "store_id": str(desk.shop.store_id),
        "variant_id": str(desk.shop.variants["HAR-1"]),
        "delta": "1",
        "reason": "found",
    }
    return await desk.api.post("/api/v1/stock/adjust", headers=headers, json=body)


async def test_a_member_works_in_several_stores_and_in_no_other(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    person = await employ(desk.api, desk.workspace, Role.INVENTORY_SUPERVISOR, desk.shop.store_id)
    assert (await count_in(desk, person.headers, branch)).status_code in (403, 404)

    both = sorted([str(branch), str(desk.shop.store_id)])
    await change(desk.api, desk.owner, desk.workspace, person, store_ids=both)
    assert (await count_in(desk, person.headers, branch)).status_code == 201
    assert (await count_in(desk, person.headers, desk.shop.store_id)).status_code == 201
    me = await desk.get("/auth/me", by=person)
    assert [each["store_ids"] for each in me["workspaces"]] == [both]

    # And the trail tells from where to where
    trail = (await desk.get("/audit", type="membership.changed"))["data"][0]
    assert (trail["before"]["store_ids"], trail["after"]["store_ids"]) == ([str(desk.shop.store_id)], both)

    await change(desk.api, desk.owner, desk.workspace, person, store_ids=[str(branch)])
    assert (await count_in(desk, person.headers, desk.shop.store_id)).status_code in (403, 404)
    await change(desk.api, desk.owner, desk.workspace, person, store_ids=None)
    assert (await entry.staff(person.access_token, desk.workspace.id)).stores is None


async def test_a_store_that_does_not_exist_is_nobodys(desk: Desk) -> None:
    member = f"/workspaces/{desk.workspace.id}/members"
    for stores in ([str(desk.workspace.id)], []):
        answer = await desk.post(member, {"email": "a@shop.test", "role": "viewer", "store_ids": stores})
        assert answer.status_code in {404, 422}, answer.text
    assert [each["email"] for each in (await desk.get(member))["data"]] == [desk.owner.email]


async def test_a_key_works_in_those_of_its_makers_stores_that_it_names(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    admin = await employ(desk.api, desk.workspace, Role.ADMIN, desk.shop.store_id)
    await change(desk.api, desk.owner, desk.workspace, admin, store_ids=[str(branch), str(desk.shop.store_id)])
    body = {"name": "till", "permissions": ["stock:*"], "store_id": str(branch)}
    made = await desk.api.post(of(desk.workspace, "/api-keys"), headers=admin.headers, json=body)
    assert made.status_code == 201, made.text
    secret = made.json()["key"]
    assert (await entry.staff(secret, None)).stores == frozenset({branch})
    await change(desk.api, desk.owner, desk.workspace, admin, store_ids=[str(desk.shop.store_id)])
    key = {"authorization": f"Bearer {secret}"}
    assert (await count_in(desk, key, desk.shop.store_id)).status_code == 401


async def test_whoever_is_bound_to_the_hours_changes_nothing_while_the_shop_is_closed(desk: Desk) -> None:
    admin = await employ(desk.api, desk.workspace, Role.ADMIN)
    free = await employ(desk.api, desk.workspace, Role.MANAGER)
    await settle_hours(desk, is_open=True)
    await change(desk.api, desk.owner, desk.workspace, admin, only_open_hours=True)
    key = await mint(desk.api, admin.headers, desk.workspace, "*")
    for headers in (admin.headers, key):
        done = await correct(desk, headers)
        assert done.status_code == 201, done.text

    await settle_hours(desk, is_open=False)
    for headers in (admin.headers, key):
        refused = await correct(desk, headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "outside_hours")
        assert "cerrada" in refused.json()["detail"]
        assert (await desk.api.get("/api/v1/stock", headers=headers)).status_code == 200
    # Nor by what the runtime does in their name; others go on as before
    async with open_work(desk.shop.principal) as work:
        theirs = await colleagues.principal(work, admin.id)
        assert theirs is not None
        assert {theirs.duty, (await colleagues.principal(work, free.id) or theirs).duty} == {"off", "any_time"}
    assert (await correct(desk, free.headers)).status_code == 201
    # And the sandbox's clock opens no door
    async with open_work(desk.shop.principal) as work:
        await clock.shift_by(work.session, timedelta(hours=3))
    assert (await correct(desk, admin.headers)).status_code == 403


async def test_whoever_is_bound_to_the_hours_frees_nobody_of_them(desk: Desk) -> None:
    admin = await employ(desk.api, desk.workspace, Role.ADMIN)
    await settle_hours(desk, is_open=True)
    await change(desk.api, desk.owner, desk.workspace, admin, only_open_hours=True)
    members = of(desk.workspace, "/members")
    seen = admin.headers | {"if-match": '"v2"'}
    tried = [
        await desk.api.post(members, headers=admin.headers, json={"email": "a@shop.test", "role": "viewer"}),
        await desk.api.patch(f"{members}/{admin.id}", headers=seen, json={"only_open_hours": False}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in tried] == [(403, "beyond_own_hours")] * 2
    bound = {"email": "a@shop.test", "role": "viewer", "only_open_hours": True}
    assert (await desk.api.post(members, headers=admin.headers, json=bound)).status_code == 201
