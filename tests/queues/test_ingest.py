"""Reading what was stored: once each, in the hands of one worker, and given up with a reason when it cannot be read."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update

from app.queue import deadletters
from app.queue.actors import inbound as actor
from app.queue.actors import turns
from app.queue.broker import RedisBells
from app.queue.replay import replay
from core import inbound, messages
from core.access import Principal
from core.errors import NotFound
from core.inbound import InboundEvent
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from domain.customers import consent
from tests.factories.webhooks import outbox_rows_of, post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace


@pytest.fixture
async def shop(web: httpx.AsyncClient) -> WorkspaceView:
    """A workspace in the database that the web application has connected to."""
    return await make_workspace()


@pytest.fixture
async def line(shop: WorkspaceView) -> ConnectionSummary:
    """A connection of that workspace."""
    return await make_connection(shop)


async def ingest_all(shop: WorkspaceView) -> None:
    """Ring once for every stored event."""
    for event in await stored_events(shop.id):
        await actor.ingest(str(shop.id), str(event.id))


async def rows(shop: WorkspaceView, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query within the workspace."""
    async with open_work(Principal.system(shop.id)) as work:
        return [tuple(row) for row in (await work.session.execute(text(query))).all()]


async def test_a_text_becomes_one_message_however_often_its_bell_rings(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, webhook(result("dame 2 harinas")))
    [event] = await stored_events(shop.id)
    await asyncio.gather(*(actor.ingest(str(shop.id), str(event.id)) for _ in range(6)))
    await ingest_all(shop)

    assert await rows(shop, "SELECT content ->> 'kind', content ->> 'text', handled_at FROM messages") == [
        ("text", "dame 2 harinas", None)
    ]
    [handled] = await stored_events(shop.id)
    assert (handled.outcome, handled.parked_reason) == ("message", None)
    assert [row.actor for row in await outbox_rows_of(shop.id)].count("conversation.turn") == 1


async def test_the_correlation_id_of_the_webhook_reaches_message_and_turn(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, webhook(result()), headers={"X-Nexova-Secret": "secret-of-tests", "x-request-id": "trace-7"})
    await ingest_all(shop)

    assert await rows(shop, "SELECT correlation_id FROM messages") == [("trace-7",)]
    assert {row.correlation_id for row in await outbox_rows_of(shop.id)} == {"trace-7"}


async def test_the_same_message_under_another_key_is_recognised(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, webhook(result(message_id="wamid.same")))
    await ingest_all(shop)
    [event] = await stored_events(shop.id)
    await replay(event.id)
    await ingest_all(shop)

    [again] = await stored_events(shop.id)
    assert again.outcome == "repeated"
    assert len(await rows(shop, "SELECT id FROM messages")) == 1
    with pytest.raises(NotFound):
        await replay(new_id())


async def test_what_cannot_be_read_is_parked_with_its_reason_and_can_be_tried_again(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, broker: RedisBells
) -> None:
    await post(web, line.slug, b"\xff not json at all")
    await ingest_all(shop)

    [event] = await stored_events(shop.id)
    assert event.parked_reason
    assert event.handled_at is None
    [letter] = await deadletters.list_all()
    assert (letter.kind, letter.id, letter.workspace_id) == ("event", str(event.id), str(shop.id))

    assert (await deadletters.retry(letter.id)).id == letter.id
    [reopened] = await stored_events(shop.id)
    assert (reopened.parked_reason, reopened.attempts) == (None, 0)
    assert await deadletters.list_all() == []


async def test_an_event_that_keeps_failing_is_tried_later_and_later_and_then_parked(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, webhook(result()))
    async with open_work(Principal.system(shop.id)) as work:
        await work.session.execute(text("DELETE FROM connections"))
    pauses: list[timedelta] = []
    for _ in range(inbound.MAX_ATTEMPTS):
        await ingest_all(shop)
        [event] = await stored_events(shop.id)
        [(pause,)] = await rows(shop, "SELECT next_try_at - clock_timestamp() FROM inbound_events")
        pauses.append(pause)

    granted = (2, 4, 8, 16, 32, 60, 60, 60)
    assert all(pause <= timedelta(seconds=most) for pause, most in zip(pauses, granted, strict=True))
    assert pauses[-1] > timedelta(seconds=30)
    assert event.parked_reason is not None
    assert "ConnectionNotFound" in event.parked_reason


async def test_an_event_that_kills_the_process_is_parked_in_the_end(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    await post(web, line.slug, webhook(result()))
    [event] = await stored_events(shop.id)
    with monkeypatch.context() as deadly:
        deadly.setattr(actor, "_handle", die)
        # Of tries in its first moments nothing is known; from then on each is counted before it begins.
        for fresh, attempts in ((timedelta(hours=1), 0), *((timedelta(0), n) for n in range(1, inbound.MAX_ATTEMPTS + 1))):
            deadly.setattr(inbound, "FRESH", fresh)
            with pytest.raises(asyncio.CancelledError):
                await actor.ingest(str(shop.id), str(event.id))
            assert [event.attempts for event in await stored_events(shop.id)] == [attempts]
    await actor.ingest(str(shop.id), str(event.id))

    [parked] = await stored_events(shop.id)
    assert parked.parked_reason is not None
    assert await rows(shop, "SELECT id FROM messages") == []


def seen_report(message_id: str) -> bytes:
    """A seen report for a message of ours."""
    at = "2026-05-04T09:16:02.000+0000"
    return json.dumps({"results": [{"messageId": message_id, "from": "58", "to": "58", "sentAt": at, "seenAt": at}]}).encode()


async def test_a_report_without_its_message_waits_for_an_hour_and_is_never_parked(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, seen_report(str(new_id())))
    for _ in range(inbound.MAX_ATTEMPTS + 3):
        await ingest_all(shop)
    [event] = await stored_events(shop.id)
    assert (event.handled_at, event.parked_reason) == (None, None)

    async with open_work(Principal.system(shop.id)) as work:
        await work.session.execute(update(InboundEvent).values(created_at=work.system_time - timedelta(minutes=61)))
    await ingest_all(shop)
    [event] = await stored_events(shop.id)
    assert event.outcome == "report:unmatched"


async def test_before_a_turn_what_the_same_sender_has_waiting_is_read_in_order(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    await post(web, line.slug, webhook(result("uno")))
    await ingest_all(shop)
    later = [result("dos", message_id="wamid.z"), result("tres", message_id="wamid.a"), result("otra", sender="584249998877")]
    await post(web, line.slug, webhook(*later))
    [(conversation_id,)] = await rows(shop, "SELECT id FROM conversations")
    assert isinstance(conversation_id, UUID)
    await turns.read_in(str(shop.id), str(conversation_id))

    assert await rows(shop, "SELECT content ->> 'text' FROM messages ORDER BY position") == [("uno",), ("dos",), ("tres",)]
    assert [event.outcome for event in await stored_events(shop.id)].count(None) == 1


def change(original: str, message: dict[str, Any] | None) -> dict[str, Any]:
    """An edit of a message, to what it reads now, or its deletion."""
    kind = {"type": "REVOKE"} if message is None else {"type": "EDIT", "message": message}
    return {**result(), "message": {**kind, "originalMessageId": original}}


@pytest.mark.parametrize("arrival", [("wamid.m", "edit"), ("edit", "wamid.m")], ids=["in order", "overtaken"])
async def test_an_edit_is_read_into_its_message_in_whatever_order_they_come(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, arrival: tuple[str, str]
) -> None:
    bodies = {
        "wamid.m": webhook(result("quiero 2", message_id="wamid.m")),
        "edit": webhook(change("wamid.m", {"type": "TEXT", "text": "quiero 3"})),
    }
    for name in arrival:
        await post(web, line.slug, bodies[name])
        await post(web, line.slug, bodies[name])
        await ingest_all(shop)

    assert await rows(shop, "SELECT content ->> 'text', handled_at, edited_at IS NOT NULL FROM messages") == [
        ("quiero 3", None, True)
    ]
    outcomes = {event.outcome for event in await stored_events(shop.id)}
    assert outcomes == ({"message", "change:edited"} if arrival[0] == "wamid.m" else {"change:received", "repeated"})
    assert "conversation.turn" in [row.actor for row in await outbox_rows_of(shop.id)]


@pytest.mark.parametrize("arrival", [("wamid.m", "deletion"), ("deletion", "wamid.m")], ids=["in order", "overtaken"])
async def test_a_deleted_message_needs_no_answer_in_whatever_order_they_come(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary, arrival: tuple[str, str]
) -> None:
    bodies = {"wamid.m": webhook(result("quiero 2", message_id="wamid.m")), "deletion": webhook(change("wamid.m", None))}
    for name in arrival:
        await post(web, line.slug, bodies[name])
        await ingest_all(shop)

    assert await rows(shop, "SELECT content ->> 'text', handled_by, deleted_at IS NOT NULL FROM messages") == [
        (None, "no_answer:deleted", True)
    ]


async def test_the_word_that_ends_marketing_is_heard_of_who_has_agreed_to_it_and_of_nobody_else(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    async def hears(words: str, **message: str) -> tuple[str | None, bool | None]:
        await post(web, line.slug, webhook(result(words) | ({"message": message} if message else {})))
        await ingest_all(shop)
        [(outcome,)] = await rows(shop, "SELECT outcome FROM inbound_events ORDER BY created_at DESC LIMIT 1")
        [(agreed,)] = await rows(shop, "SELECT marketing_consent FROM customers")
        return outcome, agreed

    async def agrees(is_agreed: bool) -> None:
        async with open_work(Principal.system(shop.id)) as work:
            (customer_id,) = (await work.session.execute(text("SELECT id FROM customers"))).one()
            await consent.record(work, customer_id, is_agreed, "mostrador")

    # Given somebody who was never asked, for whom it is a word like others
    assert await hears("¡Baja!") == ("message", None)
    await agrees(True)

    # When they have agreed, what only has the word in it is no refusal, and the word alone is one, which is answered at once
    assert await hears("la mesa baja") == ("message", True)
    # Nor is a row of that name one, which they choose of what the agent has offered
    assert await hears("", type="INTERACTIVE_LIST_REPLY", id="ALT-1", title="Baja") == ("message", True)
    assert await hears("", type="INTERACTIVE_BUTTON_REPLY", id="ALT-1", title="Baja") == ("message", True)
    assert await hears(" ¡BAJA! ") == ("opted_out", False)
    [(source, told)] = await rows(
        shop,
        "SELECT c.consent_source, (SELECT content->>'text' FROM messages WHERE direction = 'out') FROM customers c",
    )
    assert (source, told) == ("«¡BAJA!»", messages.text("consent.stopped", "es"))
    assert await rows(shop, "SELECT count(*) FROM messages WHERE handled_by = 'opted_out'") == [(1,)]
    # And so is the button under a template
    await agrees(True)
    assert await hears("", type="BUTTON", text="Detener promociones", payload="stop") == ("opted_out", False)

    # And what they choose at WhatsApp itself stands too, where it gives back a consent but makes none
    chosen = {"sender": line.address, "from": result("")["from"]}
    for status, outcome, agreed in (("resume", "noted:marketing_resume", True), ("stop", "noted:marketing_stop", False)):
        body = {"from": line.address, "content": chosen | {"notificationMessagesStatus": status}}
        await post(web, line.slug, json.dumps(body).encode())
        await ingest_all(shop)
        assert (outcome,) in await rows(shop, "SELECT outcome FROM inbound_events")
        assert await rows(shop, "SELECT marketing_consent, consent_source FROM customers") == [(agreed, "WhatsApp")]
