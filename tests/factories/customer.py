"""A customer of a shop, who writes and reads as the ingest and the deliverer would let them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from agent import sessions
from agent.frozen import TakenTurn
from agent.turn import run_turn, take
from core.work import Work, open_work
from domain.connections import service as connections
from domain.conversations import changes
from domain.conversations import service as conversations
from domain.conversations.content import About, Content, Edited, Removed, Text
from domain.conversations.schemas import Changed, Incoming, MessageView, Sender
from tests.factories.shop import Shop


@dataclass
class Customer:
    """A customer of the shop: what they write comes in as the ingest would store it."""

    shop: Shop
    connection_id: UUID
    phone: str = "584141112233"
    conversation_id: UUID = field(default_factory=uuid4)

    async def writes(
        self, said: str | Content = "", *, ahead_minutes: float = 0, quoting: UUID | None = None, about: About | None = None
    ) -> UUID:
        """Send one message, which may quote another; the turn becomes due. The provider's clock may run ahead of ours."""
        async with open_work(self.shop.principal) as work:
            return await self.writes_in(work, said, ahead_minutes=ahead_minutes, quoting=quoting, about=about)

    async def writes_in(
        self,
        work: Work,
        said: str | Content = "",
        *,
        ahead_minutes: float = 0,
        quoting: UUID | None = None,
        about: About | None = None,
    ) -> UUID:
        """Send one message in a transaction that the test holds open."""
        content = Text(text=said, about=about) if isinstance(said, str) else said
        quoted = await work.session.scalar(text("SELECT provider_message_id FROM messages WHERE id = :id"), {"id": quoting})
        received = await conversations.receive(
            work,
            await connections.get(work, self.connection_id),
            Incoming(
                provider_message_id=f"wamid.{uuid4().hex}",
                sender=Sender(address=self.phone, phone=self.phone, name="Ana"),
                content=content,
                reply_to=quoted,
                received_at=work.now + timedelta(minutes=ahead_minutes),
                inbound_event_id=uuid4(),
            ),
        )
        await sessions.message_arrived(work, received.conversation_id, content)
        self.conversation_id = received.conversation_id
        assert received.message_id is not None
        return received.message_id

    async def edits(self, message_id: UUID, words: str) -> Changed:
        """Put other words in the place of those of a message."""
        return await self._changes(message_id, words)

    async def deletes(self, message_id: UUID) -> Changed:
        """Delete a message for everyone."""
        return await self._changes(message_id, None)

    async def _changes(self, message_id: UUID, words: str | None) -> Changed:
        async with open_work(self.shop.principal) as work:
            reference = await work.session.scalar(
                text("SELECT provider_message_id FROM messages WHERE id = :id"), {"id": message_id}
            )
            changed = await changes.change(
                work, await connections.get(work, self.connection_id), self.change(work, reference, words)
            )
            if changed.needs_answer:
                await sessions.message_arrived(work, changed.conversation_id, Text(text=words or ""))
        return changed

    def change(self, work: Work, reference: str, words: str | None) -> Incoming:
        """An edit (with the words as they read now) or a deletion, as the ingest would hand it over."""
        now = Removed(message_id=reference) if words is None else Edited(message_id=reference, now=Text(text=words))
        return Incoming(
            provider_message_id=f"wamid.{uuid4().hex}",
            sender=Sender(address=self.phone, phone=self.phone),
            content=now,
            received_at=work.now,
            inbound_event_id=uuid4(),
        )

    async def is_answered(self) -> None:
        """Let one turn run."""
        await run_turn(self.shop.workspace_id, self.conversation_id)

    async def has_turn_taken(self) -> TakenTurn:
        """Let a worker take the turn that is due, and go no further."""
        async with open_work(self.shop.principal) as work:
            turn = await take(work, self.conversation_id)
        assert turn is not None
        return turn

    async def has_turn_resumed(self) -> TakenTurn:
        """Let the lease of whoever took the turn run out, and another worker take it."""
        async with open_work(self.shop.principal) as work:
            await work.session.execute(
                text("UPDATE agent_sessions SET lease_until = clock_timestamp() WHERE conversation_id = :conversation"),
                {"conversation": self.conversation_id},
            )
        return await self.has_turn_taken()

    async def reads(self) -> list[MessageView]:
        """What the shop has said, oldest first; it counts as sent from now on."""
        async with open_work(self.shop.principal) as work:
            await work.session.execute(
                text(
                    "UPDATE messages SET status = 'sent', sent_at = :now, provider_message_id = CAST(id AS text)"
                    " WHERE direction = 'out' AND status = 'queued'"
                ),
                {"now": work.now},
            )
            thread = await conversations.thread(work, self.conversation_id, limit=50)
        return [message for message in thread if message.direction == "out"]

    async def says(self, words: str) -> str:
        """Write, be answered, and read the newest answer."""
        await self.writes(words)
        await self.is_answered()
        return (await self.reads())[-1].text


Query = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
