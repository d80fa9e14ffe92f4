"""Playing tau2-bench's retail tasks: our model chain answers with the domain's tools, a model plays the user.

The reward is the benchmark's own: the database must end as the reference solution leaves it, and what has to be
communicated must have been said.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic_ai import Agent, ModelRetry, Tool
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.usage import UsageLimits

from agent.links import NotConfigured, link
from core.settings import get_settings
from evals.statistics import Interval, pass_k
from evals.tau2.data import Action, Domain, Instructions, RetailTask
from evals.tau2.shop import Refused, Shop

STOP = "###STOP###"
MOST_TURNS = 30
MOST_STEPS = 20

_USER = """You play a customer who writes to a shop's service. Stay in this part and give facts only when they are asked for.
{persona}
Why you write: {reason}
What you know: {known}
What you do not know: {unknown}
{instructions}
Write one short message at a time. When your matter is settled, or you are handed to a person, answer only {stop}."""


class RetailResult(BaseModel):
    """What came of one task."""

    task: str
    reward: float
    database_right: bool
    communicated: bool
    calls: list[Action]
    thread: list[tuple[str, str]]
    missing: list[str] = Field(default_factory=list)
    error: str | None = None
    seconds: float = 0.0


def guarded(shop: Shop, name: str, call: Callable[..., Any]) -> Tool[None]:
    """A tool of the domain as the agent gets it: a refusal is told to the model, every call is kept."""

    async def run(**arguments: Any) -> Any:
        shop.calls.append(Action(name=name, arguments=arguments))
        try:
            found = call(**arguments)
        except Refused as reason:
            raise ModelRetry(str(reason)) from reason
        return found.model_dump() if isinstance(found, BaseModel) else found

    schema = Tool[None](call, takes_ctx=False).function_schema.json_schema
    return Tool.from_schema(run, name=name, description=call.__doc__, json_schema=schema, sequential=True)


def user_prompt(task: RetailTask) -> str:
    """The part of the simulated user."""
    told = task.user_scenario.instructions
    if isinstance(told, str):
        told = Instructions(task_instructions=told)
    return _USER.format(
        persona=task.user_scenario.persona or "",
        reason=told.reason_for_call,
        known=told.known_info or "nothing more",
        unknown=told.unknown_info or "nothing in particular",
        instructions=told.task_instructions,
        stop=STOP,
    )


async def play(domain: Domain, task: RetailTask, agent_model: Model, user_model: Model) -> RetailResult:
    """Play one task on a database of its own, and grade it."""
    started = time.monotonic()
    shop = Shop(domain.fresh())
    tools = [guarded(shop, name, call) for name, call in shop.tools().items()]
    agent = Agent[None, str](output_type=str, instructions=domain.policy, tools=tools, retries=3, name="nexova")
    user = Agent[None, str](output_type=str, instructions=user_prompt(task), name="user")
    thread: list[tuple[str, str]] = [("agent", "Hi! How can I help you today?")]
    heard: list[ModelMessage] = []
    written: list[ModelMessage] = []
    error: str | None = None
    try:
        for _ in range(MOST_TURNS):
            answer = await user.run(thread[-1][1], model=user_model, message_history=written)
            written = answer.all_messages()
            if STOP in answer.output or shop.transferred:
                break
            thread.append(("user", answer.output))
            limits = UsageLimits(request_limit=MOST_STEPS)
            with agent.parallel_tool_call_execution_mode("sequential"):
                reply = await agent.run(answer.output, model=agent_model, message_history=heard, usage_limits=limits)
            heard = reply.all_messages()
            thread.append(("agent", reply.output))
    except (AgentRunError, OSError, TimeoutError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:300]
    return grade(domain, task, shop, thread, error, time.monotonic() - started)


def grade(
    domain: Domain, task: RetailTask, shop: Shop, thread: Sequence[tuple[str, str]], error: str | None, seconds: float
) -> RetailResult:
    """Compare the database with the reference's, and look for what had to be said."""
    reference = Shop(domain.fresh())
    criteria = task.evaluation_criteria
    for action in criteria.actions or []:
        if action.name in reference.tools():
            reference.perform(action)
    right = _canonical(shop) == _canonical(reference)
    said = " ".join(words for who, words in thread if who == "agent").lower().replace(",", "")
    missing = [info for info in criteria.communicate_info or [] if info.lower().replace(",", "") not in said]
    basis = criteria.reward_basis or ["DB", "COMMUNICATE"]
    passed = (right or "DB" not in basis) and (not missing or "COMMUNICATE" not in basis) and error is None
    return RetailResult(
        task=task.id,
        reward=float(passed),
        database_right=right,
        communicated=not missing,
        calls=shop.calls,
        thread=list(thread),
        missing=missing,
        error=error,
        seconds=seconds,
    )


def _canonical(shop: Shop) -> str:
    return json.dumps(shop.database.model_dump(mode="json"), sort_keys=True)


async def play_all(
    domain: Domain, tasks: Sequence[RetailTask], agent_model: Model, user_model: Model, *, jobs: int, repeat: int = 1
) -> list[RetailResult]:
    """Play tasks, at most `jobs` at a time, each `repeat` times."""
    limit = asyncio.Semaphore(jobs)

    async def one(task: RetailTask) -> RetailResult:
        async with limit:
            return await play(domain, task, agent_model, user_model)

    return list(await asyncio.gather(*(one(task) for task in tasks for _ in range(repeat))))


def no_lexical() -> Model:
    """The offline model sells in chats; it does not read another shop's policy."""
    raise NotConfigured("a model with a key: `lexical` cannot play this benchmark")


class RetailRun(BaseModel):
    """What came of all tasks."""

    model: str
    user_model: str
    passes: dict[int, Interval]
    results: list[RetailResult]


def figures(results: Sequence[RetailResult]) -> dict[int, Interval]:
    """pass^1 … pass^k over the tasks."""
    by_task: dict[str, list[bool]] = defaultdict(list)
    for result in results:
        by_task[result.task].append(bool(result.reward))
    fewest = min(map(len, by_task.values()), default=0)
    return {k: pass_k(list(by_task.values()), k) for k in range(1, fewest + 1)}


def run(
    domain: Domain, model: str, user_model: str, *, only: Sequence[str] | None = None, repeat: int = 1, jobs: int = 4
) -> RetailRun:
    """Play the domain's tasks with models of the chain's kind; raises NotConfigured."""
    chosen = [task for task in domain.tasks if not only or task.id in only]

    async def played() -> list[RetailResult]:
        settings = get_settings()
        agent_link = link(model, settings, no_lexical)
        user_link = link(user_model, settings, no_lexical)
        return await play_all(domain, chosen, agent_link.model, user_link.model, jobs=jobs, repeat=repeat)

    results = asyncio.run(played())
    return RetailRun(model=model, user_model=user_model, passes=figures(results), results=results)
