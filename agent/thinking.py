"""Thinking: runs of the model with its tools, journalled step by step, until a reply passes the gate."""

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic_ai import Agent, ModelRetry, RunContext
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RunUsage, UsageLimits

from agent import history, prompting, receipts, telling, wishes
from agent.briefing import DELIVERY, LASTING, claims_of
from agent.chain import ChainModel, LinkLost
from agent.frozen import ClaimedTurn
from agent.journal import Journal, Recorded
from agent.lexical.model import LexicalModel
from agent.lookup import catalogue_lookup, message_lookup
from agent.loops import Circling, TurnEnded
from agent.steps import JournalModel, JournalToolset, Surroundings
from core import observability
from core.access import Principal
from core.settings import get_settings
from tools.outcome import Claim, Fact

MOST_ANSWERS = 14
"""Answers of one link in one turn; more is a loop."""

log = observability.log("agent.thinking")


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of thinking: a reply that has passed the gate, or the reason why there is none.

    `stated` names the facts that the reply states.
    """

    reply: str | None
    stated: frozenset[str] = frozenset()
    failure: str | None = None
    understood: bool = True
    model_name: str | None = None
    prompt_hash: str | None = None
    usage: RunUsage = field(default_factory=RunUsage)
    latency_ms: int = 0

    @property
    def cost(self) -> Decimal:
        """What the model calls cost in USD, as far as it is known."""
        return self.usage.cost or Decimal(0)


_agent = Agent[Surroundings, str](deps_type=Surroundings, output_type=str, retries={"tools": 1, "output": 2}, name="nexova")


def evidence(turn: ClaimedTurn, calls: list[Recorded]) -> tuple[dict[str, Fact], list[tuple[Claim, str]]]:
    """The facts and the done deeds that a reply of this turn may rest on.

    Once a call has changed the draft, what the brief said of the draft no longer counts.
    """
    brief = turn.frozen.brief
    changed = any(call.has_effect for call in calls)
    placed = brief.last_order.number if brief.last_order else None
    facts = {
        name: fact
        for name, fact in brief.facts.items()
        if not changed or fact.subject in (placed, DELIVERY) or fact.kind in LASTING
    }
    claims = claims_of(brief.last_order, brief.draft)
    for call in calls:
        facts.update(call.facts)
        claims.extend(call.claims)
    return facts, claims


def customer_texts(turn: ClaimedTurn) -> list[str]:
    """What the customer wrote, whose numbers a reply may echo."""
    earlier = [words for direction, words in turn.memory.thread if direction == "in"]
    return [*earlier, *(message.text for message in turn.frozen.messages if message.text)]


@_agent.output_validator
def _gate(ctx: RunContext[Surroundings], reply: str) -> str:
    """Let a reply through only if everything it states has a receipt; else tell the model what is wrong."""
    journal = ctx.deps.journal
    facts, claims = evidence(journal.turn, journal.calls)
    language = journal.turn.frozen.brief.language
    said = [call.say for call in journal.calls]
    acted = any(call.status == "ok" for call in journal.calls)
    verdict = receipts.check(reply, facts, claims, ctx.deps.customer_texts, language, vouched=said, acted=acted)
    observability.GATE.labels(verdict=type(verdict).__name__.lower()).inc()
    if isinstance(verdict, receipts.Accepted):
        return verdict.text
    log.info("reply.refused", turn=str(journal.turn.turn_id), reasons=[reason.code for reason in verdict.reasons])
    raise ModelRetry(verdict.for_model())


def _model_of(turn: ClaimedTurn, deadline: float) -> ChainModel:
    """The chain that the turn was claimed with."""
    principal = Principal.agent_for(turn.workspace_id, turn.customer_id)
    lookup, shelf = catalogue_lookup(principal), message_lookup(principal)
    return ChainModel(
        turn.frozen.models,
        workspace_id=turn.workspace_id,
        deadline=deadline,
        lexical=lambda: LexicalModel(turn.frozen.brief, lookup, shelf),
    )


async def think(turn: ClaimedTurn) -> Thought:
    """Think a turn until there is a reply, within its budget of time. Raises Abandoned when the turn is lost."""
    started = time.monotonic()
    budget = get_settings().turn_budget_seconds
    thinking = _Thinking(turn, started + budget)
    try:
        async with asyncio.timeout(budget):
            await thinking.run()
    except TimeoutError:
        thinking.reply, thinking.failure = None, "out_of_time"
    last = thinking.last
    return Thought(
        reply=thinking.reply,
        stated=frozenset(receipts.slots(thinking.template)),
        failure=thinking.failure,
        understood=thinking.failure is None and (last.provider_details or {}).get("understood") is not False,
        model_name=last.model_name,
        prompt_hash=prompting.digest(thinking.instructions, [spec.model_dump_json() for spec in turn.frozen.tools]),
        usage=thinking.usage,
        latency_ms=round((time.monotonic() - started) * 1000),
    )


class _Thinking:
    """The runs of one turn: one for each link of the chain that gets as far as answering, until one comes to a reply."""

    def __init__(self, turn: ClaimedTurn, deadline: float) -> None:
        self.instructions = prompting.system_prompt(turn.frozen.brief)
        self.usage = RunUsage()
        self.reply: str | None = None
        self.template = ""
        """The reply as it was before its slots were filled."""
        self.failure: str | None = None
        self._turn = turn
        self._journal = Journal(turn)
        self._chain = _model_of(turn, deadline)
        self._model = JournalModel(self._chain, self._journal)
        self._around = Surroundings(self._journal, deadline, customer_texts(turn), self._chain, wishes.read(turn))

    @property
    def last(self) -> ModelResponse:
        """The last answer of the model in this turn."""
        return self._model.last

    async def run(self) -> None:
        """Let each link take the turn up from where it stands, until there is a reply or no link is left."""
        while self.reply is None and not self._chain.is_spent:
            usage = RunUsage()
            try:
                await self._run(usage)
                self.failure = None
            except LinkLost:
                self.failure = "model_failed"
            except AgentRunError as error:
                self.failure = _failure(error)
                self._chain.pass_on()
                log.warning("run.failed", turn=str(self._turn.turn_id), error=type(error).__name__, reason=self.failure)
            finally:
                self.usage.incr(usage)

    async def _run(self, usage: RunUsage) -> None:
        """One run with the link that the chain stands at, unless a tool has ended the turn in a run that came to nothing."""
        if telling.ends_turn(self._journal.calls):
            self._tell()
            return
        prompt = prompting.turn_prompt(self._turn.frozen.brief, self._turn.memory.done)
        before = history.as_messages(self._turn.memory)
        taken_over = history.taken_over(prompt, self._journal.calls)
        try:
            with _agent.parallel_tool_call_execution_mode("sequential"):
                result = await _agent.run(
                    None if taken_over else prompt,
                    message_history=[*before, *taken_over],
                    model=self._model,
                    instructions=self.instructions,
                    deps=self._around,
                    toolsets=[JournalToolset()],
                    usage=usage,
                    usage_limits=UsageLimits(request_limit=MOST_ANSWERS),
                )
        except TurnEnded:
            self._tell()
        else:
            self.reply, self.template = result.output, result.response.text or ""

    def _tell(self) -> None:
        """Reply with what the calls came to, as a tool has ended the turn."""
        brief, calls = self._turn.frozen.brief, self._journal.calls
        words = telling.told(brief, calls)
        facts, claims = evidence(self._turn, calls)
        said = [call.say for call in calls]
        verdict = receipts.check(
            words, facts, claims, self._around.customer_texts, brief.language, vouched=said, catalogued=True
        )
        if isinstance(verdict, receipts.Refused):
            raise UnexpectedModelBehavior("what the tools say has no receipts")
        self.reply, self.template = verdict.text, words


def _failure(error: AgentRunError) -> str:
    """Why a run came to nothing, as it stands in the turn's outcome."""
    match error:
        case UsageLimitExceeded() | Circling():
            return "too_many_steps"
        case UnexpectedModelBehavior():
            return "gate_or_model"
        case _:
            return "model_failed"
