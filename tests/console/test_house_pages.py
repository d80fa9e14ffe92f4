"""Pages that run the house: traces of the agent, roles, delivery zones, models, and the first steps of a shop."""

import re
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from agent.turn import run_turn
from core.access import Principal
from core.work import open_work
from domain.accounts import custom_roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.accounts.zones import DeliveryZone
from tests.factories.chat import placed
from tests.factories.customer import Customer
from tests.factories.desk import Desk
from tests.factories.visitors import visit
from tests.factories.workspaces import make_workspace

MEMBERS_THREAD = text("SELECT id FROM conversations WHERE member_id IS NOT NULL")


async def test_a_turn_is_shown_with_its_calls_its_moves_and_what_went_out(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    # Given a turn of the agent
    customer = Customer(desk.shop, desk.chat.connection_id)
    await customer.writes("hola, ¿cuánto cuesta la harina?")
    await run_turn(desk.workspace.id, customer.conversation_id)

    # When the owner opens its trace from the list of all
    owner, _ = await visit(application, api, desk.workspace)
    listed = await owner.open("traces")
    turn_id = re.findall(r"traces/([0-9a-f-]{36})", listed)[0]
    shown = await owner.open(f"traces/{turn_id}")

    # Then it says what was heard, what was called, the moves, and what went out
    assert "hola, ¿cuánto cuesta la harina?" in shown
    assert "<code>lexical</code>" in shown
    calls = re.findall(r"<b><code>(\w+)</code></b>", shown)
    assert calls == ["list_products"]
    assert '"move"' in shown
    assert re.search(r"25[.,]000", shown)

    # And over the API the same
    told = await desk.get(f"/turns/{turn_id}")
    assert [step["name"] for step in told["steps"] if "arguments" in step] == calls
    assert (await desk.get("/turns", conversation_id=told["conversation_id"]))["data"][0]["id"] == turn_id


async def test_a_trace_is_shown_to_nobody_who_does_not_run_the_house_and_no_members_thread_is_listed(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    manager, _ = await visit(application, api, desk.workspace, Role.MANAGER)
    owner, _ = await visit(application, api, desk.workspace)
    await owner.send("assistant", {"text": "ventas de hoy", "key": str(uuid4())})
    async with open_work(Principal.system(desk.workspace.id)) as work:
        thread: UUID | None = await work.session.scalar(MEMBERS_THREAD)
    assert thread is not None
    await run_turn(desk.workspace.id, thread)

    assert (await manager.http.get(manager.at("traces"))).status_code == 403
    assert "ventas de hoy" not in await owner.open("traces")
    assert not re.findall(r"traces/([0-9a-f-]{36})", await owner.open("traces"))


async def test_a_zone_is_added_changed_and_removed(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, _ = await visit(application, api, workspace)

    async def zones() -> tuple[tuple[DeliveryZone, ...], str]:
        async with open_work(Principal.system(workspace.id)) as work:
            shop = await accounts.get_workspace(work)
        return shop.settings.delivery_zones, str(shop.version)

    wanted = {"name": "Chacao", "words": "Altamira, 1060", "fee": "5.50", "latitude": "10.49", "longitude": "-66.85"}
    sent = await owner.send("zones", wanted | {"radius_km": "3", "version": (await zones())[1], "key": "a"})
    assert sent.status_code == 303, sent.text
    (zone,), version = await zones()
    assert (zone.words, zone.fee, zone.around and zone.around.radius_km) == (("Altamira", "1060"), Decimal("5.50"), 3)
    assert "Altamira, 1060" in await owner.open("zones")

    await owner.send("zones", {"was": "Chacao", "name": "Este", "fee": "7", "version": version, "key": "b"})
    (zone,), version = await zones()
    assert (zone.name, zone.around) == ("Este", None)

    refused = await owner.send("zones", {"name": "Otra", "fee": "1", "latitude": "10", "version": version, "key": "c"})
    assert refused.status_code == 422

    await owner.send("zones/remove", {"was": "Este", "version": version, "key": "d"})
    assert (await zones())[0] == ()


async def test_a_role_is_made_of_permissions_that_its_maker_holds(application: FastAPI, api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    owner, _ = await visit(application, api, workspace)
    said = await owner.send("roles", {"name": "cajera", "permissions": "payments:verify", "key": "a"})
    assert said.status_code == 303, said.text
    async with open_work(Principal.system(workspace.id)) as work:
        made = next(each for each in await custom_roles.list_roles(work) if each.name == "cajera")
    assert made.permissions == ["payments:verify"]

    gone = {"version": str(made.version), "reason": "ya no se usa", "key": "b"}
    assert (await owner.send(f"roles/{made.id}/remove", gone)).status_code == 303
    assert "cajera" not in await owner.open("roles")


async def test_the_first_steps_are_done_as_the_shop_comes_to_have_what_it_needs(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    empty = await make_workspace()
    founder, _ = await visit(application, api, empty)
    await placed(desk.chat, {"HAR-1": 1})

    done = re.findall(r'<li class="(is-done|is-next|)">', await owner.open("onboarding"))
    assert (len(done), done.count("is-done")) == (9, 8)  # it keeps no hours
    assert re.findall(r'<li class="(is-done|is-next|)">', await founder.open("onboarding"))[0] == "is-next"
    assert founder.at("onboarding") in (await founder.open("home")).partition("<main")[2]
    assert owner.at("onboarding") not in (await owner.open("home")).partition("<main")[2].partition('class="tiles"')[0]


async def test_the_chain_and_the_spending_of_the_month_are_shown(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    shown = await owner.open("models")

    assert "<code>lexical</code>" in shown
    assert "Disponible" in shown
