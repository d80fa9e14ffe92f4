"""What goes out to Infobip: pieces within the limits, bodies that the published schema allows, and outcomes told apart."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from channels.base import MediaUnavailable, SendOutcome, Unsendable
from channels.breaker import FIRST_REST, LONGEST_REST, PROBE_SECONDS, Breaker
from channels.formatting import to_whatsapp
from channels.infobip.adapter import InfobipWhatsApp
from channels.infobip.media import may_have_key
from channels.infobip.parts import TRAITS, parts, split_text, units
from channels.infobip.requests import request_of
from core.filetypes import sniff
from domain.connections.medium import Medium, Provider
from domain.connections.schemas import ConnectionSettings, ConnectionView, Credentials, WebhookAuthentication
from domain.conversations.content import Button, Buttons, Choices, Content, File, Row, Section, Template, Text, said
from domain.conversations.delivery import LINE_RESTING
from tests.factories.contents import buttons, choices
from tests.factories.provider import accepted, response, scripted
from tests.line.openapi import request_problems
from tests.properties import examples


def connection() -> ConnectionView:
    return ConnectionView(
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


def problems_of(piece: Content) -> list[str]:
    path, body = request_of(
        piece,
        sender="447700900999",
        to="447700900123",
        message_id=uuid4(),
        reply_to="wamid.x",
        notify_url="https://bot.example.com/reports",
    )
    return request_problems(path, json.loads(json.dumps(body)))


_words = st.text(st.sampled_from("abcñé 😀\n.*_`#-|[]()~!¿?"), max_size=80)
_long = st.builds(lambda text, times: (text + " ") * times, _words, st.integers(1, 120))
_entries = st.lists(st.tuples(_words, st.none() | _words), min_size=1, max_size=24)


@examples(80)
@given(kind=st.sampled_from(["text", "buttons", "choices"]), text=_long, entries=_entries, footer=_words)
def test_whatever_is_said_goes_out_in_pieces_that_the_published_schema_allows(
    kind: str, text: str, entries: list[tuple[str, str | None]], footer: str
) -> None:
    rows = tuple(Row(id=f"row:{n}", title=title, description=detail) for n, (title, detail) in enumerate(entries))
    pressed = tuple(Button(id=row.id, title=row.title) for row in rows)
    content: Content = Text(text=text)
    if kind == "buttons":
        content = Buttons(text=text, buttons=pressed, footer=footer)
    elif kind == "choices":
        content = Choices(text=text, sections=(Section(rows=rows),), footer=footer)
    try:
        pieces = parts(content)
    except Unsendable:
        assert not to_whatsapp(text)
        return

    assert [problems_of(piece) for piece in pieces] == [[] for _ in pieces]


@given(_long, st.integers(10, 300))
def test_splitting_loses_no_word_and_keeps_the_limit(text: str, limit: int) -> None:
    pieces = split_text(text, limit)

    assert all(0 < units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_text_is_cut_between_paragraphs() -> None:
    paragraphs = [("palabra " * 300).strip(), ("otra " * 400).strip(), ("fin " * 300).strip()]

    pieces = parts(Text(text="\n\n".join(paragraphs)))

    assert [said(piece) for piece in pieces] == [
        paragraphs[0],
        paragraphs[1] + "\n\n" + paragraphs[2],
    ]
    assert all(units(said(piece)) <= TRAITS.text for piece in pieces)


def test_a_long_question_keeps_its_end_above_the_buttons() -> None:
    pieces = parts(buttons("línea de pedido\n" * 100 + "¿Confirmas?", ("yes", "Sí")))

    assert [piece.kind for piece in pieces] == ["text", "buttons"]
    assert said(pieces[-1]).endswith("¿Confirmas?")
    assert units(said(pieces[-1])) <= TRAITS.body


def test_more_than_three_buttons_become_a_list_and_more_than_ten_rows_two_lists() -> None:
    entries = [(str(number), f"Opción {number}") for number in range(13)]

    few, many = parts(buttons("Elige", *entries[:4])), parts(choices("Elige", *entries))

    assert [piece.kind for piece in few] == ["choices"]
    assert [len(piece.rows) for piece in many if isinstance(piece, Choices)] == [10, 3]


def test_titles_that_collide_after_shortening_are_told_apart() -> None:
    entries = [(str(number), "Harina de maíz precocida blanca") for number in range(3)]

    [piece] = parts(buttons("Elige", *entries))

    assert isinstance(piece, Buttons)
    titles = [button.title for button in piece.buttons]
    assert len(set(titles)) == 3
    assert all(units(title) <= 20 for title in titles)


@pytest.mark.parametrize(
    "content",
    [
        buttons("Hola", ("x" * 257, "a")),
        buttons("Hola", (" x", "a")),
        choices("Hola", ("1", "a"), ("1", "b")),
        File(media="image", url="file:///etc/passwd"),
        File(media="voice", url="https://cdn.example.com/a.ogg"),
        Template(name=""),
    ],
)
def test_what_whatsapp_has_no_form_for_is_refused_before_it_is_sent(content: Content) -> None:
    with pytest.raises(Unsendable):
        parts(content)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Total:** Bs 10", "*Total:* Bs 10"),
        ("*Total* ya", "*Total* ya"),
        ("# Pedido\ntexto", "*Pedido*\ntexto"),
        ("- uno\n* dos\n+ tres", "- uno\n- dos\n- tres"),
        ("[catálogo](https://a.example/c)", "catálogo: https://a.example/c"),
        ("~~antes~~ ahora", "~antes~ ahora"),
        ("***ojo***", "*_ojo_*"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a · b\n1 · 2"),
        ("```python\nx = **1**\n```", "```x = **1**```"),
        ("mi_archivo_final.txt", "mi_archivo_final.txt"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(written: str, shown: str) -> None:
    assert to_whatsapp(written) == shown


@pytest.mark.parametrize(
    "content",
    [
        File(media="image", url="https://cdn.example.com/a.jpg", caption="Recibo " * 600),
        File(media="document", url="https://cdn.example.com/a.pdf", filename="factura.pdf", caption="Recibo " * 600),
        Template(name="order_update", language="es", placeholders=("Ada", "4711")),
    ],
)
def test_files_and_templates_are_what_the_published_schema_allows(content: Content) -> None:
    for piece in parts(content):
        assert problems_of(piece) == []


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        yield client


def channel(base_url: str, http: httpx.AsyncClient, breaker: Breaker | None = None) -> InfobipWhatsApp:
    return InfobipWhatsApp(connection(), http, breaker or Breaker(), base_url=base_url)


async def send(line: InfobipWhatsApp, words: str = "hola", message_id: UUID | None = None) -> SendOutcome:
    return await line.send(message_id or uuid4(), "447700900123", Text(text=words))


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        (accepted(), "sent", None),
        (response(400, {"error": "no"}), "rejected", "http_400"),
        (response(429, b"", "Retry-After: 7"), "retry", "too_many_requests"),
        (response(502, b"<html>bad gateway</html>"), "unknown", "http_502"),
        (b"", "unknown", "connection_lost"),
        (b"garbage\r\n\r\n", "unknown", "connection_lost"),
    ],
)
async def test_answers_on_a_real_socket_are_told_apart(
    answer: bytes, result: str, code: str | None, http: httpx.AsyncClient
) -> None:
    async with scripted(answer) as provider:
        outcome = await send(channel(provider.base_url, http))

    assert (outcome.result, outcome.error_code) == (result, code)
    if result == "retry":
        assert outcome.retry_after == 7


async def test_only_what_fails_before_the_request_was_written_is_certainly_not_sent(http: httpx.AsyncClient) -> None:
    async with scripted(None) as provider:
        silent = await send(channel(provider.base_url, http))
        base_url = provider.base_url
    nobody = await send(channel(base_url, http))
    nonsense = await send(channel("nowhere", http))

    assert (silent.result, silent.error_code) == ("unknown", "timeout")
    assert (nobody.result, nobody.error_code) == ("retry", "connect_failed")
    assert (nonsense.result, nonsense.error_code) == ("rejected", "connection_misconfigured")


async def test_a_send_carries_the_key_and_our_own_message_id(http: httpx.AsyncClient) -> None:
    message_id = uuid4()
    async with scripted(accepted()) as provider:
        await send(channel(provider.base_url, http), "¿Sí? 😀", message_id)
        [request] = provider.received

    assert request.headers["authorization"] == "App key"
    assert request.path == "/whatsapp/1/message/text"
    assert request.json["messageId"] == str(message_id)
    assert request.json["content"] == {"text": "¿Sí? 😀"}


async def test_a_read_mark_escapes_the_message_id_and_never_fails(http: httpx.AsyncClient) -> None:
    async with scripted(response(404, {"error": "no"}), b"") as provider:
        line = channel(provider.base_url, http)
        await line.mark_read("wamid.A/B+C==")
        await line.typing("447700900123")
        read, typing = provider.received

    assert read.path == "/whatsapp/1/senders/447700900999/message/wamid.A%2FB%2BC%3D%3D/read"
    assert request_problems("/whatsapp/1/events", typing.json) == []


async def test_a_line_that_failed_several_times_is_left_alone_for_a_while(http: httpx.AsyncClient) -> None:
    now = 0.0
    breaker = Breaker(failures=2, clock=lambda: now)
    async with scripted(response(500, b""), response(500, b""), accepted()) as provider:
        line = channel(provider.base_url, http, breaker)
        first, second, resting = [await send(line) for _ in range(3)]
        now = FIRST_REST
        probe, after = await send(line), breaker.wait()
        calls = len(provider.received)

    assert [first.result, second.result] == ["unknown", "unknown"]
    assert (resting.result, resting.error_code) == ("retry", LINE_RESTING)
    assert (probe.result, after, calls) == ("sent", 0.0, 3)


def test_a_line_rests_longer_each_time_until_it_answers() -> None:
    now = 0.0
    breaker = Breaker(failures=2, clock=lambda: now)
    # Given many calls that fail together
    for _ in range(20):
        breaker.record(alive=False)
    rests = []
    for _ in range(7):
        rests.append(breaker.wait())
        now += rests[-1]
        # When the rest is over, then one call goes through, and the others wait for what becomes of it
        assert breaker.wait() == 0.0
        assert breaker.wait() == PROBE_SECONDS
        breaker.record(alive=False)
    assert rests == [FIRST_REST, 2, 4, 8, LONGEST_REST, LONGEST_REST, LONGEST_REST]

    # When it answers, then everybody may call again, and the next rest is a short one
    now += breaker.wait()
    assert breaker.wait() == 0.0
    breaker.record(alive=True)
    assert [breaker.wait() for _ in range(5)] == [0.0] * 5
    breaker.record(alive=False)
    breaker.record(alive=False)
    assert breaker.wait() == FIRST_REST


def test_a_probe_that_nobody_hears_of_again_is_followed_by_another() -> None:
    now = 0.0
    breaker = Breaker(failures=1, clock=lambda: now)
    breaker.record(alive=False)
    now = FIRST_REST
    assert breaker.wait() == 0.0
    now += PROBE_SECONDS
    assert breaker.wait() == 0.0


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.infobip.com/whatsapp/1/senders/1/media/2", True),
        ("https://abc12.api.infobip.com/x", True),
        ("https://shop.example/base/x", True),
        ("http://api.infobip.com/x", False),
        ("https://infobip.com.evil.example/x", False),
        ("https://evilinfobip.com/x", False),
        ("https://api.infobip.com:8443/x", False),
        ("https://user@api.infobip.com/x", False),
        ("https://169.254.169.254/x", False),
        ("file:///etc/passwd", False),
        ("https://[broken", False),
    ],
)
def test_the_key_goes_to_the_provider_and_to_nobody_else(url: str, allowed: bool) -> None:
    assert may_have_key(url, "https://shop.example/base") is allowed


async def test_a_file_is_known_by_its_bytes_and_not_by_its_header(http: httpx.AsyncClient) -> None:
    jpeg = b"\xff\xd8\xff\xe0" + b"0" * 20
    async with scripted(response(200, jpeg, "Content-Type: text/html")) as provider:
        found = await channel(provider.base_url, http).fetch_media(f"{provider.base_url}/media/1")

    assert (found.content, found.content_type) == (jpeg, "image/jpeg")
    assert sniff(b"<script>", "text/html") == "application/octet-stream"


@pytest.mark.parametrize(
    ("answer", "reason", "retriable"),
    [
        (response(404, b""), "gone", False),
        (response(500, b""), "http_500", True),
        (response(429, b""), "http_429", True),
        (response(401, b""), "http_401", False),
        (response(302, b"", "Location: http://127.0.0.1:9/internal"), "foreign_redirect", False),
        (response(302, b"", "Location: https://user@api.infobip.com/x"), "foreign_redirect", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "too_large", False),
        (response(200, b"x" * (10 * 1024 * 1024 + 1)), "too_large", False),
        (response(200, b""), "empty", True),
        (b"", "unreachable", True),
    ],
)
async def test_a_file_that_cannot_be_had_is_told_with_its_reason(
    answer: bytes, reason: str, retriable: bool, http: httpx.AsyncClient
) -> None:
    async with scripted(answer) as provider:
        with pytest.raises(MediaUnavailable) as caught:
            await channel(provider.base_url, http).fetch_media(f"{provider.base_url}/media/1")

    assert (caught.value.reason, caught.value.retriable) == (reason, retriable)


async def test_a_redirect_within_the_provider_is_followed_without_the_key(http: httpx.AsyncClient) -> None:
    png = b"\x89PNG\r\n\x1a\n123"
    async with scripted(response(302, b"", "Location: /cdn/1"), response(200, png)) as provider:
        found = await channel(provider.base_url, http).fetch_media(f"{provider.base_url}/media/1")
        first, second = provider.received

    assert found.content == png
    assert first.headers["authorization"] == "App key"
    assert "authorization" not in second.headers


async def test_many_sends_at_once_each_get_their_own_answer(http: httpx.AsyncClient) -> None:
    async with scripted(*[accepted()] * 20) as provider:
        line = channel(provider.base_url, http)
        outcomes = await asyncio.gather(*(send(line, str(number)) for number in range(20)))
        said = sorted(int(request.json["content"]["text"]) for request in provider.received)

    assert {outcome.result for outcome in outcomes} == {"sent"}
    assert said == list(range(20))
