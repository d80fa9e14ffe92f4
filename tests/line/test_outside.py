"""Nobody is talked into calling the inside of the house: not by a line's address, a redirect, or a name that changes."""

import ast
import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels import registry
from channels.base import MediaUnavailable
from core.outside import is_outside
from core.settings import get_settings
from tests.factories.provider import ScriptedProvider, response, scripted
from tests.line.test_outbound import channel

OUTSIDE = "198.41.0.4"
ROOT = Path(__file__).parents[2]

Resolver = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def guarded(monkeypatch: pytest.MonkeyPatch, own: str) -> AsyncIterator[httpx.AsyncClient]:
    """The client of a process whose installation has named one address of its own, and allows no other of the inside."""
    monkeypatch.setenv("CALLS_TO_PRIVATE_ADDRESSES", "false")
    monkeypatch.setenv("INFOBIP_BASE_URL", own)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    get_settings.cache_clear()
    yield registry.http_client()
    await registry.close()
    get_settings.cache_clear()


def found(*addresses: str) -> list[Any]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[Any]) -> list[str]:
    """Let `rebind.test` mean another thing each time; the names that were asked for."""
    asked: list[str] = []
    loop, truly = asyncio.get_running_loop(), asyncio.get_running_loop().getaddrinfo

    async def look_up(host: Any, port: Any, **options: Any) -> Any:
        if host != "rebind.test":
            return await truly(host, port, **options)
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    monkeypatch.setattr(loop, "getaddrinfo", look_up, raising=False)
    return asked


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server of the inside: its port, and what it was sent."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], got


@asynccontextmanager
async def redirecting(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[ScriptedProvider, httpx.AsyncClient, list[bytes]]]:
    """A provider that sends on to `rebind.test`, and what the inside is sent under that name."""
    async with listening() as (port, got):
        away = response(302, b"", f"Location: https://rebind.test:{port}/")
        async with scripted(away) as provider, guarded(monkeypatch, provider.base_url) as http:
            yield provider, http, got


async def test_a_name_that_changes_after_it_was_judged_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a redirect to a name that is outside when it is looked at, and inside when it is looked at again
    async with redirecting(monkeypatch) as (provider, http, got):
        asked = resolving(monkeypatch, found(OUTSIDE), found("127.0.0.1"))
        with pytest.raises((MediaUnavailable, ExceptionGroup)):  # the tests connect to no outside
            await channel(provider.base_url, http).fetch_media(f"{provider.base_url}/media/1")
    assert (asked, got) == (["rebind.test"], [])


@pytest.mark.parametrize("where", [("127.0.0.1",), (OUTSIDE, "127.0.0.1"), ("169.254.169.254",), ("10.0.0.8",)])
async def test_a_redirect_into_the_house_is_refused_for_good(monkeypatch: pytest.MonkeyPatch, where: tuple[str, ...]) -> None:
    async with redirecting(monkeypatch) as (provider, http, got):
        resolving(monkeypatch, found(*where))
        with pytest.raises(MediaUnavailable) as caught:
            await channel(provider.base_url, http).fetch_media(f"{provider.base_url}/media/1")
    assert (caught.value.reason, caught.value.retriable, got) == ("address_refused", False, [])


async def test_a_line_whose_address_is_inside_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        listening() as (port, got),
        scripted(response(200, b"{}")) as provider,
        guarded(monkeypatch, provider.base_url) as http,
    ):
        checked = await channel(f"http://localhost:{port}", http).check()
        assert (checked.is_usable, checked.code, got) == (False, "unreachable", [])
        # What the installation has named itself is called wherever it is
        assert (await channel(provider.base_url, http).check()).is_usable


@pytest.mark.parametrize(("address", "outside"), [("8.8.8.8", True), ("::ffff:10.0.0.1", False), ("224.0.0.1", False)])
def test_an_address_is_judged_by_what_is_in_it(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


def test_whoever_calls_where_others_say_does_so_in_one_of_two_places() -> None:
    makers = {"AsyncClient", "Client", "AsyncConnectionPool", "AsyncHTTPTransport", "ClientSession", "urlopen"}
    made = {
        str(path.relative_to(ROOT))
        for room in ("core", "domain", "tools", "channels", "connectors", "app/web", "app/queue")
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node).rpartition(".")[2] in makers
        and isinstance(node.ctx, ast.Load)
    }
    hints = {path for path in made if path.startswith("channels/infobip/")}  # they are handed a client
    # What runs beside machines calls the house and the broker that its owner names, as plans of routes call the owner's map.
    owner_names = {f"connectors/{name}.py" for name in ("edge/box", "edge/configuration", "mqtt/bridge", "maps")}
    assert made - hints - owner_names == {"channels/registry.py", "connectors/webhooks/sending.py"}
