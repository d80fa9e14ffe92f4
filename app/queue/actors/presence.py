"""Shows a customer that the message was read and an answer is being written; best effort, and it holds nothing up."""

import asyncio
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from channels import registry
from core import observability
from core.access import Principal
from core.errors import CommitOutcomeUnknown, NotFound
from core.work import open_work
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.kinds import Voice
from domain.conversations.schemas import CustomerConversation
from domain.customers import service as customers

AT_ONCE: Final = 8
"""Under a rush the signs are left out: the provider takes ten read marks a second, and answers matter more."""

log = observability.log(__name__)
_running: set[asyncio.Task[None]] = set()


def announce(workspace_id: UUID, conversation_id: UUID) -> None:
    """Show presence in the background, while the turn is being thought."""
    if len(_running) >= AT_ONCE:
        return
    task = asyncio.create_task(show(workspace_id, conversation_id))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def show(workspace_id: UUID, conversation_id: UUID) -> None:
    """Show that somebody is typing, and that the customer's last message was read, if it is still to be answered."""
    try:
        found = await _whom(workspace_id, conversation_id)
    except (NotFound, SQLAlchemyError, CommitOutcomeUnknown, OSError, TimeoutError) as error:
        log.info("presence.failed", error=type(error).__name__)
        return
    if found is not None:
        connection, address, last = found
        channel = registry.open_channel(connection)
        if connection.traits.typing:
            await channel.typing(address)
        if last is not None and connection.traits.read_receipts:
            await channel.mark_read(last)


async def _whom(workspace_id: UUID, conversation_id: UUID) -> tuple[ConnectionView, str, str | None] | None:
    """The line, the customer's address and their last message; None when the agent has nothing to answer."""
    async with open_work(Principal.system(workspace_id)) as work:
        conversation = await conversations.get(work, conversation_id)
        if not isinstance(conversation, CustomerConversation) or conversation.voice is not Voice.AGENT:
            return None
        if not await conversations.open_messages(work, conversation_id):
            return None
        contact = await customers.contact(work, conversation.contact_address_id)
        connection = await connections.get(work, conversation.connection_id)
        last = await delivery.last_inbound_provider_id(work, conversation_id, connection.id)
        return connection, contact.address, last
