"""Shows a customer that the message was read and an answer is being written; best effort, and it holds nothing up."""

import asyncio
from dataclasses import dataclass
from typing import Final

from channels import registry
from core import db, observability
from core.work import Work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.kinds import Voice
from domain.conversations.schemas import CustomerConversation
from domain.customers.schemas import ContactView

AT_ONCE: Final = 8
"""Under a rush the signs are left out: the provider takes ten read marks a second, and answers matter more."""

log = observability.log(__name__)
_running: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Shown:
    """Where presence is shown: the line, the customer's address, and their last message if it is to be marked as read."""

    connection: ConnectionView
    address: str
    last: str | None


async def shown_to(work: Work, conversation: CustomerConversation, contact: ContactView) -> Shown | None:
    """Where a customer sees that somebody is there; None under a rush, and when the agent has nothing to answer.

    What cannot be read is nobody's presence, and is left to the turn, which counts its tries.
    """
    if _is_rush() or conversation.voice is not Voice.AGENT:
        return None
    try:
        if not await conversations.open_messages(work, conversation.id):
            return None
        connection = await connections.get(work, conversation.connection_id)
        last = await delivery.last_inbound_provider_id(work, conversation.id, connection.id)
    except Exception as error:
        if db.is_outage(error):
            raise
        log.warning("presence.failed", conversation=str(conversation.id), error=type(error).__name__)
        return None
    return Shown(connection, contact.address, last)


def _is_rush() -> bool:
    return len(_running) >= AT_ONCE


def announce(shown: Shown) -> None:
    """Show presence in the background, while the turn is being thought, unless a rush has come up since the look."""
    if _is_rush():
        return
    task = asyncio.create_task(show(shown))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def show(shown: Shown) -> None:
    """Show that somebody is typing, and that the customer's last message was read."""
    channel, traits = registry.open_channel(shown.connection), shown.connection.traits
    if traits.typing:
        await channel.typing(shown.address)
    if shown.last is not None and traits.read_receipts:
        await channel.mark_read(shown.last)
