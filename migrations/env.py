"""Alembic's environment: runs the migrations on the database whose address it is given."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from core.db import async_url
from core.settings import get_settings
from migrations.models import metadata

MIGRATION_LOCK = 7_236_401
"""The advisory lock that lets only one process migrate a database at a time."""


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        context.run_migrations()


async def _migrate(url: str) -> None:
    engine = create_async_engine(async_url(url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


configured = context.config.get_main_option("sqlalchemy.url") or get_settings().database_url
if not configured:
    raise SystemExit("DATABASE_URL is not set: `nexova up` starts an embedded database and migrates it.")
asyncio.run(_migrate(configured))
