"""Shows a customer that the message was read and an answer is being written; best effort, and it holds nothing up."""

import asyncio
from uuid import UUID

from channels import registry
from core import observability
from core.access import Principal
from core.errors import NotFound
from core.work import open_work
from domain.connections import service as connections
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.schemas import Voice
from domain.customers import service as customers

log = observability.log(__name__)
_running: set[asyncio.Task[None]] = set()


def announce(workspace_id: UUID, conversation_id: UUID) -> None:
    """Show presence in the background, while the turn is being thought."""
    task = asyncio.create_task(show(workspace_id, conversation_id))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def show(workspace_id: UUID, conversation_id: UUID) -> None:
    """Mark the customer's last message as read and show that somebody is typing."""
    try:
        async with open_work(Principal.system(workspace_id)) as work:
            conversation = await conversations.get(work, conversation_id)
            if conversation.voice is not Voice.AGENT:
                return
            contact = await customers.contact(work, conversation.contact_address_id)
            connection = await connections.get(work, conversation.connection_id)
            last = await delivery.last_inbound_provider_id(work, conversation_id)
    except (NotFound, OSError, TimeoutError) as error:
        log.info("presence.failed", error=type(error).__name__)
        return
    channel = registry.open_channel(connection)
    signs = [channel.typing(contact.address)]
    if last is not None:
        signs.append(channel.mark_read(last))
    await asyncio.gather(*signs)
