"""The steps of a thinking turn as the journal lets them run: the model's answers and the tool calls."""

import asyncio
import time
from dataclasses import replace
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters

from agent import loops, telling
from agent.audiences.base import Audience, ContextOf
from agent.chain import ChainModel
from agent.fencing import Entry, Fence, fence
from agent.frozen import Key
from agent.journal import Journal, add_entry, find_entry, points_after, recorded
from agent.models import AgentSession, StepOutcome
from agent.recorded import Recorded
from agent.sessions import move, void_confirmation
from core import db, messages, observability
from core.access import Principal
from core.errors import Abandoned, CommitOutcomeUnknown, DomainError
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import roles
from domain.conversations.states import State, Trigger
from tools import registry
from tools.context import ToolContext
from tools.outcome import ToolOutcome

log = observability.log("agent.steps")


class Steps:
    """The steps of a turn: recorded ones are replayed, new ones go into the journal."""

    def __init__(self, journal: Journal, chain: ChainModel, audience: Audience, deadline: float) -> None:
        """Begin at the turn's first step; `deadline`, when its time is up, is on the clock of `time.monotonic`."""
        self.journal = journal
        self.chain = chain
        self.audience = audience
        self.deadline = deadline
        self.context_of: ContextOf = audience.context_of(journal.turn)
        self.last = ModelResponse(parts=[])
        """The last answer, new or recorded."""

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """The next answer of the run. Raises TurnEnded when a tool has ended the turn, LinkLost when the link is lost."""
        key, recorded_answer = self.journal.next_answer()
        if recorded_answer is not None:
            self.chain.stood_at(recorded_answer.link)
            self.journal.stand_at(key)
            self.last = recorded_answer.response
            return self.last
        if telling.ends_turn(self.journal.calls) and not self.chain.is_offline:
            raise loops.TurnEnded("a tool has ended the turn")
        await self.journal.record_kept()  # no call has recorded it, or a reply that did not hold
        started = time.perf_counter()
        self.last = await self.chain.request(messages, None, parameters)
        self.journal.stand_at(key)
        self.journal.take(key, self.last, self.chain.at, round((time.perf_counter() - started) * 1000))
        return self.last

    async def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The recorded result of a call, or that of running it now. Raises Circling when the link goes in circles.

        A call that repeats an earlier one of the turn is not run: its result is given once more. Arguments are checked
        when a call really runs, not when a recorded one is replayed after a deploy.
        """
        journal, chain = self.journal, self.chain
        key, record = journal.next_call()
        if record is None:
            call = _Call(self, key, name, arguments)
            earlier = loops.repeated(journal.calls, name, arguments, journal.step)
            record = await (call.run() if earlier is None else call.repeat(earlier))
        journal.calls.append(record)
        observability.TOOL_CALLS.labels(tool=name, outcome=record.code if record.status == "ok" else record.status).inc()
        if not chain.is_offline and not telling.ends_turn(journal.calls) and loops.is_circling(journal.calls, chain.at):
            raise loops.Circling(f"{name} again")
        return record.shown()


class _Call:
    """One tool call that is not recorded yet."""

    def __init__(self, steps: Steps, key: Key, name: str, arguments: dict[str, Any]) -> None:
        self._journal = steps.journal
        self._turn = steps.journal.turn
        self._key = key
        self._name = name
        self._arguments = arguments
        self._number = len(steps.journal.calls) + 1
        self._link = steps.chain.at
        self._is_offline = steps.chain.is_offline
        self._audience = steps.audience
        self._context_of = steps.context_of
        self._time_left = steps.deadline - time.monotonic()
        self._started = time.perf_counter()
        found = registry.find(name)
        self._writes = found.writes if found else False

    async def run(self) -> Recorded:
        """Run the call once; whatever comes of it is recorded."""
        limit = min(get_settings().tool_timeout_seconds, max(self._time_left, 0.1))
        try:
            async with asyncio.timeout(limit):
                return await self._execute()
        except (Abandoned, asyncio.CancelledError):
            raise
        except DomainError as refusal:
            return await self._settle(StepOutcome.REFUSAL, refusal)
        except TimeoutError:
            return await self._settle(StepOutcome.TIMEOUT, None)
        except CommitOutcomeUnknown:
            return await self._after_unknown_commit()
        except Exception as error:
            if db.is_outage(error):
                raise Abandoned("the database is away") from error
            log.exception("tool.crashed", tool=self._name, turn=str(self._turn.turn_id))
            return await self._settle(StepOutcome.ERROR, None)

    async def repeat(self, earlier: Recorded) -> Recorded:
        """Record that the call repeats an earlier one, and give that one's result once more."""
        record = earlier.model_copy(
            update={
                "call": self._number,
                "link": self._link,
                "step": self._journal.step,
                "repeats": earlier.call,
                "note": f"{loops.AGAIN} {earlier.note}".strip(),
                "signals": [],
                "staged": [],
                "pending": None,
            }
        )
        async with self._journal.writing(Principal.system(self._turn.workspace_id)) as (work, _):
            return await self._store(work, record)

    async def _execute(self) -> Recorded:
        spec = registry.find(self._name)
        if spec is None:
            raise registry.UnknownTool(tool=self._name)
        principal = await self._audience.principal(self._turn)
        # The fence is the agent's; what the tool does is done with the rights, and in the stores, of whom it is done for.
        agent = replace(roles.agent_for(self._turn.workspace_id, self._turn.conversation.party_id), stores=principal.stores)
        async with self._journal.writing(agent) as (work, held):
            theirs = work.acting_for(principal)
            context = await self._context(theirs, held)
            outcome = await registry.call(spec, context, self._arguments)
            if outcome.status == "refused":
                self._audience.refused(theirs, self._name, outcome.code)
            apply_signals(work, held.session, context)
            record = self._record(outcome, StepOutcome.VALUE, context)
            if await self._store(work, record) is not record:
                raise Abandoned("the call is recorded already")  # what it did again is rolled back
        return record

    async def _context(self, work: Work, held: Fence) -> ToolContext:
        before = self._turn.frozen.brief.points
        given = ToolContext(
            audience=self._audience.kind,
            work=work,
            workspace=self._turn.workspace,
            state=State(held.session.state),
            language=self._turn.frozen.brief.language,
            messages=self._turn.frozen.messages,
            asked_before=before,
            points=points_after(before, self._journal.calls),
        )
        return await self._context_of(given, held, is_offline=self._is_offline)

    def _record(self, outcome: ToolOutcome, kind: StepOutcome, context: ToolContext | None) -> Recorded:
        return recorded(
            self._number,
            self._name,
            self._arguments,
            outcome,
            kind=kind,
            writes=self._writes,
            signals=context.signals if context else (),
            staged=context.staged if context else (),
            asked=context.asked if context else (),
            settled=context.settled if context else (),
            link=self._link,
            step=self._journal.step,
        )

    async def _store(self, work: Work, record: Recorded) -> Recorded:
        payload = record.model_dump(mode="json")
        took = round((time.perf_counter() - self._started) * 1000)
        entry = Entry(self._key, record.outcome, self._name, payload, record.has_effect, took)
        stored = await add_entry(work, self._turn, entry)
        return record if stored is payload else Recorded.model_validate(stored)

    async def _settle(self, kind: StepOutcome, refusal: DomainError | None) -> Recorded:
        """Record a failed call in a second fenced transaction, unless its first one did commit after all."""
        outcome = failed(refusal, self._turn.frozen.brief.language)
        principal = await self._audience.principal(self._turn)
        runtime = replace(Principal.system(self._turn.workspace_id), stores=principal.stores)
        async with self._journal.writing(runtime) as (work, _):
            record = self._record(outcome, kind, None)
            stored = await self._store(work, record)
            if stored is record:
                self._audience.refused(work.acting_for(principal), self._name, outcome.code)
            return stored

    async def _after_unknown_commit(self) -> Recorded:
        """Read what became of a commit whose answer was lost; run the call again only if it did not happen."""
        async with open_work(Principal.system(self._turn.workspace_id)) as work:
            await fence(work, self._turn)
            existing = await find_entry(work, self._turn, self._key)
        if existing is not None:
            return Recorded.model_validate(existing)
        return await self.run()


def failed(refusal: DomainError | None, language: str) -> ToolOutcome:
    """What a call comes to that was refused, or that could not be completed."""
    if refusal is None:
        return ToolOutcome(
            status="refused",
            code="tool_failed",
            say=messages.text("turn.tool_failed", language),
            note="The tool could not be completed and changed nothing. Do not claim that it worked.",
        )
    for_model = isinstance(refusal, registry.InvalidArguments | registry.UnknownTool)
    advice = "You may correct the call." if refusal.correctable else "Do not repeat this call."
    return ToolOutcome(
        status="refused",
        code=refusal.code,
        say="" if for_model else messages.refusal(refusal, language),
        note=f"{refusal} {advice}",
    )


def apply_signals(work: Work, session: AgentSession, context: ToolContext) -> None:
    """Move the session as a tool's signals ask, in the tool's own transaction.

    A hand-off is only noted here: the voice changes when the turn finishes, together with the farewell.
    """
    for signal in context.signals:
        if signal.name == Trigger.HANDOFF_REQUESTED:
            continue
        move(work, session, signal.name)
        if session.state == State.EXECUTING:
            move(work, session, Trigger.ORDER_EXECUTED)
        if session.state != State.AWAITING_CONFIRMATION:
            void_confirmation(session)
