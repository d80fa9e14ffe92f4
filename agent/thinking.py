"""Thinking: one run of the model with its tools, journalled step by step, until a reply passes the gate."""

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic_ai import Agent, ModelRetry, RunContext
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.usage import RunUsage, UsageLimits

from agent import history, prompting, receipts
from agent.briefing import DELIVERY, LASTING, claims_of
from agent.chain import ChainModel
from agent.frozen import ClaimedTurn
from agent.journal import Journal, Recorded
from agent.lexical.model import LexicalModel
from agent.lookup import catalogue_lookup
from agent.steps import JournalModel, JournalToolset, Surroundings
from core import observability
from core.access import Principal
from core.settings import get_settings
from tools.outcome import Claim, Fact

MOST_ANSWERS = 14
"""Answers of the model in one turn; more is a loop."""

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
    verdict = receipts.check(reply, facts, claims, ctx.deps.customer_texts, language, vouched=said)
    observability.GATE.labels(verdict=type(verdict).__name__.lower()).inc()
    if isinstance(verdict, receipts.Accepted):
        return verdict.text
    log.info("reply.refused", turn=str(journal.turn.turn_id), reasons=[reason.code for reason in verdict.reasons])
    raise ModelRetry(verdict.for_model())


def _model_of(turn: ClaimedTurn, deadline: float) -> Model:
    """The chain that the turn was claimed with."""
    lookup = catalogue_lookup(Principal.agent_for(turn.workspace_id, turn.customer_id))
    return ChainModel(
        turn.frozen.models,
        workspace_id=turn.workspace_id,
        deadline=deadline,
        lexical=lambda: LexicalModel(turn.frozen.brief, lookup),
    )


async def think(turn: ClaimedTurn) -> Thought:
    """Think a turn until there is a reply, within its budget of time. Raises Abandoned when the turn is lost."""
    started = time.monotonic()
    budget = get_settings().turn_budget_seconds
    journal = Journal(turn)
    brief = turn.frozen.brief
    instructions = prompting.system_prompt(brief)
    around = Surroundings(journal, started + budget, customer_texts(turn))
    usage = RunUsage()
    reply, failure = None, None
    last = ModelResponse(parts=[])
    try:
        async with asyncio.timeout(budget):
            with _agent.parallel_tool_call_execution_mode("sequential"):
                result = await _agent.run(
                    prompting.turn_prompt(brief, turn.memory.done),
                    message_history=history.as_messages(turn.memory),
                    model=JournalModel(_model_of(turn, around.deadline), journal),
                    instructions=instructions,
                    deps=around,
                    toolsets=[JournalToolset()],
                    usage=usage,
                    usage_limits=UsageLimits(request_limit=MOST_ANSWERS),
                )
        reply = result.output
        last = result.response
    except TimeoutError:
        failure = "out_of_time"
    except UsageLimitExceeded:
        failure = "too_many_steps"
    except UnexpectedModelBehavior:
        failure = "gate_or_model"
    except AgentRunError as error:
        log.warning("model.failed", turn=str(turn.turn_id), error=type(error).__name__)
        failure = "model_failed"
    return Thought(
        reply=reply,
        stated=frozenset(receipts.slots(last.text or "")),
        failure=failure,
        understood=failure is None and (last.provider_details or {}).get("understood") is not False,
        model_name=last.model_name,
        prompt_hash=prompting.digest(instructions, [spec.model_dump_json() for spec in turn.frozen.tools]),
        usage=usage,
        latency_ms=round((time.monotonic() - started) * 1000),
    )
