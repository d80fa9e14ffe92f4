"""The line that a page keeps open: without a gap across processes, and only as long as its visitor may read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.web.live import Live
from core.tables import new_id
from tests.drain import drain
from tests.factories.webchat import Chat, Page, sign
from tests.webchat.test_identity import renew


@asynccontextmanager
async def following(address: str, page: Page, after: int) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events of a page's stream over real HTTP."""
    async with (
        httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http,
        http.stream("GET", f"/chat/{page.slug}/stream", params={"after": after}, headers=page.headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()

        async def events() -> AsyncIterator[tuple[str, Any]]:
            name = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == "page":
                    yield name, json.loads(value)
                elif field.startswith("data") and name == "ended":
                    yield name, value

        yield events()


async def heard(events: AsyncIterator[tuple[str, Any]], words: str) -> dict[str, Any]:
    """Wait for an event in which something is said."""
    async with asyncio.timeout(30):
        async for _, page in events:
            if words in json.dumps(page, ensure_ascii=False):
                found: dict[str, Any] = page
                return found
    raise AssertionError("the stream ended")


async def test_an_answer_reaches_the_page_by_itself_and_tells_that_it_is_due_before(chat: Chat, address: str) -> None:
    page = await chat.page()
    async with following(address, page, 0) as events:
        await page.say("hola")
        await drain()
        told = await heard(events, '"is_mine": false')

    assert [message["content"]["kind"] for message in told["messages"] if not message["is_mine"]]
    assert told["number"] > 0


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(chat: Chat, address: str) -> None:
    page = await chat.page()
    await page.say("uno")
    await chat.works()
    number = (await page.read())["number"]
    # Given that the line was down while something was said
    await page.say("dos")
    await chat.works()

    async with following(address, page, number) as events:
        told = await heard(events, "dos")
    assert "uno" not in {message["content"].get("text") for message in told["messages"] if message["place"] > 150}
    assert told["number"] == (await page.read(after=number))["number"]


async def test_a_line_ends_with_what_signed_its_visitor(chat: Chat, address: str) -> None:
    page = await chat.page(sign(chat.secret))
    await page.say("hola")
    await chat.works()
    async with following(address, page, 0) as events:
        await heard(events, "hola")
        await renew(chat, keep_former=False)
        await (await chat.page()).say("otra persona")
        await chat.works()
        # A change of its own conversation wakes it
        await chat.rows("UPDATE messages SET status = status WHERE content ->> 'text' = 'hola' RETURNING id")
        async with asyncio.timeout(30):
            names = [(name, said) async for name, said in events]

    assert names[-1] == ("ended", "identity_expired")


async def test_a_line_tells_nothing_of_others(chat: Chat, address: str) -> None:
    page, other = await chat.page(), await chat.page()
    await page.say("hola")
    await chat.works()
    number = (await page.read())["number"]
    async with following(address, page, number) as events:
        await other.say("un secreto")
        await chat.works()
        await page.say("sigo")
        await chat.works()
        told = await heard(events, "sigo")

    assert "un secreto" not in json.dumps(told)


async def test_a_change_wakes_whoever_looks_at_its_conversation_and_nobody_else() -> None:
    live, workspace, mine, other = Live(""), new_id(), new_id(), new_id()
    with live.watching(workspace, new_id()) as one, live.watching(workspace, new_id()) as everybody:
        one.only = mine
        live._hear(f"{workspace} {other}")
        assert await one.changed(0) is None
        assert await everybody.changed(0) == {other}
        live._hear(f"{workspace} {mine}")
        assert await one.changed(0) == {mine}
        # Events of the stream wake those who asked for them; a line that was down wakes all
        live._hear(f"{workspace} ")
        assert await one.changed(0) is None
        live._wake_all()
        assert await one.changed(0) == set()
