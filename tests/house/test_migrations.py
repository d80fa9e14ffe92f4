"""The schema's history: it makes exactly the tables that the code declares, and it can be undone."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from core.db import async_url
from core.embedded import EmbeddedPostgres
from domain.customers.phones import address_key
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


# An address as an older release kept it: the channel's spelling, the key made from it, and seconds since it wrote.
OLD_ADDRESSES = (
    ("5215512345678", "5215512345678", 30),
    ("525512345678", "+525512345678", 20),
    ("5491155550001", "+5491155550001", 10),
    ("541155550001", "+541155550001", 40),
    ("551187654321", "+551187654321", 5),
    ("584145550101", "+584145550101", 5),
)
OLD_WORKSPACE = """
    INSERT INTO workspaces (id, slug, name, currency, timezone, language, country, settings, is_active)
    VALUES ($1, 'shop', 'Shop', 'MXN', 'America/Mexico_City', 'es', 'MX', '{}', true)
"""
OLD_ADDRESS = """
    WITH customer AS (INSERT INTO customers (workspace_id, id) VALUES ($1, gen_random_uuid()) RETURNING id)
    INSERT INTO contact_addresses (workspace_id, id, customer_id, channel, address, address_key, last_seen_at)
    SELECT $1, gen_random_uuid(), id, 'infobip_whatsapp', $2, $3, now() - make_interval(secs => $4) FROM customer
"""


async def _keep_old_addresses(url: str) -> None:
    connection = await asyncpg.connect(url)
    workspace = uuid4()
    await connection.execute(OLD_WORKSPACE, workspace)
    for address, key, seconds in OLD_ADDRESSES:
        await connection.execute(OLD_ADDRESS, workspace, address, key, float(seconds))
    await connection.close()


async def _fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(query)
    await connection.close()
    return [tuple(row) for row in rows]


def test_addresses_that_turn_out_to_be_one_telephone_do_not_stop_the_migration(postgres: EmbeddedPostgres) -> None:
    # Given an installation of an older release with several spellings of one telephone
    name = f"doubles_{uuid4().hex[:8]}"
    asyncio.run(_fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0003")
    asyncio.run(_keep_old_addresses(admin))

    # When the schema is brought up to date
    upgrade(url)

    # Then the key is the one that a new message would be looked for under, and only whoever wrote last has it
    found = dict(asyncio.run(_fetch(admin, "SELECT address, address_key FROM contact_addresses")))
    assert found == {
        "5215512345678": None,
        "525512345678": "+525512345678",
        "5491155550001": "+541155550001",
        "541155550001": None,
        "551187654321": "+5511987654321",
        "584145550101": "+584145550101",
    }
    assert {key for key in found.values() if key} == {address_key(address) for address, _, _ in OLD_ADDRESSES}
    phones = asyncio.run(_fetch(admin, "SELECT phone FROM contact_addresses WHERE address = '5215512345678'"))
    assert phones == [("+525512345678",)]
    assert asyncio.run(_fetch(admin, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'contact_addresses'")) == [
        (True,)
    ]
    command.downgrade(configuration(url), "0003")
    asyncio.run(_fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))
