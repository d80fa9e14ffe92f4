"""What a model remembers of a conversation: its last messages word for word, and of the time before what was done.

The summary of what falls out of the window is a digest of results (tool calls that had an effect), so it cannot hold
an invention. Its cost does not grow with the thread.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from sqlalchemy import bindparam, select

from agent.frozen import Frozen, Memory
from agent.lexical.returned import TAKEN_OVER
from agent.models import JournalEntry
from agent.prompting import body_of, fenced
from agent.recorded import Recorded
from core.prepared import Prepared
from core.settings import get_settings
from core.work import Work, own
from domain.conversations import service as conversations
from domain.conversations.schemas import MessageView

MOST_MESSAGES = 40
MOST_DEEDS = 20
CHARACTERS_PER_TOKEN = 3
"""A cautious estimate for Spanish."""


# Asked at every taking, so built once.
_DEEDS = Prepared(
    select(JournalEntry.payload)
    .where(
        own(JournalEntry),
        JournalEntry.conversation_id == bindparam("conversation"),
        JournalEntry.writes,
        JournalEntry.created_at < bindparam("since"),
    )
    .order_by(JournalEntry.created_at.desc())
    .limit(MOST_DEEDS)
)


async def thread(work: Work, conversation_id: UUID, before: datetime) -> list[MessageView]:
    """The newest messages of a conversation before a moment, oldest first, as many as a model may be told."""
    return await conversations.thread_before(work, conversation_id, before, MOST_MESSAGES)


async def has_done(work: Work, conversation_id: UUID, since: datetime) -> bool:
    """Whether the agent has done anything in a conversation since a moment, besides looking and talking."""
    query = select(JournalEntry.payload).where(
        own(JournalEntry, work),
        JournalEntry.conversation_id == conversation_id,
        JournalEntry.writes,
        JournalEntry.created_at >= since,
    )
    return any(Recorded.model_validate(payload).has_effect for payload in await work.session.scalars(query))


async def recall(work: Work, conversation_id: UUID, frozen: Frozen, messages: Sequence[MessageView]) -> Memory:
    """What the model is told of the past, from the thread as it was when the turn was taken."""
    answered = {message.id for message in frozen.messages}
    kept = _within_budget([message for message in messages if message.id not in answered])
    if kept and kept[0] is messages[0] and len(messages) < MOST_MESSAGES:
        return Memory(_in_turns(kept), [])  # from the first word on: nothing was done before it
    values = {
        "workspace": work.workspace_id,
        "conversation": conversation_id,
        "since": kept[0].created_at if kept else frozen.history_until,
    }
    records = [Recorded.model_validate(payload) for (payload,) in reversed(await _DEEDS.all(work.session, values))]
    return Memory(_in_turns(kept), [record.words for record in records])


def _within_budget(thread: list[MessageView]) -> list[MessageView]:
    room = get_settings().llm_context_tokens * CHARACTERS_PER_TOKEN // 2
    kept: list[MessageView] = []
    for message in reversed(thread):
        room -= len(message.text) + 40
        if room < 0:
            break
        kept.append(message)
    return list(reversed(kept))


def _in_turns(thread: list[MessageView]) -> list[tuple[str, str]]:
    """What each side said in turn; neighbours of one side are joined."""
    joined: list[tuple[str, str]] = []
    for message in thread:
        words = body_of(message.content)
        if message.direction == "out":
            words = message.text or words
        elif words:
            words = fenced(words)
        if joined and joined[-1][0] == message.direction:
            joined[-1] = (message.direction, f"{joined[-1][1]}\n{words}")
        else:
            joined.append((message.direction, words))
    return joined


def as_messages(memory: Memory) -> list[ModelMessage]:
    """The thread as requests and responses; it begins with the customer."""
    messages: list[ModelMessage] = []
    for direction, words in memory.thread:
        if direction == "in":
            messages.append(ModelRequest(parts=[UserPromptPart(content=words)]))
        elif messages:
            messages.append(ModelResponse(parts=[TextPart(content=words)]))
    return messages


def opening(memory: Memory, prompt: str, calls: Sequence[Recorded]) -> list[ModelMessage]:
    """What a run begins with: the thread, the turn's prompt, and what the links before have done in the turn.

    What was refused or only repeated is left out: it neither holds nor has to be told again.
    """
    messages = as_messages(memory)
    asked: list[ModelRequestPart] = [UserPromptPart(prompt)]
    if messages and isinstance(messages[-1], ModelRequest):
        asked = [*messages.pop().parts, *asked]  # the sides take turns
    messages.append(ModelRequest(parts=asked))
    standing = [call for call in calls if call.repeats is None and call.status != "refused"]
    if standing:
        made = [ToolCallPart(call.tool, call.arguments, f"{TAKEN_OVER}{call.call}") for call in standing]
        results = [ToolReturnPart(call.tool, call.shown(), f"{TAKEN_OVER}{call.call}") for call in standing]
        messages += [ModelResponse(parts=made), ModelRequest(parts=results)]
    return messages
