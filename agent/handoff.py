"""Hand-offs: when a person is brought in, and how an operator takes a conversation and gives it back."""

from uuid import UUID

from agent import sessions
from agent.finishing import Answer
from agent.frozen import ClaimedTurn
from agent.journal import Recorded
from agent.models import AgentSession
from agent.sessions import Fence
from agent.states import State, Trigger, resume
from core.messages import text
from core.work import Work
from domain.conversations import service as conversations
from domain.conversations.schemas import HandoffReason, HandoffView, OutgoingMessage


def reason_of(session: AgentSession, calls: list[Recorded], most_failures: int) -> HandoffReason | None:
    """Why this turn ends with a person: somebody asked for one, or too many turns failed in a row."""
    if any(signal.name == "handoff_requested" for call in calls for signal in call.signals):
        return "customer_asked"
    if session.failures >= most_failures:
        return "repeated_failure"
    return None


async def begin(work: Work, fence: Fence, turn: ClaimedTurn, answer: Answer, reason: HandoffReason) -> Answer:
    """Leave the agent's voice in this transaction; what the turn still says goes out as the farewell."""
    await conversations.wait_for_person(work, turn.conversation_id, reason)
    sessions.move(work, fence.session, Trigger.HANDOFF_REQUESTED)
    fence.session.failures = 0
    if reason == "customer_asked" and answer.failure is None:
        return answer
    farewell = OutgoingMessage(text=text("turn.handoff", turn.frozen.brief.language))
    return Answer([*answer.messages, farewell], answer.failure)


async def take(work: Work, conversation_id: UUID) -> HandoffView:
    """An operator takes the conversation; a turn that is being thought can change and say nothing more."""
    taken = await conversations.take(work, conversation_id)
    session = await sessions.find_or_create(work, conversation_id)
    if session.state != State.HANDOFF:
        sessions.move(work, session, Trigger.HANDOFF_REQUESTED)
    session.turn_due_at = session.timeout_at = None
    return taken


async def release(work: Work, conversation_id: UUID, note: str | None = None) -> HandoffView:
    """Give the conversation back to the agent, which is told what was agreed."""
    released = await conversations.release(work, conversation_id, note)
    session = await sessions.find_or_create(work, conversation_id)
    if session.state == State.HANDOFF:
        sessions.restore(work, session, resume(State(session.previous_state) if session.previous_state else None))
    session.handoff_note = note
    session.failures = 0
    session.pending, session.waiting = None, []
    sessions.make_due(work, session, work.system_time)
    return released
