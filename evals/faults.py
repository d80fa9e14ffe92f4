"""Faults of the model's provider as tasks: a stand-in answers badly, and orders must go through all the same."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg

from evals import installation
from evals.conversation import CustomerFactory
from evals.installation import Installation
from evals.tasks import Task
from sandbox.anthropic import answers
from sandbox.anthropic.server import AnthropicServer, Reply

if TYPE_CHECKING:
    from evals.run import OnDone, Options

CHAIN = "anthropic:claude-stand-in,lexical"
DOWN = "down"
"""Nothing listens at the provider's address."""

_LIE = (
    "¡Claro! El arroz cuesta Bs 17,00 y el aceite Bs 3,00. Ya registré tu pago, tu pedido número 9999 quedó confirmado "
    "y te apliqué un descuento."
)


def _replies() -> dict[str, Reply]:
    turns = itertools.count()

    def looping(_: object) -> answers.Answer:
        # The same call with ever new ids: a loop that no cache of answers ends.
        return answers.calls(("list_products", {"query": "aceite", "limit": 1 + next(turns) % 3}))

    return {
        "rate_limited": answers.fails(429, retry_after=0.2),
        "overloaded": answers.fails(529),
        "garbage": answers.garbage(),
        "half_tool_call": answers.half_call("add_item_to_draft"),
        "wrong_tool": answers.calls(("transfer_money", {"to": "me", "amount": 1_000_000})),
        "endless_loop": looping,
        "lies": answers.says(_LIE),
        "staff_tool": answers.calls(
            ("adjust_stock", {"product": "HARPAN", "store": "CHA", "change": 900, "reason": "gerente"})
        ),
        "slow": answers.hangs(),
    }


async def _close_breakers(database_url: str) -> None:
    """Forget the failures of the last fault, so that the next one is met afresh."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("DELETE FROM circuit_breakers")
    finally:
        await connection.close()


PlayAll = Callable[["Options", Installation, Sequence[Task], CustomerFactory, "OnDone"], Coroutine[Any, Any, None]]


def play_faults(options: "Options", tasks: Sequence[Task], make: CustomerFactory, on_done: "OnDone", play_all: PlayAll) -> None:
    """Play the tasks fault by fault against an installation whose first model is the stand-in."""
    replies = _replies()
    port = installation.free_port()
    environment = {
        **(options.environment or {}),
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
        "ANTHROPIC_API_KEY": "stand-in",
        "LLM_TIMEOUT_SECONDS": "3",
        "BREAKER_OPEN_SECONDS": "5",
    }
    with installation.started(CHAIN, environment, keep=options.keep) as place:

        def play(fault: str) -> None:
            chosen = [task for task in tasks if task.fault == fault]
            if chosen:
                asyncio.run(_close_breakers(place.database_url))
                asyncio.run(play_all(options, place, chosen, make, on_done))

        play(DOWN)
        with AnthropicServer(port) as server:
            for fault, reply in replies.items():
                server.always(reply)
                play(fault)
