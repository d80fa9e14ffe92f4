"""Files brought in and lists taken out: rows a second beside a bare COPY, and the cores and memory that they take."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import uvloop

from app.queue.actors import imports as job
from bench.ground import Ground, Shop, connected, found_shop, ground
from bench.report import Section, Table
from core.blobs import open_blobs
from core.settings import get_settings
from core.work import open_work
from domain.exports.lists import LISTS, ListName, pages
from domain.imports import looking
from domain.imports import service as imports
from domain.imports.kinds import ImportStatus
from domain.imports.schemas import Answers
from domain.imports.sheets.writing import CsvFile

Content = Callable[[int], str]
MEBIBYTE = 2**20


def _products(rows: int, price: int = 1) -> str:
    lines = (f"P{n:06d},Producto {n} de la lista,{n % 900 + price}.50,Grupo {n % 20},Marca {n % 50}\n" for n in range(rows))
    return "code,name,price,category,brand\n" + "".join(lines)


def _counts(rows: int) -> str:
    return "code,existencia\n" + "".join(f"P{n:06d},{n % 90 + 1}\n" for n in range(rows))


def _sales(rows: int) -> str:
    lines = (f"2026-04-{n % 28 + 1:02d},{n},P{n % 1000:06d},2,10.50\n" for n in range(rows))
    return "fecha,ticket,code,cantidad,precio venta\n" + "".join(lines)


def _purchases(rows: int) -> str:
    lines = (f"2026-04-{n % 28 + 1:02d},F{n // 100},P{n:06d},2,10.50,Polar\n" for n in range(rows))
    return "fecha,factura,code,cantidad,costo,proveedor\n" + "".join(lines)


KINDS: tuple[tuple[str, Content], ...] = (
    ("new products", _products),
    ("the same again", _products),
    ("all with another price", lambda rows: _products(rows, 2)),
    ("counts", _counts),
    ("sales", _sales),
    ("purchases", _purchases),
)


class _Taken:
    """What something takes while it runs: the most memory of this process above what it had, and time of cores."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._before = self.most = self._process.memory_info().rss
        self._cores_before = self._cores()

    def _cores(self) -> float:
        """Seconds of cores that this process and its Postgres have taken so far."""
        family = [self._process, *self._process.children(recursive=True)]
        times = [process.cpu_times() for process in family]
        return sum(time.user + time.system for time in times)

    @property
    def cores(self) -> float:
        """In seconds."""
        return self._cores() - self._cores_before

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, self._process.memory_info().rss)
            await asyncio.sleep(0.05)

    @property
    def above(self) -> float:
        """In MiB."""
        return (self.most - self._before) / MEBIBYTE


async def _bring(shop: Shop, content: str) -> tuple[float, float, float]:
    """Import a file as a worker does: seconds, seconds of cores, and MiB above what was taken before."""
    raw = content.encode()
    key = await open_blobs(get_settings()).put(raw)
    async with open_work(shop.principal) as work:
        begun = await imports.start(work, "lista.csv", key, len(raw), store="T-1", answers=Answers(), is_announced=False)
    taken = _Taken()
    watching = asyncio.create_task(taken.watch())
    started = time.perf_counter()
    await job.apply(str(shop.workspace_id), str(begun.id))
    seconds, cores = time.perf_counter() - started, taken.cores
    watching.cancel()
    async with open_work(shop.principal) as work:
        result = await looking.result(work, begun.id)
    assert (result.status, result.failed) == (ImportStatus.COMPLETED, 0), result
    return seconds, cores, taken.above


async def _copy(place: Ground, rows: int) -> float:
    """A bare COPY of as many rows of as many columns into a plain table: seconds."""
    connection = await asyncpg.connect(place.postgres.url_for("postgres", "nexova"))
    try:
        await connection.execute("DROP TABLE IF EXISTS bare_copy")
        await connection.execute("CREATE TABLE bare_copy (code text PRIMARY KEY, name text, price text, a text, b text)")
        records = [(f"P{n:06d}", f"Producto {n} de la lista", f"{n}.50", f"Grupo {n % 20}", f"Marca {n}") for n in range(rows)]
        started = time.perf_counter()
        await connection.copy_records_to_table("bare_copy", records=records)
        return time.perf_counter() - started
    finally:
        await connection.close()


async def _take_out(shop: Shop, name: ListName, out: Path) -> tuple[int, float, float]:
    """Write a list to a CSV: rows, seconds, MiB above what was taken before."""
    taken, count, lines = _Taken(), 0, CsvFile(LISTS[name].columns)
    watching = asyncio.create_task(taken.watch())
    started = time.perf_counter()
    with out.open("wb") as file:
        async for rows in pages(shop.principal, name):
            count += len(rows)
            file.write(lines.lines(rows))
    watching.cancel()
    return count, time.perf_counter() - started, taken.above


def _rate(rows: int, seconds: float) -> str:
    return f"{rows / seconds:,.0f}".replace(",", " ")


async def _measure(place: Ground, sizes: tuple[int, ...]) -> Section:
    brought, taken = list[list[str]](), list[list[str]]()
    async with connected(place.postgres.url):
        for size in sizes:
            shop = await found_shop(f"bench-{size}")
            bare = await _copy(place, size)
            written = f"{size:,}".replace(",", " ")
            brought.append(["bare COPY", written, f"{bare:.2f} s", _rate(size, bare), "", ""])
            for name, content in KINDS:
                seconds, cores, above = await _bring(shop, content(size))
                took = [f"{seconds:.1f} s", _rate(size, seconds), _rate(size, cores), f"{above:.0f} MiB"]
                brought.append([name, written, *took])
            for list_name in ListName:
                rows, seconds, above = await _take_out(shop, list_name, place.folder / "out.csv")
                if not rows:  # a shop of files has no orders
                    continue
                shown = f"{rows:,}".replace(",", " ")
                taken.append([list_name.value, shown, f"{seconds:.1f} s", _rate(rows, seconds), f"{above:.0f} MiB"])
    return Section(
        "Imports and exports",
        "Files of CSV through the job of the worker, in one process on a durable Postgres: read, understood, checked, written "
        "with ledger, events, words of the search and what came of each row; beside a COPY of as many rows into a bare table. "
        "A second of a core is one of this process or of Postgres, whatever else the machine does meanwhile. "
        "Memory is the most that the process took above what it had before. Aim: 100 000 rows in 60 s.",
        [
            Table(("import", "rows", "time", "rows/s", "rows/s of a core", "memory"), brought),
            Table(("export as CSV", "rows", "time", "rows/s", "memory"), taken),
        ],
    )


def measure(quick: bool) -> Section:
    """Bring files of each kind in two sizes, and take the lists out again."""
    with ground() as place:
        return uvloop.run(_measure(place, (200, 1_000) if quick else (1_000, 10_000)))
