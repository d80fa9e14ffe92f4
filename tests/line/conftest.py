"""Fixtures of the line: the web process with its sandbox on a real port, and a connection that leads there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn

from app.web.server import create_app
from channels import registry
from core.access import Principal
from core.settings import Settings, get_settings
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections import service as connections
from domain.connections.schemas import ConnectionView
from tests.factories.workspaces import make_connection, make_workspace

PATIENCE_SECONDS = 20.0
T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], patience: float = PATIENCE_SECONDS) -> T:
    """What `look` finds, as soon as it finds something; fails when patience is at an end."""
    async with asyncio.timeout(patience):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.02)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Web:
    """A running web process and one connection whose provider is its own sandbox."""

    settings: Settings
    http: httpx.AsyncClient
    workspace: WorkspaceView
    connection: ConnectionView

    @property
    def principal(self) -> Principal:
        return Principal.system(self.workspace.id)

    async def write(self, phone: str, **content: Any) -> dict[str, Any]:
        """Let a customer do something on their phone."""
        body = {"connection": self.connection.slug, **content}
        response = await self.http.post(f"/sandbox/phones/{phone}/messages", json=body)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()["message"]
        return found

    async def screen(self, phone: str) -> list[dict[str, Any]]:
        """What the customer sees."""
        response = await self.http.get(f"/sandbox/phones/{phone}/messages", params={"connection": self.connection.slug})
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["messages"]
        return found

    async def chaos(self, **settings: Any) -> None:
        """Change how the line behaves."""
        response = await self.http.put("/sandbox/chaos", json={"connection": self.connection.slug, **settings})
        assert response.status_code == 200, response.text


@pytest.fixture
async def web(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Web]:
    """The web process on a real port, connected to the test's database, with a workspace and a connection."""
    port = free_port()
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("NEXOVA_PORT", str(port))
    monkeypatch.setenv("DELIVERY_UNKNOWN_SECONDS", "1")
    get_settings.cache_clear()
    settings = get_settings()
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign,attr-defined,unused-ignore]  # pytest keeps its own
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    workspace = await make_workspace()
    summary = await make_connection(workspace, slug=f"shop-{port}")
    async with open_work(Principal.system(workspace.id)) as work:
        connection = await connections.get(work, summary.id)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as http:
        yield Web(settings, http, workspace, connection)
    await registry.close()
    server.should_exit = True
    await task
    get_settings.cache_clear()
