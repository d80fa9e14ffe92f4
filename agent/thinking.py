"""Thinking: a run for each link of the chain that is needed, until its moves come to a reply."""

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RunUsage

from agent import history, prompting, telling
from agent.audiences import registry as audiences
from agent.chain import ChainModel, LinkLost
from agent.fencing import Entry
from agent.frozen import TakenTurn
from agent.grounds import Grounds
from agent.journal import Journal, keep_after
from agent.loops import Circling, TurnEnded
from agent.models import TurnOutcome
from agent.reply.moves import Reply
from agent.reply.renderer import render
from agent.running import asked_with, run
from agent.steps import Steps
from core import observability
from core.settings import get_settings

log = observability.log("agent.thinking")


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking: a reply in words, or the reason why there is none.

    `stated` names the facts that the reply states, `left_out` the moves that did not hold, each with its reason.
    `unrecorded` is the answer it rests on, which goes into the journal with whatever is made of it.
    """

    reply: str | None
    stated: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    failure: TurnOutcome | None = None
    understood: bool = True
    model_name: str | None = None
    prompt_hash: str | None = None
    usage: RunUsage = field(default_factory=RunUsage)
    latency_ms: int = 0
    unrecorded: Entry | None = None

    @property
    def cost(self) -> Decimal:
        """What the model calls cost in USD, as far as it is known."""
        return self.usage.cost or Decimal(0)


async def think(turn: TakenTurn) -> Thought:
    """Think a turn until there is a reply, within its budget of time. Raises Abandoned when the turn is lost."""
    started = time.monotonic()
    budget = get_settings().turn_budget_seconds
    thinking = _Thinking(turn, started + budget)
    try:
        async with asyncio.timeout(budget):
            await thinking.run()
    except TimeoutError:
        thinking.reply, thinking.failure = None, TurnOutcome.OUT_OF_TIME
    except Exception as error:
        await keep_after(error, turn, thinking.unrecorded)
        raise
    last = thinking.last
    return Thought(
        reply=thinking.reply,
        stated=thinking.stated,
        left_out=thinking.left_out,
        failure=thinking.failure,
        understood=thinking.failure is None and thinking.understood,
        model_name=last.model_name,
        prompt_hash=prompting.digest(thinking.instructions, [spec.model_dump_json() for spec in turn.frozen.tools]),
        usage=thinking.usage,
        latency_ms=round((time.monotonic() - started) * 1000),
        unrecorded=thinking.unrecorded,
    )


class _Thinking:
    """The runs of one turn: one for each link of the chain that gets as far as answering, until one comes to a reply."""

    def __init__(self, turn: TakenTurn, deadline: float) -> None:
        self._audience = audience = audiences.of(turn.frozen.audience)
        self.instructions = audience.instructions(turn.frozen.brief)
        self.usage = RunUsage()
        self.reply: str | None = None
        self.stated = frozenset[str]()
        self.left_out: tuple[str, ...] = ()
        self.understood = True
        self.failure: TurnOutcome | None = None
        self._turn = turn
        self._chain = ChainModel(
            turn.frozen.models,
            workspace_id=turn.workspace_id,
            deadline=deadline,
            lexical=lambda: audience.offline(turn),
        )
        self._steps = Steps(Journal(turn), self._chain, audience, deadline)
        self._asked = asked_with(turn.frozen.tools, self.instructions)

    @property
    def last(self) -> ModelResponse:
        """The last answer of the model in this turn."""
        return self._steps.last

    @property
    def unrecorded(self) -> Entry | None:
        """The last answer, if the journal does not have it yet."""
        return self._steps.journal.kept

    async def run(self) -> None:
        """Let each link take the turn up from where it stands, until there is a reply or no link is left."""
        while self.reply is None and not self._chain.is_spent:
            usage = RunUsage()
            try:
                await self._run(usage)
                self.failure = None
            except LinkLost:
                self.failure = TurnOutcome.MODEL_FAILED
            except AgentRunError as error:
                self.failure = _failure(error)
                self._chain.pass_on()
                log.warning("run.failed", turn=str(self._turn.turn_id), error=type(error).__name__, reason=self.failure)
            finally:
                self.usage.incr(usage)

    async def _run(self, usage: RunUsage) -> None:
        """One run with the link that the chain stands at, unless a tool has ended the turn in a run that came to nothing."""
        if telling.ends_turn(self._steps.journal.calls):
            self._render(Reply())
            return
        messages = history.opening(self._turn.memory, self._audience.prompt(self._turn), self._steps.journal.calls)
        try:
            reply = await run(self._steps, messages, self._asked, usage)
        except TurnEnded:
            reply = Reply()
        self._render(reply)

    def _render(self, reply: Reply) -> None:
        """Put the moves into words. Raises when none holds and another link may do better."""
        calls = self._steps.journal.calls
        answered = {part.tool_call_id for part in self.last.tool_calls}
        joint = {call.call for call in calls if call.step == self._steps.journal.step} if len(answered) > 1 else set[int]()
        rendered = render(reply, Grounds.of(self._turn, calls, frozenset(joint)))
        model = self.last.model_name or "none"
        for move in reply.moves:
            observability.MOVES.labels(model=model, move=move.move, outcome="said").inc()
        for left_out in rendered.left_out:
            observability.MOVES.labels(model=model, move=left_out.move, outcome=left_out.reason).inc()
        self.left_out = tuple(f"{move.move}: {move.reason}" for move in rendered.left_out)
        if self.left_out:
            log.info("reply.left_out", turn=str(self._turn.turn_id), model=model, moves=self.left_out)
        if not rendered.understood and not self._chain.is_last:
            raise UnexpectedModelBehavior("no move of the answer holds")
        details = self.last.provider_details or {}
        self.reply, self.stated = rendered.text, rendered.stated
        self.understood = rendered.understood and details.get("understood") is not False


def _failure(error: AgentRunError) -> TurnOutcome:
    """Why a run came to nothing, as it stands in the turn's outcome."""
    match error:
        case UsageLimitExceeded() | Circling():
            return TurnOutcome.TOO_MANY_STEPS
        case UnexpectedModelBehavior():
            return TurnOutcome.NO_REPLY
        case _:
            return TurnOutcome.MODEL_FAILED
