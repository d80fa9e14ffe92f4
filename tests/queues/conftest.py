"""Fixtures of the queue tests: a real Redis, settings that point at the test's servers, and the real web application."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from asgi_lifespan import LifespanManager

from app.queue.broker import RedisBells, open_broker
from app.web.server import create_app
from core.embedded import EmbeddedPostgres, EmbeddedRedis, start_redis
from core.settings import Settings, get_settings


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real Redis that lives as long as the test process."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def settings(database_url: str, redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of a process that uses the test's own database and Redis."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("INFOBIP_BASE_URL", "http://127.0.0.1:9")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
def broker(settings: Settings) -> Iterator[RedisBells]:
    """An empty broker."""
    opened = open_broker(settings)
    opened.client.flushdb()
    yield opened
    opened.close()


@pytest.fixture
async def web(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The web application, which has connected this process to the test's database."""
    async with LifespanManager(create_app(settings)) as manager:
        transport = httpx.ASGITransport(app=manager.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test") as client:
            yield client


class DatabaseGate:
    """Shuts the test's database, as an outage would, and opens it again."""

    def __init__(self, admin_url: str, name: str) -> None:
        self._admin_url = admin_url
        self._name = name

    async def _run(self, *statements: str) -> None:
        admin = await asyncpg.connect(self._admin_url)
        for statement in statements:
            await admin.execute(statement)
        await admin.close()

    async def shut(self) -> None:
        """End all connections and refuse new ones."""
        await self._run(
            f"ALTER DATABASE {self._name} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'",
        )

    async def open(self) -> None:
        """Accept connections again."""
        await self._run(f"ALTER DATABASE {self._name} WITH ALLOW_CONNECTIONS true")


@pytest.fixture
async def database_gate(postgres: EmbeddedPostgres, database_url: str) -> AsyncIterator[DatabaseGate]:
    """The gate of the test's own database."""
    gate = DatabaseGate(postgres.url_for("postgres", "postgres"), urlsplit(database_url).path.lstrip("/"))
    yield gate
    await gate.open()
