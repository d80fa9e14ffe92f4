"""The model chain of one turn: the first link that is up, affordable and answers keeps the run, until it fails in it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal
from uuid import UUID

from opentelemetry import trace
from pydantic_ai.exceptions import AgentRunError, ModelAPIError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from agent import breaker, spend
from agent.breaker import Admission
from agent.links import LEXICAL, LexicalFactory, Link, NotConfigured, link, provider_of
from agent.trouble import check, is_our_bug, is_worth_repeating, may_have_cost
from core import observability
from core.settings import get_settings

log = observability.log("agent.chain")
_tracer = trace.get_tracer("nexova.agent.chain")

MOST_ATTEMPTS = 3
"""Tries of one link for one request."""

LAST_LINK_SECONDS = 2.0
"""Time that is always left for the links behind the one being tried."""

LONGEST_WAIT = 8.0
"""A provider that asks for more patience than this is passed over."""

CallOutcome = Literal["answered", "failed", "breaker_open", "ceiling_reached", "no_time", "not_configured"]


@dataclass(frozen=True, slots=True)
class ModelCall:
    """What became of one link in one request."""

    model: str
    outcome: CallOutcome
    attempts: int = 0
    error: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost: Decimal = Decimal(0)
    latency_ms: int = 0


class ChainFailed(AgentRunError):
    """No link of the chain gave an answer."""

    def __init__(self, calls: Sequence[ModelCall]) -> None:
        super().__init__("; ".join(f"{call.model}: {call.error or call.outcome}" for call in calls) or "the chain is empty")


class LinkLost(AgentRunError):
    """The link that kept this run gives no more answers; what the run has come to is for the next link to take over."""


class ChainModel(Model):
    """The chain as a pydantic-ai model, made for one turn.

    A link that has failed in a turn is not asked again in it. Before a run's first answer the next link is asked at
    once; later the run ends with LinkLost, and the next link begins one of its own from where the turn stands.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        workspace_id: UUID,
        deadline: float,
        lexical: LexicalFactory,
        on_call: Callable[[ModelCall], None] | None = None,
    ) -> None:
        """Make the chain. `deadline` is on the clock of `time.monotonic`; `lexical` makes the offline link."""
        super().__init__()
        self._names = tuple(names)
        self._workspace_id = workspace_id
        self._deadline = deadline
        # One for the turn: it keeps what it has understood and looked up from one request to the next.
        self._lexical = cache(lexical)
        self._on_call = on_call
        self._house = get_settings()
        self.at = 0
        """The index of the link that is asked now; behind the last one the chain is at its end."""
        self._keeps_run = False

    @property
    def is_spent(self) -> bool:
        """Whether no link is left to be asked."""
        return self.at >= len(self._names)

    @property
    def is_last(self) -> bool:
        """Whether no other link would take over from the one that is asked now."""
        return self.at >= len(self._names) - 1

    @property
    def is_offline(self) -> bool:
        """Whether the link that is asked now is the offline one."""
        return not self.is_spent and self._names[self.at] == LEXICAL

    def pass_on(self, *, only_offline: bool = False) -> None:
        """Leave the present link for this turn; the next one begins a run of its own."""
        rest = range(self.at + 1, len(self._names))
        self.at = next((index for index in rest if not only_offline or self._names[index] == LEXICAL), len(self._names))
        self._keeps_run = False

    def stood_at(self, index: int) -> None:
        """Take up a recorded answer of a link. Raises LinkLost if another link had kept the run until then."""
        lost = self._keeps_run and index != self.at
        self.at, self._keeps_run = index, not lost
        if lost:
            raise LinkLost(f"the link of place {index} had taken over")

    @property
    def model_name(self) -> str:
        """The names of the links."""
        return f"chain:{','.join(self._names)}"

    @property
    def system(self) -> str:
        """The provider, as far as a chain has one."""
        return "nexova"

    def prepare_request(
        self, model_settings: ModelSettings | None, model_request_parameters: ModelRequestParameters
    ) -> tuple[ModelSettings | None, ModelRequestParameters]:
        """Leave the request as it is: each link prepares it for itself."""
        return model_settings, model_request_parameters

    def prepare_messages(
        self, messages: list[ModelMessage], model_request_parameters: ModelRequestParameters | None = None
    ) -> list[ModelMessage]:
        """Leave the messages as they are: each link prepares them for itself."""
        return messages

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The answer of the link that keeps the run, or of the first one that gives one. Raises LinkLost, ChainFailed."""
        asked = _Asked(messages, model_settings, model_request_parameters)
        calls: list[ModelCall] = []
        while not self.is_spent:
            response, only_offline = await self._ask_next(asked, calls)
            if response is not None:
                self._keeps_run = True
                return response
            lost = self._keeps_run
            self.pass_on(only_offline=only_offline)
            if lost:
                raise LinkLost(calls[-1].error or calls[-1].outcome)
        raise ChainFailed(calls)

    async def _ask_next(self, asked: "_Asked", calls: list[ModelCall]) -> tuple[ModelResponse | None, bool]:
        """Ask the link whose turn it is: its answer if it gives one, and whether only offline links may follow it."""
        name = self._names[self.at]
        try:
            found = link(name, self._house, self._lexical)
        except NotConfigured as missing:
            log.error("model.not_configured", model=name, missing=str(missing))
            self._report(calls, ModelCall(name, "not_configured", error=str(missing)))
            return None, False
        return await self._ask(found, asked, calls)

    async def _ask(self, found: Link, asked: "_Asked", calls: list[ModelCall]) -> tuple[ModelResponse | None, bool]:
        """Ask one link, if breaker, ceiling and clock allow it."""
        if found.is_offline:
            return await self._call(found, asked, None, None, calls)
        if self._time_left() <= LAST_LINK_SECONDS:
            self._report(calls, ModelCall(found.name, "no_time"))
            return None, True
        admission = await breaker.admit(found.name)
        if admission is None:
            self._report(calls, ModelCall(found.name, "breaker_open"))
            return None, False
        estimate = asked.estimate(found, self._house.llm_max_tokens)
        reservation = await spend.reserve(self._workspace_id, found.name, estimate)
        if reservation is None:
            await breaker.abandoned(admission)
            self._report(calls, ModelCall(found.name, "ceiling_reached"))
            return None, False
        return await self._call(found, asked, admission, reservation, calls)

    async def _call(
        self,
        found: Link,
        asked: "_Asked",
        admission: Admission | None,
        reservation: spend.Reservation | None,
        calls: list[ModelCall],
    ) -> tuple[ModelResponse | None, bool]:
        started = time.perf_counter()
        attempts = _Attempts(found, asked, self._attempt_seconds, self._time_left)
        try:
            response = await attempts.run()
        except Exception as error:
            bug = is_our_bug(error)
            await _settle(admission, reservation, error, attempts.possible_cost(reservation), is_our_bug=bug)
            name = type(error).__name__
            if bug:
                log.error("model.refused_our_request", model=found.name, error=str(error)[:500])
            elif isinstance(error, AgentRunError | TimeoutError):
                log.warning("model.failed", model=found.name, error=name, attempts=attempts.made)
            else:
                log.exception("model.crashed", model=found.name)
            if found.is_offline:
                raise
            latency = round((time.perf_counter() - started) * 1000)
            self._report(calls, ModelCall(found.name, "failed", attempts.made, name, latency_ms=latency))
            return None, bug
        except BaseException:
            await asyncio.shield(_settle(admission, reservation, None, attempts.possible_cost(reservation), is_our_bug=True))
            raise
        cost = found.cost(response.usage)
        response.usage.cost = cost
        await _settle(admission, reservation, None, cost)
        self._report(calls, _answered(found, response.usage, cost, attempts.made, time.perf_counter() - started))
        return response, False

    def _time_left(self) -> float:
        return self._deadline - time.monotonic()

    def _attempt_seconds(self, found: Link) -> float:
        left = self._time_left()
        if found.is_offline:
            return max(left, LAST_LINK_SECONDS)
        return min(self._house.llm_timeout_seconds, left - LAST_LINK_SECONDS)

    def _report(self, calls: list[ModelCall], call: ModelCall) -> None:
        calls.append(call)
        observability.MODEL_CALLS.labels(model=call.model, outcome=call.outcome).inc()
        if call.outcome == "answered":
            observability.MODEL_SECONDS.labels(model=call.model).observe(call.latency_ms / 1000)
            observability.MODEL_TOKENS.labels(model=call.model, direction="input").inc(call.input_tokens)
            observability.MODEL_TOKENS.labels(model=call.model, direction="output").inc(call.output_tokens)
            observability.MODEL_COST.labels(model=call.model).inc(float(call.cost))
        if self._on_call is not None:
            self._on_call(call)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request as the agent makes it."""

    messages: list[ModelMessage]
    settings: ModelSettings | None
    parameters: ModelRequestParameters

    def estimate(self, found: Link, max_tokens: int) -> Decimal:
        """The most that the call may cost: everything read anew, and the longest answer."""
        length = len(ModelMessagesTypeAdapter.dump_json(self.messages))
        tools = [*self.parameters.function_tools, *self.parameters.output_tools]
        length += sum(len(tool.description or "") + len(str(tool.parameters_json_schema)) for tool in tools)
        length += sum(len(part.content) for part in self.parameters.instruction_parts or [])
        return found.cost(RequestUsage(input_tokens=spend.tokens_of(length), output_tokens=max_tokens))


class _Attempts:
    """The tries of one link for one request."""

    def __init__(self, found: Link, asked: _Asked, seconds: Callable[[Link], float], time_left: Callable[[], float]) -> None:
        self.made = 0
        self._paid = False
        self._link = found
        self._asked = asked
        self._seconds = seconds
        self._time_left = time_left
        self._backoff = wait_exponential_jitter(multiplier=0.3, max=4, jitter=0.3)

    async def run(self) -> ModelResponse:
        """Ask until there is an answer, or until trying again is not safe or not worth the time."""
        retrying = AsyncRetrying(
            retry=retry_if_exception(is_worth_repeating), stop=self._should_stop, wait=self._wait, reraise=True
        )
        return await retrying(self._once)

    def possible_cost(self, reservation: spend.Reservation | None) -> Decimal:
        """What failed tries may have cost: an answer that was cut off or unreadable was paid for all the same."""
        return reservation.amount if reservation is not None and self._paid else Decimal(0)

    async def _once(self) -> ModelResponse:
        self.made += 1
        found, asked = self._link, self._asked
        with _tracer.start_as_current_span(f"chat {found.name}", kind=trace.SpanKind.CLIENT) as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.provider.name", provider_of(found.name))
            span.set_attribute("gen_ai.request.model", found.model.model_name)
            messages = found.model.prepare_messages(asked.messages, asked.parameters)
            try:
                async with asyncio.timeout(self._seconds(found)):
                    response = await found.model.request(messages, asked.settings, asked.parameters)
                    check(response)
            except Exception as error:
                self._paid = self._paid or may_have_cost(error)
                span.set_attribute("error.type", type(error).__name__)
                raise
            except asyncio.CancelledError:
                self._paid = True
                raise
            span.set_attribute("gen_ai.response.model", response.model_name or "")
            span.set_attribute("gen_ai.usage.input_tokens", response.usage.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", response.usage.output_tokens)
        return response

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ModelAPIError) else None
        return asked if asked is not None else float(self._backoff(state))

    def _should_stop(self, state: RetryCallState) -> bool:
        wait = state.upcoming_sleep
        return (
            self._link.is_offline
            or self.made >= MOST_ATTEMPTS
            or wait > LONGEST_WAIT
            or wait + 2 * LAST_LINK_SECONDS > self._time_left()
        )


async def _settle(
    admission: Admission | None,
    reservation: spend.Reservation | None,
    error: Exception | None,
    cost: Decimal,
    *,
    is_our_bug: bool = False,
) -> None:
    """Tell breaker and ledger how the call ended. A fault of ours says nothing of the model."""
    if reservation is not None:
        await spend.settle(reservation, cost)
    if admission is None:
        return
    if is_our_bug:
        await breaker.abandoned(admission)
    elif error is not None:
        await breaker.failed(admission, type(error).__name__)
    else:
        await breaker.succeeded(admission)


def _answered(found: Link, usage: RequestUsage, cost: Decimal, attempts: int, seconds: float) -> ModelCall:
    return ModelCall(
        found.name,
        "answered",
        attempts,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cost=cost,
        latency_ms=round(seconds * 1000),
    )
