"""Sessions in the database: when a turn is due, and who may think it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from agent.frozen import Frozen, TakenTurn
from agent.lexical.completeness import looks_finished
from agent.models import AgentSession, Turn, TurnStatus
from agent.states import Standing, advance
from core import events, observability, outbox
from core.access import Principal
from core.event_types import EventType
from core.prepared import Prepared
from core.settings import get_settings
from core.tables import new_id
from core.work import Work, open_work, own
from domain.conversations import service as conversations
from domain.conversations.content import Answer, Cart, Content, Text
from domain.conversations.schemas import ConversationView
from domain.conversations.states import State, Trigger
from domain.orders import confirmation
from tools.audience import AudienceKind
from tools.context import Pending

FINISHED_SHARE = 0.2
"""The part of the burst window that is waited after words that look complete."""

# What every message or every step asks is built once: building a statement takes longer than running it.
_OWN = (own(AgentSession), AgentSession.conversation_id == bindparam("conversation"))
_LOCK = Prepared(select(AgentSession).where(*_OWN).with_for_update(key_share=True).execution_options(populate_existing=True))
_TAKEN = (
    update(AgentSession)
    .where(
        *_OWN,
        or_(AgentSession.lease_until.is_(None), AgentSession.lease_until < func.clock_timestamp()),
        or_(AgentSession.turn_due_at.is_(None), AgentSession.turn_due_at <= func.clock_timestamp()),
    )
    .values(
        lease_token=AgentSession.lease_token + 1,
        lease_until=func.clock_timestamp() + bindparam("lease", type_=Interval),
    )
    .returning(
        *AgentSession.__table__.c,
        exists()
        .where(own(Turn), Turn.conversation_id == AgentSession.conversation_id, Turn.status == TurnStatus.OPEN)
        .label("has_turn"),
    )
    .cte("taken")
)
_TAKE_LEASE = Prepared(select(aliased(AgentSession, _TAKEN), _TAKEN.c.has_turn).execution_options(populate_existing=True))
_OPEN_TURN = (
    select(Turn)
    .where(
        own(Turn),
        Turn.conversation_id == bindparam("conversation"),
        Turn.status == TurnStatus.OPEN,
    )
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
log = observability.log("agent.sessions")


def _of(work: Work, conversation_id: UUID) -> dict[str, Any]:
    return {"workspace": work.workspace_id, "conversation": conversation_id}


async def find_or_create(work: Work, conversation_id: UUID) -> AgentSession:
    """The session of a conversation, locked. The conversation is locked already."""
    if (found := await _LOCK.first(work.session, _of(work, conversation_id))) is not None:
        return found[0]
    await work.session.execute(
        insert(AgentSession)
        .values(workspace_id=work.workspace_id, id=new_id(), conversation_id=conversation_id, state=State.IDLE)
        .on_conflict_do_nothing(index_elements=["workspace_id", "conversation_id"])
    )
    ((session,),) = await _LOCK.all(work.session, _of(work, conversation_id))
    return session


def talk_with(session: AgentSession, audience: AudienceKind) -> None:
    """The session is one with this audience, which its turns ask what they do differently."""
    session.audience = audience


def burst_delay(content: Content) -> float:
    """Seconds to wait for more words: none after a press of a button, little after complete words, else the window."""
    window = get_settings().burst_window_seconds
    if isinstance(content, Answer | Cart):
        return 0.0
    if isinstance(content, Text) and looks_finished(content.text):
        return window * FINISHED_SHARE
    return window


async def message_arrived(work: Work, conversation_id: UUID, content: Content) -> None:
    """Make a turn due for a new message of a conversation that the agent leads.

    A burst is waited for once: the time since its first message never exceeds the window.
    """
    session = await find_or_create(work, conversation_id)
    window = timedelta(seconds=get_settings().burst_window_seconds)
    if session.turn_due_at is None or session.burst_started_at is None:
        session.burst_started_at = work.system_time
    due_at = min(
        work.system_time + timedelta(seconds=burst_delay(content)),
        session.burst_started_at + window,
    )
    session.timeout_at = work.now + timedelta(minutes=get_settings().session_timeout_minutes)
    make_due(work, session, due_at)


def make_due(work: Work, session: AgentSession, due_at: datetime) -> None:
    """Have a turn thought at `due_at` (system time)."""
    session.turn_due_at = due_at
    outbox.enqueue(work, "conversation.turn", due_at=due_at, conversation_id=session.conversation_id)


async def take_lease(work: Work, conversation_id: UUID) -> tuple[AgentSession, Turn | None] | None:
    """Take the lease of a session if nobody holds it and its turn is due, with the turn that was left open, if one was.

    The token grows with every taking. The conversation is locked already.
    """
    if (taken := await _take_lease(work, conversation_id)) is None:
        await find_or_create(work, conversation_id)
        if (taken := await _take_lease(work, conversation_id)) is None:
            return None
    session, has_turn = taken
    return session, await open_turn(work, conversation_id) if has_turn else None


async def _take_lease(work: Work, conversation_id: UUID) -> tuple[AgentSession, bool] | None:
    lease = timedelta(seconds=get_settings().lease_seconds)
    return await _TAKE_LEASE.first(work.session, {**_of(work, conversation_id), "lease": lease})


def free_lease(session: AgentSession) -> None:
    """Give the lease back; its token stays spent."""
    session.lease_until = None


def begin_turn(session: AgentSession) -> None:
    """A turn is taken: no other is due until the customer writes again."""
    session.turn_due_at = session.burst_started_at = None


def end_turn(work: Work, session: AgentSession) -> None:
    """The turn is over: the lease is free, nothing is due, and silence counts from now."""
    free_lease(session)
    begin_turn(session)
    session.timeout_at = work.now + timedelta(minutes=get_settings().session_timeout_minutes)


def rest(session: AgentSession) -> None:
    """There is nothing to answer: the lease is free and no turn is due."""
    free_lease(session)
    session.turn_due_at = None


def count_failure(session: AgentSession, failures: int = 1) -> None:
    """One more turn in a row has failed, or as many as bring a person in."""
    session.failures += failures


def forget_failures(session: AgentSession) -> None:
    """A turn was understood, or a person has come."""
    session.failures = 0


def arm_confirmation(session: AgentSession, token: str, message_id: UUID) -> None:
    """The summary with this token goes out as this message; a yes to it counts."""
    session.confirmation_token, session.confirmation_message_id = token, message_id


def wait_for_answer(session: AgentSession, until: datetime) -> None:
    """Silence ends nothing before: the shop has asked something."""
    session.timeout_at = until


def void_confirmation(session: AgentSession) -> None:
    """No summary is out any more that a yes could be meant for."""
    session.confirmation_token = session.confirmation_message_id = None


def remember(session: AgentSession, points: Sequence[Pending]) -> None:
    """These points are open with the customer, the first of them in question."""
    asked = [point.model_dump(mode="json") for point in points]
    session.pending, session.waiting = (asked[0], asked[1:]) if asked else (None, [])


def points_of(session: AgentSession) -> list[Pending]:
    """The points that are open with the customer, the one in question first."""
    return [Pending.model_validate(point) for point in (session.pending, *session.waiting) if point]


def leave_to_person(session: AgentSession) -> None:
    """A person attends: no turn is due, and silence ends nothing."""
    session.turn_due_at = session.timeout_at = None


def take_back(session: AgentSession, note: str | None) -> None:
    """The agent attends again, and knows what was agreed meanwhile."""
    session.handoff_note = note
    forget_failures(session)


async def renew(turn: TakenTurn) -> bool:
    """Prolong the lease of a turn that is being thought; False when it is lost."""
    lease = timedelta(seconds=get_settings().lease_seconds)
    async with open_work(Principal.system(turn.workspace_id)) as work:
        renewed = await work.session.scalar(
            update(AgentSession)
            .where(
                own(AgentSession, turn.workspace_id),
                AgentSession.conversation_id == turn.conversation_id,
                AgentSession.lease_token == turn.lease_token,
            )
            .values(lease_until=func.clock_timestamp() + lease)
            .returning(AgentSession.id)
        )
    return renewed is not None


def move(work: Work, session: AgentSession, trigger: Trigger) -> None:
    """Move a session as the machine of states allows; every change is an event. Raises IllegalMove."""
    before = State(session.state)
    previous = State(session.previous_state) if session.previous_state is not None else None
    after = advance(Standing(before, previous, summary_is_out=session.confirmation_token is not None), trigger)
    if after is before:
        return
    if State.HANDOFF in (before, after):
        session.previous_state = before if after is State.HANDOFF else None
    session.state = after
    events.record(
        work,
        EventType.SESSION_MOVED,
        subject=session.id,
        reason=trigger,
        before={"state": before},
        after={"state": after},
    )


async def expire(work: Work, conversation_id: UUID) -> bool:
    """End a run that has gone silent: holds are released, the draft and its open points are kept. False if there is nothing
    to end.

    Never while somebody thinks or waits for an answer, nor while a person attends.
    """
    await conversations.lock(work, conversation_id)
    session = await find_or_create(work, conversation_id)
    if session.timeout_at is None or session.timeout_at > work.now:
        return False
    if session.lease_until is not None and session.lease_until > work.system_time:
        return False
    if session.state in (State.HANDOFF, State.EXECUTING) or await open_turn(work, conversation_id) is not None:
        return False
    if await conversations.open_messages(work, conversation_id):
        return False
    proposed = await confirmation.waits_until(work, conversation_id)
    if proposed is not None and proposed > work.now:
        session.timeout_at = proposed  # the shop waits for an answer for as long as it has said
        return False
    session.timeout_at = None
    session.lease_until = None
    if session.state == State.IDLE:
        return False
    await confirmation.release_for_timeout(work, conversation_id)
    move(work, session, Trigger.TIMED_OUT)
    session.number += 1
    session.handoff_note = None
    void_confirmation(session)
    keep_points_of_order(session)
    forget_failures(session)
    return True


def keep_points_of_order(session: AgentSession) -> None:
    """Keep what is open about the order, which stays as it is; any other question has lapsed."""
    remember(session, [point for point in points_of(session) if point.is_of_order])


async def open_turn(work: Work, conversation_id: UUID) -> Turn | None:
    """The turn that was taken and has not ended, locked."""
    return await work.session.scalar(_OPEN_TURN, _of(work, conversation_id))


def add_turn(work: Work, session: AgentSession, conversation: ConversationView, frozen: Frozen) -> Turn:
    """Open a new turn with the inputs it was taken with; it is written with the next flush."""
    session.turn_count += 1
    row = Turn(
        workspace_id=work.workspace_id,
        id=new_id(),
        conversation_id=conversation.id,
        number=session.turn_count,
        generation=0,
        status=TurnStatus.OPEN,
        voice_epoch=conversation.voice_epoch,
        attempts=0,
        frozen=frozen.model_dump(mode="json"),
        correlation_id=observability.correlation_id(),
        started_at=work.system_time,
        model_requests=0,
        input_tokens=0,
        output_tokens=0,
        latency_ms=0,
    )
    work.session.add(row)
    return row
