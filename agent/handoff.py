"""Hand-offs: when a person is brought in."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from babel.dates import format_date

from agent import history, sessions
from agent.audiences import registry as audiences
from agent.fencing import Fence
from agent.finishing import Answer
from agent.frozen import TakenTurn
from agent.insistence import asked_before
from agent.models import AgentSession, Turn, TurnOutcome, TurnStatus
from agent.recorded import Recorded
from core.language.folding import fold
from core.messages import choose_language, text
from core.work import Work
from domain.accounts import service as accounts
from domain.accounts.attending import Topic
from domain.conversations import handoffs, outlook
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import HandoffReason
from domain.conversations.schemas import ConversationView, OpenMessage
from domain.conversations.states import Trigger
from domain.customers import service as customers
from domain.orders import drafts


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a person is brought in, and what they are told."""

    reason: HandoffReason
    detail: str | None = None
    topic: str | None = None


NOT_AGAIN: Final = timedelta(hours=24)
"""For how long a rule of the workspace leaves a conversation to the agent after people gave it back."""


async def by_rule(work: Work, conversation: ConversationView, open_messages: Sequence[OpenMessage]) -> Cause | None:
    """Which rule of the workspace leaves these words to people, if one does that has not done so lately."""
    desk = (await accounts.get_workspace(work)).settings.desk
    found: list[Cause] = []
    if desk.vip_tags and conversation.customer_id is not None:
        tags = {tag.lower() for tag in (await customers.get(work, conversation.customer_id)).tags}
        found += [Cause(HandoffReason.RULE_VIP, tag) for tag in desk.vip_tags if tag in tags][:1]
    if desk.amount_from is not None:
        draft = await drafts.open_draft(work, conversation.id)
        if draft is not None and draft.total >= desk.amount_from:
            found.append(Cause(HandoffReason.RULE_AMOUNT))
    if desk.leaves_insistent and await _insists(work, conversation, open_messages):
        found.append(Cause(HandoffReason.RULE_INSISTENT))
    said = set(re.findall(r"\w+", fold(" ".join(message.text for message in open_messages))))
    found += [Cause(HandoffReason.RULE_TOPIC, each.name, each.name) for each in desk.topics if _is_about(each, said)][:1]
    lately = await handoffs.released_since(work, conversation.id, work.now - NOT_AGAIN) if found else []
    return next((each for each in found if (each.reason, each.topic) not in lately), None)


async def _insists(work: Work, conversation: ConversationView, open_messages: Sequence[OpenMessage]) -> bool:
    """Whether the customer asks for the same time after time, and the agent has only looked and talked."""
    thread = await history.thread(work, conversation.id, work.system_time)
    since = asked_before(open_messages, thread)
    return since is not None and not await history.has_done(work, conversation.id, since)


def _is_about(topic: Topic, said: Collection[str]) -> bool:
    return any(set(fold(words).split()) <= set(said) for words in topic.words)


async def leave(work: Work, session: AgentSession, cause: Cause, language: str) -> None:
    """Leave a conversation to people without a turn of its own, and say so; conversation and lease are held."""
    conversation_id = session.conversation_id
    await handoffs.wait_for_person(work, conversation_id, cause.reason, cause.detail, cause.topic)
    sessions.move(work, session, Trigger.HANDOFF_REQUESTED)
    sessions.forget_failures(session)
    sessions.rest(session)
    await conversations.queue(work, conversation_id, [_farewell(language), *await _when(work, language)])


def cause_of(session: AgentSession, calls: list[Recorded], most_failures: int) -> Cause | None:
    """Why this turn ends with a person: a tool asked for one, or too many turns failed in a row."""
    for call in calls:
        for signal in call.signals:
            if signal.name == Trigger.HANDOFF_REQUESTED:
                reason = HandoffReason(signal.data.get("reason", HandoffReason.CUSTOMER_ASKED))
                return Cause(reason, signal.data.get("detail") or None)
    if session.failures >= most_failures:
        return Cause(HandoffReason.REPEATED_FAILURE)
    return None


async def begin(work: Work, fence: Fence, turn: TakenTurn, answer: Answer, cause: Cause) -> Answer:
    """Leave the agent's voice in this transaction; what the turn still says goes out as the farewell."""
    await handoffs.wait_for_person(work, turn.conversation_id, cause.reason, cause.detail, cause.topic)
    sessions.move(work, fence.session, Trigger.HANDOFF_REQUESTED)
    sessions.forget_failures(fence.session)
    language = turn.frozen.brief.language
    farewell = [] if cause.reason is not HandoffReason.REPEATED_FAILURE and answer.failure is None else [_farewell(language)]
    return Answer([*answer.messages, *farewell, *await _when(work, language)], answer.failure)


def _farewell(language: str) -> Text:
    return Text(text=text("turn.handoff", language))


async def _when(work: Work, language: str) -> list[Text]:
    """When a person answers, where that is not at once."""
    known = await outlook.outlook(work)
    if known.opens_at is None:
        return [Text(text=text("turn.handoff.nobody", language))] if known.is_empty else []
    zone = (await accounts.get_workspace(work)).zone
    opens, today = known.opens_at.astimezone(zone), work.now.astimezone(zone).date()
    days = (opens.date() - today).days
    if days < 2:
        day = text("turn.handoff.tomorrow" if days else "turn.handoff.today", language)
    else:
        day = text("turn.handoff.on", language, day=format_date(opens.date(), "EEEE d", locale=language))
    return [Text(text=text("turn.handoff.opens", language, day=day, at=f"{opens:%H:%M}"))]


async def give_up(work: Work, session: AgentSession, turn: Turn | None) -> None:
    """Bring a person in for a turn that can be neither thought nor ended; the conversation and the lease are held.

    An audience to which no person comes is told that it failed, and what it said is closed.
    """
    conversation_id = session.conversation_id
    language = choose_language((await accounts.get_workspace(work)).language)
    if turn is not None:
        turn.status, turn.finished_at, turn.outcome = TurnStatus.FINISHED, work.system_time, TurnOutcome.GIVEN_UP
    if not audiences.of(session.audience).hands_off:
        said = [message.id for message in await conversations.open_messages(work, conversation_id)]
        await conversations.mark_answered(work, conversation_id, said, turn.id if turn is not None else None)
        await conversations.queue(work, conversation_id, [Text(text=text("turn.trouble", language))])
        sessions.forget_failures(session)
        sessions.rest(session)
        return
    await leave(work, session, Cause(HandoffReason.REPEATED_FAILURE), language)
