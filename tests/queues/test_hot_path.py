"""The hot path asks Postgres for what its page lists, and for nothing else: counts do not depend on the machine."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.queue.actors import RUNNERS, presence
from app.web import webhooks
from bench.counting import counting
from channels import registry
from core import inbound, outbox_rows
from core.clock import process_now
from core.outbox_rows import TakenRow
from core.work import open_work
from domain.connections.schemas import ConnectionSummary
from tests.factories.provider import ScriptedProvider, accepted, scripted
from tests.factories.shop import fill, open_shop
from tests.factories.webhooks import post, result, webhook
from tests.factories.workspaces import make_connection, make_workspace

PAGE = Path(__file__).parents[2] / "docs" / "hot-path.md"
_LISTED = re.compile(r"^```(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AT = "2026-05-04T09:16:02.000+0000"


class House:
    """All processes of a house in this one, of which each piece of work is counted by itself."""

    def __init__(self, web: httpx.AsyncClient, line: ConnectionSummary, provider: ScriptedProvider) -> None:
        self.asked: dict[str, list[str]] = {}
        self._web = web
        self._line = line
        self._provider = provider

    async def receives(self, *results: dict[str, object]) -> None:
        """A webhook comes in at the door, and all that follows from it is done."""
        await self._counted("door", partial(self._delivered, results))
        while rows := await self._due():
            for row in rows:
                self._provider.answers += [accepted()] * 3
                await self._counted(row.actor, partial(_run, row))

    async def _counted(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        with counting() as counted:
            await work()
        self.asked[name] = counted.names

    async def _delivered(self, results: tuple[dict[str, object], ...]) -> None:
        assert (await post(self._web, self._line.slug, webhook(*results))).status_code == 200

    async def _due(self) -> list[TakenRow]:
        with counting() as counted:
            rows, next_due = await outbox_rows.take(100)
            await outbox_rows.mark_published(rows)
        if rows:
            self.asked["relay"] = counted.names
            return rows
        if next_due is None:
            return []
        await asyncio.sleep(max(next_due, 0.01))
        return await self._due()


def _written(words: str) -> dict[str, object]:
    return {**result(words), "receivedAt": process_now().isoformat()}


async def _run(row: TakenRow) -> None:
    await RUNNERS[row.actor](**row.arguments)
    await asyncio.gather(*presence._running)


@pytest.fixture
async def asked(web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each piece of work asks of Postgres for a customer's second message, its answer, and the report of that."""
    for room, name, long in ((inbound, "FRESH", timedelta(hours=1)), (webhooks, "CACHE_SECONDS", 3600.0)):
        monkeypatch.setattr(room, name, long)  # however slow the machine is
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            await fill(work, shop, sku, 10)
    async with scripted() as provider:
        house = House(web, await make_connection(workspace, base_url=provider.base_url), provider)
        await house.receives(_written("hola"))
        await house.receives(_written("¿cuánto cuesta el aceite mazeite?"))
        sent = [request.json["messageId"] for request in provider.received if b"messageId" in request.body][-1]
        await house.receives({"messageId": sent, "from": "58", "to": "58", "sentAt": AT, "seenAt": AT})
        await registry.close()
    return house.asked


async def test_a_message_asks_for_what_the_page_lists(asked: dict[str, list[str]]) -> None:
    now = "\n".join("\n".join([f"```{name}", *lines, "```"]) for name, lines in asked.items())
    listed = {name: [line.split("  ")[0] for line in lines.splitlines()] for name, lines in _LISTED.findall(PAGE.read_text())}
    assert asked == listed, f"docs/hot-path.md lists something else than is asked now:\n{now}"
