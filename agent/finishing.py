"""Finishing a turn: what goes out of it, in the transaction that closes it."""

from dataclasses import dataclass
from uuid import UUID

from agent import sessions, telling
from agent.audiences import registry as audiences
from agent.fencing import Fence
from agent.frozen import TakenTurn
from agent.grounds import Grounds
from agent.models import TurnOutcome
from agent.recorded import Recorded
from agent.reply.moves import Reply
from agent.reply.renderer import render
from agent.thinking import Thought
from core.messages import filled, text
from core.work import Work
from domain.conversations import service as conversations
from domain.conversations.content import Content, Text, rewritten


@dataclass(frozen=True, slots=True)
class Answer:
    """The messages of a turn, with every slot filled, and whether they are what the model meant to say."""

    messages: list[Content]
    failure: TurnOutcome | None


async def compose(work: Work, fence: Fence, turn: TakenTurn, thought: Thought, calls: list[Recorded]) -> Answer:
    """Make the turn's messages: the reply, if the facts that it states still hold, and what tools staged.

    Without a reply that may go out, the customer is told what was done by the calls themselves.
    """
    failure = thought.failure
    if thought.reply is not None and not await _still_true(work, fence, turn, thought):
        failure = TurnOutcome.FACTS_CHANGED
    reply = thought.reply if failure is None and thought.reply is not None else _honest_words(turn, calls)
    staged = [_filled(call, content) for call in calls for content in telling.released(call, calls)]
    return Answer([Text(text=reply), *staged], failure)


async def _still_true(work: Work, fence: Fence, turn: TakenTurn, thought: Thought) -> bool:
    """Whether the facts of the session that the reply states are what they were when the turn was taken."""
    brief = turn.frozen.brief
    stated = [brief.facts[name] for name in thought.stated if name in brief.facts]
    if not stated:
        return True
    fresh = await audiences.of(turn.frozen.audience).fresh_facts(work, fence.conversation, brief.language)
    now = {(fact.kind, fact.subject, fact.value) for fact in fresh.values()}
    return all((fact.kind, fact.subject, fact.value) in now for fact in stated)


def _honest_words(turn: TakenTurn, calls: list[Recorded]) -> str:
    """What to say without a reply: the deeds of the turn and the question that a tool has put, or a plea to repeat."""
    language = turn.frozen.brief.language
    told = telling.deeds(calls) or telling.questions(calls)
    if not told:
        return text("turn.trouble", language)
    opening = text("turn.trouble_after_effects", language) if telling.deeds(calls) else ""
    return f"{opening}\n{render(Reply(), Grounds.of(turn, calls)).text}".strip()


def _filled(call: Recorded, content: Content) -> Content:
    texts = {name: fact.text for name, fact in call.facts.items()}
    return rewritten(content, lambda words: filled(words, texts))


async def release(work: Work, fence: Fence, turn: TakenTurn, answer: Answer, calls: list[Recorded]) -> None:
    """Queue the messages, arm the token of the summary that is among them, and tell the audience what went out."""
    ids: list[UUID] = await conversations.queue(work, turn.conversation_id, answer.messages, turn_id=turn.turn_id)
    for message_id, content in zip(ids, answer.messages, strict=True):
        if token := telling.token_of(content):
            sessions.arm_confirmation(fence.session, token, message_id)
    await audiences.of(turn.frozen.audience).spoke(work, turn, calls, dict(zip(ids, answer.messages, strict=True)))
