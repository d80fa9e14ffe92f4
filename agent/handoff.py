"""Hand-offs: when a person is brought in, and how an operator takes a conversation and gives it back."""

from dataclasses import dataclass
from uuid import UUID

from agent import sessions
from agent.finishing import Answer
from agent.frozen import TakenTurn
from agent.journal import Recorded, effects_of
from agent.models import AgentSession, Turn, TurnOutcome, TurnStatus
from agent.sessions import Fence
from core.messages import choose_language, text
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import HandoffReason
from domain.conversations.schemas import HandoffView, MessageStatus
from domain.conversations.states import State, Trigger
from domain.orders import drafts


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a person is brought in, and what they are told."""

    reason: HandoffReason
    detail: str | None = None


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
    await conversations.wait_for_person(work, turn.conversation_id, cause.reason, cause.detail)
    sessions.move(work, fence.session, Trigger.HANDOFF_REQUESTED)
    sessions.forget_failures(fence.session)
    if cause.reason is not HandoffReason.REPEATED_FAILURE and answer.failure is None:
        return answer
    farewell = Text(text=text("turn.handoff", turn.frozen.brief.language))
    return Answer([*answer.messages, farewell], answer.failure)


async def give_up(work: Work, session: AgentSession, turn: Turn | None) -> None:
    """Bring a person in for a turn that can be neither thought nor ended; the conversation and the lease are held."""
    conversation_id = session.conversation_id
    if turn is not None:
        turn.status, turn.finished_at, turn.outcome = TurnStatus.FINISHED, work.system_time, TurnOutcome.GIVEN_UP
    await conversations.wait_for_person(work, conversation_id, HandoffReason.REPEATED_FAILURE)
    sessions.move(work, session, Trigger.HANDOFF_REQUESTED)
    sessions.forget_failures(session)
    sessions.rest(session)
    language = choose_language((await accounts.get_workspace(work)).language)
    await conversations.queue(work, conversation_id, [Text(text=text("turn.handoff", language))])


@dataclass(frozen=True, slots=True)
class Takeover:
    """What an operator takes over: what the agent has done and the customer was not told, and what is on its way."""

    handoff: HandoffView
    done: list[str]
    in_flight: list[str]
    cancelled: list[str]


async def take(work: Work, conversation_id: UUID) -> Takeover:
    """An operator takes the conversation; a turn that is being thought can change and say nothing more.

    The operator is told what that turn has done already, what is just being sent, and what was cut off.
    """
    unsent = await conversations.unsettled(work, conversation_id)
    taken = await conversations.take(work, conversation_id)
    turn = await sessions.open_turn(work, conversation_id)
    calls = await effects_of(work, turn) if turn is not None else []
    session = await sessions.find_or_create(work, conversation_id)
    if session.state != State.HANDOFF:
        sessions.move(work, session, Trigger.HANDOFF_REQUESTED)
    sessions.leave_to_person(session)
    begun = [message for message in unsent if message.status in (MessageStatus.SENDING, MessageStatus.UNKNOWN)]
    return Takeover(
        handoff=taken,
        done=[call.words for call in calls if call.say],
        in_flight=[message.text or "" for message in begun],
        cancelled=[message.text or "" for message in unsent if message not in begun],
    )


async def release(work: Work, conversation_id: UUID, note: str | None = None) -> HandoffView:
    """Give the conversation back to the agent, which is told what was agreed; the draft's open points are asked again."""
    released = await conversations.release(work, conversation_id, note)
    session = await sessions.find_or_create(work, conversation_id)
    if session.state == State.HANDOFF:
        sessions.move(work, session, Trigger.HANDOFF_RELEASED)
    sessions.take_back(session, note)
    if await drafts.open_draft(work, conversation_id) is not None:
        sessions.keep_points_of_order(session)
    else:
        # Whoever attended may have placed the order, or given it up: nothing is left that they could be about.
        sessions.remember(session, [])
    sessions.make_due(work, session, work.system_time)
    return released
