"""The sweeps: what lost its bell is found again, whatever lost it, and no job is without a sweep."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text, update

from agent import sessions
from agent.models import AgentSession, Turn
from app.queue import deadlines
from app.queue.actors import RUNNERS, inbound, notifications
from app.queue.broker import RedisBells
from app.queue.jobs import JOBS, SWEEPS
from app.queue.sweeps import LONG_QUEUE, Backoff, Sweeper, unhandled
from core.access import Principal
from core.clock import shift_by
from core.inbound import InboundEvent
from core.settings import Settings
from core.tables import WorkspaceRow, new_id
from core.work import open_system_work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from domain.conversations import service as conversations
from domain.conversations.content import File, Text
from domain.conversations.kinds import NoticeKind
from domain.conversations.models import Attachment, Message, Notification
from domain.conversations.schemas import Incoming, Received, Sender
from tests.factories.webhooks import post, result, stored_events, webhook
from tests.factories.workspaces import make_connection, make_workspace

AGO = timedelta(seconds=-10)
AHEAD = timedelta(seconds=30)


async def found() -> set[tuple[str, str]]:
    """What the sweeps would ring for: the job, and the id of its subject."""
    rings = [one.ring for sweep in SWEEPS for one in await unhandled(sweep)]
    return {(ring.job, next(value for name, value in ring.arguments.items() if name != "workspace_id")) for ring in rings}


async def arrive(workspace: WorkspaceView, connection: ConnectionSummary, *, media: bool = False) -> Received:
    """A customer's message in its conversation, with a turn due now."""
    async with open_work(Principal.system(workspace.id)) as work:
        said = File(media="image", url="https://example.test/a.jpg", caption="hola") if media else Text(text="hola")
        incoming = Incoming(
            provider_message_id=f"wamid.{uuid4().hex}",
            sender=Sender(address="584141112233"),
            content=said,
            received_at=work.now,
            inbound_event_id=new_id(),
        )
        received = await conversations.receive(work, connection, incoming)
        await sessions.message_arrived(work, received.conversation_id, Text(text="hola"))
        return received


async def change(workspace: WorkspaceView, table: type[WorkspaceRow], **columns: timedelta | str | None) -> None:
    """Set columns of all rows of a table: to a time relative to Postgres' clock, or to a plain value."""
    async with open_work(Principal.system(workspace.id)) as work:
        now = work.system_time
        values = {name: now + value if isinstance(value, timedelta) else value for name, value in columns.items()}
        await work.session.execute(update(table).values(values))


async def statuses(workspace: WorkspaceView) -> list[str]:
    """The statuses of the workspace's outgoing messages in their order."""
    async with open_work(Principal.system(workspace.id)) as work:
        query = text("SELECT status FROM messages WHERE direction = 'out' ORDER BY position")
        return list((await work.session.scalars(query)).all())


def test_every_job_has_a_runner_and_a_sweep() -> None:
    assert {sweep.job for sweep in SWEEPS} == set(JOBS)
    assert set(RUNNERS) == set(JOBS)


async def test_an_event_whose_ring_was_lost_with_redis_is_rung_for_again(
    web: httpx.AsyncClient, broker: RedisBells, settings: Settings
) -> None:
    workspace = await make_workspace()
    line = await make_connection(workspace)
    assert (await post(web, line.slug, webhook(result()))).status_code == 200
    broker.client.flushdb()
    sweeper = Sweeper(broker)
    assert await sweeper.sweep() == 0

    await change(workspace, InboundEvent, next_try_at=AGO)
    assert await sweeper.sweep() == 1
    assert broker.depths()["inbound-ingest"] == 1
    assert await sweeper.sweep() == 0

    [event] = await stored_events(workspace.id)
    await inbound.ingest(str(workspace.id), str(event.id))
    assert "inbound.ingest" not in {job for job, _ in await found()}


async def test_a_due_turn_is_found_unless_a_living_worker_holds_its_lease(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    received = await arrive(workspace, connection)
    turn = ("conversation.turn", str(received.conversation_id))
    assert await found() == set()

    await change(workspace, AgentSession, turn_due_at=AGO)
    assert await found() == {turn}
    await change(workspace, AgentSession, lease_until=AHEAD)
    assert await found() == set()
    await change(workspace, AgentSession, lease_until=AGO)
    assert await found() == {turn}
    await change(workspace, AgentSession, turn_due_at=AHEAD)
    assert await found() == set()


async def test_a_turn_left_open_by_a_dead_worker_is_found(workspace: WorkspaceView, connection: ConnectionSummary) -> None:
    received = await arrive(workspace, connection)
    async with open_work(Principal.system(workspace.id)) as work:
        work.session.add(
            Turn(
                workspace_id=work.workspace_id,
                conversation_id=received.conversation_id,
                number=1,
                voice_epoch=0,
                frozen={},
                started_at=work.system_time,
            )
        )
    await change(workspace, AgentSession, turn_due_at=None, lease_until=AHEAD)
    assert await found() == set()
    await change(workspace, AgentSession, lease_until=AGO)
    assert await found() == {("conversation.turn", str(received.conversation_id))}


async def test_a_turn_whose_workers_die_one_after_the_other_does_not_wait_longer_each_time(
    workspace: WorkspaceView, connection: ConnectionSummary, broker: RedisBells
) -> None:
    await arrive(workspace, connection)
    await change(workspace, AgentSession, turn_due_at=AGO)
    sweeper = Sweeper(broker)
    for _ in range(4):
        # Given a turn that has been rung for, when its next worker has claimed it and died, then it is rung for at once
        assert await sweeper.sweep() == 1
        assert await sweeper.sweep() == 0
        await change(workspace, AgentSession, turn_due_at=AGO, lease_until=AGO)


async def test_waiting_messages_files_and_notices_are_found(workspace: WorkspaceView, connection: ConnectionSummary) -> None:
    received = await arrive(workspace, connection, media=True)
    async with open_work(Principal.system(workspace.id)) as work:
        await conversations.queue(work, received.conversation_id, [Text(text="uno"), Text(text="dos")])
        await conversations.notify(work, NoticeKind.OTHER, dedupe_key="test")
    assert await found() == set()

    await change(workspace, Message, next_try_at=AGO)
    await change(workspace, Attachment, next_try_at=AGO)
    await change(workspace, Notification, next_try_at=AGO)
    jobs = {job for job, _ in await found()}
    assert jobs == {"message.deliver", "media.process", "notification.send"}
    assert ("message.deliver", str(received.conversation_id)) in await found()


async def test_a_notice_is_published_once(workspace: WorkspaceView) -> None:
    async with open_work(Principal.system(workspace.id)) as work:
        await conversations.notify(work, NoticeKind.OTHER, dedupe_key="test")
    await change(workspace, Notification, next_try_at=AGO)
    [(_, notice)] = await found()
    for _ in range(2):
        await notifications.send(str(workspace.id), notice)

    assert await found() == set()
    async with open_work(Principal.system(workspace.id)) as work:
        assert await work.session.scalar(text("SELECT attempts FROM notifications")) == 1


async def test_what_a_dead_deliverer_was_sending_is_in_doubt_and_at_last_unconfirmed(
    workspace: WorkspaceView, connection: ConnectionSummary
) -> None:
    received = await arrive(workspace, connection)
    async with open_work(Principal.system(workspace.id)) as work:
        await conversations.queue(work, received.conversation_id, [Text(text="uno")])
    await change(workspace, Message, status="sending", lease_until=AHEAD)
    await deadlines.settle_all(100)
    assert await statuses(workspace) == ["sending"]

    await change(workspace, Message, lease_until=AGO)
    await deadlines.settle_all(100)
    assert await statuses(workspace) == ["unknown"]
    await change(workspace, Message, deadline_at=AGO)
    await deadlines.settle_all(100)
    assert await statuses(workspace) == ["unconfirmed"]


async def test_a_silent_session_ends_by_business_time(workspace: WorkspaceView, connection: ConnectionSummary) -> None:
    await arrive(workspace, connection)
    async with open_work(Principal.system(workspace.id)) as work:
        await work.session.execute(text("UPDATE messages SET handled_at = clock_timestamp(), handled_by = 'turn'"))
    await change(workspace, AgentSession, state="COLLECTING_ORDER", turn_due_at=None)
    await deadlines.settle_all(100)
    assert await _states(workspace) == ["COLLECTING_ORDER"]

    async with open_system_work() as session:
        await shift_by(session, timedelta(minutes=31))
    await deadlines.settle_all(100)
    assert await _states(workspace) == ["IDLE"]


async def _states(workspace: WorkspaceView) -> list[str]:
    async with open_work(Principal.system(workspace.id)) as work:
        return list((await work.session.scalars(text("SELECT state FROM agent_sessions"))).all())


def test_a_bell_that_was_just_rung_is_left_alone_for_a_growing_while() -> None:
    backoff = Backoff()
    assert backoff.allows("a", queued=0)
    assert not backoff.allows("a", queued=0)
    assert backoff.allows("b", queued=0)
    backoff.forget_old()
    assert not backoff.allows("a", queued=0)


def test_nothing_is_added_to_a_long_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    backoff = Backoff()
    assert not backoff.allows("a", queued=LONG_QUEUE)
    assert not backoff.allows("a", queued=LONG_QUEUE)
    assert backoff.allows("a", queued=LONG_QUEUE - 1)
    # Given a bell that was lost from a queue that stays long
    assert not backoff.allows("b", queued=LONG_QUEUE)
    monkeypatch.setattr("app.queue.sweeps.LONGEST_PAUSE_SECONDS", 0.0)
    assert backoff.allows("b", queued=LONG_QUEUE)
