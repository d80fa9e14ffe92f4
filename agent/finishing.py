"""Finishing a turn: what goes out of it, in the transaction that closes it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agent import briefing, receipts, telling
from agent.frozen import ClaimedTurn
from agent.journal import Recorded
from agent.sessions import Fence
from agent.thinking import Thought
from core import observability
from core.messages import text
from core.work import Work
from domain.conversations import service as conversations
from domain.conversations.schemas import OutgoingMessage
from tools.context import StagedMessage
from tools.outcome import Fact

WITHHELD = "message_withheld"
"""The failure of a turn of which a tool's own message was held back by the gate."""

log = observability.log("agent.finishing")


@dataclass(frozen=True, slots=True)
class Answer:
    """The messages of a turn, with every slot filled, and whether they are what the model meant to say."""

    messages: list[OutgoingMessage]
    failure: str | None


async def compose(work: Work, fence: Fence, turn: ClaimedTurn, thought: Thought, calls: list[Recorded]) -> Answer:
    """Make the turn's messages: the reply and what tools staged, each through the gate with facts that still hold.

    Without a reply that may go out, the customer is told what was done from the receipts themselves. The same when a
    staged message is withheld, because the reply may announce it; staff are told of it at once.
    """
    language = turn.frozen.brief.language
    failure = thought.failure
    messages: list[OutgoingMessage] = []
    if thought.reply is not None:
        if await _still_true(work, fence, turn, thought):
            messages.append(OutgoingMessage(text=thought.reply))
        else:
            failure = "facts_changed"
    staged = [(call, message) for call in calls for message in telling.released(call, calls)]
    withheld = [call for call, message in staged if not _is_supported(call, message, language)]
    if withheld:
        failure = failure or WITHHELD
        await _tell_staff(work, turn, withheld)
    if failure is not None:
        messages = [OutgoingMessage(text=_honest_words([call for call in calls if call not in withheld], language))]
    return Answer([*messages, *(_filled(call, message) for call, message in staged if call not in withheld)], failure)


async def _tell_staff(work: Work, turn: ClaimedTurn, withheld: list[Recorded]) -> None:
    await conversations.notify(
        work,
        WITHHELD,
        dedupe_key=f"{WITHHELD}:{turn.turn_id}",
        conversation_id=turn.conversation_id,
        subject_id=turn.turn_id,
        payload={"tools": sorted({call.tool for call in withheld})},
    )


async def _still_true(work: Work, fence: Fence, turn: ClaimedTurn, thought: Thought) -> bool:
    """Whether the facts of the session that the reply states are what they were when the turn was claimed."""
    brief = turn.frozen.brief
    stated = [brief.facts[name] for name in thought.stated if name in brief.facts]
    if not stated:
        return True
    fresh = await briefing.fresh_facts(work, fence.conversation, brief.language)
    now = {(fact.kind, fact.subject, fact.value) for fact in fresh.values()}
    return all((fact.kind, fact.subject, fact.value) in now for fact in stated)


def _honest_words(calls: list[Recorded], language: str) -> str:
    """What to say when the model has no legal reply: the deeds of the turn from their receipts and the question that a
    tool has put, each once; else a plea to repeat.
    """
    done = [receipts.fill(call.say, call.facts) for call in telling.deeds(calls) if call.say]
    asked = [receipts.fill(call.say, call.facts) for call in telling.questions(calls)[:1]]
    opening = [text("turn.trouble_after_effects", language)] if done else []
    return "\n".join(dict.fromkeys([*opening, *done, *asked])) or text("turn.trouble", language)


def _is_supported(call: Recorded, message: StagedMessage, language: str) -> bool:
    """Whether a staged message states nothing but what its call has receipts for; else there is a fault in its tool."""
    for words in filter(None, (message.text, *_strings(message.payload))):
        verdict = receipts.check(words, call.facts, call.claims, [], language, catalogued=True)
        if isinstance(verdict, receipts.Refused):
            log.error("staged.unsupported", tool=call.tool, reasons=[reason.code for reason in verdict.reasons])
            return False
    return True


def _filled(call: Recorded, message: StagedMessage) -> OutgoingMessage:
    return OutgoingMessage(
        kind=message.kind,
        text=receipts.fill(message.text, call.facts),
        payload=_fill_deep(message.payload, call.facts),
    )


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [words for name, item in value.items() if name != "id" for words in _strings(item)]
    if isinstance(value, list):
        return [words for item in value for words in _strings(item)]
    return [value] if isinstance(value, str) else []


def _fill_deep(value: Any, facts: dict[str, Fact]) -> Any:
    if isinstance(value, str):
        return receipts.fill(value, facts)
    if isinstance(value, dict):
        return {name: _fill_deep(item, facts) for name, item in value.items()}
    if isinstance(value, list):
        return [_fill_deep(item, facts) for item in value]
    return value


async def release(work: Work, fence: Fence, turn: ClaimedTurn, answer: Answer) -> None:
    """Queue the messages, and arm the token of the summary that is among them."""
    ids: list[UUID] = await conversations.queue(work, turn.conversation_id, answer.messages, turn_id=turn.turn_id)
    for message_id, message in zip(ids, answer.messages, strict=True):
        if token := telling.token_of(message):
            fence.session.confirmation_token = token
            fence.session.confirmation_message_id = message_id
