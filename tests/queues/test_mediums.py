"""A medium keys people, a provider only carries: what stays one, and what stays two, however the messages come and go."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from agent import sessions
from app.queue.actors import inbound as actor
from app.queue.actors import turns
from app.queue.actors.deliveries import deliver
from channels import registry
from core import inbound
from core.access import Principal
from core.clock import process_now
from core.settings import Settings, get_settings
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections import service as connections
from domain.connections.medium import CARRIED, TRAITS, Medium, Provider
from domain.connections.schemas import ConnectionSummary
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.content import Content, Text
from domain.conversations.schemas import Incoming, Sender
from tests.factories.provider import ScriptedProvider, accepted, scripted
from tests.factories.webhooks import post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace

NUMBER = "584120000000"
PHONE = "584141112233"


class Carried:
    """A shop whose WhatsApp number two providers carry, each with a far end of its own."""

    def __init__(self, web: httpx.AsyncClient, shop: WorkspaceView, lines: dict[Provider, ConnectionSummary]) -> None:
        self.web = web
        self.shop = shop
        self.lines = lines
        self.far_ends: dict[Provider, ScriptedProvider] = {}

    @property
    def principal(self) -> Principal:
        return Principal.system(self.shop.id)

    async def arrives(self, provider: Provider, words: str) -> None:
        """A webhook of the customer's words is taken in at the door; nobody has read it yet."""
        said = {**result(words, sender=PHONE), "receivedAt": process_now().isoformat()}
        assert (await post(self.web, self.lines[provider].slug, webhook(said))).status_code == 200

    async def writes(self, provider: Provider, words: str) -> None:
        """The customer's words are taken in and read."""
        await self.arrives(provider, words)
        await self.reads()

    async def reads(self) -> None:
        for event in await stored_events(self.shop.id):
            await actor.ingest(str(self.shop.id), str(event.id))

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with open_work(self.principal) as work:
            return [tuple(row) for row in (await work.session.execute(text(query))).all()]

    async def conversation(self) -> UUID:
        [(conversation_id,)] = await self.rows("SELECT id FROM conversations")
        assert isinstance(conversation_id, UUID)
        return conversation_id

    async def says(self, words: str) -> None:
        async with open_work(self.principal) as work:
            await conversations.queue(work, await self.conversation(), [Text(text=words)])

    async def delivers(self) -> None:
        await deliver(str(self.shop.id), str(await self.conversation()))

    def said_by(self, provider: Provider) -> list[str]:
        return [request.json["content"]["text"] for request in self.far_ends[provider].received]


@pytest.fixture
async def carried(web: httpx.AsyncClient) -> AsyncIterator[Carried]:
    """The shop and its two lines of one number, an Infobip account's and the sandbox's."""
    shop = await make_workspace()
    async with scripted(accepted(), accepted()) as infobip, scripted(accepted(), accepted()) as sandbox:
        far_ends = {Provider.INFOBIP: infobip, Provider.SANDBOX: sandbox}
        lines = {
            provider: await make_connection(shop, base_url=far_end.base_url, provider=provider, address=NUMBER)
            for provider, far_end in far_ends.items()
        }
        found = Carried(web, shop, lines)
        found.far_ends = far_ends
        yield found
        await registry.close()


# What stays one


async def test_two_providers_of_one_medium_reach_one_customer_and_one_conversation(carried: Carried) -> None:
    await carried.writes(Provider.INFOBIP, "uno")
    await carried.says("a uno")
    await carried.delivers()
    await carried.writes(Provider.SANDBOX, "dos")
    await carried.says("a dos")
    await carried.delivers()

    assert await carried.rows("SELECT count(*) FROM customers") == [(1,)]
    assert await carried.rows("SELECT medium FROM contact_addresses") == [("whatsapp",)]
    thread = await carried.rows("SELECT conversation_id, content ->> 'text' FROM messages ORDER BY created_at")
    assert [words for _, words in thread] == ["uno", "a uno", "dos", "a dos"]
    assert {conversation_id for conversation_id, _ in thread} == {await carried.conversation()}
    # And each answer went by the provider through which the customer wrote last
    assert (carried.said_by(Provider.INFOBIP), carried.said_by(Provider.SANDBOX)) == (["a uno"], ["a dos"])


async def test_first_messages_that_come_through_both_at_once_make_one_conversation(carried: Carried) -> None:
    await carried.arrives(Provider.INFOBIP, "uno")
    await carried.arrives(Provider.SANDBOX, "dos")
    events = await stored_events(carried.shop.id)
    await asyncio.gather(*(actor.ingest(str(carried.shop.id), str(event.id)) for event in events))
    await carried.reads()

    counts = "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM conversations), (SELECT count(*) FROM messages)"
    assert await carried.rows(counts) == [(1, 1, 2)]


async def test_what_waits_to_be_sent_follows_the_customer_to_the_other_provider(carried: Carried) -> None:
    await carried.writes(Provider.INFOBIP, "uno")
    await carried.says("una respuesta")
    await carried.writes(Provider.SANDBOX, "dos")
    await carried.delivers()

    assert (carried.said_by(Provider.INFOBIP), carried.said_by(Provider.SANDBOX)) == ([], ["una respuesta"])
    # And the report of the provider that sent it finds it
    [(message_id,)] = await carried.rows("SELECT id FROM messages WHERE direction = 'out'")
    async with open_work(carried.principal) as work:
        assert await delivery.find_sent(work, carried.lines[Provider.SANDBOX].id, [str(message_id)])
        assert not await delivery.find_sent(work, carried.lines[Provider.INFOBIP].id, [str(message_id)])


async def test_older_words_that_are_read_later_do_not_take_the_answers_back(carried: Carried) -> None:
    await carried.arrives(Provider.INFOBIP, "uno")
    await carried.arrives(Provider.SANDBOX, "dos")
    for event in reversed(await stored_events(carried.shop.id)):
        await actor.ingest(str(carried.shop.id), str(event.id))

    assert await carried.rows("SELECT connection_id FROM conversations") == [(carried.lines[Provider.SANDBOX].id,)]


async def test_what_came_through_either_provider_is_read_before_a_turn(carried: Carried) -> None:
    await carried.writes(Provider.INFOBIP, "uno")
    await carried.arrives(Provider.SANDBOX, "dos")

    # A yes is none while words wait at the other provider's door
    async with open_work(carried.principal) as work:
        beside = await connections.beside(work, carried.lines[Provider.INFOBIP].id)
        assert set(beside) == {line.id for line in carried.lines.values()}
        assert await inbound.has_open_messages(work, beside, {f"VE.{PHONE}"})
    await turns.read_in(str(carried.shop.id), str(await carried.conversation()))

    assert await carried.rows("SELECT content ->> 'text' FROM messages ORDER BY position") == [("uno",), ("dos",)]


# What stays two


async def test_two_numbers_of_a_shop_are_two_conversations_with_one_customer(carried: Carried) -> None:
    branch = await make_connection(carried.shop, base_url="http://127.0.0.1:9", provider=Provider.INFOBIP)
    await carried.writes(Provider.INFOBIP, "a la tienda")
    await post(carried.web, branch.slug, webhook(result("a la sucursal", sender=PHONE)))
    await carried.reads()

    assert await carried.rows("SELECT count(*) FROM customers") == [(1,)]
    assert len(await carried.rows("SELECT id FROM conversations")) == 2


async def writes_on(line: ConnectionSummary) -> UUID:
    """The customer with the telephone writes on a line of any medium; the conversation's id."""
    async with open_work(Principal.system(line.workspace_id)) as work:
        incoming = Incoming(
            provider_message_id=f"m-{new_id()}",
            sender=Sender(address=PHONE, phone=PHONE),
            content=Text(text="hola"),
            received_at=work.now,
            inbound_event_id=new_id(),
        )
        received = await conversations.receive(work, line, incoming)
        await sessions.message_arrived(work, received.conversation_id, Text(text="hola"))
        return received.conversation_id


async def test_one_person_on_two_mediums_stays_two_addresses(carried: Carried) -> None:
    page = await make_connection(carried.shop, medium=Medium.WEBCHAT, provider=Provider.WEB, address="widget")
    await writes_on(carried.lines[Provider.SANDBOX])
    await writes_on(page)
    await writes_on(page)

    found = await carried.rows("SELECT medium, address, customer_id FROM contact_addresses ORDER BY medium")
    assert [row[:2] for row in found] == [("webchat", PHONE), ("whatsapp", PHONE)]
    assert found[0][2] != found[1][2]
    assert await carried.rows("SELECT count(*) FROM conversations") == [(2,)]


# What is asked of the traits


def whole(content: Content) -> list[Content]:
    """Every text fits into one message."""
    return [content]


@pytest.mark.parametrize(("medium", "may"), [(Medium.WEBCHAT, True), (Medium.WHATSAPP, False)])
async def test_only_a_medium_with_a_window_refuses_words_a_day_later(carried: Carried, medium: Medium, may: bool) -> None:
    page = await make_connection(carried.shop, medium=Medium.WEBCHAT, provider=Provider.WEB, address="widget")
    conversation_id = await writes_on(page if medium is Medium.WEBCHAT else carried.lines[Provider.SANDBOX])
    async with open_work(carried.principal) as work:
        await conversations.queue(work, conversation_id, [Text(text="tarde")])
        await work.session.execute(text("INSERT INTO runtime_clock (id, shift) VALUES (1, interval '25 hours')"))
    async with open_work(carried.principal) as work:
        claimed = await delivery.take_next(work, conversation_id, whole, None)

    assert (claimed is not None) == may
    assert await carried.rows("SELECT error_code FROM messages WHERE direction = 'out'") == [
        (None if may else "window_closed",)
    ]


def test_every_medium_has_traits_and_every_provider_carries_one() -> None:
    assert set(TRAITS) == set(Medium)
    assert {medium for carries in CARRIED.values() for medium in carries} == set(Medium)
    assert set(CARRIED) == set(Provider)


# What a provider needs


async def test_a_web_chat_takes_no_webhook(carried: Carried) -> None:
    page = await make_connection(carried.shop, medium=Medium.WEBCHAT, provider=Provider.WEB, address="widget")

    refused = await post(carried.web, page.slug, webhook(result()))

    assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
    assert await stored_events(carried.shop.id) == []


async def test_a_provider_carries_only_its_own_mediums(carried: Carried) -> None:
    with pytest.raises(ValidationError, match="infobip does not carry webchat"):
        await make_connection(carried.shop, base_url="http://127.0.0.1:9", medium=Medium.WEBCHAT, provider=Provider.INFOBIP)


async def test_a_number_is_one_line_per_provider_however_it_is_written(carried: Carried) -> None:
    with pytest.raises(connections.ConnectionExists):
        await make_connection(carried.shop, base_url="http://127.0.0.1:9", provider=Provider.INFOBIP, address=f"+{NUMBER}")


@pytest.mark.parametrize("column", ["connections.medium", "connections.provider", "contact_addresses.medium"])
async def test_closed_sets_are_closed_in_the_database_too(carried: Carried, column: str) -> None:
    await carried.writes(Provider.SANDBOX, "hola")
    table, name = column.split(".")

    with pytest.raises(IntegrityError, match=f"ck_{table}_{name}_known"):
        async with open_work(carried.principal) as work:
            await work.session.execute(text(f"UPDATE {table} SET {name} = 'telex'"))


async def test_a_line_of_infobip_says_where_its_account_is(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFOBIP_BASE_URL")
    get_settings.cache_clear()

    with pytest.raises(connections.AccountAddressMissing):
        await make_connection(carried.shop, provider=Provider.INFOBIP)


LOOK = "from app.cli.lines import require_accounts; from core.settings import get_settings; require_accounts(get_settings())"


def starts(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a process of production, without an Infobip address of the installation's own."""
    servers = {"DATABASE_URL": settings.database_url or "", "REDIS_URL": settings.redis_url or ""}
    left_out = ("INFOBIP_BASE_URL", "CALLS_TO_PRIVATE_ADDRESSES")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, *words],
        env={**kept, **servers, "NEXOVA_ENV": "production"}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


async def test_production_asks_for_an_account_only_where_a_line_needs_it(carried: Carried, settings: Settings) -> None:
    # Given lines that know their own far ends, production needs no address of Infobip
    done = await asyncio.to_thread(starts, settings, "-c", LOOK)
    assert done.returncode == 0, done.stderr

    # When a line of Infobip relies on the installation
    line = await make_connection(carried.shop, provider=Provider.INFOBIP)
    done = await asyncio.to_thread(starts, settings, "-m", "app.cli", "relay")

    # Then no process starts, and the sentence says what to do
    assert done.returncode == 1
    assert line.slug in done.stderr
    assert "INFOBIP_BASE_URL" in done.stderr
    assert done.stderr.count("\n") == 1
