"""The pages of settings over HTTP: the shop, ways of paying, stores, team, keys, lines, webhooks, notices and jobs."""

import re
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.console import forms
from core.work import open_work
from domain.accounts import api_keys, members
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.schemas import WorkspaceView
from domain.catalog import service as catalog
from domain.conversations.kinds import NoticeKind
from domain.notifications.kinds import Way
from domain.subscriptions import service as subscriptions
from tests.factories.desk import Desk
from tests.factories.visitors import OWN, Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
async def owner(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    visitor, _ = await visit(application, api, desk.workspace, Role.OWNER)
    return visitor


def is_harmless(shown: str) -> bool:
    return "<img src=x" not in shown and "<script>alert" not in shown


async def shop(desk: Desk) -> WorkspaceView:
    async with open_work(desk.shop.principal) as work:
        return await accounts.get_workspace(work)


async def version(desk: Desk) -> str:
    return str((await shop(desk)).version)


async def test_settings_are_changed_once_and_what_was_emptied_is_empty(owner: Visitor, desk: Desk) -> None:
    fields = {
        "name": ATTACK,
        "version": await version(desk),
        "opens_at": "08:00",
        "closes_at": "",
        "minimum_order": "25.50",
        "key": "1",
    }
    fields |= {"offers_pickup": "true", "free_delivery_from": ""}

    answers = [await owner.send("settings", fields) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303] * 3, answers[0].text
    chosen = await shop(desk)
    assert (chosen.name, str(chosen.settings.opens_at), chosen.settings.closes_at) == (ATTACK, "08:00:00", None)
    assert (chosen.settings.offers_pickup, chosen.settings.offers_delivery) == (True, False)
    assert str(chosen.settings.minimum_order) == "25.50"
    assert is_harmless(await owner.open("settings"))
    stale = await owner.send("settings", fields | {"key": "2", "name": "Otra"}, x_fragment="1")
    assert (stale.status_code, (await shop(desk)).name) == (412, ATTACK)


async def test_a_way_of_paying_is_added_changed_and_taken_away(owner: Visitor, desk: Desk) -> None:
    method = {"code": "pago_movil", "kind": "mobile", "name": "Pago móvil", "instructions": ATTACK, "key": uuid4().hex}
    assert (await owner.send("settings/methods", method | {"version": await version(desk)})).status_code == 303
    renamed = method | {"name": "Pago móvil BDV", "version": await version(desk), "key": uuid4().hex}
    assert (await owner.send("settings/methods", renamed)).status_code == 303

    kept = (await shop(desk)).payment_method("pago_movil")
    assert kept is not None
    assert (kept.name, kept.instructions) == ("Pago móvil BDV", ATTACK)
    assert is_harmless(await owner.open("settings"))
    gone = await owner.send("settings/methods/remove", {"code": "pago_movil", "version": await version(desk), "key": "1"})
    assert gone.status_code == 303
    assert (await shop(desk)).payment_method("pago_movil") is None


async def test_a_store_is_opened_changed_and_not_closed_while_goods_lie_in_it(owner: Visitor, desk: Desk) -> None:
    new = {"code": "T-9", "name": ATTACK, "city": "Mérida", "key": "1"}
    assert [(await owner.send("stores", new)).status_code for _ in range(2)] == [303, 303]
    async with open_work(desk.shop.principal) as work:
        opened = await catalog.get_store(work, "T-9")
        first = await catalog.get_store_by_id(work, desk.shop.store_id)
    changed = await owner.send(f"stores/{opened.id}", {"name": "Nueve", "city": "", "version": str(opened.version), "key": "2"})
    assert changed.status_code == 303, changed.text

    refused = await owner.send(f"stores/{first.id}/close", {"version": str(first.version), "key": "3"}, x_fragment="1")

    assert refused.status_code == 409
    async with open_work(desk.shop.principal) as work:
        again = await catalog.get_store(work, "T-9")
    assert (again.name, again.city) == ("Nueve", None)


async def test_somebody_is_invited_limited_and_suspended(owner: Visitor, desk: Desk) -> None:
    email = f"{uuid4().hex[:10]}@shop.test"
    invited = {"email": email, "name": ATTACK, "role": "operator", "store_ids": str(desk.shop.store_id), "key": "1"}
    assert [(await owner.send("team", invited)).status_code for _ in range(2)] == [303, 303]
    async with open_work(desk.shop.principal) as work:
        person = next(each for each in await members.list_members(work) if each.email == email)
    assert is_harmless(await owner.open("team"))

    path = f"team/{person.user_id}"
    assert person.store_ids == [desk.shop.store_id]
    fields = {"role": "manager", "only_open_hours": "true", "amount_limit": "100", "version": str(person.version), "key": "2"}
    assert (await owner.send(path, fields)).status_code == 303
    async with open_work(desk.shop.principal) as work:
        changed = await members.get_member(work, person.user_id)
    assert (changed.role, changed.store_ids, str(changed.amount_limit)) == ("manager", None, "100.00")
    assert changed.only_open_hours

    # Suspending somebody leaves their limits as they are
    suspended = {"status": "suspended", "reason": "x", "version": str(changed.version), "key": "3"}
    assert (await owner.send(path, suspended)).status_code == 303
    async with open_work(desk.shop.principal) as work:
        assert (await members.get_member(work, person.user_id)).only_open_hours


async def test_a_key_is_shown_once_and_revoked(owner: Visitor, desk: Desk) -> None:
    token = await owner.token()
    fields = {forms.FIELD: token, "name": ATTACK, "permissions": "orders:read", "key": "1"}
    made = await owner.http.post(owner.at("keys"), data=fields, headers=OWN)
    found = re.search(r'<code class="secret"[^>]*>([^<]+)</code>', made.text)
    assert found is not None, made.text
    assert is_harmless(made.text)

    again = await owner.http.post(owner.at("keys"), data=fields, headers=OWN)
    shown = await owner.open("keys")

    assert found[1] in again.text, "the same form again gets the same answer"
    assert found[1] not in shown
    async with open_work(desk.shop.principal) as work:
        keys = await api_keys.list_keys(work)
    assert len(keys) == 1
    assert (await owner.send(f"keys/{keys[0].id}/revoke", {"reason": "Perdida", "key": "2"})).status_code == 303
    assert "Anulada" in await owner.open("keys")
    assert (await owner.send("keys", {"name": "Nada"}, x_fragment="1")).status_code == 422


async def test_a_line_is_tested_and_stopped_without_its_secrets(owner: Visitor, desk: Desk) -> None:
    path = f"connections/{desk.chat.connection_id}"

    checked = await owner.send(f"{path}/test")

    assert checked.status_code == 200
    assert re.search(r'class="notice (good|bad)" role="status"', checked.text)
    stopped = await owner.send(path, {"is_active": "false", "version": "1", "key": "1"})
    assert stopped.status_code == 303, stopped.text
    assert "Apagada" in await owner.open("connections")


async def test_a_webhook_is_made_tested_and_given_up(owner: Visitor, desk: Desk) -> None:
    new = {"url": "https://hooks.test/in", "types": "order.*, payment.*", "description": ATTACK, "key": "1"}
    made = await owner.send("webhooks", new)
    assert (made.status_code, 'class="secret"' in made.text, is_harmless(made.text)) == (200, True, True)
    async with open_work(desk.shop.principal) as work:
        hook = (await subscriptions.list_subscriptions(work))[0]
    assert hook.types == ["order.*", "payment.*"]

    assert [(await owner.send(f"webhooks/{hook.id}/test", {"key": "2"})).status_code for _ in range(2)] == [303, 303]
    shown = await owner.open(f"webhooks/{hook.id}")

    assert (shown.count("<tr data-item>"), 'class="secret"' in shown) == (1, False)
    gone = await owner.send(f"webhooks/{hook.id}/delete", {"version": str(hook.version), "key": "3"})
    assert gone.status_code == 303
    assert (await owner.http.get(owner.at(f"webhooks/{hook.id}"))).status_code == 404
    wrong = await owner.send("webhooks", {"url": "javascript:alert(1)", "types": "*"}, x_fragment="1")
    assert wrong.status_code == 422


async def test_notices_are_chosen(owner: Visitor, desk: Desk) -> None:
    fields = {"inbox": "stock_low", "mail": "stock_low", "quiet_from": "22:00", "quiet_to": "07:00", "version": "0", "key": "1"}

    assert (await owner.send("preferences", fields)).status_code == 303

    shown = await owner.open("preferences")
    assert 'value="22:00"' in shown
    ticked = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', shown)
    assert ticked == [(Way.INBOX, NoticeKind.STOCK_LOW), (Way.MAIL, NoticeKind.STOCK_LOW)]
    half = await owner.send("preferences", {"quiet_from": "22:00", "quiet_to": "", "version": "1"}, x_fragment="1")
    assert half.status_code == 422


async def test_jobs_are_shown_and_a_letter_that_is_not_there_is_refused(owner: Visitor) -> None:
    shown = await owner.open("jobs")

    assert "import.apply" in shown
    assert (await owner.send("jobs/outbox:nothing/retry", {"key": "1"}, x_fragment="1")).status_code == 404


async def test_who_may_not_run_the_house_is_shown_none_of_it(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    reader, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    shown = await reader.open("settings")

    assert "settings/methods" not in shown
    assert "stores/" not in (await reader.open("stores")).partition("<main")[2]
    for path in ("team", "keys", "webhooks", "jobs"):
        assert (await reader.http.get(reader.at(path))).status_code == 403
