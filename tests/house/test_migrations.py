"""The schema's history: it makes exactly the tables that the code declares, and it can be undone."""

import asyncio
import re
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Enum
from sqlalchemy.ext.asyncio import create_async_engine

from core.db import async_url
from core.embedded import EmbeddedPostgres
from core.settings import get_settings
from domain.customers.phones import address_key
from migrations.models import metadata
from migrations.upgrade import configuration, upgrade
from tests.factories.releases import OLD_WORKSPACE, fetch


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


def test_addresses_that_turn_out_to_be_one_telephone_do_not_stop_the_migration(postgres: EmbeddedPostgres) -> None:
    # Given an installation of an older release with several spellings of one telephone
    name = f"doubles_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0003")
    asyncio.run(_keep_old_addresses(admin))

    # When the schema is brought up to date
    upgrade(url)

    # Then the key is the one that a new message would be looked for under, and only whoever wrote last has it
    found = dict(asyncio.run(fetch(admin, "SELECT address, address_key FROM contact_addresses")))
    assert found == {
        "5215512345678": None,
        "525512345678": "+525512345678",
        "5491155550001": "+541155550001",
        "541155550001": None,
        "551187654321": "+5511987654321",
        "584145550101": "+584145550101",
    }
    assert {key for key in found.values() if key} == {address_key(address) for address, _, _ in OLD_ADDRESSES}
    phones = asyncio.run(fetch(admin, "SELECT phone FROM contact_addresses WHERE address = '5215512345678'"))
    assert phones == [("+525512345678",)]
    assert asyncio.run(fetch(admin, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'contact_addresses'")) == [
        (True,)
    ]
    command.downgrade(configuration(url), "0003")
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))


OLD_ENTRY = """
    INSERT INTO audit_entries (workspace_id, id, tag, actor_kind, target_type, target_id, reason, before, after, created_at)
    VALUES ($1, gen_random_uuid(), $2, 'system', $3, $4, $5, $6, $7, now() - make_interval(secs => $8))
"""
OLD_MOVEMENT = """
    INSERT INTO stock_movements (workspace_id, id, stock_item_id, store_id, variant_id, type, delta, quantity_after,
                                 occurred_at, actor_kind, source, source_ref, line)
    VALUES ($1, $2, $3, $2, $2, 'sale', -1, 4, now(), 'system', 'order', 'o', 0)
"""


async def _keep_old_entries(url: str) -> tuple[UUID, UUID, UUID]:
    """Entries of two orders, one after the other and mixed, and of a movement, whose subject now is its level."""
    connection = await asyncpg.connect(url)
    workspace, first, second, movement = uuid4(), uuid4(), uuid4(), uuid4()
    await connection.execute(OLD_WORKSPACE, workspace)
    await connection.execute("SET session_replication_role = replica")  # the movement comes without its shop
    await connection.execute(OLD_MOVEMENT, workspace, movement, second)
    values = '{"state": "IDLE"}'
    for tag, table, target, reason, seconds in (
        ("order.drafted", "orders", first, None, 50),
        ("order.drafted", "orders", second, None, 40),
        ("order.confirmed", "orders", first, "yes", 30),
        ("session.moved", "agent_sessions", second, "released", 20),
        ("order.cancelled", "orders", first, "asked", 10),
        ("stock.sold", "stock_movements", movement, None, 5),
    ):
        await connection.execute(OLD_ENTRY, workspace, tag, table, target, reason, None, values, float(seconds))
    await connection.close()
    return workspace, first, second


def test_the_audit_trail_becomes_the_event_stream_in_the_order_of_its_time(postgres: EmbeddedPostgres) -> None:
    # Given an installation of an older release with an audit trail
    name = f"trail_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0006")
    workspace, first, second = asyncio.run(_keep_old_entries(admin))

    # When the schema is brought up to date
    command.upgrade(configuration(url), "0007")

    # Then every entry is an event with its place in the stream and in the history of its subject
    stream = """
        SELECT position, type, version, event.subject_kind, event.subject_id, subject_number, reason, after ->> 'state'
          FROM events AS event JOIN event_positions AS place ON event_id = event.id ORDER BY position
    """
    assert asyncio.run(fetch(admin, stream)) == [
        (1, "order.drafted", 1, "order", first, 1, None, "IDLE"),
        (2, "order.drafted", 1, "order", second, 1, None, "IDLE"),
        (3, "order.confirmed", 1, "order", first, 2, "yes", "IDLE"),
        (4, "session.moved", 1, "session", second, 1, "released", "IDLE"),
        (5, "order.cancelled", 1, "order", first, 3, "asked", "IDLE"),
        (6, "stock.sold", 1, "stock", second, 1, None, "IDLE"),
    ]
    # And what happens next goes on behind them
    more = f"""
        INSERT INTO events (workspace_id, id, type, version, subject_kind, subject_id, actor_kind)
        VALUES ('{workspace}', gen_random_uuid(), 'order.restored', 1, 'order', '{first}', 'system')
    """
    asyncio.run(fetch(admin, more))
    placed = "SELECT position, subject_number FROM event_positions ORDER BY position DESC LIMIT 1"
    assert asyncio.run(fetch(admin, placed)) == [(7, 4)]
    unforced = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND NOT relforcerowsecurity"
    assert asyncio.run(fetch(admin, unforced)) == []
    command.downgrade(configuration(url), "0006")
    assert asyncio.run(fetch(admin, "SELECT tag, target_id FROM audit_entries ORDER BY created_at"))[-2:] == [
        ("stock.sold", second),
        ("order.restored", first),
    ]
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))


# Two lines of an older release, one with an account of its own; a customer who wrote on both, and a turn that is open.
OLD_LINES = """
    INSERT INTO connections (workspace_id, id, slug, channel, name, address, base_url, credentials, settings, is_active)
    SELECT $1, gen_random_uuid(), slug, 'infobip_whatsapp', 'x', address, base_url, '', '{}', true
      FROM (VALUES ('real', '584120000000', 'https://x.api.infobip.com'), ('demo', '584129999999', NULL))
        AS line (slug, address, base_url)
"""
OLD_CONVERSATIONS = """
    INSERT INTO conversations (workspace_id, id, connection_id, customer_id, contact_address_id, voice, voice_epoch,
                               last_inbound_at, window_until, next_position)
    SELECT line.workspace_id, gen_random_uuid(), line.id, address.customer_id, address.id, 'agent', 0,
           '2026-05-04 09:00Z', '2026-05-05 09:00Z', 1
      FROM connections AS line JOIN contact_addresses AS address USING (workspace_id)
"""
OLD_TURNS = """
    INSERT INTO turns (workspace_id, id, conversation_id, number, generation, status, voice_epoch, attempts, frozen, started_at,
                       model_requests, input_tokens, output_tokens, cost_usd, latency_ms)
    SELECT workspace_id, gen_random_uuid(), id, 1, 0, 'open', 0, 1, '{"brief": {"shop_name": "Shop"}}', now(), 0, 0, 0, 0, 0
      FROM conversations
"""


async def _keep_old_lines(url: str) -> None:
    connection = await asyncpg.connect(url)
    workspace = uuid4()
    await connection.execute(OLD_WORKSPACE, workspace)
    await connection.execute(OLD_ADDRESS, workspace, "584145550101", "+584145550101", 5.0)
    await connection.execute(OLD_LINES, workspace)
    await connection.execute(OLD_CONVERSATIONS)
    await connection.execute(OLD_TURNS)
    await connection.close()


@pytest.mark.parametrize(("installation", "demo"), [("", "sandbox"), ("https://y.api.infobip.com", "infobip")])
def test_old_lines_become_a_medium_and_a_provider_and_nothing_is_lost(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, installation: str, demo: str
) -> None:
    # Given an installation of the release before, of which the settings name an account or none
    monkeypatch.setenv("INFOBIP_BASE_URL", installation)
    get_settings.cache_clear()
    name = f"mediums_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0007")
    asyncio.run(_keep_old_lines(admin))

    # When the schema is brought up to date
    upgrade(url)

    # Then a line without an address of its own is whoever it spoke with, and the threads are as they were
    lines = asyncio.run(fetch(admin, "SELECT slug, medium, provider FROM connections ORDER BY slug"))
    assert lines == [("demo", "whatsapp", demo), ("real", "whatsapp", "infobip")]
    assert asyncio.run(fetch(admin, "SELECT medium, address FROM contact_addresses")) == [("whatsapp", "584145550101")]
    threads = asyncio.run(fetch(admin, "SELECT shop_address FROM conversations ORDER BY shop_address"))
    assert threads == [("584120000000",), ("584129999999",)]
    briefs = asyncio.run(fetch(admin, "SELECT frozen -> 'brief' ->> 'medium', frozen #>> '{brief,shop_name}' FROM turns"))
    assert briefs == [("whatsapp", "Shop")] * 2
    tables = ("connections", "contact_addresses", "conversations", "turns")
    forced = "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN " + str(tables)
    assert asyncio.run(fetch(admin, forced)) == [(True,)]

    # And back
    command.downgrade(configuration(url), "0007")
    windows = asyncio.run(fetch(admin, "SELECT window_until = '2026-05-05 09:00Z' FROM conversations"))
    assert windows == [(True,), (True,)]
    assert asyncio.run(fetch(admin, "SELECT DISTINCT channel FROM connections")) == [("infobip_whatsapp",)]
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))
    get_settings.cache_clear()


async def test_the_database_knows_every_closed_set_as_the_code_does(database_url: str) -> None:
    # Given the columns whose type is a closed set
    declared = {
        (table.name, column.name): set(column.type.enums)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Enum)
    }

    # When the database is asked which columns it lets hold nothing but certain words
    connection = await asyncpg.connect(database_url)
    rules = await connection.fetch(
        """
        SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS rule
        FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace
        """
    )
    await connection.close()
    known = {
        (rule["table"], column[1]): set(re.findall(r"'([^']*)'::", rule["rule"]))
        for rule in rules
        if (column := re.fullmatch(r"CHECK \(\(\((\w+)\)::text = ANY \(.*\)\)\)", rule["rule"]))
    }

    # Then these are the same columns, with the same words, under the name that the helper gives
    assert known == declared
    assert {f"ck_{table}_{column}_known" for table, column in declared} <= {rule["name"] for rule in rules}
