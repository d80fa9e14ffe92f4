"""A turn: answer what the customer has said since the last one. Take, think, finish."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from agent import corrections, finishing, handoff, history, sessions
from agent.audiences import registry as audiences
from agent.audiences.base import Audience
from agent.fencing import Fence
from agent.finishing import Answer
from agent.frozen import Frozen, TakenTurn, ToolSpec
from agent.journal import calls_of, entries_of, fenced, keep_after, points_after
from agent.models import MOST_GENERATIONS, AgentSession, Turn, TurnOutcome, TurnStatus
from agent.recorded import Recorded
from agent.spoken import spoken
from agent.thinking import Thought, think
from core import db, observability
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown, DomainError
from core.messages import choose_language
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.conversations import changes
from domain.conversations import service as conversations
from domain.conversations.kinds import Voice
from domain.conversations.schemas import ConversationView, MessageView, OpenMessage
from tools import registry
from tools.audience import AudienceKind

MOST_ATTEMPTS = 5
"""How often a turn is begun before it is taken to be poison."""

MOST_FAILURES = 3
"""Failed turns in a row that bring a person in."""

log = observability.log("agent.turn")


async def run_turn(workspace_id: UUID, conversation_id: UUID) -> None:
    """Answer what the customer has said since the last turn, unless another worker does or nothing is new."""
    turn = await _take_or_count(Principal.system(workspace_id), conversation_id)
    while turn is not None:
        with (
            observability.correlated(turn.correlation_id, turn=str(turn.turn_id)),
            observability.timed(observability.TURN_SECONDS),
        ):
            turn = await _answer(turn)


async def _take_or_count(principal: Principal, conversation_id: UUID) -> TakenTurn | None:
    """Take a turn. What cannot even be taken is tried a few times and then given to a person, never left silent."""
    try:
        async with open_work(principal) as work:
            return await take(work, conversation_id)
    except (Abandoned, CommitOutcomeUnknown, DomainError):
        raise
    except Exception as error:
        if db.is_outage(error):
            raise
        log.exception("turn.not_taken", conversation=str(conversation_id))
    async with open_work(principal) as work:
        await conversations.lock(work, conversation_id)
        taken = await sessions.take_lease(work, conversation_id)
        if taken is not None:
            await _count_failed_take(work, *taken)
    return None


async def _count_failed_take(work: Work, session: AgentSession, row: Turn | None) -> None:
    sessions.count_failure(session)
    if session.failures >= MOST_FAILURES:
        await handoff.give_up(work, session, row)
        return
    sessions.free_lease(session)
    sessions.make_due(work, session, work.system_time + timedelta(seconds=2**session.failures))


async def take(work: Work, conversation_id: UUID) -> TakenTurn | None:
    """Take the lease and the open messages; a turn that was left behind is taken up again as it was."""
    conversation = await conversations.lock(work, conversation_id)
    if (taken := await sessions.take_lease(work, conversation_id)) is None:
        return None
    session, row = taken
    if row is not None and row.voice_epoch != conversation.voice_epoch:
        row.status, row.finished_at, row.outcome = TurnStatus.SUPERSEDED, work.system_time, TurnOutcome.VOICE_LOST
        row = None
    if conversation.voice != Voice.AGENT:
        sessions.rest(session)
        return None
    if row is not None and row.attempts > MOST_ATTEMPTS + 1:
        log.error("turn.unfinishable", turn=str(row.id), attempts=row.attempts)
        await handoff.give_up(work, session, row)
        return None
    if row is None:
        open_messages = await corrections.settle(work, session, await conversations.open_messages(work, conversation_id))
        if not open_messages:
            sessions.rest(session)
            return None
        if (cause := await _left_to_people(work, session, conversation, open_messages)) is not None:
            fallback = choose_language((await accounts.get_workspace(work)).language)
            await handoff.leave(work, session, cause, spoken([message.text for message in open_messages], fallback))
            return None
        await _audience(session).prepare(work, session, conversation, open_messages)
        frozen, thread = await _freeze(work, session, conversation, open_messages)
        row = sessions.add_turn(work, session, conversation, frozen)
    else:
        frozen = Frozen.read(row.frozen, audiences.of(AudienceKind(row.frozen.get("audience", session.audience))).brief)
        thread = await history.thread(work, conversation_id, frozen.history_until)
    row.attempts += 1
    sessions.begin_turn(session)
    await work.write()
    turn = await _taken(work, session, row, conversation, frozen, thread)
    await audiences.of(frozen.audience).keep(work, turn)
    return turn


async def _taken(
    work: Work,
    session: AgentSession,
    row: Turn,
    conversation: ConversationView,
    frozen: Frozen,
    thread: Sequence[MessageView],
) -> TakenTurn:
    """The turn as the worker that holds the lease carries it about."""
    return TakenTurn(
        workspace_id=work.workspace_id,
        conversation_id=conversation.id,
        conversation=conversation,
        session_id=session.id,
        turn_id=row.id,
        number=row.number,
        generation=row.generation,
        lease_token=session.lease_token,
        voice_epoch=row.voice_epoch,
        attempts=row.attempts,
        correlation_id=row.correlation_id,
        frozen=frozen,
        workspace=await accounts.get_workspace(work),
        memory=await history.recall(work, conversation.id, frozen, thread),
        recorded=await entries_of(work, row) if row.attempts > 1 else {},
    )


async def _left_to_people(
    work: Work, session: AgentSession, conversation: ConversationView, open_messages: list[OpenMessage]
) -> handoff.Cause | None:
    return await handoff.by_rule(work, conversation, open_messages) if _audience(session).hands_off else None


def _audience(session: AgentSession) -> Audience:
    return audiences.of(session.audience)


async def _freeze(
    work: Work, session: AgentSession, conversation: ConversationView, open_messages: list[OpenMessage]
) -> tuple[Frozen, list[MessageView]]:
    """What a turn is to be thought with, and the thread before it: read, never changed."""
    audience = _audience(session)
    thread = await history.thread(work, conversation.id, work.system_time)
    brief = await audience.write_brief(work, session, conversation, open_messages, thread)
    frozen = Frozen(
        audience=audience.kind,
        brief=brief,
        messages=open_messages,
        tools=[
            ToolSpec(name=spec.name, description=spec.description, parameters=spec.parameters)
            for spec in map(registry.find, brief.tools)
            if spec is not None
        ],
        models=list(get_settings().model_chain),
        history_until=work.system_time,
    )
    return frozen, thread


async def _answer(turn: TakenTurn) -> TakenTurn | None:
    """Think and finish one turn that was taken; the turn of the next generation if it has to be thought again."""
    try:
        if turn.attempts > MOST_ATTEMPTS:
            log.error("turn.poisonous", turn=str(turn.turn_id), attempts=turn.attempts)
            thought = Thought(reply=None, failure=TurnOutcome.POISON, understood=False)
        else:
            async with _lease_kept(turn):
                thought = await think(turn)
        return await _finished(turn, thought)
    except Abandoned as reason:
        log.info("turn.abandoned", turn=str(turn.turn_id), reason=str(reason))
        return None


async def _finished(turn: TakenTurn, thought: Thought) -> TakenTurn | None:
    """Finish a turn. If it cannot be, its last answer is recorded all the same, so that no resumed turn pays for it again."""
    try:
        async with open_work(roles.agent_for(turn.workspace_id, turn.conversation.party_id)) as work:
            return await finish(work, turn, thought)
    except Exception as error:
        await keep_after(error, turn, thought.unrecorded)
        raise


@asynccontextmanager
async def _lease_kept(turn: TakenTurn) -> AsyncIterator[None]:
    """Prolong the lease while the block runs; a lost lease ends the block with Abandoned."""
    thinking = asyncio.current_task()
    assert thinking is not None
    lost = False

    async def keep() -> None:
        nonlocal lost
        while True:
            await asyncio.sleep(get_settings().lease_seconds / 3)
            with suppress(DBAPIError, OSError):
                if not await sessions.renew(turn):
                    lost = True
                    thinking.cancel()
                    return

    keeper = asyncio.create_task(keep())
    try:
        yield
    except asyncio.CancelledError:
        if lost and thinking.uncancel() == 0:
            raise Abandoned("the lease has passed to another worker") from None
        raise
    finally:
        keeper.cancel()


async def finish(work: Work, turn: TakenTurn, thought: Thought) -> TakenTurn | None:
    """Close the turn: release its messages, move the session, and see to what was written meanwhile.

    A turn without effects is thought again with the new words, at most twice: then its next generation is returned. The
    same when the words were edited or deleted; one with effects is followed by the turn that corrects them.
    """
    fence = await fenced(work, turn, thought.unrecorded)
    answered = {message.id for message in turn.frozen.messages}
    open_messages = await conversations.open_messages(work, turn.conversation_id)
    late = [message for message in open_messages if message.id not in answered]
    changed = corrections.changed_meanwhile(turn.frozen.messages, open_messages)
    calls = await calls_of(work, turn)
    if (late or changed) and turn.generation < MOST_GENERATIONS and not any(call.has_effect for call in calls):
        return await _think_again(work, fence, thought, open_messages)
    answer = await finishing.compose(work, fence, turn, thought, calls)
    _count_failure(fence.session, thought, answer)
    hands_off = audiences.of(turn.frozen.audience).hands_off
    cause = handoff.cause_of(fence.session, calls, MOST_FAILURES) if hands_off else None
    if cause is not None:
        answer = await handoff.begin(work, fence, turn, answer, cause)
    await finishing.release(work, fence, turn, answer, calls)
    asked_anew = changed if cause is None else []
    if asked_anew:
        await changes.reopen(work, turn.conversation_id, asked_anew, turn.turn_id)
    await conversations.mark_answered(work, turn.conversation_id, [*answered.difference(asked_anew)], turn.turn_id)
    _remember_questions(fence.session, turn, calls)
    _close(work, fence, thought, answer)
    if (late or changed) and cause is None:
        sessions.make_due(work, fence.session, work.system_time)
    return None


async def _think_again(work: Work, fence: Fence, thought: Thought, open_messages: list[OpenMessage]) -> TakenTurn | None:
    """The next generation of a turn, None if the customer has taken back all that it was to answer."""
    open_messages = await corrections.settle(work, fence.session, open_messages)
    if not open_messages:
        _close(work, fence, thought, Answer([], TurnOutcome.TAKEN_BACK))
        return None
    await _audience(fence.session).prepare(work, fence.session, fence.conversation, open_messages)
    frozen, thread = await _freeze(work, fence.session, fence.conversation, open_messages)
    fence.turn.generation += 1
    fence.turn.frozen = frozen.model_dump(mode="json")
    sessions.begin_turn(fence.session)
    await work.session.flush()
    return await _taken(work, fence.session, fence.turn, fence.conversation, frozen, thread)


def _count_failure(session: AgentSession, thought: Thought, answer: Answer) -> None:
    if TurnOutcome.POISON in (thought.failure, answer.failure):
        sessions.count_failure(session, MOST_FAILURES)
    elif answer.failure is not None or not thought.understood:
        sessions.count_failure(session)
    else:
        sessions.forget_failures(session)


def _remember_questions(session: AgentSession, turn: TakenTurn, calls: list[Recorded]) -> None:
    """Keep the points that are open with the customer: what nothing has settled stays open."""
    before = turn.frozen.brief.points
    left = points_after(before, calls)
    sessions.remember(session, [point.model_copy(update={"times": point.times + (point in before)}) for point in left])


def _close(work: Work, fence: Fence, thought: Thought, answer: Answer) -> None:
    session, turn = fence.session, fence.turn
    sessions.end_turn(work, session)
    turn.status, turn.finished_at = TurnStatus.FINISHED, work.system_time
    turn.outcome = answer.failure or (TurnOutcome.ANSWERED if thought.understood else TurnOutcome.NOT_UNDERSTOOD)
    _account(turn, thought)
    observability.TURNS.labels(outcome=turn.outcome, model=turn.model_name or "none").inc()
    log.info("turn.finished", outcome=turn.outcome, model=turn.model_name, state=session.state)


def _account(turn: Turn, thought: Thought) -> None:
    turn.model_name, turn.prompt_hash = thought.model_name, thought.prompt_hash
    turn.model_requests = thought.usage.requests
    turn.input_tokens, turn.output_tokens = thought.usage.input_tokens, thought.usage.output_tokens
    turn.cost_usd = thought.cost or Decimal(0)
    turn.latency_ms = thought.latency_ms
    turn.detail = "; ".join(thought.left_out)[:1000] or None
