"""Hand-offs: when a person is brought in."""

from dataclasses import dataclass

from agent import sessions
from agent.audiences import registry as audiences
from agent.finishing import Answer
from agent.frozen import TakenTurn
from agent.models import AgentSession, Turn, TurnOutcome, TurnStatus
from agent.recorded import Recorded
from agent.sessions import Fence
from core.messages import choose_language, text
from core.work import Work
from domain.accounts import service as accounts
from domain.conversations import service as conversations
from domain.conversations.content import Text
from domain.conversations.kinds import HandoffReason
from domain.conversations.states import Trigger


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
    await conversations.wait_for_person(work, conversation_id, HandoffReason.REPEATED_FAILURE)
    sessions.move(work, session, Trigger.HANDOFF_REQUESTED)
    sessions.forget_failures(session)
    sessions.rest(session)
    await conversations.queue(work, conversation_id, [Text(text=text("turn.handoff", language))])
