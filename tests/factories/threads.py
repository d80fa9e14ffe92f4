"""A conversation whose provider answers as the test has written, and what the tests of delivery do with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.queue.actors.deliveries import deliver
from channels import registry
from core.access import Principal
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections import service as connections
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.content import Content, Text
from domain.conversations.models import Message, Notification
from domain.conversations.schemas import Incoming, Sender
from tests.factories.provider import ScriptedProvider, scripted
from tests.factories.workspaces import make_connection

_numbers = count(1)


@dataclass(frozen=True)
class Thread:
    """A conversation whose provider answers as the test has written."""

    principal: Principal
    connection_id: UUID
    conversation_id: UUID
    provider: ScriptedProvider

    async def queue(self, *messages: Content | str) -> list[UUID]:
        said = [Text(text=each) if isinstance(each, str) else each for each in messages]
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
            sent = await delivery.find_sent(work, self.connection_id, [str(message_id)])
            for message in sent.values():
                await delivery.record_report(work, message, status, error_code=error_code)
            return bool(sent)

    async def settle(self, message_id: UUID) -> None:
        async with open_work(self.principal) as work:
            await delivery.settle(work, message_id)

    async def let_time_pass(self) -> None:
        """Every claim, retry and deadline of the thread is over."""
        async with open_work(self.principal) as work:
            past = func.clock_timestamp() - timedelta(seconds=1)
            for column in ("next_try_at", "lease_until", "deadline_at"):
                await work.session.execute(update(Message).where(getattr(Message, column).is_not(None)).values({column: past}))

    @property
    def said(self) -> list[str]:
        return [request.json["content"]["text"] for request in self.provider.received]


async def incoming(work: Work, connection_id: UUID, body: str = "hola") -> UUID:
    received = await conversations.receive(
        work,
        await connections.get(work, connection_id),
        Incoming(
            provider_message_id=f"wamid.{next(_numbers)}",
            sender=Sender(address="584141112233", phone="584141112233"),
            content=Text(text=body),
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
