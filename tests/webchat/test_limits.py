"""Abuse: there is no sign-in, so whoever writes too much, begins too often or opens too many lines is held back by limits."""

import asyncio

import pytest
from fastapi import FastAPI

from app.web.chat import visits
from app.web.chat.visits import OpenStreams
from app.web.limits import TooManyRequests
from core.settings import Settings
from tests.factories.webchat import ORIGIN, Chat, Page

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


async def test_one_visitor_who_floods_is_held_back_and_keeps_nobody_else_out(chat: Chat) -> None:
    flooding, other = await chat.page(), await chat.page()
    answers = await asyncio.gather(*(flooding.send({"kind": "text", "text": f"{n}"}) for n in range(60)))
    stored = sum(answer.status_code == 202 for answer in answers)
    refused = [answer for answer in answers if answer.status_code == 429]

    assert visits.WRITES_PER_MINUTE <= stored <= visits.WRITES_PER_MINUTE + 5
    assert len(refused) == 60 - stored
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert await chat.rows("SELECT count(*) FROM inbound_events WHERE connection_id = :l", l=chat.line_id) == [(stored,)]
    await other.say("yo también estoy")


async def test_strangers_of_one_address_are_counted_together(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "WRITES_OF_NETWORK", 5)
    pages = [await chat.page() for _ in range(8)]
    answers = [await page.send({"kind": "text", "text": "hola"}) for page in pages]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429] * 3


async def test_files_of_one_address_are_fewer_than_its_words(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "FILES_OF_NETWORK", 5)
    pages = [await chat.page() for _ in range(8)]
    answers = [await page.ask("PUT", "/files", content=PNG) for page in pages]

    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 3


async def test_sessions_are_not_made_without_end(chat: Chat) -> None:
    page = Page(chat.http, chat.slug)
    answers = [await page.ask("POST", "/session", json={}) for _ in range(visits.SESSIONS_PER_MINUTE + 5)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429


@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example"])
async def test_a_page_of_an_address_that_asks_too_often_is_told_so_and_does_not_take_the_shop_to_be_away(
    chat: Chat, application: FastAPI, settings: Settings, origin: str
) -> None:
    page = Page(chat.http, chat.slug, origin)
    application.state.settings = settings.model_copy(update={"requests_per_minute": 1})
    await page.ask("OPTIONS", "/session")
    asked = await page.ask("OPTIONS", "/session")
    refused = await page.ask("POST", "/session", json={})

    # The browser lets the page ask, and hands the refusal on
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, origin)
    assert "authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-max-age" not in asked.headers  # what is let through unseen is not let through for long
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["access-control-allow-origin"] == origin
    assert int(refused.headers["retry-after"]) >= 1
    assert "retry-after" in refused.headers["access-control-expose-headers"]
    assert chat.slug not in refused.text.replace(f"/chat/{chat.slug}", "")


async def test_ten_thousand_lines_that_are_opened_at_once_are_answered_by_limits(application: FastAPI) -> None:
    streams: OpenStreams = application.state.chat_streams
    held, refused = [], 0
    for number in range(10_000):
        one = streams.one(f"10.0.{number % 200}.1")
        try:
            one.__enter__()
        except TooManyRequests:
            refused += 1
        else:
            held.append(one)
    assert (len(held), refused) == (visits.STREAMS, 10_000 - visits.STREAMS)

    # And each that ends makes room for another
    for one in held:
        one.__exit__(None, None, None)
    assert streams == OpenStreams()


async def test_one_address_keeps_only_so_many_lines(chat: Chat, application: FastAPI) -> None:
    streams: OpenStreams = application.state.chat_streams
    page = await chat.page()
    held = [streams.one("127.0.0.1") for _ in range(visits.STREAMS_OF_NETWORK)]
    for one in held:
        one.__enter__()
    refused = await page.ask("GET", "/stream")
    for one in held:
        one.__exit__(None, None, None)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, str(visits.RETRY_SECONDS))
