"""Approved templates: brought from the provider, priced, offered outside the window, and sent to whom they may go."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from channels import registry
from core.access import Principal
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations.models import Conversation
from domain.customers import consent
from sandbox.infobip import approved
from tests.console.test_inbox import at, seen
from tests.factories.desk import Desk
from tests.factories.visitors import visit


@pytest.fixture
async def provider(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """A provider's far end on a socket of HTTP, which tells the templates of a sender."""
    told: dict[str, Any] = {"templates": approved.listed()}
    far = FastAPI()

    @far.get("/whatsapp/2/senders/{sender}/templates")
    async def templates(sender: str) -> Any:
        return told

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=far)) as client:
        monkeypatch.setattr(registry, "_client", client)
        yield told


async def close_window(desk: Desk) -> None:
    async with open_work(Principal.system(desk.workspace.id)) as work:
        await work.session.execute(update(Conversation).values(last_inbound_at=work.now - timedelta(hours=25)))


async def agree(desk: Desk, *, is_agreed: bool = True) -> None:
    async with open_work(Principal.system(desk.workspace.id)) as work:
        await consent.record(work, desk.chat.customer_id, is_agreed, "mostrador")


async def test_a_template_is_brought_priced_and_sent_by_the_api(desk: Desk, provider: dict[str, Any]) -> None:
    # Given a line whose templates were brought, with their prices
    line = f"/connections/{desk.chat.connection_id}"
    brought = await desk.post(f"{line}/templates", if_match='"v1"')
    assert brought.status_code == 200, brought.text
    assert brought.json()["left_out"] == ["novedades_con_foto", "codigo_de_acceso"]
    prices = {"settings": {"template_prices": {"currency": "USD", "utility": "0.0113"}}}
    priced = await desk.api.patch(f"/api/v1{line}", headers=desk.owner.headers | {"if-match": '"v2"'}, json=prices)
    assert priced.status_code == 200, priced.text
    await close_window(desk)
    talk = f"/conversations/{desk.chat.conversation_id}"

    # When somebody looks at what can be sent, marketing is not for whoever has not agreed to it
    offered = {each["name"]: each for each in (await desk.get(f"{talk}/templates"))["data"]}
    assert {name: (each["price"], each["places"], each["is_allowed"]) for name, each in offered.items()} == {
        "retomar_conversacion": ("0.0113", 2, True),
        "pedido_listo": ("0.0113", 2, True),
        "ofertas_semana": (None, 2, False),
    }
    await desk.post(f"{talk}/take")
    last = (await desk.get(f"{talk}/messages"))["data"][0]["id"]
    wanted = {"name": "ofertas_semana", "language": "es", "values": ["Ana", "2x1"], "last_seen_message_id": last}
    refused = await desk.post(f"{talk}/templates", wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "marketing_not_agreed")
    await agree(desk)
    sent = await desk.post(f"{talk}/templates", wanted, idempotency_key="once")
    again = await desk.post(f"{talk}/templates", wanted, idempotency_key="once")

    # Then it goes out once, as it is read, and is found by its words
    assert sent.status_code == 201, sent.text
    assert again.json() == sent.json()
    assert sent.json()["content"]["text"] == "Ana, esta semana: 2x1. Si no quieres más ofertas, responde BAJA."
    for values, code in ((["Ana"], "template_values_wrong"), (["Ana", " "], "malformed")):
        body = wanted | {"values": values, "last_seen_message_id": sent.json()["id"]}
        answer = await desk.post(f"{talk}/templates", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    unknown = await desk.post(f"{talk}/templates", wanted | {"name": "otra", "last_seen_message_id": sent.json()["id"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "template_not_found")


async def test_a_provider_that_tells_nothing_leaves_the_templates_as_they_were(desk: Desk, provider: dict[str, Any]) -> None:
    line = f"/connections/{desk.chat.connection_id}"
    assert (await desk.post(f"{line}/templates", if_match='"v1"')).status_code == 200
    provider["templates"] = "none"

    answer = await desk.post(f"{line}/templates", if_match='"v2"')

    assert (answer.status_code, answer.json()["code"]) == (502, "templates_unavailable")
    assert len((await desk.get(line))["settings"]["templates"]) == 3


async def test_the_inbox_offers_templates_with_their_price_once_the_window_is_closed(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk, provider: dict[str, Any]
) -> None:
    # Given templates that the owner has brought, and what one costs
    owner, _ = await visit(application, api, desk.workspace)
    line = f"connections/{desk.chat.connection_id}"
    brought = await owner.send(f"{line}/templates", {"version": "1", "key": "a"})
    assert "novedades_con_foto" in brought.text
    prices = {"version": "2", "key": "b", "currency": "USD", "utility": "0.0113", "marketing": ""}
    assert (await owner.send(f"{line}/prices", prices)).status_code == 303
    assert "US$ 0,0113" in await owner.open("connections")
    await close_window(desk)

    # When an operator takes the conversation, an offer of marketing has no button for whoever has not agreed
    person, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    await person.send(at(desk, "/take"))
    opened = await person.open(at(desk))
    assert 'data-may-write="false"' in opened
    assert opened.count('name="template"') == 3
    assert opened.count("Enviar · US$ 0,0113") == 2
    assert "no ha aceptado mensajes comerciales" in opened
    fields: dict[str, str | list[str]] = {
        "name": "pedido_listo",
        "language": "es",
        "value": ["Ana", "#1042"],
        "seen": seen(opened),
        "key": "c",
    }
    sent = await person.send(at(desk, "/templates"), fields, x_fragment="1")

    # Then what the customer reads stands in the thread, and can be taken back while it waits
    assert sent.status_code == 200, sent.text
    assert "Hola Ana, tu pedido #1042 está listo" in sent.text
    assert "/undo/" in sent.text
    refused = fields | {"name": "ofertas_semana", "seen": seen(sent.text), "key": "d"}
    assert (await person.send(at(desk, "/templates"), refused, x_fragment="1")).status_code == 409
    await owner.http.aclose()
    await person.http.aclose()
