"""Reports of what went out are collected for a moment and read in together, and one bad report spoils no other."""

import asyncio
import json
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update

from app.queue.actors import inbound as actor
from core import inbound
from core.access import Principal
from core.inbound import InboundEvent
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.models import Message
from domain.conversations.schemas import Incoming, Sender
from tests.factories.webhooks import outbox_rows_of, post, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace

AT = "2026-05-04T09:16:02.000+0000"


@pytest.fixture
async def shop(web: httpx.AsyncClient) -> WorkspaceView:
    """A workspace in the database that the web application has connected to."""
    return await make_workspace()


@pytest.fixture
async def line(shop: WorkspaceView) -> ConnectionSummary:
    """A connection of that workspace."""
    return await make_connection(shop)


async def sent(shop: WorkspaceView, line: ConnectionSummary, count: int) -> list[UUID]:
    """Messages that went out to as many customers."""
    ids: list[UUID] = []
    async with open_work(Principal.system(shop.id)) as work:
        for number in range(count):
            incoming = Incoming(
                provider_message_id=f"wamid.{new_id()}",
                sender=Sender(address=f"58414{number:07d}", phone=f"58414{number:07d}"),
                content=Text(text="hola"),
                received_at=work.now,
                inbound_event_id=new_id(),
            )
            received = await conversations.receive(work, line, incoming)
            ids += await conversations.queue(work, received.conversation_id, [Text(text="buenas")])
        for message_id in ids:
            change = update(Message).where(Message.id == message_id)
            await work.session.execute(change.values(provider_message_id=str(message_id), status="sent"))
    return ids


def seen(*message_ids: UUID) -> bytes:
    """Seen reports for messages of ours, in one webhook."""
    return webhook(*({"messageId": str(id), "from": "58", "to": "58", "sentAt": AT, "seenAt": AT} for id in message_ids))


async def statuses(shop: WorkspaceView) -> list[str]:
    """The statuses of all that went out."""
    async with open_work(Principal.system(shop.id)) as work:
        return list((await work.session.scalars(text("SELECT status FROM messages WHERE direction = 'out'"))).all())


async def test_reports_that_come_close_together_ring_once(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    # Given messages that went out to three customers
    ids = await sent(shop, line, 3)
    before = len(await outbox_rows_of(shop.id))
    # When their reports come in two webhooks
    assert (await post(web, line.slug, seen(*ids[:2]))).status_code == 200
    assert (await post(web, line.slug, seen(ids[2]))).status_code == 200
    # Then one bell is to ring for all of them, in a moment
    rung = (await outbox_rows_of(shop.id))[before:]
    assert [(row.actor, row.arguments) for row in rung] == [("inbound.reports", {"connection_id": str(line.id)})]
    assert rung[0].due_at > rung[0].created_at
    # And when it rings twice at a time, each report is taken once
    await asyncio.gather(*(actor.take_reports(str(shop.id), str(line.id)) for _ in range(2)))
    assert await statuses(shop) == ["read"] * 3
    assert [(event.outcome, event.attempts) for event in await stored_events(shop.id)] == [("report:read", 1)] * 3


async def test_a_report_that_cannot_be_read_spoils_no_other(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    # Given a report among others that the reader cannot make sense of
    ids = await sent(shop, line, 2)
    await post(web, line.slug, seen(*ids))
    async with open_work(Principal.system(shop.id)) as work:
        work.session.add(
            InboundEvent(
                workspace_id=shop.id,
                id=new_id(),
                connection_id=line.id,
                kind="seen",
                dedupe_key="seen:broken",
                body=json.dumps({"seenAt": AT, "messageId": {}}).encode(),
                correlation_id="trace-1",
                next_try_at=work.system_time,
            )
        )
    # When they are read in together
    await actor.take_reports(str(shop.id), str(line.id))
    # Then the others are taken, and the broken one is given up with its reason
    assert await statuses(shop) == ["read"] * 2
    broken = next(event for event in await stored_events(shop.id) if event.dedupe_key == "seen:broken")
    assert (broken.handled_at, broken.parked_reason is None) == (None, False)


async def test_a_report_whose_reader_died_is_tried_by_itself(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    # Given two reports, whose first reader died after it had counted its try
    ids = await sent(shop, line, 2)
    await post(web, line.slug, seen(*ids))
    async with open_work(Principal.system(shop.id)) as work:
        assert len(await inbound.count_reports(work, line.id)) == 2
    async with open_work(Principal.system(shop.id)) as work:
        assert await inbound.count_reports(work, line.id) == {}  # their next try is not due yet
        await work.session.execute(update(InboundEvent).values(next_try_at=work.system_time))
    # When the sweep rings again
    await actor.take_reports(str(shop.id), str(line.id))
    # Then each was tried by itself, so that the one that kills its reader is given up without the other
    assert await statuses(shop) == ["read"] * 2
    assert [event.attempts for event in await stored_events(shop.id)] == [3, 3]


async def test_one_ring_takes_all_reports_however_many(
    web: httpx.AsyncClient, shop: WorkspaceView, line: ConnectionSummary
) -> None:
    # Given more reports than are read in together
    ids = await sent(shop, line, 1)
    reports = [{"messageId": str(ids[0]), "from": "58", "to": "58", "sentAt": AT, "seenAt": AT}]
    reports += [{"messageId": str(new_id()), "from": "58", "to": "58", "sentAt": AT, "seenAt": AT} for _ in range(120)]
    await post(web, line.slug, webhook(*reports))
    # When the bell rings once
    await actor.take_reports(str(shop.id), str(line.id))
    # Then each was tried once; those whose message is not there yet wait for it
    events = await stored_events(shop.id)
    assert {event.attempts for event in events} == {1}
    assert [event.outcome for event in events if event.handled_at is not None] == ["report:read"]
