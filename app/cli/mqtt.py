"""`nexova mqtt`: readings that devices publish at a broker, an embedded one unless another is named."""

import asyncio
import ipaddress
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from iotcore import Broker

from app.cli import session
from connectors.mqtt.bridge import Bridge, Take
from core.access import Principal
from core.errors import CannotRun
from core.work import open_work
from domain.machines import intake
from domain.machines.errors import TooManyReadings


class BrokerFailed(CannotRun):
    """The embedded broker does not start."""


class BrokerOpen(CannotRun):
    """Other machines would reach the embedded broker, which knows no passwords."""


def mqtt(
    workspace: Annotated[
        list[str], typer.Option("--workspace", "-w", help="Whose readings are taken; may be given more than once.")
    ],
    url: Annotated[
        str | None, typer.Option(envvar="NEXOVA_MQTT_URL", help="mqtt://name:password@host:port of another broker.")
    ] = None,
    listen: Annotated[str, typer.Option(help="Where the embedded broker listens, on this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the embedded broker.")] = 1883,
) -> None:
    """Take what is published under nexova/WORKSPACE/MACHINE/SENSOR until Ctrl-C: QoS 1, acknowledged once it is stored.

    The embedded broker knows no passwords, so it listens on this machine alone; who may publish for which workspace is for
    a broker of your own to say.
    """
    if url is None:
        _require_own_machine(listen)
    session.run(lambda: _serve(workspace, url, listen, port))


def _require_own_machine(listen: str) -> None:
    try:
        is_own = ipaddress.IPv4Address(listen).is_loopback
    except ValueError:
        is_own = False
    if not is_own:
        raise BrokerOpen(
            f"the embedded broker knows no passwords, so it listens on this machine alone (127.0.0.1), and not on {listen!r}. "
            "For other machines run a broker of your own, and name it with --url."
        )


async def _serve(slugs: list[str], url: str | None, listen: str, port: int) -> None:
    principals = {slug: (await session.workspaces(slug))[0][1] for slug in slugs}
    async with AsyncExitStack() as stack:
        if url is None:
            broker = Broker(port=port, listen=listen)
            try:
                await asyncio.to_thread(broker.start)
            except (OSError, RuntimeError) as error:
                raise BrokerFailed(f"the embedded broker does not start on port {port}: {error}") from error
            stack.callback(broker.stop)
            url = f"mqtt://{listen}:{port}"
        bridge = Bridge(url, slugs, taking(principals))
        await stack.enter_async_context(bridge.connected())
        print(f"Taking readings under {', '.join(f'nexova/{slug}/…' for slug in slugs)}.", flush=True)
        await bridge.run()


def taking(principals: dict[str, Principal]) -> Take:
    """The door of each workspace, as the bridge knows it by its slug."""

    async def take(slug: str, items: Sequence[object]) -> None:
        """Store readings; messages that bring more together than one intake takes are halved."""
        try:
            async with open_work(principals[slug]) as work:
                await intake.take(work, items)
        except TooManyReadings:
            if len(items) == 1:
                # Nobody could ever take it: as words it is no reading, and goes where those are kept.
                items = [json.dumps(items[0], default=str)]
                async with open_work(principals[slug]) as work:
                    await intake.take(work, items)
                return
            middle = len(items) // 2
            for half in (items[:middle], items[middle:]):
                await take(slug, half)

    return take
