"""Ten thousand sockets at the web chat that begin a request and say no more, and one visitor who reads meanwhile."""

import asyncio
import time
from dataclasses import dataclass

import httpx
import psutil
import uvloop

from bench.ground import Ground, connected, found_shop, ground
from bench.processes import House, house
from bench.report import Section, Table, milliseconds, percentile
from core.work import open_work
from domain.connections import webchat
from domain.connections.schemas import NewWebChat

SLUG = "bench-chat"
ORIGIN = "https://shop.example"
READS = 60
AT_ONCE = 250
BEGUN = f"GET /chat/{SLUG}/messages HTTP/1.1\r\nHost: x\r\nX-Slow: ".encode()
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Look:
    """How the house stands at one moment: what its web process holds, and how long a visitor's reads take (seconds)."""

    name: str
    files: int
    mebibytes: float
    reads: list[float]


class _Visitor:
    """A page that has begun."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._headers = {"origin": ORIGIN}

    async def begin(self) -> None:
        answer = await self._http.post(f"/chat/{SLUG}/session", headers=self._headers, json={"language": "es"})
        answer.raise_for_status()
        self._headers["authorization"] = f"Bearer {answer.json()['session']}"

    async def read(self) -> float:
        began = time.perf_counter()
        (await self._http.get(f"/chat/{SLUG}/messages", headers=self._headers)).raise_for_status()
        return time.perf_counter() - began


def _web(found: House) -> list[psutil.Process]:
    process = psutil.Process(found.note.processes["web"])
    return [process, *process.children(recursive=True)]


async def _look(name: str, found: House, visitor: _Visitor) -> Look:
    reads = [await visitor.read() for _ in range(READS)]
    members = _web(found)
    files = sum(member.num_fds() for member in members)
    return Look(name, files, sum(member.memory_info().rss for member in members) / 2**20, reads)


async def _opened(port: int, count: int) -> list[asyncio.StreamWriter]:
    """So many sockets, each in the middle of a request; those that were refused are not among them."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one() -> asyncio.StreamWriter | None:
        async with room:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), PATIENCE)
                writer.write(BEGUN)
                await writer.drain()
            except (OSError, TimeoutError):
                return None
            return writer

    return [writer for writer in await asyncio.gather(*(one() for _ in range(count))) if writer is not None]


async def _play(found: House, count: int) -> tuple[list[Look], int, float]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{found.port}", trust_env=False, timeout=PATIENCE) as http:
        visitor = _Visitor(http)
        await visitor.begin()
        looks = [await _look("before", found, visitor)]
        began = time.perf_counter()
        writers = await _opened(found.port, count)
        taken = time.perf_counter() - began
        looks.append(await _look("while they are open", found, visitor))
        for writer in writers:
            writer.transport.abort()
        await _settle(found, looks[0].files + READS)
        looks.append(await _look("after they went", found, visitor))
    return looks, len(writers), taken


async def _settle(found: House, files: int) -> None:
    """Wait until the web process holds no more than so many files."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if sum(member.num_fds() for member in _web(found)) <= files:
                return
            await asyncio.sleep(0.1)


async def _prepare(place: Ground) -> None:
    async with connected(place.postgres.url):
        shop = await found_shop()
        async with open_work(shop.principal) as work:
            await webchat.open_on_page(work, NewWebChat(slug=SLUG, name="Bench", origins=(ORIGIN,)))


def measure(quick: bool) -> Section:
    """Open them at a running house, and close them again."""
    count = 500 if quick else 10_000
    with ground() as place:
        asyncio.run(_prepare(place))
        place.postgres.stop()
        with house(place.folder) as found:
            looks, taken, seconds = uvloop.run(_play(found, count))
    return Section(
        "Sockets that open and say no more",
        f"{count} connections to one web process, each in the middle of a request of the web chat, of which {taken} were taken "
        f"within {seconds:.1f} s; {READS} reads of a visitor's thread, one after the other, before, meanwhile and after.",
        [
            Table(
                ("", "open files", "memory", "read p50", "read p95"),
                [
                    [
                        look.name,
                        str(look.files),
                        f"{look.mebibytes:.0f} MiB",
                        milliseconds(percentile(look.reads, 0.5)),
                        milliseconds(percentile(look.reads, 0.95)),
                    ]
                    for look in looks
                ],
            )
        ],
    )
