"""Isolation by enumeration: every table, key and policy of the real schema is looked at, not a list kept by hand."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import UniqueConstraint, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core import db
from core.access import Principal
from core.tables import GLOBAL_TABLES, IDENTITY_TABLES
from core.work import open_identity_work, open_system_work, open_work
from domain.accounts.schemas import WorkspaceView
from migrations.models import metadata
from migrations.security import APPEND_ONLY
from tests.factories.workspaces import make_connection, make_workspace

UNIQUE_WITHOUT_WORKSPACE = {("workspaces", "slug"), ("users", "email"), ("connections", "slug")}
"""Keys that are looked up before the workspace is known; docs/decisions/0003 gives the reasons."""


@pytest.fixture
async def schema(database_url: str) -> asyncpg.Connection:
    """A plain connection to a migrated database."""
    return await asyncpg.connect(database_url)


async def test_every_table_is_under_forced_row_level_security(schema: asyncpg.Connection) -> None:
    rows = await schema.fetch(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    tables = {row["relname"]: (row["relrowsecurity"], row["relforcerowsecurity"]) for row in rows}
    assert set(metadata.tables) <= set(tables)
    assert {name for name, secured in tables.items() if secured != (True, True)} == {"alembic_version"}


async def test_every_workspace_table_has_a_policy_on_its_workspace(schema: asyncpg.Connection) -> None:
    rows = await schema.fetch(
        "SELECT tablename, roles, cmd, qual, with_check FROM pg_policies "
        "WHERE schemaname = 'public' AND permissive = 'PERMISSIVE'"
    )
    for table in metadata.tables.values():
        if table.name in GLOBAL_TABLES:
            continue
        own = [row for row in rows if row["tablename"] == table.name and list(row["roles"]) == ["nexova_app"]]
        assert len(own) == 1, table.name
        column = "id" if table.name == "workspaces" else "workspace_id"
        for condition in (own[0]["qual"], own[0]["with_check"]):
            assert condition.startswith(f"({column} = "), table.name
            assert "app.workspace_id" in condition


async def test_every_table_of_a_store_is_limited_to_the_stores_of_whoever_works(schema: asyncpg.Connection) -> None:
    rows = await schema.fetch("SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND permissive = 'RESTRICTIVE'")
    of_people = {"membership_stores", "api_keys"}
    columns = [(table.name, column.name) for table in metadata.tables.values() for column in table.columns]
    with_store = {table for table, column in columns if column.endswith("store_id")} - of_people
    assert {row["tablename"] for row in rows} == with_store


async def test_every_foreign_and_unique_key_of_workspace_rows_holds_the_workspace() -> None:
    for table in metadata.tables.values():
        if "workspace_id" not in table.columns:
            assert table.name in GLOBAL_TABLES | {"workspaces"}
            continue
        assert "workspace_id" in table.primary_key.columns, table.name
        for key in table.foreign_key_constraints:
            referred = key.referred_table.name
            if referred not in GLOBAL_TABLES:
                assert "workspace_id" in key.column_keys, (table.name, referred)
        unique = [key.columns for key in table.constraints if isinstance(key, UniqueConstraint)]
        unique += [index.columns for index in table.indexes if index.unique]
        for keyed in unique:
            columns = [column.name for column in keyed]
            if len(columns) == 1 and (table.name, columns[0]) in UNIQUE_WITHOUT_WORKSPACE:
                continue
            assert columns[0] == "workspace_id", (table.name, columns)


async def test_the_roles_own_nothing_and_bypass_nothing(schema: asyncpg.Connection) -> None:
    roles = await schema.fetch(
        "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname LIKE 'nexova\\__%'"
    )
    assert {row["rolname"] for row in roles} == {"nexova_app", "nexova_system", "nexova_identity", "nexova_retention"}
    assert not any(row["rolsuper"] or row["rolbypassrls"] or row["rolcanlogin"] for row in roles)
    owned = await schema.fetchval(
        "SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname LIKE 'nexova\\__%'"
    )
    assert owned == 0


async def test_without_a_workspace_nothing_is_seen_and_nothing_raises(workspace: WorkspaceView) -> None:
    # Given a pooled connection on which a transaction of a workspace has just ended
    async with open_work(Principal.system(workspace.id)) as work:
        assert await work.session.scalar(text("SELECT count(*) FROM workspaces")) == 1
    # When the role is taken without naming a workspace
    async with db.session() as session:
        await session.execute(text("SET LOCAL ROLE nexova_app"))
        seen = {
            name: await session.scalar(text(f"SELECT count(*) FROM {name}"))
            for name in metadata.tables
            if name not in GLOBAL_TABLES
        }
    # Then no table shows a row
    assert set(seen.values()) == {0}


async def test_one_workspace_cannot_see_or_touch_rows_of_another(workspace: WorkspaceView) -> None:
    other = await make_workspace()
    connection = await make_connection(other)
    async with open_work(Principal.system(workspace.id)) as work:
        for name in metadata.tables:
            if name in GLOBAL_TABLES:
                continue
            column = "id" if name == "workspaces" else "workspace_id"
            found = await work.session.scalar(text(f"SELECT count(*) FROM {name} WHERE {column} = :other"), {"other": other.id})
            assert found == 0, name
        changed = await work.session.execute(
            text("UPDATE connections SET name = 'stolen' WHERE id = :id RETURNING id"), {"id": connection.id}
        )
        assert changed.all() == []


@pytest.mark.parametrize("table", sorted(IDENTITY_TABLES))
async def test_only_the_identity_role_sees_who_people_are(workspace: WorkspaceView, table: str) -> None:
    async with open_identity_work() as identity:
        await identity.session.execute(text(f"SELECT count(*) FROM {table}"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_work(Principal.system(workspace.id)) as work:
            await work.session.execute(text(f"SELECT * FROM {table}"))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_system_work() as session:
            await session.execute(text(f"SELECT * FROM {table}"))


async def test_the_identity_role_sees_nothing_that_a_shop_does(workspace: WorkspaceView) -> None:
    shown = {"workspaces", "memberships", "membership_stores", "custom_roles", "users"} | IDENTITY_TABLES
    for table in set(metadata.tables) - shown - {"runtime_clock"}:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with open_identity_work() as work:
                await work.session.execute(text(f"SELECT count(*) FROM {table}"))


async def test_a_row_cannot_be_written_into_another_workspace(workspace: WorkspaceView) -> None:
    other = await make_workspace()
    with pytest.raises(DBAPIError, match="row-level security"):
        async with open_work(Principal.system(workspace.id)) as work:
            await work.session.execute(
                text(
                    "INSERT INTO notifications (workspace_id, id, kind, payload, dedupe_key, next_try_at, attempts) "
                    "VALUES (:workspace, :id, 'x', '{}', 'x', now(), 0)"
                ),
                {"workspace": other.id, "id": uuid4()},
            )


async def test_a_reference_cannot_leave_the_workspace(workspace: WorkspaceView) -> None:
    foreign = await make_connection(await make_workspace())
    with pytest.raises(IntegrityError):
        async with open_work(Principal.system(workspace.id)) as work:
            await work.session.execute(
                text(
                    "INSERT INTO conversations (workspace_id, id, connection_id, customer_id, contact_address_id, voice, "
                    "voice_epoch, next_position) VALUES (:workspace, :id, :connection, :id, :id, 'agent', 0, 1)"
                ),
                {"workspace": workspace.id, "id": uuid4(), "connection": foreign.id},
            )


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
async def test_ledgers_cannot_be_rewritten(workspace: WorkspaceView, table: str, change: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_work(Principal.system(workspace.id)) as work:
            await work.session.execute(text(change.format(table, next(iter(metadata.tables[table].columns)).name)))


async def test_the_system_role_reads_no_content(workspace: WorkspaceView) -> None:
    forbidden = {"messages": "content", "inbound_events": "body", "attachments": "source_url", "orders": "total"}
    for table, column in forbidden.items():
        with pytest.raises(DBAPIError, match="permission denied"):
            async with open_system_work() as session:
                await session.execute(text(f"SELECT {column} FROM {table}"))
