"""After a kill: how long until the next message is answered, when a process or a server dies without a word."""

import asyncio
import os
import signal
import time

import uvloop

from bench.ground import connected, found_shop, ground
from bench.load import Caller
from bench.processes import House, answers, free_port, house
from bench.provider import Provider, provider, says
from bench.report import Section, Table

VICTIMS = ("worker", "relay", "web", "redis", "postgres")
PATIENCE = 90.0


async def _answered(found: House, far_end: Provider, phone: str) -> float:
    async with Caller(found.port) as caller:
        began = await says(caller, phone, "hola")
        return await far_end.arrival(phone, began, PATIENCE)


async def _kill(found: House, far_end: Provider, victim: str, phone: str) -> float:
    """Seconds from the kill to the answer to a message that is sent right after it."""
    killed = time.perf_counter()
    os.kill(found.note.processes[victim], signal.SIGKILL)
    return await _answered(found, far_end, phone) - killed


async def _play(found: House, port: int, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {victim: [] for victim in VICTIMS}
    async with provider(port) as far_end:
        await _answered(found, far_end, "584120000001")
        for number in range(rounds):
            for victim in VICTIMS:
                taken[victim].append(await _kill(found, far_end, victim, f"58414{number:03d}{VICTIMS.index(victim):04d}"))
                await _settle(found)
    return taken


async def _settle(found: House) -> None:
    """Wait until every process of the house works again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await asyncio.to_thread(answers, found.port, "/health/deep"):
                return
            await asyncio.sleep(0.2)


async def _found(url: str) -> None:
    async with connected(url):
        await found_shop()


def measure(quick: bool) -> Section:
    """Kill each process of a running house with SIGKILL, in turns."""
    rounds = 1 if quick else 3
    with ground() as place:
        asyncio.run(_found(place.postgres.url))
        place.postgres.stop()
        port = free_port()
        with house(place.folder, INFOBIP_BASE_URL=f"http://127.0.0.1:{port}") as found:
            taken = uvloop.run(_play(found, port, rounds))
    return Section(
        "Recovery after kill -9",
        "Seconds from a SIGKILL to the answer at the provider to a message that the provider delivers right after it "
        "(and delivers again every 50 ms until it gets its 200). `nexova up` starts again what fell; the killed worker is "
        "one of two.",
        [
            Table(
                ("killed", "times", "shortest", "longest"),
                [
                    [victim, str(len(seconds)), f"{min(seconds):.1f} s", f"{max(seconds):.1f} s"]
                    for victim, seconds in taken.items()
                ],
            )
        ],
    )
