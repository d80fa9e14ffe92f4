"""Commits whose answer is lost, in the way in and in the way out: read again, and neither doubled nor forgotten."""

import json
from contextlib import suppress

import pytest
from sqlalchemy import func, select, text

from app.queue.actors import inbound as ingesting
from core import inbound
from core.errors import CommitOutcomeUnknown
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.conversations.models import DeliveryAttempt
from tests.factories.commits import losing
from tests.factories.provider import accepted
from tests.factories.threads import opened
from tests.factories.webhooks import result


@pytest.mark.parametrize("lost", range(1, 6))
async def test_a_message_is_sent_once_whichever_commit_of_its_delivery_is_lost(workspace: WorkspaceView, lost: int) -> None:
    # Given two messages, and a connection that breaks after one of the deliverer's commits
    async with opened(workspace, accepted(), accepted()) as thread:
        await thread.queue("uno", "dos")
        with losing(lost), suppress(CommitOutcomeUnknown):
            await thread.deliver()
        # When the bell rings again
        await thread.deliver()
        # Then each was sent once, and both are known to be
        assert thread.said == ["uno", "dos"]
        assert await thread.statuses() == ["sent", "sent"]
        async with open_work(thread.principal) as work:
            assert await work.session.scalar(select(func.count()).select_from(DeliveryAttempt)) == 2


@pytest.mark.parametrize("lost", [1, 2], ids=["of the claim", "of the outcome"])
async def test_a_deliverer_outlasts_a_restart_of_the_database_after_a_lost_commit(workspace: WorkspaceView, lost: int) -> None:
    # Given a message, and a server that goes down in the middle of a commit and is away for some tries
    async with opened(workspace, accepted()) as thread:
        await thread.queue("uno")
        with losing(lost, away_for=3):
            # When it is delivered
            await thread.deliver()
        # Then it was sent once and is known to be, without a wait for its report
        assert thread.said == ["uno"]
        assert await thread.statuses() == ["sent"]


@pytest.mark.parametrize("lost", [1, 2])
async def test_an_event_is_taken_in_once_whichever_commit_of_its_ingest_is_lost(workspace: WorkspaceView, lost: int) -> None:
    async with opened(workspace) as thread:
        async with open_work(thread.principal) as work:
            row = inbound.InboundEvent(
                workspace_id=work.workspace_id,
                id=new_id(),
                connection_id=thread.connection_id,
                kind="message",
                dedupe_key="one",
                sender_key="584141112233",
                body=json.dumps(result("dame 2 harinas")).encode(),
                correlation_id="one",
                next_try_at=work.system_time,
            )
            work.session.add(row)
        ids = (str(workspace.id), str(row.id))
        with losing(lost), suppress(CommitOutcomeUnknown):
            await ingesting.ingest(*ids)
        await ingesting.ingest(*ids)
        async with open_work(thread.principal) as work:
            said = text("SELECT count(*) FROM messages WHERE direction = 'in' AND content ->> 'text' = 'dame 2 harinas'")
            assert await work.session.scalar(said) == 1
            assert await work.session.scalar(text("SELECT outcome FROM inbound_events")) == "message"
