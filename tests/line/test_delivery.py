"""Delivery: each message at most once, in order, whatever happens between send and record."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from app.queue.actors.deliveries import RENEW_SECONDS, STALE_SECONDS
from channels import registry
from channels.breaker import Breaker
from core.outbox import OutboxMessage
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.conversations import delivery
from domain.conversations.content import File, Text, said
from domain.conversations.delivery import Outcome
from domain.conversations.kinds import AttemptOutcome
from domain.conversations.models import Message
from tests.factories.provider import accepted, response
from tests.factories.threads import Thread, opened
from tests.line.conftest import eventually


async def test_messages_go_out_in_order_and_once(workspace: WorkspaceView) -> None:
    async with opened(workspace, *[accepted()] * 3) as thread:
        await thread.queue("uno", "dos", "tres")

        await asyncio.gather(*(thread.deliver() for _ in range(4)))
        await thread.deliver()

        assert thread.said == ["uno", "dos", "tres"]
        assert await thread.statuses() == ["sent"] * 3


async def test_a_second_deliverer_waits_for_the_first(workspace: WorkspaceView) -> None:
    async with opened(workspace, None, accepted()) as thread:
        await thread.queue("uno", "dos")
        first = asyncio.create_task(thread.deliver())
        await thread.provider.arrived.wait()

        await thread.deliver()

        assert thread.said == ["uno"]
        assert await thread.statuses() == ["sending", "queued"]
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_a_deliverer_that_dies_after_the_send_leaves_no_resend_behind(workspace: WorkspaceView) -> None:
    # Given a deliverer that was killed while the provider had the message
    async with opened(workspace, None, accepted()) as thread:
        first, _ = await thread.queue("uno", "dos")
        killed = asyncio.create_task(thread.deliver())
        await thread.provider.arrived.wait()
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed

        # When its lease has run out, and the sweep has seen it
        await thread.let_time_pass()
        await thread.settle(first)
        await thread.deliver()

        # Then the message is unknown, holds up the next one, and is not sent again
        assert await thread.statuses() == ["unknown", "queued"]
        assert thread.said == ["uno"]

        # And its report settles it and releases the next
        assert await thread.report(first, "delivered")
        await thread.deliver()
        assert await thread.statuses() == ["delivered", "sent"]
        assert thread.said == ["uno", "dos"]


async def test_an_unknown_message_becomes_unconfirmed_staff_are_told_and_the_next_one_goes(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(502, b"<html>"), accepted()) as thread:
        await thread.queue("uno", "dos")
        await thread.deliver()
        await thread.deliver()
        assert await thread.statuses() == ["unknown", "queued"]

        await thread.let_time_pass()
        await thread.deliver()

        assert await thread.statuses() == ["unconfirmed", "sent"]
        assert thread.said == ["uno", "dos"]
        assert await thread.notifications() == ["message_unconfirmed"]


async def test_a_late_report_still_tells_the_truth_about_an_unconfirmed_message(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(500, b"")) as thread:
        [message] = await thread.queue("uno")
        await thread.deliver()
        await thread.let_time_pass()
        await thread.settle(message)

        await thread.report(message, "read")

        [row] = await thread.messages()
        assert (row.status, row.error_code) == ("read", None)


async def test_a_report_that_overtakes_the_outcome_stays(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        [message] = await thread.queue("uno")
        taken = await take(thread)

        await thread.report(message, "delivered")
        for result in (AttemptOutcome.UNKNOWN, AttemptOutcome.RETRY, AttemptOutcome.SENT):
            async with open_work(thread.principal) as work:
                await delivery.record_outcome(work, taken, Outcome(result))

        assert await thread.statuses() == ["delivered"]


async def take(thread: Thread) -> delivery.Taken:
    """Take the next message as a deliverer does."""
    async with open_work(thread.principal) as work:
        taken = await delivery.take_next(work, thread.conversation_id, lambda content: [content], None)
    assert taken is not None
    return taken


async def test_a_report_about_a_message_that_nobody_sent_is_left_open(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        assert not await thread.report(new_id(), "delivered")


async def test_what_was_certainly_not_sent_is_tried_three_times(workspace: WorkspaceView) -> None:
    async with opened(workspace, *[response(429, b"", "Retry-After: 0")] * 3) as thread:
        await thread.queue("uno")
        seen = []
        for _ in range(4):
            await thread.deliver()
            seen += await thread.statuses()
            await thread.let_time_pass()

        assert seen == ["retry", "retry", "rejected", "rejected"]
        assert thread.said == ["uno"] * 3
        assert len({request.json["messageId"] for request in thread.provider.received}) == 1
        assert await thread.notifications() == ["message_rejected"]


async def test_a_retry_waits_for_its_time_and_holds_up_the_next(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(429, b""), accepted(), accepted()) as thread:
        await thread.queue("uno", "dos")
        await thread.deliver()
        await thread.deliver()
        assert thread.said == ["uno"]

        await thread.let_time_pass()
        await thread.deliver()

        assert thread.said == ["uno", "uno", "dos"]
        assert await thread.statuses() == ["sent", "sent"]


async def test_a_refusal_inside_a_200_is_told_to_staff_and_the_next_one_goes(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted(5, 14), accepted()) as thread:
        await thread.queue("uno", "dos")

        await thread.deliver()

        first, second = await thread.messages()
        assert (first.status, first.error_code, second.status) == ("rejected", "infobip_14", "sent")
        assert await thread.notifications() == ["message_rejected"]


async def test_a_failed_report_stays_and_is_told_once(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        [message] = await thread.queue("uno")
        await thread.deliver()

        for status in ("failed", "failed", "delivered", "sent"):
            await thread.report(message, status, "window_closed")

        [row] = await thread.messages()
        assert (row.status, row.error_code) == ("failed", "window_closed")
        assert await thread.notifications() == ["message_failed"]


async def test_a_long_text_is_sent_in_parts_that_are_messages_of_their_own(workspace: WorkspaceView) -> None:
    async with opened(workspace, *[accepted()] * 4) as thread:
        await thread.queue("\n\n".join(["palabra " * 400] * 3), "después")

        await thread.deliver()

        rows = await thread.messages()
        assert [row.status for row in rows] == ["sent"] * 4
        assert [said(row.content) for row in rows] == thread.said
        assert thread.said[-1] == "después"
        assert len({row.position for row in rows}) == 4


async def test_what_cannot_be_sent_is_refused_and_does_not_stop_the_rest(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        bad = File(media="image", url="ftp://x", caption="foto")
        await thread.queue(bad, Text(text="   "), "sí")

        await thread.deliver()

        rows = await thread.messages()
        assert [(row.status, row.error_code) for row in rows] == [
            ("rejected", "message_unsendable"),
            ("rejected", "message_empty"),
            ("sent", None),
        ]


async def test_a_resting_line_costs_no_try(workspace: WorkspaceView, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a clock that stands still, so that the rest does not end
    monkeypatch.setattr(registry, "Breaker", partial(Breaker, clock=lambda: 0.0))
    refused = [response(500, b"")] * 5
    async with opened(workspace, *refused, accepted()) as thread:
        for number in range(5):
            [message] = await thread.queue(str(number))
            await thread.deliver()
            await thread.report(message, "sent")
        await thread.queue("último")

        for _ in range(4):
            await thread.deliver()
            await thread.let_time_pass()

        assert (await thread.statuses())[-1] == "retry"
        assert len(thread.provider.received) == 5
        await registry.close()
        await thread.deliver()
        assert (await thread.statuses())[-1] == "sent"


async def test_two_conversations_do_not_wait_for_each_other(workspace: WorkspaceView) -> None:
    async with opened(workspace, None) as stuck, opened(workspace, accepted()) as free:
        await stuck.queue("uno")
        waiting = asyncio.create_task(stuck.deliver())
        await stuck.provider.arrived.wait()
        await free.queue("dos")

        await free.deliver()

        assert free.said == ["dos"]
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_deliverer_that_waits_for_the_provider_is_not_taken_for_dead(workspace: WorkspaceView) -> None:
    # Given a provider that does not answer
    async with opened(workspace, None) as thread:
        await thread.queue("uno")
        waiting = asyncio.create_task(thread.deliver())
        await thread.provider.arrived.wait()
        [message] = await thread.messages()
        lease_until = message.lease_until

        # When the deliverer waits on, its lease is prolonged
        async def is_prolonged() -> bool:
            [message] = await thread.messages()
            return message.lease_until != lease_until

        await eventually(is_prolonged)
        assert await thread.statuses() == ["sending"]
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


def test_a_claim_outlives_a_lost_renewal_and_no_call_begins_after_it() -> None:
    assert delivery.LEASE.total_seconds() > 2 * RENEW_SECONDS
    assert delivery.LEASE.total_seconds() > STALE_SECONDS


async def test_a_slow_deliverer_that_was_taken_for_dead_tries_again_what_was_certainly_not_sent(
    workspace: WorkspaceView,
) -> None:
    async with opened(workspace, accepted()) as thread:
        # Given a deliverer so slow that its message is in doubt
        [message] = await thread.queue("uno")
        taken = await take(thread)
        await thread.let_time_pass()
        await thread.settle(message)
        assert await thread.statuses() == ["unknown"]

        # When it says that nothing was sent
        async with open_work(thread.principal) as work:
            await delivery.record_outcome(work, taken, Outcome(AttemptOutcome.RETRY, "connect_failed"))
        assert await thread.statuses() == ["retry"]

        # Then the message is sent
        await thread.let_time_pass()
        await thread.deliver()
        assert (thread.said, await thread.statuses()) == (["uno"], ["sent"])


async def test_a_claim_that_was_never_used_costs_no_try(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("uno")
        for _ in range(delivery.MAX_TRIES + 1):
            taken = await take(thread)
            async with open_work(thread.principal) as work:
                await delivery.record_outcome(work, taken, Outcome(AttemptOutcome.RETRY, delivery.LEASE_STALE))
            await thread.let_time_pass()
        await thread.deliver()
        assert await thread.statuses() == ["sent"]


async def test_a_line_that_cannot_be_reached_costs_no_message_for_an_hour(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("uno")
        pauses = []
        for _ in range(delivery.MAX_TRIES + 2):
            taken = await take(thread)
            async with open_work(thread.principal) as work:
                await delivery.record_outcome(work, taken, Outcome(AttemptOutcome.RETRY, delivery.UNREACHED))
                began = work.system_time
            [message] = await thread.messages()
            assert message.next_try_at is not None
            pauses.append(message.next_try_at - began)
            await thread.let_time_pass()
        assert pauses == [*delivery.BACKOFF, delivery.BACKOFF[-1], delivery.BACKOFF[-1]]

        # When it has waited for too long, then it is given up and staff are told
        async with open_work(thread.principal) as work:
            await work.session.execute(update(Message).values(created_at=Message.created_at - delivery.MOST_PATIENCE))
        taken = await take(thread)
        async with open_work(thread.principal) as work:
            await delivery.record_outcome(work, taken, Outcome(AttemptOutcome.RETRY, delivery.UNREACHED))
        assert await thread.statuses() == ["rejected"]
        assert await thread.notifications() == ["message_rejected"]


async def test_after_a_rest_of_the_line_a_message_is_tried_at_once(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("uno")
        for _ in range(3):
            taken = await take(thread)
            async with open_work(thread.principal) as work:
                await delivery.record_outcome(
                    work, taken, Outcome(AttemptOutcome.RETRY, delivery.LINE_RESTING, retry_after=0.5)
                )
                began = work.system_time
            [message] = await thread.messages()
            assert message.next_try_at == began + timedelta(seconds=0.5)
            await thread.let_time_pass()


async def rings(thread: Thread) -> int:
    async with open_work(thread.principal) as work:
        query = select(func.count()).where(
            OutboxMessage.actor == "message.deliver", OutboxMessage.due_at <= func.clock_timestamp()
        )
        return await work.session.scalar(query) or 0


async def test_a_report_that_settles_a_doubt_rings_for_the_messages_behind_it(workspace: WorkspaceView) -> None:
    async with opened(workspace, response(500, b"")) as thread:
        first, _ = await thread.queue("uno", "dos")
        await thread.deliver()
        before = await rings(thread)

        await thread.report(first, "sent")
        settled = await rings(thread)
        await thread.report(first, "delivered")

        assert settled == before + 1
        assert await rings(thread) == settled
