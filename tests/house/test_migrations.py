"""The schema's history: it makes exactly the tables that the code declares, and it can be undone."""

import asyncio
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from core.db import async_url
from core.embedded import EmbeddedPostgres
from migrations.models import metadata
from migrations.upgrade import configuration, upgrade


async def test_the_migrations_make_what_the_code_declares(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    engine = create_async_engine(async_url(database_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_history_can_be_undone_and_done_again(postgres: EmbeddedPostgres) -> None:
    name = f"undone_{uuid4().hex[:8]}"

    async def admin(statement: str) -> None:
        connection = await asyncpg.connect(postgres.url_for("postgres", "postgres"))
        await connection.execute(statement)
        await connection.close()

    async def tables() -> set[str]:
        connection = await asyncpg.connect(postgres.url_for("nexova", name))
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()
        return {row["tablename"] for row in rows}

    asyncio.run(admin(f"CREATE DATABASE {name} OWNER nexova"))
    url = postgres.url_for("nexova", name)
    upgrade(url)
    assert set(metadata.tables) <= asyncio.run(tables())
    command.downgrade(configuration(url), "base")
    assert asyncio.run(tables()) == {"alembic_version"}
    upgrade(url)
    assert set(metadata.tables) <= asyncio.run(tables())
    asyncio.run(admin(f"DROP DATABASE {name} WITH (FORCE)"))
