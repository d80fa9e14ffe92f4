"""Fixtures of the API's tests: the web application with its servers, and people who are signed in."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import uvicorn
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from app.web.server import create_app
from core.embedded import EmbeddedRedis, start_redis
from core.settings import Settings, get_settings
from tests.factories.desk import Desk, open_desk


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A real Redis that lives as long as the test process."""
    server = start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def settings(database_url: str, redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of a web process with the test's own database and Redis, cheap passwords and generous limits."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_server.url)
    monkeypatch.setenv("INFOBIP_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ARGON2_MEMORY_KIB", "64")
    monkeypatch.setenv("ARGON2_PASSES", "1")
    monkeypatch.setenv("SIGN_IN_ATTEMPTS_PER_MINUTE", "10000")
    monkeypatch.setenv("REQUESTS_PER_MINUTE", "1000000")
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "100000")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[FastAPI]:
    """The web application, which has connected this process to the test's database."""
    app = create_app(settings)
    async with LifespanManager(app):
        await app.state.redis.flushdb()
        yield app


@pytest.fixture
async def api(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, signed in as nobody."""
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://nexova.test") as client:
        yield client


@pytest.fixture
async def address(application: FastAPI) -> AsyncIterator[str]:
    """Where the application answers over real HTTP."""
    server = uvicorn.Server(uvicorn.Config(application, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def desk(api: httpx.AsyncClient) -> Desk:
    """A shop with goods, its owner, and a customer who has written."""
    return await open_desk(api)
