"""Who a visitor is: only the shop's server says so, for as long as it says, and only on the pages of the shop."""

import asyncio
import base64
import json
import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from app.web.chat import sessions
from channels.web.identity import LONGEST_SECONDS
from core.access import Principal
from core.work import open_work
from domain.connections import service as connections
from domain.connections import webchat
from domain.connections.schemas import ChangeConnection, ConnectionSettings
from tests.factories.desk import Desk
from tests.factories.webchat import ORIGIN, Chat, Page, open_webchat, sign


async def renew(chat: Chat, *, keep_former: bool) -> str:
    """Renew the secret, and let the door see it now rather than within seconds."""
    async with open_work(chat.principal) as work:
        seen = (await connections.details(work, chat.line_id)).version
        made = await webchat.renew_secret(work, chat.line_id, seen, keep_former=keep_former)
    forget_lines(chat)
    return made.identity_secret


def forget_lines(chat: Chat) -> None:
    transport = chat.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.app.state.door.lines._known.clear()  # type: ignore[attr-defined]  # the application under test


async def test_whom_the_shop_has_signed_is_one_person_on_every_device(chat: Chat) -> None:
    phone, desk = await chat.page(sign(chat.secret)), await chat.page(sign(chat.secret))
    await phone.say("hola desde el teléfono")
    await chat.works()

    assert (await desk.texts())[0] == "> hola desde el teléfono"
    assert await chat.rows("SELECT name FROM contact_addresses WHERE medium = 'webchat'") == [("Ana",)]
    # And the shop's own id of a person stands nowhere
    assert "customer-7" not in str(await chat.rows("SELECT * FROM contact_addresses"))


async def test_two_whom_the_shop_has_signed_share_nothing(chat: Chat) -> None:
    ana, luis = await chat.page(sign(chat.secret)), await chat.page(sign(chat.secret, sub="customer-8", name="Luis"))
    await ana.say("soy Ana")
    await chat.works()

    assert await luis.texts() == []


def unsigned(**claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part({'sub': 'customer-7', 'exp': int(time.time()) + 600} | claims)}."


def forgeries(secret: str) -> dict[str, str]:
    """Identities that nobody but a forger makes."""
    good = sign(secret)
    head, body, proof = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps({"sub": "customer-8", "exp": int(time.time()) + 600}).encode())
    key = RSAKey.generate_key(2048)
    return {
        "another secret": sign("x" * 43),
        "no signature": unsigned(),
        "a cut signature": f"{head}.{body}.{proof[:-4]}",
        "another body": f"{head}.{other.rstrip(b'=').decode()}.{proof}",
        "another algorithm": jwt.encode({"alg": "RS256"}, {"sub": "customer-7"}, key, algorithms=["RS256"]),
        "a weaker algorithm": jwt.encode(
            {"alg": "HS512"}, {"sub": "customer-7", "exp": 2**31}, OctKey.import_key(secret), algorithms=["HS512"]
        ),
        "no person": sign(secret, sub=""),
        "no end": sign(secret, exp=None),
        "no token": "ñ.{}.x",
    }


@pytest.mark.parametrize("kind", list(forgeries("0" * 43)))
async def test_a_forged_identity_opens_nothing(chat: Chat, kind: str) -> None:
    await (await chat.page(sign(chat.secret))).say("soy Ana")
    page = Page(chat.http, chat.slug)

    refused = await page.ask("POST", "/session", json={"identity": forgeries(chat.secret)[kind]})

    assert (refused.status_code, refused.json()["code"]) == (401, "identity_refused")


async def test_an_identity_counts_as_long_as_it_says_and_no_longer(chat: Chat) -> None:
    page = Page(chat.http, chat.slug)
    late = await page.ask("POST", "/session", json={"identity": sign(chat.secret, exp=int(time.time()) - 1)})
    assert (late.status_code, late.json()["code"]) == (401, "identity_expired")

    # A session ends with the identity by which it began
    begun = await page.begin(sign(chat.secret, exp=int(time.time()) + 4))
    assert begun["is_known"] is True
    answer = await page.ask("GET", "/messages")
    while answer.status_code == 200:
        await asyncio.sleep(0.25)  # who asks more often than pages do is told to wait
        answer = await page.ask("GET", "/messages")
    assert answer.json()["code"] == "identity_expired"
    written = await page.send({"kind": "text", "text": "sigo"})
    assert (written.status_code, written.json()["code"]) == (401, "identity_expired")


async def test_a_session_by_an_identity_that_counts_for_long_ends_within_a_day(chat: Chat) -> None:
    before = int(time.time())
    page = await chat.page(sign(chat.secret, exp=before + 30 * 24 * 3600))
    async with open_work(chat.principal) as work:
        line = await connections.get(work, chat.line_id)

    assert page.session is not None
    until = sessions.read(line, page.session).until
    assert until is not None
    assert before + LONGEST_SECONDS <= until <= time.time() + LONGEST_SECONDS


async def test_whoever_signs_out_is_a_stranger_who_sees_nothing_of_it(chat: Chat) -> None:
    page = await chat.page(sign(chat.secret))
    await page.say("soy Ana")
    await chat.works()
    begun = await page.begin()  # the page's session is shown, and no identity with it

    assert (begun["is_known"], begun["thread"]["messages"]) == (False, [])


async def test_another_secret_takes_over_while_the_one_before_still_counts(chat: Chat) -> None:
    before = chat.secret
    page = await chat.page(sign(before))
    secret = await renew(chat, keep_former=True)

    await page.say("sigo aquí")
    assert (await chat.page(sign(before))).session is not None
    assert (await chat.page(sign(secret))).session is not None
    await renew(chat, keep_former=True)
    refused = await Page(chat.http, chat.slug).ask("POST", "/session", json={"identity": sign(before)})
    assert refused.json()["code"] == "identity_refused"


async def test_what_a_leaked_secret_has_signed_counts_no_more_at_once(chat: Chat) -> None:
    page = await chat.page(sign(chat.secret))
    await renew(chat, keep_former=False)

    refused = await page.send({"kind": "text", "text": "hola"})
    assert (refused.status_code, refused.json()["code"]) == (401, "identity_expired")


@pytest.mark.parametrize("session", ["", "x", "eyJ.x.y"])
async def test_without_a_session_nothing_is_said_or_read(chat: Chat, session: str) -> None:
    page = Page(chat.http, chat.slug)
    page.session = session

    for method, path in (("GET", "/messages"), ("POST", "/messages"), ("GET", "/stream"), ("PUT", "/files"), ("POST", "/seen")):
        body = {"id": "0190aaaa-0000-7000-8000-000000000000", "said": {"kind": "text", "text": "x"}, "shown": 0, "read": 0}
        answer = await page.ask(method, path, json=body if method == "POST" else None)
        assert answer.status_code in (401, 422), (method, path, answer.text)
    assert (await page.ask("GET", "/messages")).json()["code"] == "session_refused"


async def test_a_session_of_one_line_is_none_of_another(chat: Chat, desk: Desk, api: httpx.AsyncClient) -> None:
    other = await open_webchat(desk, api)
    page = await chat.page()
    page.slug = other.slug

    assert (await page.ask("GET", "/messages")).json()["code"] == "session_refused"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"])
async def test_a_page_of_another_origin_is_refused_and_is_told_nothing(chat: Chat, origin: str) -> None:
    page = Page(chat.http, chat.slug, origin)
    refused = await page.ask("POST", "/session", json={})

    assert (refused.status_code, refused.json()["code"]) == (403, "origin_refused")
    assert "access-control-allow-origin" not in refused.headers
    asked = await page.ask("OPTIONS", "/session")
    assert (asked.status_code, "access-control-allow-origin" in asked.headers) == (403, False)


async def test_a_page_of_the_shop_may_ask_and_no_cookie_is_ever_set(chat: Chat) -> None:
    page = Page(chat.http, chat.slug)
    asked = await page.ask("OPTIONS", "/messages")
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in asked.headers["access-control-allow-headers"]

    begun = await page.ask("POST", "/session", json={})
    assert begun.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in begun.headers
    assert "set-cookie" not in begun.headers


async def test_what_the_shop_asks_for_is_agreed_to_before_anybody_writes(
    chat: Chat, desk: Desk, api: httpx.AsyncClient
) -> None:
    asking = await open_webchat(desk, api, consent="Guardamos lo que escribes.")
    page = await asking.page()
    refused = await page.send({"kind": "text", "text": "hola"})
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
    assert (await page.ask("PUT", "/files", content=b"x")).json()["code"] == "consent_missing"

    assert (await page.begin(agrees=True))["must_agree"] is False
    await page.say("hola")

    # Other words are another consent
    async with open_work(Principal.system(desk.workspace.id)) as work:
        settings = ConnectionSettings(consent="Guardamos lo que escribes, y lo vendemos.")
        await connections.change(work, asking.line_id, ChangeConnection(settings=settings), 1)
    forget_lines(asking)
    assert (await page.begin())["must_agree"] is True
    assert (await page.send({"kind": "text", "text": "hola"})).json()["code"] == "consent_missing"


async def test_a_line_that_is_stopped_or_no_web_chat_has_no_page(chat: Chat, desk: Desk) -> None:
    async with open_work(chat.principal) as work:
        whatsapp = await connections.get(work, desk.chat.connection_id)
        await connections.change(work, chat.line_id, ChangeConnection(is_active=False), 1)
    forget_lines(chat)

    for slug in (chat.slug, whatsapp.slug, "no-such-line"):
        page = Page(chat.http, slug)
        assert (await page.ask("POST", "/session", json={})).status_code == 404
        assert (await chat.http.get(f"/chat/{slug}.js")).status_code == 404
