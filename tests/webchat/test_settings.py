"""Opening a web chat, by the API and in the console: its secret is shown once, and its pages are named."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from domain.accounts.roles import Role
from tests.factories.desk import Desk
from tests.factories.staff import employ
from tests.factories.visitors import visit
from tests.factories.webchat import ORIGIN, Page, sign

NEW: dict[str, Any] = {"slug": "la-esquina-web", "name": "La Esquina", "origins": [ORIGIN], "greeting": "¡Buenas!"}


async def test_a_web_chat_is_opened_over_the_api_and_its_secret_is_told_once(desk: Desk) -> None:
    made = await desk.post("/connections/web-chats", NEW, idempotency_key="one")
    assert made.status_code == 201, made.text
    secret = made.json()["identity_secret"]
    again = await desk.post("/connections/web-chats", NEW, idempotency_key="one")
    assert again.json() == made.json()

    found = await desk.get(f"/connections/{made.json()['connection']['id']}")
    assert found["script_url"].endswith("/chat/la-esquina-web.js")
    assert secret not in str(found)
    assert secret not in str(await desk.get("/events"))
    page = Page(desk.api, "la-esquina-web")
    begun = await page.begin(sign(secret))
    assert (begun["is_known"], begun["greeting"]) == (True, "¡Buenas!")


async def test_the_secret_is_renewed_by_whoever_has_seen_the_line_as_it_is(desk: Desk) -> None:
    made = (await desk.post("/connections/web-chats", NEW)).json()
    path = f"/connections/{made['connection']['id']}/identity-secret"

    assert (await desk.post(path, {})).status_code == 428
    assert (await desk.post(path, {}, if_match='"v9"')).status_code == 412
    renewed = await desk.post(path, {"keep_former": False}, if_match='"v1"')
    assert renewed.status_code == 200
    assert renewed.json()["identity_secret"] != made["identity_secret"]
    whatsapp = await desk.post(f"/connections/{desk.chat.connection_id}/identity-secret", {}, if_match='"v1"')
    assert (whatsapp.status_code, whatsapp.json()["code"]) == (409, "no_web_chat")


@pytest.mark.parametrize("weak", [{"api_key": "0" * 31}, {"api_key": "0" * 32, "former_key": "corto"}, {"api_key": ""}])
async def test_a_secret_of_ones_own_is_long_enough_wherever_it_is_given(desk: Desk, weak: dict[str, str]) -> None:
    made = (await desk.post("/connections/web-chats", NEW)).json()
    rotate = f"/connections/{made['connection']['id']}/rotate"
    line = {"slug": "own", "medium": "webchat", "provider": "web", "name": "Own", "address": "web-own"}
    webhook = {"method": "none"}

    refused = [
        await desk.post(rotate, weak | {"webhook": webhook}, if_match='"v1"'),
        await desk.post("/connections", line | {"credentials": weak | {"webhook": webhook}}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in refused] == [(422, "identity_secret_weak")] * 2
    page = Page(desk.api, NEW["slug"])
    assert (await page.begin(sign(made["identity_secret"])))["is_known"]

    strong = {"api_key": "1" * 32, "webhook": webhook}
    assert (await desk.post(rotate, strong, if_match='"v1"')).status_code == 200
    assert (await desk.post("/connections", line | {"credentials": strong})).status_code == 201


@pytest.mark.parametrize(
    "origin", ["https://shop.example/", "shop.example", "*", "https://*.example", "javascript:alert(1)", "https://a b"]
)
async def test_a_page_is_named_by_its_origin_and_by_nothing_else(desk: Desk, origin: str) -> None:
    refused = await desk.post("/connections/web-chats", NEW | {"origins": [origin]})

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed")


async def test_whoever_only_looks_opens_none_and_renews_no_secret(desk: Desk) -> None:
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    made = (await desk.post("/connections/web-chats", NEW)).json()

    assert (await desk.post("/connections/web-chats", NEW | {"slug": "other"}, viewer)).status_code == 403
    path = f"/connections/{made['connection']['id']}/identity-secret"
    assert (await desk.post(path, {}, viewer, if_match='"v1"')).status_code == 403


async def test_the_console_opens_a_web_chat_and_shows_what_to_paste(
    desk: Desk, application: FastAPI, api: httpx.AsyncClient
) -> None:
    browser, _ = await visit(application, api, desk.workspace)
    fields = {
        "slug": "por-consola",
        "name": "Por consola",
        "origins": f"{ORIGIN}\r\nhttps://otra.example",
        "greeting": "<b>hola",
    }
    answer = await browser.send("connections/web-chats", fields, key="k1")
    assert answer.status_code == 200, answer.text
    [secret] = re.findall(r'<code class="secret"[^>]*>([A-Za-z0-9_-]{40,})</code>', answer.text)
    assert "&lt;script src=" in answer.text
    assert "/chat/por-consola.js" in answer.text

    # Shown once: the page itself never has it
    shown = await browser.open("connections")
    assert secret not in shown
    assert ORIGIN in shown
    assert "<b>hola" not in shown
    page = Page(desk.api, "por-consola", "https://otra.example")
    assert (await page.begin(sign(secret)))["greeting"] == "<b>hola"


async def test_the_console_changes_the_pages_of_a_web_chat_and_leaves_the_rest(
    desk: Desk, application: FastAPI, api: httpx.AsyncClient
) -> None:
    made = (await desk.post("/connections/web-chats", NEW | {"store": "T-1"})).json()["connection"]
    browser, _ = await visit(application, api, desk.workspace)
    fields = {"version": "1", "origins": "https://nueva.example", "greeting": "", "consent": "Acepto.", "consent_url": ""}
    answer = await browser.send(f"connections/{made['id']}/web-chat", fields)
    assert answer.status_code == 303, answer.text

    settings = (await desk.get(f"/connections/{made['id']}"))["settings"]
    assert (settings["origins"], settings["greeting"], settings["consent"]) == (["https://nueva.example"], None, "Acepto.")
    assert settings["store"] == "T-1"
