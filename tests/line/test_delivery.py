"""Delivery: each message at most once, in order, for the right voice, whatever happens between send and record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from app.actors.deliveries import STALE_SECONDS, deliver
from channels import registry
from channels.infobip.adapter import SEND_SECONDS
from core.access import Principal, Role
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.models import Connection
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.delivery import Outcome
from domain.conversations.models import Conversation, Message, Notification
from domain.conversations.schemas import IncomingMessage, OutgoingMessage
from tests.conftest import make_connection
from tests.line.provider import ScriptedProvider, accepted, response, scripted

_numbers = count(1)


@dataclass(frozen=True)
class Thread:
    """A conversation whose provider answers as the test has written."""

    principal: Principal
    connection_id: UUID
    conversation_id: UUID
    provider: ScriptedProvider

    async def queue(self, *messages: OutgoingMessage | str) -> list[UUID]:
        said = [OutgoingMessage(text=each) if isinstance(each, str) else each for each in messages]
        async with open_work(self.principal) as work:
            return await conversations.queue(work, self.conversation_id, said)

    async def deliver(self) -> None:
        await deliver(str(self.principal.workspace_id), str(self.conversation_id))

    async def messages(self) -> list[Message]:
        async with open_work(self.principal) as work:
            query = select(Message).where(Message.direction == "out").order_by(Message.position)
            return list(await work.session.scalars(query))

    async def statuses(self) -> list[str]:
        return [message.status for message in await self.messages()]

    async def notifications(self) -> list[str]:
        async with open_work(self.principal) as work:
            return list(await work.session.scalars(select(Notification.kind).order_by(Notification.kind)))

    async def report(self, message_id: UUID, status: Any, error_code: str | None = None) -> bool:
        async with open_work(self.principal) as work:
            return await delivery.record_report(work, self.connection_id, str(message_id), status, error_code=error_code)

    async def settle(self, message_id: UUID) -> None:
        async with open_work(self.principal) as work:
            await delivery.settle(work, message_id)

    async def let_time_pass(self) -> None:
        """Every claim, retry and deadline of the thread is over."""
        async with open_work(self.principal) as work:
            past = func.clock_timestamp() - timedelta(seconds=1)
            for column in ("next_try_at", "claimed_until", "deadline_at"):
                await work.session.execute(update(Message).where(getattr(Message, column).is_not(None)).values({column: past}))

    @property
    def said(self) -> list[str]:
        return [request.json["content"]["text"] for request in self.provider.received]


async def incoming(work: Work, connection_id: UUID, body: str = "hola") -> UUID:
    received = await conversations.receive(
        work,
        connection_id,
        "infobip_whatsapp",
        IncomingMessage(
            provider_message_id=f"wamid.{next(_numbers)}",
            address="584141112233",
            phone="584141112233",
            kind="text",
            text=body,
            received_at=work.now,
            inbound_event_id=new_id(),
        ),
    )
    return received.conversation_id


@asynccontextmanager
async def opened(workspace: WorkspaceView, *answers: bytes | None) -> AsyncIterator[Thread]:
    principal = Principal.system(workspace.id)
    async with scripted(*answers) as provider:
        connection = await make_connection(workspace, base_url=provider.base_url)
        async with open_work(principal) as work:
            conversation_id = await incoming(work, connection.id)
        yield Thread(principal, connection.id, conversation_id, provider)
        await registry.close()


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

        # When its claim has run out, and the sweep has seen it
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
        async with open_work(thread.principal) as work:
            claimed = await delivery.claim_next(work, thread.conversation_id, lambda *part: [_Piece(*part)], None)
        assert claimed is not None

        await thread.report(message, "delivered")
        for result in ("unknown", "retry", "sent"):
            async with open_work(thread.principal) as work:
                await delivery.record_outcome(work, claimed, Outcome(result))

        assert await thread.statuses() == ["delivered"]


@dataclass
class _Piece:
    kind: str
    text: str | None
    payload: dict[str, Any]


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
        assert [row.text for row in rows] == thread.said
        assert thread.said[-1] == "después"
        assert len({row.position for row in rows}) == 4


async def test_what_cannot_be_sent_is_refused_and_does_not_stop_the_rest(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        bad = OutgoingMessage(kind="image", text="foto", payload={"media_url": "ftp://x"})
        await thread.queue(bad, OutgoingMessage(text="   "), "sí")

        await thread.deliver()

        rows = await thread.messages()
        assert [(row.status, row.error_code) for row in rows] == [
            ("rejected", "message_unsendable"),
            ("rejected", "message_empty"),
            ("sent", None),
        ]


async def test_the_agents_words_are_cut_off_when_an_operator_takes_the_conversation(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("del agente")
        operator = Principal.user(workspace.id, new_id(), Role.OPERATOR)
        async with open_work(operator) as work:
            await conversations.take(work, thread.conversation_id)
            await conversations.reply(work, thread.conversation_id, OutgoingMessage(text="de una persona"))

        await thread.deliver()

        assert thread.said == ["de una persona"]
        assert await thread.statuses() == ["cancelled", "sent"]


async def test_a_message_of_an_older_voice_is_not_sent_even_if_nobody_cancelled_it(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("viejo")
        async with open_work(thread.principal) as work:
            await work.session.execute(update(Conversation).values(voice_epoch=Conversation.voice_epoch + 1))
        await thread.queue("nuevo")

        await thread.deliver()

        assert thread.said == ["nuevo"]
        assert [row.error_code for row in await thread.messages()] == ["voice_lost", None]


async def test_the_farewell_of_the_agent_goes_out_while_nobody_has_taken_over(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted()) as thread:
        await thread.queue("Te paso con una persona.")
        async with open_work(thread.principal) as work:
            await conversations.wait_for_person(work, thread.conversation_id, "customer_asked")

        await thread.deliver()

        assert thread.said == ["Te paso con una persona."]


async def close_window(thread: Thread) -> None:
    async with open_work(thread.principal) as work:
        await work.session.execute(update(Conversation).values(window_until=work.now - timedelta(minutes=1)))


async def test_outside_the_window_a_text_is_refused_and_staff_are_told(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("tarde")
        await close_window(thread)

        await thread.deliver()

        [row] = await thread.messages()
        assert (row.status, row.error_code, row.attempts) == ("rejected", "window_closed", 0)
        assert thread.provider.received == []
        assert await thread.notifications() == ["message_rejected"]


async def test_outside_the_window_the_template_goes_out_once_until_the_customer_writes(workspace: WorkspaceView) -> None:
    async with opened(workspace, accepted(), accepted()) as thread:
        async with open_work(thread.principal) as work:
            await work.session.execute(
                update(Connection).values(settings={"window_template": "seguimos_aqui", "template_language": "es"})
            )
        await close_window(thread)
        await thread.queue("uno", "dos")

        await thread.deliver()

        rows = await thread.messages()
        assert [(row.kind, row.status) for row in rows] == [
            ("text", "rejected"),
            ("template", "sent"),
            ("text", "rejected"),
        ]
        [request] = thread.provider.received
        assert request.path == "/whatsapp/1/message/template"
        assert request.json["messages"][0]["content"]["templateName"] == "seguimos_aqui"


async def test_the_window_is_read_from_the_business_clock(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        await thread.queue("tarde")
        async with open_work(thread.principal) as work:
            await work.session.execute(text("INSERT INTO runtime_clock (id, shift) VALUES (1, interval '25 hours')"))

        await thread.deliver()

        assert [row.error_code for row in await thread.messages()] == ["window_closed"]


async def test_a_resting_line_costs_no_try(workspace: WorkspaceView) -> None:
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


def test_a_claim_outlives_the_longest_call() -> None:
    assert delivery.CLAIM.total_seconds() > STALE_SECONDS + SEND_SECONDS
