"""The whole way: from a customer's webhook to the answer at the provider, alone and under a steady stream."""

import asyncio
import time
from dataclasses import dataclass

import psutil
import uvloop

from bench.ground import SECRET, SECRET_HEADER, connected, found_shop, ground
from bench.load import Caller
from bench.load import webhook as customer_webhook
from bench.processes import House, free_port, house
from bench.provider import DOOR, Provider, provider, says
from bench.report import Section, Table, milliseconds, percentile

WORDS = ("hola", "¿tienes harina pan?", "quiero 2 harina pan", "¿cuánto cuesta el aceite mazeite?", "y un arroz mary")
PHONES = 400
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Stream:
    """What came of a steady stream of messages."""

    rate: float
    sent: int
    seconds: list[float]
    open_at_half: int
    open_at_end: int
    drained_in: float
    processor: dict[str, float]
    """Processor seconds that each process of the house used until all was answered."""


async def alone(port: int, far_end: Provider, count: int) -> list[float]:
    """The way of single messages, each sent when the last has long been answered."""
    taken = []
    async with Caller(port, 2) as caller:
        for index in range(count):
            phone = f"58412{index % 8:07d}"
            began = await says(caller, phone, WORDS[index % len(WORDS)])
            taken.append(await far_end.arrival(phone, began, PATIENCE) - began)
            await asyncio.sleep(0.4)
    return taken


class _Flow:
    """The messages of one stream that are on their way."""

    def __init__(self, far_end: Provider) -> None:
        self.taken: list[float] = []
        self.open = 0
        self._far_end = far_end

    async def follow(self, caller: Caller, phone: str, words: str, due: float) -> None:
        self.open += 1
        await caller.send("POST", DOOR, customer_webhook(phone, words), {SECRET_HEADER: SECRET})
        self.taken.append(await self._far_end.arrival(phone, due, PATIENCE) - due)
        self.open -= 1


async def stream(found: House, far_end: Provider, rate: float, seconds: float) -> Stream:
    """Send messages of many customers at an even rate, with reports for every answer."""
    count = round(rate * seconds)
    flow = _Flow(far_end)
    before = found.cpu_seconds()
    async with far_end.reporting_to(found.port), Caller(found.port) as caller:
        started = time.perf_counter()
        tasks, at_half = [], 0
        for index in range(count):
            due = started + index / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            phone = f"58414{index % PHONES:07d}"
            words = WORDS[(index // PHONES + index) % len(WORDS)]
            tasks.append(asyncio.create_task(flow.follow(caller, phone, words, due)))
            if index == count // 2:
                at_half = flow.open
        ended = time.perf_counter()
        at_end = flow.open
        await asyncio.gather(*tasks, return_exceptions=True)
        drained = time.perf_counter() - ended
    used = {name: seconds - before.get(name, 0.0) for name, seconds in found.cpu_seconds().items()}
    return Stream(rate, count, flow.taken, at_half, at_end, drained, used)


async def _play(found: House, port: int, quick: bool) -> tuple[list[float], list[Stream]]:
    async with provider(port) as far_end:
        await alone(found.port, far_end, 5)
        single = await alone(found.port, far_end, 10 if quick else 50)
        rates, seconds = ((5, 10), 4.0) if quick else ((5, 10, 25), 15.0)
        return single, [await stream(found, far_end, rate, seconds) for rate in rates]


async def _found(url: str) -> None:
    async with connected(url):
        await found_shop()


def measure(quick: bool) -> Section:
    """Run the whole house, and be its customers and its provider."""
    with ground() as place:
        asyncio.run(_found(place.postgres.url))
        place.postgres.stop()
        port = free_port()
        with house(place.folder, INFOBIP_BASE_URL=f"http://127.0.0.1:{port}") as found:
            single, streams = uvloop.run(_play(found, port, quick))
    shares = [milliseconds(percentile(single, share)) for share in (0.5, 0.95, 1.0)]
    return Section(
        "The whole way of a message",
        "From the customer's webhook to the answer at a stand-in for Infobip, through web, relay, worker and a durable "
        "Postgres, with the `lexical` model and no burst window. In the streams every answer is also reported as delivered "
        f"and seen, so each message is three webhooks and one send; {PHONES} customers; generator and stand-in share the "
        f"{psutil.cpu_count()} cores. Aim: p50 ≤ 150 ms alone; 10 messages a second with a flat queue, better 25.",
        [
            Table(("alone", "p50", "p95", "longest"), [[f"{len(single)} messages", *shares]]),
            Table(
                ("stream", "sent", "answered", "p50", "p95", "open at half", "open at end", "drained in"),
                [_row(each) for each in streams],
            ),
            Table(
                ("processor time a message", *streams[0].processor, "together"),
                [_processor_row(each) for each in streams],
            ),
        ],
    )


def _row(found: Stream) -> list[str]:
    shares = [milliseconds(percentile(found.seconds, share)) if found.seconds else "none" for share in (0.5, 0.95)]
    return [
        f"{found.rate:.0f}/s",
        str(found.sent),
        str(len(found.seconds)),
        *shares,
        str(found.open_at_half),
        str(found.open_at_end),
        f"{found.drained_in:.1f} s",
    ]


def _processor_row(found: Stream) -> list[str]:
    each = [seconds / max(1, len(found.seconds)) for seconds in found.processor.values()]
    return [f"{found.rate:.0f}/s", *map(milliseconds, each), milliseconds(sum(each))]
