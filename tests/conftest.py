"""Fixtures for all tests: a real Postgres per test process, and a database of its own for each test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

os.environ.setdefault("NEXOVA_ENV", "test")

import asyncpg
import pytest
from cryptography.fernet import Fernet
from pydantic_ai import models
from sqlalchemy import Dialect

from core import collector, db
from core.access import Principal
from core.embedded import EmbeddedPostgres, start_postgres
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.schemas import ConnectionSummary
from migrations.upgrade import upgrade
from tests import properties
from tests.factories.workspaces import make_connection, make_workspace

models.ALLOW_MODEL_REQUESTS = False
collector.come_seldom()
properties.load_profile()

TEMPLATE = "nexova_template"

MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that must be free in memory before databases are kept there."""


def pytest_collection_finish() -> None:
    """All that the tests need is loaded: the garbage collector need not look it through again and again."""
    collector.spare()


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The settings of a test process: its own data folder and keys, and no account of any kind."""
    folder = tmp_path_factory.mktemp("data")
    patch = pytest.MonkeyPatch()
    for name in ("DATABASE_URL", "REDIS_URL", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "INFOBIP_BASE_URL", "LLM_MODELS"):
        patch.delenv(name, raising=False)
    patch.setenv("NEXOVA_ENV", "test")
    patch.setenv("NEXOVA_DATA_DIR", str(folder))
    patch.setenv("NEXOVA_SECRET_KEYS", Fernet.generate_key().decode())
    patch.setenv("BURST_WINDOW_SECONDS", "0")
    patch.setenv("CALLS_TO_PRIVATE_ADDRESSES", "true")  # the tests' own servers are on this machine
    get_settings.cache_clear()
    yield folder
    patch.undo()
    get_settings.cache_clear()


def forget_killed_runs() -> None:
    """Remove what test processes that were killed have left in memory."""
    for left in MEMORY.glob("nexova-tests-*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A real Postgres server that lives as long as the test process.

    In memory, where there is room: every test copies a database of a thousand files, which is dear on a disk.
    """
    folder = tmp_path_factory.mktemp("postgres")
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        forget_killed_runs()
        folder = Path(mkdtemp(prefix=f"nexova-tests-{os.getpid()}-", dir=MEMORY))
    server = start_postgres(folder, durable=False)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated, empty database that tests are cloned from."""

    async def create() -> None:
        connection = await asyncpg.connect(postgres.url_for("postgres", "postgres"))
        await connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER nexova")
        await connection.close()

    asyncio.run(create())
    upgrade(postgres.url_for("nexova", TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """The address of a fresh database; tests commit for real, and it is dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres.url_for("postgres", "postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER nexova STRATEGY file_copy")
    yield postgres.url_for("nexova", name)
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture(scope="session")
def dialects() -> list[Dialect]:
    """The dialect of the first engine of a test process, for which statements are compiled."""
    return []


@pytest.fixture(scope="session")
def compiled() -> dict[Any, Any]:
    """The statements that were compiled in a test process: an engine of its own would compile them anew for every test."""
    return {}


@pytest.fixture
async def database(database_url: str, dialects: list[Dialect], compiled: dict[Any, Any]) -> AsyncIterator[str]:
    """A fresh database to which this process is connected."""
    engine = db.connect(database_url, pool_size=20).sync_engine
    if not dialects:
        dialects.append(engine.dialect)
    engine.dialect = dialects[0]
    engine.update_execution_options(compiled_cache=compiled)
    yield database_url
    await db.disconnect()


@pytest.fixture
async def workspace(database: str) -> WorkspaceView:
    """A workspace in a fresh database."""
    return await make_workspace()


@pytest.fixture
async def connection(workspace: WorkspaceView) -> ConnectionSummary:
    """A WhatsApp connection of the workspace."""
    return await make_connection(workspace)


@pytest.fixture
async def work(workspace: WorkspaceView) -> AsyncIterator[Work]:
    """An open transaction of the system in the workspace; it commits when the test is over."""
    async with open_work(Principal.system(workspace.id)) as opened:
        yield opened
