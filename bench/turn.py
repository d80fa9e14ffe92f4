"""What a turn costs beside its model: two answers and one tool call, next to bare pydantic-ai and one INSERT."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import uvloop
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from uuid_utils.compat import uuid7

from agent.audiences.customer.serving import Customers
from agent.audiences.registry import AUDIENCES
from agent.frozen import TakenTurn
from agent.turn import run_turn
from bench.counting import Counted, counting
from bench.ground import SKU, Ground, Shop, analyze, connected, customer_writes, found_shop, ground
from bench.report import Section, Table, milliseconds, percentile

TOOL = "list_products"
REPLY = "Con gusto, ya te digo."


def scripted(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Call one tool, then answer; without a moment of thought."""
    asked = any(isinstance(part, ToolReturnPart) for message in messages[-1:] for part in message.parts)
    if asked:
        return ModelResponse(parts=[TextPart(REPLY)])
    return ModelResponse(parts=[ToolCallPart(TOOL, {"query": "harina pan"})])


def play_script() -> None:
    """Have every turn of this process thought by the script, through the chain as the offline link is."""

    class Scripted(Customers):
        def offline(self, turn: TakenTurn) -> Model:
            return FunctionModel(scripted)

    AUDIENCES[Scripted.kind] = Scripted()


@dataclass
class Bare:
    """Bare pydantic-ai with the same script, a plain function as its tool, and one INSERT of what was said."""

    agent: Agent[None, str]
    pool: asyncpg.Pool

    @classmethod
    async def make(cls, url: str) -> "Bare":
        pool = await asyncpg.create_pool(url, min_size=1, max_size=4)
        await pool.execute("CREATE TABLE IF NOT EXISTS bare_messages (id uuid PRIMARY KEY, conversation text, messages jsonb)")
        agent = Agent(FunctionModel(scripted), instructions="You sell groceries.")

        def list_products(query: str, category: str | None = None, limit: int = 10) -> str:
            """List the products that fit some words."""
            return json.dumps([{"sku": SKU, "name": "Harina P.A.N. Blanca", "price": "25000"}])

        agent.tool_plain(list_products)
        return cls(agent, pool)

    async def answer(self, phone: str, words: str) -> None:
        result = await self.agent.run(words)
        encoded = ModelMessagesTypeAdapter.dump_json(result.all_messages()).decode()
        await self.pool.execute("INSERT INTO bare_messages VALUES ($1, $2, $3)", uuid7(), phone, encoded)


async def timed(turns: int, prepare: Callable[[int], Awaitable[UUID]], run: Callable[[UUID], Awaitable[None]]) -> list[float]:
    """Seconds of each run, without what prepares it."""
    seconds = []
    for index in range(turns):
        subject = await prepare(index)
        started = time.perf_counter()
        await run(subject)
        seconds.append(time.perf_counter() - started)
    return seconds


@dataclass(frozen=True, slots=True)
class Measured:
    """What a number of turns took."""

    seconds: list[float]
    processor: float
    statements: int
    commits: int
    round_trips: int

    @property
    def turns(self) -> int:
        """How many there were."""
        return len(self.seconds)


async def our_turns(shop: Shop, turns: int) -> Measured:
    """Answer one message in each of a number of conversations."""
    total, processor = Counted(), 0.0

    async def write(index: int) -> UUID:
        return await customer_writes(shop, f"58414{index % 20:07d}", "¿tienes harina pan?")

    async def answer(conversation_id: UUID) -> None:
        nonlocal processor
        before = time.process_time()
        with counting() as once:
            await run_turn(shop.workspace_id, conversation_id)
        processor += time.process_time() - before
        total.texts += once.texts

    seconds = await timed(turns, write, answer)
    return Measured(seconds, processor / turns, total.statements, total.commits, len(total.texts))


async def bare_turns(url: str, turns: int) -> Measured:
    """Answer the same number of messages with nothing but pydantic-ai and one INSERT."""
    bare = await Bare.make(url)
    seconds, processor = [], 0.0
    for index in range(turns):
        before, started = time.process_time(), time.perf_counter()
        await bare.answer(f"58414{index % 20:07d}", "¿tienes harina pan?")
        seconds.append(time.perf_counter() - started)
        processor += time.process_time() - before
    await bare.pool.close()
    return Measured(seconds, processor / turns, turns, turns, turns)


async def _measure(place: Ground, turns: int) -> Section:
    url = place.postgres.url
    async with connected(url):
        shop = await found_shop()
        play_script()
        await our_turns(shop, 20)
        await bare_turns(url, 20)
        await analyze(place.postgres)
        ours, plain = [], []
        for _ in range(4):  # in turns, so that both meet the same machine
            ours.append(await our_turns(shop, turns // 4))
            plain.append(await bare_turns(url, turns // 4))
    rows = [_row("Nexova", ours), _row("bare", plain), _ratio(_joined(ours), _joined(plain))]
    return Section(
        "A turn beside its model",
        "A turn with a model that takes no time: two answers and one call of `list_products`, from claim to the queued "
        "reply, beside bare pydantic-ai with the same script, a plain function as the tool and one INSERT of the messages. "
        "Ours claims a lease, journals every step behind a fence, checks the reply and commits three times instead of once, "
        "each flushed to disk. Aim: at most twice the bare one.",
        [Table(("runtime", "turns", "p50", "p95", "processor time", "statements", "commits", "round trips"), rows)],
    )


def _joined(parts: list[Measured]) -> Measured:
    return Measured(
        [second for part in parts for second in part.seconds],
        sum(part.processor for part in parts) / len(parts),
        sum(part.statements for part in parts),
        sum(part.commits for part in parts),
        sum(part.round_trips for part in parts),
    )


def _row(name: str, parts: list[Measured]) -> list[str]:
    whole = _joined(parts)
    return [
        name,
        str(whole.turns),
        milliseconds(percentile(whole.seconds, 0.5)),
        milliseconds(percentile(whole.seconds, 0.95)),
        milliseconds(whole.processor),
        *(f"{count / whole.turns:.1f}" for count in (whole.statements, whole.commits, whole.round_trips)),
    ]


def _ratio(ours: Measured, plain: Measured) -> list[str]:
    shares = [percentile(ours.seconds, share) / percentile(plain.seconds, share) for share in (0.5, 0.95)]
    return ["Nexova ÷ bare", "", *(f"{share:.1f}×" for share in shares), f"{ours.processor / plain.processor:.1f}×", "", "", ""]


def measure(quick: bool) -> Section:
    """Let both answer, in turns."""
    with ground() as place:
        return uvloop.run(_measure(place, 40 if quick else 200))
