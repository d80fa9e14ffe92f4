"""The same customer on WhatsApp and on the web: one only after the number was proved, and nobody learns whose number it is."""

import asyncio
import re

import httpx
import pytest

from app.web.chat import visits
from core.work import open_work
from domain.connections import service as connections
from domain.connections.schemas import ChangeConnection, ConnectionSettings
from domain.customers import proofs
from tests.factories.webchat import Chat, Page


@pytest.fixture
async def page(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A visitor who has written, of a shop that can send codes on WhatsApp."""
    for name in ("CODES_PER_MINUTE", "GUESSES_PER_MINUTE", "CODES_OF_NETWORK"):
        monkeypatch.setattr(visits, name, 1_000)
    async with open_work(chat.principal) as work:
        settings = ConnectionSettings(code_template="codigo")
        await connections.change(work, chat.desk.chat.connection_id, ChangeConnection(settings=settings), 1)
    opened = await chat.page()
    assert (await opened.begin())["can_join"] is True
    await opened.say("hola desde la página")
    await chat.works()
    return opened


async def codes(chat: Chat) -> list[str]:
    """The codes that were sent to the telephone of the customer, the last one last."""
    rows = await chat.rows("SELECT content FROM messages WHERE content ->> 'kind' = 'template' ORDER BY position")
    return [content["placeholders"][0] for (content,) in rows]


async def customers_of_conversations(chat: Chat) -> int:
    [(count,)] = await chat.rows("SELECT count(DISTINCT customer_id) FROM conversations")
    return int(count)


async def asks(page: Page, phone: str) -> httpx.Response:
    return await page.ask("POST", "/phone", json={"phone": phone})


async def tries(page: Page, code: str) -> httpx.Response:
    return await page.ask("POST", "/phone/code", json={"code": code})


async def test_whoever_proves_the_number_is_the_customer_who_writes_from_it(chat: Chat, page: Page) -> None:
    assert (await asks(page, f"+{chat.desk.chat.phone}")).status_code == 204
    [code] = await codes(chat)
    assert re.fullmatch(r"[0-9]{6}", code)
    assert await customers_of_conversations(chat) == 2

    assert (await tries(page, code)).status_code == 204
    assert await customers_of_conversations(chat) == 1
    kept = await chat.rows("SELECT customer_id FROM conversations")
    assert {customer_id for (customer_id,) in kept} == {chat.desk.chat.customer_id}
    # And what was said in the two threads stays in each
    assert (await page.texts())[0] == "> hola desde la página"
    # A code is good once
    assert (await tries(page, code)).status_code == 422


async def test_a_wrong_code_proves_nothing_and_after_some_the_right_one_neither(chat: Chat, page: Page) -> None:
    await asks(page, chat.desk.chat.phone)
    [code] = await codes(chat)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answers = [(await tries(page, wrong)).json()["code"] for _ in range(proofs.MOST_WRONG)]
    assert set(answers) == {"code_wrong"}

    assert (await tries(page, code)).json()["code"] == "code_wrong"
    assert await customers_of_conversations(chat) == 2


async def test_guesses_at_once_are_counted_one_by_one(chat: Chat, page: Page) -> None:
    await asks(page, chat.desk.chat.phone)
    [code] = await codes(chat)
    guesses = [f"{(int(code) + step) % 10**6:06}" for step in range(1, 30)]
    await asyncio.gather(*(tries(page, guess) for guess in guesses))

    assert await chat.rows("SELECT wrong_codes FROM number_proofs") == [(proofs.MOST_WRONG,)]
    assert (await tries(page, code)).json()["code"] == "code_wrong"


async def test_nobody_learns_whose_number_it_is(chat: Chat, page: Page) -> None:
    known, unknown = await asks(page, chat.desk.chat.phone), await asks(page, "+584149999999")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (204, b"")
    assert len(await codes(chat)) == 1


async def test_a_code_of_one_visitor_is_none_of_another(chat: Chat, page: Page) -> None:
    other = await chat.page()
    await other.say("hola")
    await chat.works()
    await asks(page, chat.desk.chat.phone)
    [code] = await codes(chat)

    assert (await tries(other, code)).json()["code"] == "code_wrong"
    assert (await tries(page, code)).status_code == 204


async def test_no_telephone_is_flooded_with_codes(chat: Chat, page: Page) -> None:
    pages = [page]
    for _ in range(proofs.MOST_ASKED):
        other = await chat.page()
        await other.say("hola")
        pages.append(other)
    await chat.works()
    answers = [(await asks(each, chat.desk.chat.phone)).status_code for each in pages]

    assert answers == [204] * proofs.MOST_ASKED + [429]
    assert len(await codes(chat)) == proofs.MOST_ASKED


async def test_no_telephone_is_flooded_by_many_who_ask_at_once(chat: Chat, page: Page) -> None:
    pages = [page, *[await chat.page() for _ in range(7)]]
    for other in pages[1:]:
        await other.say("hola")
    await chat.works()
    answers = await asyncio.gather(*(asks(each, chat.desk.chat.phone) for each in pages))

    assert sorted(answer.status_code for answer in answers) == [204] * proofs.MOST_ASKED + [429] * (8 - proofs.MOST_ASKED)
    assert len(await codes(chat)) == proofs.MOST_ASKED


async def test_a_code_that_is_old_proves_nothing(chat: Chat, page: Page) -> None:
    await asks(page, chat.desk.chat.phone)
    [code] = await codes(chat)
    await chat.rows("UPDATE number_proofs SET expires_at = clock_timestamp() RETURNING id")

    assert (await tries(page, code)).json()["code"] == "code_wrong"


async def test_without_an_approved_template_nothing_is_offered(chat: Chat) -> None:
    page = await chat.page()
    assert (await page.begin())["can_join"] is False

    assert (await asks(page, chat.desk.chat.phone)).json()["code"] == "joining_not_offered"


@pytest.mark.parametrize("phone", ["hola", "12345", "+1" * 20])
async def test_what_is_no_number_is_refused(chat: Chat, page: Page, phone: str) -> None:
    assert (await asks(page, phone)).status_code == 422
