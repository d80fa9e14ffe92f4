"""What a model remembers of a conversation: its last messages word for word, and of the time before what was done.

The summary of what falls out of the window is a digest of receipts (tool calls that had an effect), so it cannot hold
an invention. Its cost does not grow with the thread.
"""

from dataclasses import dataclass

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from sqlalchemy import select

from agent.brief import BriefMessage
from agent.frozen import ClaimedTurn
from agent.journal import Recorded
from agent.models import JournalEntry
from agent.prompting import body_of, fenced
from agent.receipts import fill
from core.settings import get_settings
from core.work import Work
from domain.conversations import service as conversations
from domain.conversations.schemas import MessageView

MOST_MESSAGES = 40
MOST_DEEDS = 20
CHARACTERS_PER_TOKEN = 3
"""A cautious estimate for Spanish."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The thread before this turn, and what was done before the thread's window."""

    messages: list[ModelMessage]
    done: list[str]


async def recall(work: Work, turn: ClaimedTurn) -> Memory:
    """What the model is told of the past; it is cut off at the moment the turn was claimed."""
    before = turn.frozen.history_until
    answered = {message.id for message in turn.frozen.messages}
    thread = [
        message
        for message in await conversations.thread_before(work, turn.conversation_id, before, MOST_MESSAGES)
        if message.id not in answered
    ]
    kept = _within_budget(thread)
    since = kept[0].created_at if kept else before
    deeds = (
        await work.session.scalars(
            select(JournalEntry.payload)
            .where(
                JournalEntry.workspace_id == work.workspace_id,
                JournalEntry.conversation_id == turn.conversation_id,
                JournalEntry.writes,
                JournalEntry.created_at < since,
            )
            .order_by(JournalEntry.created_at.desc())
            .limit(MOST_DEEDS)
        )
    ).all()
    records = [Recorded.model_validate(payload) for payload in reversed(deeds)]
    return Memory(_as_model_messages(kept), [fill(record.say, record.facts) for record in records])


def _within_budget(thread: list[MessageView]) -> list[MessageView]:
    room = get_settings().llm_context_tokens * CHARACTERS_PER_TOKEN // 2
    kept: list[MessageView] = []
    for message in reversed(thread):
        room -= len(message.text or "") + 40
        if room < 0:
            break
        kept.append(message)
    return list(reversed(kept))


def _as_model_messages(thread: list[MessageView]) -> list[ModelMessage]:
    """The thread as requests and responses in turn; neighbours of one side are joined."""
    joined: list[tuple[str, list[str]]] = []
    for message in thread:
        words = body_of(BriefMessage(kind=message.kind, text=message.text, payload=message.payload))
        if message.direction == "out":
            words = message.text or words
        elif words:
            words = fenced(words)
        if joined and joined[-1][0] == message.direction:
            joined[-1][1].append(words)
        else:
            joined.append((message.direction, [words]))
    messages: list[ModelMessage] = []
    for direction, texts in joined:
        if direction == "in":
            messages.append(ModelRequest(parts=[UserPromptPart(content="\n".join(texts))]))
        elif messages:
            messages.append(ModelResponse(parts=[TextPart(content="\n".join(texts))]))
    return messages
