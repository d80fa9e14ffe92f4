"""`conversation.turn`: answers what a customer has said since the last turn."""

from uuid import UUID

from agent.turn import run_turn
from app.queue.actors import presence
from app.queue.actors.inbound import ingest_of_sender


async def run(workspace_id: str, conversation_id: str) -> None:
    """Read in what the same sender has waiting, show that somebody is there, then think one turn."""
    await ingest_of_sender(workspace_id, conversation_id)
    presence.announce(UUID(workspace_id), UUID(conversation_id))
    await run_turn(UUID(workspace_id), UUID(conversation_id))
