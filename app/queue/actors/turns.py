"""`conversation.turn`: answers what a customer has said since the last turn."""

from collections.abc import Sequence
from uuid import UUID

from agent.turn import run_turn
from app.queue.actors import presence
from app.queue.actors.inbound import ingest
from app.queue.actors.presence import Shown
from core import inbound
from core.access import Principal
from core.work import open_work
from domain.connections import service as connections
from domain.conversations import service as conversations
from domain.conversations.schemas import CustomerConversation
from domain.customers import service as customers


async def run(workspace_id: str, conversation_id: str) -> None:
    """Read in what the same sender has waiting, show that somebody is there, then think one turn."""
    shown = await read_in(workspace_id, conversation_id)
    if shown is not None:
        presence.announce(shown)
    await run_turn(UUID(workspace_id), UUID(conversation_id))


async def read_in(workspace_id: str, conversation_id: str) -> Shown | None:
    """Handle what else the customer of a conversation has written and nobody has read yet; whom to show presence."""
    waiting, shown = await _look(UUID(workspace_id), UUID(conversation_id))
    if waiting:
        for event_id in waiting:
            await ingest(workspace_id, str(event_id))
        _, shown = await _look(UUID(workspace_id), UUID(conversation_id))
    return shown


async def _look(workspace_id: UUID, conversation_id: UUID) -> tuple[Sequence[UUID], Shown | None]:
    """What waits at the door from the customer of a conversation, and where presence is shown to them."""
    async with open_work(Principal.system(workspace_id)) as work:
        conversation = await conversations.get(work, conversation_id)
        if not isinstance(conversation, CustomerConversation):
            return (), None
        contact = await customers.contact(work, conversation.contact_address_id)
        lines = await connections.beside(work, conversation.connection_id)
        waiting = await inbound.open_of(work, lines, contact.sender_keys)
        return waiting, await presence.shown_to(work, conversation, contact)
