"""The intake: webhooks that arrive together share a transaction, and none pays for another's fault."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.web.intake import Intake
from channels.base import RawEvent
from core.access import Principal
from core.arrivals import storable
from core.inbound import EventKind
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from tests.factories.webhooks import outbox_rows_of, stored_events


def event(key: str, position: int = 0) -> RawEvent:
    """An event with a given key."""
    return RawEvent(EventKind.MESSAGE, key, "VE.1", position, b"{}")


async def test_many_webhooks_at_once_need_few_transactions(workspace: WorkspaceView, connection: ConnectionSummary) -> None:
    intake = Intake()
    new = await asyncio.gather(
        *(intake.put(workspace.id, connection.id, f"c{number}", [event(f"k{number}")]) for number in range(200))
    )

    assert all(len(each) == 1 for each in new)
    assert len(await stored_events(workspace.id)) == 200
    async with open_work(Principal.system(workspace.id)) as work:
        transactions = await work.session.scalar(text("SELECT count(DISTINCT xmin::text) FROM inbound_events"))
    assert transactions is not None
    assert transactions <= 2
    assert {row.correlation_id for row in await outbox_rows_of(workspace.id)} == {f"c{number}" for number in range(200)}


async def test_a_key_in_two_webhooks_of_one_transaction_is_new_in_one_of_them(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    intake = Intake()
    new = await asyncio.gather(
        *(intake.put(workspace.id, connection.id, "c", [event("same"), event(f"k{n}")]) for n in range(20))
    )

    assert sum(each.dedupe_key == "same" for events in new for each in events) == 1
    assert len(await stored_events(workspace.id)) == 21


async def test_a_webhook_that_the_database_refuses_does_not_cost_its_neighbours_theirs(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    intake = Intake()
    refused = event("refused", position=2**40)
    results = await asyncio.gather(
        *(intake.put(workspace.id, connection.id, "c", [each]) for each in (event("a"), event("b"), refused, event("c"))),
        return_exceptions=True,
    )

    assert [isinstance(each, DBAPIError) for each in results] == [False, False, True, False]
    assert sorted(each.dedupe_key for each in await stored_events(workspace.id)) == ["a", "b", "c"]


async def test_whoever_stops_waiting_does_not_disturb_the_others(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    intake = Intake()
    puts = [asyncio.create_task(intake.put(workspace.id, connection.id, "c", [event(f"k{n}")])) for n in range(10)]
    await asyncio.sleep(0)
    puts[3].cancel()
    puts[9].cancel()
    results = await asyncio.gather(*puts, return_exceptions=True)

    assert [isinstance(each, asyncio.CancelledError) for each in results].count(True) == 2
    assert {event.dedupe_key for event in await stored_events(workspace.id)} >= {f"k{n}" for n in range(9) if n != 3}


@pytest.mark.parametrize("key", ["a\x00b", "\ud800", "x" * 301])
def test_a_key_that_postgres_would_refuse_is_replaced_by_its_digest(key: str) -> None:
    safe = storable(key, 300)
    assert safe.startswith("sha256:")
    assert safe == storable(key, 300)
    assert storable(f"plain-{uuid4()} ñ 🙂", 300).startswith("plain-")
