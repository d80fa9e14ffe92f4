"""`nexova edge`: a box beside machines that keeps what they say on its disk until the house has it."""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from app.cli.terminal import fail
from connectors.edge.box import Box, KeyRefused
from connectors.edge.buffer import Buffer
from connectors.edge.configuration import EVERY_SECONDS, Puller
from core.clock import process_now
from core.settings import get_settings
from sandbox.devices.signals import DEVICES, Mode, readings, values


def edge(
    buffer: Annotated[Path, typer.Option(help="The file in which readings wait.")] = Path("nexova-edge.db"),
    url: Annotated[str | None, typer.Option(help="Where the house answers, if not here.")] = None,
    most_mb: Annotated[float, typer.Option(min=0.1, help="How large the file may become.")] = 256.0,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Take the readings of simulated machines, once a second.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0, help="How long to run; without end for 0.")] = 0.0,
) -> None:
    """Read lines of JSON from standard input, `{"machine", "at", "values"}`, and forward them with NEXOVA_DEVICE_KEY.

    What the line does not carry waits in the file, also over an end of this process; then the oldest go first.
    """
    settings = get_settings()
    key = settings.device_key.get_secret_value()
    if not key:
        fail("NEXOVA_DEVICE_KEY is not set: a key with the right machines:ingest.")
    kept = Buffer(buffer, int(most_mb * 1_000_000))
    source = _simulated() if simulated else _lines()
    try:
        asyncio.run(_run(kept, source, url or settings.base_url, key, seconds))
    finally:
        (readings_left, windows_left), refused = kept.waiting(), kept.refused()
        kept.close()
        print(f"Waiting: {readings_left} readings, {windows_left} windows.")
        if refused:
            print(f"Set aside: {len(refused)} that the house refuses; they stand in the table refused of {buffer}.")


async def _run(kept: Buffer, source: AsyncIterator[dict[str, Any]], url: str, key: str, seconds: float) -> None:
    ended = asyncio.Event()
    try:
        async with asyncio.timeout(seconds or None), httpx.AsyncClient(timeout=30) as http, asyncio.TaskGroup() as tasks:
            box = Box(kept, http, url, key)
            tasks.create_task(_forward(box, kept, ended))
            configuring = tasks.create_task(_configure(box, Puller(kept, http, url, key)))
            async for item in source:
                box.take([item])
            ended.set()
            configuring.cancel()
    except TimeoutError:
        return
    except ExceptionGroup as failed:
        refused = failed.subgroup(KeyRefused)
        raise refused.exceptions[0] if refused is not None else failed from None


async def _configure(box: Box, puller: Puller) -> None:
    """Ask the house now and then by what machines are judged beside them."""
    while True:
        box.judge = puller.judge
        if await puller.pull():
            box.judge = puller.judge
        await asyncio.sleep(EVERY_SECONDS)


async def _forward(box: Box, kept: Buffer, ended: asyncio.Event) -> None:
    """Send until nothing comes any more and nothing waits."""
    while not ended.is_set() or any(kept.waiting()):
        sent = await box.send()
        if box.pause or not sent:
            await asyncio.sleep(box.pause or 0.5)


async def _lines() -> AsyncIterator[dict[str, Any]]:
    """What comes on standard input. A thread reads it that keeps nobody waiting, as a line may never come."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # nobody listens any more
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        item = _moment(line)
        if item is None:
            print(f"no reading: {line.strip()[:100]}", file=sys.stderr)
        else:
            yield item


def _moment(line: str) -> dict[str, Any] | None:
    """A line as a moment of a machine; None for what is none."""
    try:
        said = json.loads(line)
        values = {str(sensor): float(value) for sensor, value in said["values"].items()}
        at = int(said["at"])
        return {"machine": str(said["machine"]), "at": at, "values": values} if 0 <= at < 2**62 else None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


async def _simulated() -> AsyncIterator[dict[str, Any]]:
    while True:
        at = process_now().timestamp()
        for device in DEVICES:
            yield readings(device, at, values(device, at, mode=Mode.NORMAL))
        await asyncio.sleep(1.0)
