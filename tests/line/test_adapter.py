"""Infobip's adapter by itself, on `respx`: every answer and every failure of a send has one outcome that is told apart."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx
from pydantic import SecretStr

from channels.base import MediaUnavailable, SendOutcome
from channels.breaker import Breaker
from channels.infobip.adapter import MAX_ANSWER_BYTES, InfobipWhatsApp
from channels.infobip.answers import MAX_RETRY_AFTER
from channels.infobip.requests import EVENTS, PATHS
from core.tables import new_id
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSettings, ConnectionView, Credentials, WebhookAuthentication
from domain.connections.templates import MOST
from domain.conversations.content import Button, Buttons, Choices, Content, File, Place, Row, Section, Template, Text
from tests.line.openapi import request_problems

BASE = "https://shop.api.infobip.com"
CUSTOMER = "447700900123"
CONTENTS: dict[str, Content] = {
    "text": Text(text="Hola"),
    "image": File(media="image", url="https://cdn.example.com/a.jpg", caption="Hola"),
    "document": File(media="document", url="https://cdn.example.com/a.pdf", filename="factura.pdf", caption="Hola"),
    "buttons": Buttons(text="Hola", buttons=(Button(id="yes", title="Sí"),)),
    "choices": Choices(text="Hola", opener="Ver", sections=(Section(title="Panes", rows=(Row(id="HAR-1", title="Harina"),)),)),
    "template": Template(name="order_update", language="es", placeholders=("Ada",)),
}


@pytest.fixture
async def adapter() -> AsyncIterator[InfobipWhatsApp]:
    """The adapter of one sender, with an HTTP client that `respx` answers."""
    connection = ConnectionView(
        workspace_id=uuid4(),
        id=uuid4(),
        slug="shop",
        medium=Medium.WHATSAPP,
        provider=Provider.INFOBIP,
        name="Shop",
        address="447700900999",
        base_url=None,
        credentials=Credentials(api_key=SecretStr("key"), webhook=WebhookAuthentication(method="none")),
        settings=ConnectionSettings(),
        is_active=True,
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        yield InfobipWhatsApp(connection, http, Breaker(failures=100), base_url=f"{BASE}/")


@pytest.fixture
def infobip() -> Iterator[respx.MockRouter]:
    """Infobip, which answers as the test says; a request that no test expects fails it."""
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        yield router


async def send(adapter: InfobipWhatsApp, content: Content = CONTENTS["text"], reply_to: str | None = None) -> SendOutcome:
    return await adapter.send(new_id(), CUSTOMER, content, reply_to)


def status(group: int, identifier: int, name: str = "NAME") -> dict[str, Any]:
    said = {"groupId": group, "groupName": "X", "id": identifier, "name": name, "description": "Why"}
    return {"to": CUSTOMER, "messageCount": 1, "messageId": "m", "status": said}


@pytest.mark.parametrize("kind", PATHS)
async def test_each_kind_goes_to_its_endpoint_with_the_key_and_our_id(
    kind: str, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    route = infobip.post(PATHS[kind]).respond(200, json=status(1, 7))
    message_id = new_id()

    outcome = await adapter.send(message_id, CUSTOMER, CONTENTS[kind], "wamid.1")

    request = route.calls.last.request
    body = request.content.decode()
    assert (outcome.result, outcome.http_status) == ("sent", 200)
    assert request.headers["authorization"] == "App key"
    assert str(message_id) in body
    assert ("wamid.1" in body) is (kind != "template")
    assert request_problems(PATHS[kind], httpx.Response(200, content=request.content).json()) == []


@pytest.mark.parametrize(
    ("code", "body", "result", "error"),
    [
        (200, status(1, 7), "sent", None),
        (200, status(0, 0), "sent", None),
        (200, status(3, 5), "sent", None),
        (200, {"messages": [status(1, 26)]}, "sent", None),
        (202, status(1, 7), "sent", None),
        (200, status(5, 12), "rejected", "infobip_12"),
        (200, status(2, 9), "rejected", "infobip_9"),
        (200, status(4, 15), "rejected", "infobip_15"),
        (200, status(5, 7010), "rejected", "window_closed"),
        (200, status(5, 23), "unknown", "infobip_23"),
        (200, status(5, 7280), "unknown", "infobip_7280"),
        (302, {}, "rejected", "http_redirected"),
        (400, {"requestError": {"serviceException": {"text": "Bad request"}}}, "rejected", "http_400"),
        (401, {"requestError": {"serviceException": {"text": "Invalid login details"}}}, "rejected", "http_401"),
        (403, {"errorCode": "E403", "description": "Forbidden", "violations": []}, "rejected", "http_403"),
        (404, {"error": "no"}, "rejected", "http_404"),
        (408, {}, "unknown", "http_408"),
        (429, {}, "retry", "too_many_requests"),
        (500, {"requestError": {"serviceException": {"text": "Something went wrong"}}}, "unknown", "http_500"),
        (502, {}, "unknown", "http_502"),
        (503, {}, "unknown", "http_503"),
        (504, {}, "unknown", "http_504"),
    ],
)
async def test_every_answer_has_its_outcome(
    code: int, body: Any, result: str, error: str | None, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).respond(code, json=body)

    outcome = await send(adapter)

    assert (outcome.result, outcome.error_code, outcome.http_status) == (result, error, code)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {
                "requestError": {
                    "serviceException": {"text": "Bad", "validationErrors": {"content.text": ["must not be blank"]}}
                }
            },
            "Bad; content.text must not be blank",
        ),
        (
            {"errorCode": "E400", "description": "Bad", "violations": [{"property": "to", "violation": "is wrong"}]},
            "Bad; to is wrong",
        ),
        ({"error": "Bad"}, "Bad"),
        ({"requestError": None}, None),
        ({"requestError": {"serviceException": {"text": "x" * 9000}}}, "x" * 500),
    ],
)
async def test_a_refusal_says_why_whichever_shape_it_has(
    body: Any, said: str | None, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).respond(400, json=body)

    assert (await send(adapter)).detail == said


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("1e9", MAX_RETRY_AFTER), ("nan", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
async def test_too_many_requests_wait_as_long_as_they_are_told(
    header: str, wait: float | None, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).respond(429, headers={"Retry-After": header})

    outcome = await send(adapter)

    assert (outcome.result, outcome.retry_after) == ("retry", wait)


@pytest.mark.parametrize(
    ("failure", "result", "error"),
    [
        (httpx.ConnectError, "retry", "connect_failed"),
        (httpx.ConnectTimeout, "retry", "connect_failed"),
        (httpx.PoolTimeout, "retry", "connect_failed"),
        (httpx.ProxyError, "retry", "connect_failed"),
        (httpx.ReadTimeout, "unknown", "timeout"),
        (httpx.WriteTimeout, "unknown", "timeout"),
        (TimeoutError, "unknown", "timeout"),
        (httpx.ReadError, "unknown", "connection_lost"),
        (httpx.WriteError, "unknown", "connection_lost"),
        (httpx.RemoteProtocolError, "unknown", "connection_lost"),
        (httpx.DecodingError, "unknown", "connection_lost"),
        (httpx.UnsupportedProtocol, "rejected", "connection_misconfigured"),
        (httpx.LocalProtocolError, "rejected", "connection_misconfigured"),
    ],
)
async def test_only_what_fails_before_it_was_written_is_tried_again(
    failure: type[Exception], result: str, error: str, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).mock(side_effect=failure("told by the network"))

    outcome = await send(adapter)

    assert (outcome.result, outcome.error_code, outcome.http_status) == (result, error, None)
    assert "key" not in (outcome.detail or "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>proxy</html>",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b"7",
        b'{"status": "sent"}',
        b'{"status": {"groupId": "no number"}}',
        b'{"status": {"groupId": 9, "id": 1}}',
        b'{"messages": []}',
        b'{"messages": [null]}',
        b"[" * 100_000,
        b'{"status": {"groupId": 1, "id": 7}, "more": "' + b"x" * MAX_ANSWER_BYTES + b'"}',
    ],
)
async def test_an_answer_that_cannot_be_read_leaves_the_send_unknown(
    content: bytes, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).respond(200, content=content)

    outcome = await send(adapter)

    assert (outcome.result, outcome.error_code) == ("unknown", "answer_unreadable")


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"null", b'{"requestError": 1}', b'{"errorCode": 1, "violations": {"a": 1}}']
)
async def test_a_refusal_that_cannot_be_read_is_a_refusal(
    content: bytes, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.post(PATHS["text"]).respond(400, content=content)

    outcome = await send(adapter)

    assert (outcome.result, outcome.error_code, outcome.detail) == ("rejected", "http_400", None)


async def test_what_has_no_endpoint_is_refused_without_a_request(adapter: InfobipWhatsApp, infobip: respx.MockRouter) -> None:
    outcome = await send(adapter, Place(latitude=10.5, longitude=-66.9))

    assert (outcome.result, outcome.error_code) == ("rejected", "message_unsendable")
    assert not infobip.calls


@pytest.mark.parametrize("answer", [httpx.Response(404), httpx.Response(500), httpx.ReadTimeout("late")])
async def test_signs_of_life_never_fail(answer: Any, adapter: InfobipWhatsApp, infobip: respx.MockRouter) -> None:
    route = infobip.route(method="POST").mock(side_effect=[answer, answer])

    await adapter.mark_read("wamid.A/B+C==")
    await adapter.typing(CUSTOMER)

    read, typing = (call.request for call in route.calls)
    assert read.url.raw_path == b"/whatsapp/1/senders/447700900999/message/wamid.A%2FB%2BC%3D%3D/read"
    assert typing.url.path == EVENTS


@pytest.mark.parametrize(
    ("answer", "reason", "retriable"),
    [
        (httpx.Response(404), "gone", False),
        (httpx.Response(410), "gone", False),
        (httpx.Response(401), "http_401", False),
        (httpx.Response(429), "http_429", True),
        (httpx.Response(503), "http_503", True),
        (httpx.Response(200, content=b""), "empty", True),
        (httpx.Response(302, headers={"Location": "http://localhost/x"}), "foreign_redirect", False),
        (httpx.ConnectError("no"), "unreachable", True),
        (httpx.ReadTimeout("late"), "unreachable", True),
    ],
)
async def test_a_file_that_cannot_be_had_has_its_reason(
    answer: Any, reason: str, retriable: bool, adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    infobip.get("/media/1").mock(side_effect=[answer])

    with pytest.raises(MediaUnavailable) as caught:
        await adapter.fetch_media(f"{BASE}/media/1")

    assert (caught.value.reason, caught.value.retriable) == (reason, retriable)


async def test_the_key_is_not_sent_to_a_foreign_address(adapter: InfobipWhatsApp, infobip: respx.MockRouter) -> None:
    with pytest.raises(MediaUnavailable):
        await adapter.fetch_media("https://infobip.com.evil.example/media/1")

    assert not infobip.calls


TEMPLATE = {
    "id": "111",
    "businessAccountId": 222,
    "name": "aviso",
    "language": "es",
    "status": "APPROVED",
    "category": "UTILITY",
    "structure": {"body": {"text": "Hola {{1}}"}, "type": "TEXT"},
}


def formed(**structure: Any) -> dict[str, Any]:
    return TEMPLATE | {"name": "otra", "structure": {"body": {"text": "Hola {{1}}"}, **structure}}


async def test_templates_are_those_that_values_for_their_text_fill(adapter: InfobipWhatsApp, infobip: respx.MockRouter) -> None:
    path = "/whatsapp/2/senders/447700900999/templates"
    fixed = {
        "header": {"format": "TEXT", "text": "Aviso"},
        "buttons": [{"type": "URL", "text": "Ver", "url": "https://x.example"}],
    }
    usable = [TEMPLATE, formed(**fixed) | {"name": "con_titulo", "category": "MARKETING"}]
    others = [
        formed(header={"format": "IMAGE"}),
        formed(header={"format": "TEXT", "text": "Hola {{1}}"}),
        formed(buttons=[{"type": "QUICK_REPLY", "text": "Sí"}]),
        formed(buttons=[{"type": "URL", "url": "https://x.example/{{1}}"}]),
        formed(carousel={"cards": []}),
        *(formed(body={"text": f"Hola {{{{{place}}}}}"}) for place in ("0", "nombre", "100")),
        formed() | {"category": "AUTHENTICATION", "structure": {"body": {"addSecurityRecommendation": True}}},
        {"name": "otra"},
    ]
    waiting = TEMPLATE | {"name": "nueva", "status": "PENDING"}
    infobip.get(path).respond(200, json={"templates": [*usable, *others, waiting]})

    found = await adapter.templates()

    assert [(each.name, each.category, each.text, each.count_places()) for each in found.templates] == [
        ("aviso", "utility", "Hola {{1}}", 1),
        ("con_titulo", "marketing", "Aviso\nHola {{1}}", 1),
    ]
    assert (found.code, found.left_out) == ("ok", ("otra",))
    for status_code, body, code in ((200, b"<html>", "unclear"), (401, b"{}", "key_refused"), (500, b"", "unclear")):
        infobip.get(path).respond(status_code, content=body)
        assert (await adapter.templates()).code == code


async def test_of_more_templates_than_a_line_keeps_the_others_are_named_and_no_answer_is_endless(
    adapter: InfobipWhatsApp, infobip: respx.MockRouter
) -> None:
    path = "/whatsapp/2/senders/447700900999/templates"
    infobip.get(path).respond(200, json={"templates": [TEMPLATE | {"name": f"t{number}"} for number in range(MOST + 2)]})
    found = await adapter.templates()
    kept = ConnectionSettings(templates=found.templates)
    assert (len(kept.templates), found.left_out) == (MOST, (f"t{MOST}", f"t{MOST + 1}"))

    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(20):
            read += 1
            yield b" " * 2**20

    infobip.get(path).respond(200, content=endless())
    assert (await adapter.templates()).code == "unclear"
    assert read < 20
