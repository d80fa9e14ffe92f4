"""Clients in a closed loop: each sends its next request when the last one is answered, for some seconds.

As a process of its own: `python -m bench.clients < plan.json` prints one line of JSON; the plan is a `Plan`.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field

import uvloop

from bench.load import Caller, Load

WARM_UP = 2
"""Requests of each client that are not measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of whom: `calls` are methods, paths and bodies, which the clients go through again and again."""

    port: int
    clients: int
    seconds: float
    calls: list[tuple[str, str, str]]
    headers: dict[str, str] = field(default_factory=dict)


async def ask(plan: Plan) -> Load:
    """Ask until the time is over: seconds of each answer, and how many were none of success."""
    taken: list[float] = []
    failed = 0
    async with Caller(plan.port, plan.clients) as caller:

        async def send(number: int, count: int) -> int:
            method, path, body = plan.calls[(number * 7919 + count) % len(plan.calls)]
            return await caller.send(method, path, body.encode(), plan.headers)

        async def one(number: int) -> None:
            nonlocal failed
            until, count = time.perf_counter() + plan.seconds, WARM_UP
            while (started := time.perf_counter()) < until:
                status = await send(number, count)
                taken.append(time.perf_counter() - started)
                failed += not 200 <= status < 300
                count += 1

        await asyncio.gather(*(send(number, count) for count in range(WARM_UP) for number in range(plan.clients)))
        await asyncio.gather(*(one(number) for number in range(plan.clients)))
    return Load(taken, failed)


if __name__ == "__main__":
    json.dump(asdict(uvloop.run(ask(Plan(**json.load(sys.stdin))))), sys.stdout)
