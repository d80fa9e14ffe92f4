"""`nexova simulate`: a truck, a mill and a boiler that send readings over HTTP, well or not."""

import asyncio
import itertools
from typing import Annotated

import httpx
import typer
from fastapi import status

from app.cli import session
from app.cli.terminal import fail
from core.clock import process_now
from core.settings import get_settings
from sandbox.devices import plant, sending
from sandbox.devices.signals import BY_CODE, DEVICES, Device, Fault, Mode, readings, values


def simulate(
    machine: Annotated[list[str] | None, typer.Argument(help="TRUCK-21, MILL-3, BOILER-7; all of them without.")] = None,
    workspace: Annotated[
        str | None, typer.Option("--workspace", "-w", help="Make the plant and a key in this workspace.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Where the house answers, if not here.")] = None,
    mode: Annotated[Mode, typer.Option(help="normal, drift, or failure.")] = Mode.NORMAL,
    fault: Annotated[list[Fault] | None, typer.Option(help="What is put on top; may be given more than once.")] = None,
    every: Annotated[float, typer.Option(min=0.01, help="Seconds between two moments.")] = 1.0,
    count: Annotated[int, typer.Option(min=0, help="How many moments; without end for 0.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the same seed the same is said.")] = 1,
) -> None:
    """Send what machines would say, with the key of NEXOVA_DEVICE_KEY or one that is made in the workspace that is named."""
    devices = [_device(code) for code in machine or [each.code for each in DEVICES]]
    settings = get_settings()
    key = settings.device_key.get_secret_value()
    if workspace is not None:
        key = session.run(lambda: _prepare(workspace))
    if not key:
        fail("NEXOVA_DEVICE_KEY is not set; or name a workspace of this installation with --workspace.")
    address = (url or settings.base_url).rstrip("/")
    sent = asyncio.run(_send(address, key, devices, mode, frozenset(fault or ()), every, count, seed))
    print(f"Moments sent: {sent}.")


def _device(code: str) -> Device:
    if code.upper() not in BY_CODE:
        fail(f"there is no machine {code!r}; there are {', '.join(BY_CODE)}.")
    return BY_CODE[code.upper()]


async def _prepare(slug: str) -> str:
    ((ref, _),) = await session.workspaces(slug)
    await plant.equip(ref.id)
    return await sending.mint(ref.id)


async def _send(
    url: str, key: str, devices: list[Device], mode: Mode, faults: frozenset[Fault], every: float, count: int, seed: int
) -> int:
    begun = process_now().timestamp()
    async with httpx.AsyncClient(timeout=15) as http:
        for number in itertools.count():
            if count and number >= count:
                return number
            at = begun + number * every
            await asyncio.sleep(max(at - process_now().timestamp(), 0))
            items = [readings(each, at, values(each, at, mode=mode, faults=faults, since=begun, seed=seed)) for each in devices]
            try:
                answer = await sending.send(http, url, key, items)
            except httpx.HTTPError as error:
                print(f"{url} does not answer ({type(error).__name__}): these readings are lost. `nexova edge` keeps them.")
                continue
            if answer.status_code in (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN):
                fail("the key may not send readings.")
    raise AssertionError("it counts without end")
