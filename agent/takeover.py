"""Takeovers: how an operator takes a conversation from the agent and gives it back."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from agent import sessions
from agent.recorded import effects_of
from core.work import Work
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.kinds import HandoffOutcome, MessageStatus
from domain.conversations.schemas import HandoffView
from domain.conversations.states import State, Trigger
from domain.orders import drafts


class Takeover(BaseModel):
    """What an operator takes over: what the agent has done and the customer was not told, and what is on its way."""

    model_config = ConfigDict(frozen=True)

    handoff: HandoffView
    done: list[str]
    in_flight: list[str]
    cancelled: list[str]


async def take(work: Work, conversation_id: UUID) -> Takeover:
    """An operator takes the conversation; a turn that is being thought can change and say nothing more.

    The operator is told what that turn has done already, what is just being sent, and what was cut off.
    """
    return await _come(work, conversation_id, handoffs.take)


async def reopen(work: Work, conversation_id: UUID) -> Takeover:
    """An operator takes up again what was given back or settled, with all that a takeover tells."""
    return await _come(work, conversation_id, handoffs.reopen)


async def _come(work: Work, conversation_id: UUID, come: Callable[[Work, UUID], Awaitable[HandoffView]]) -> Takeover:
    unsent = await conversations.unsettled(work, conversation_id)
    taken = await come(work, conversation_id)
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


async def release(
    work: Work, conversation_id: UUID, note: str | None = None, outcome: HandoffOutcome = HandoffOutcome.RELEASED
) -> HandoffView:
    """Give the conversation back to the agent, which is told what was agreed; the draft's open points are asked again."""
    released = await handoffs.release(work, conversation_id, note, outcome)
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
