"""Numbers of changes: however writers race, a page that goes on from its number ends with the thread as it is."""

import asyncio
import random
from uuid import UUID

import pytest

from app.queue.actors.deliveries import deliver
from core.work import open_work
from domain.conversations import service as conversations
from domain.conversations.content import Text
from tests.factories.webchat import Chat, Page


async def shown(page: Page, seen: dict[str, dict[str, object]], number: int) -> int:
    """Look once from a number, and keep what was told."""
    told = await page.read(after=number)
    seen |= {message["id"]: message for message in told["messages"]}
    return int(told["number"])


@pytest.mark.parametrize("seed", range(3))
async def test_a_page_misses_nothing_while_many_write_send_and_report_at_once(
    chat: Chat, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.chat.visits.READS_PER_MINUTE", 100_000)
    choices = random.Random(seed)
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    conversation: UUID
    [(conversation,)] = await chat.rows(
        "SELECT DISTINCT conversation_id FROM messages WHERE connection_id = :l", l=chat.line_id
    )
    workspace = str(chat.desk.workspace.id)

    async def shop_says(number: int) -> None:
        async with open_work(chat.principal) as work:
            await conversations.queue(work, conversation, [Text(text=f"{number}")])
            await asyncio.sleep(choices.random() / 50)  # a writer is slow between its change and its commit

    async def sends() -> None:
        await deliver(workspace, str(conversation))

    async def reports() -> None:
        last = max([0, *(int(str(message["place"])) for message in seen.values())])
        await page.ask("POST", "/seen", json={"shown": last, "read": choices.choice([0, last])})

    seen: dict[str, dict[str, object]] = {}
    number = 0
    pending = [shop_says(n) for n in range(12)] + [sends() for _ in range(12)] + [reports() for _ in range(8)]
    choices.shuffle(pending)
    tasks = [asyncio.create_task(each) for each in pending]
    while not all(task.done() for task in tasks):
        number = await shown(page, seen, number)
    await asyncio.gather(*tasks)
    await deliver(workspace, str(conversation))
    await shown(page, seen, number)

    # Then what the page has put together is what it would see if it came anew
    whole = {message["id"]: message for message in (await page.read())["messages"]}
    assert seen == whole
    assert {str(n) for n in range(12)} <= {message["content"].get("text") for message in whole.values()}
