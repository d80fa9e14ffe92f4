"""`conversation.suggest`: thinks of what the agent would answer where a person attends."""

from uuid import UUID

from agent.suggesting import suggest


async def think(workspace_id: str, conversation_id: str) -> None:
    """Think of it, unless nobody waits for it any more or another worker does."""
    await suggest(UUID(workspace_id), UUID(conversation_id))
