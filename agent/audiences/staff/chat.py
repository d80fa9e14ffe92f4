"""How a member of the staff writes to the agent: their words are kept, and a turn of their audience becomes due.

It is loaded by the web, so it knows nothing of models.
"""

from agent import sessions
from core.work import Work
from domain.conversations import staff_thread
from domain.conversations.content import Text
from domain.conversations.schemas import ThreadMessage
from tools.audience import AudienceKind


async def write(work: Work, text: str) -> ThreadMessage:
    """Write to the agent in one's own thread; raises MembersOnly for a program."""
    conversation_id, message = await staff_thread.write(work, text)
    sessions.talk_with(await sessions.find_or_create(work, conversation_id), AudienceKind.MANAGER)
    await sessions.message_arrived(work, conversation_id, Text(text=text))
    return message
