"""Calls that an older release has recorded are read by this one."""

import asyncio
import json
from uuid import uuid4

import asyncpg
from alembic import command

from agent.recorded import Recorded
from core.embedded import EmbeddedPostgres
from migrations.upgrade import configuration
from tests.factories.releases import fetch
from tools.outcome import Deed

OLD_CALL = """
    INSERT INTO journal_entries (workspace_id, id, turn_id, conversation_id, generation, step, kind, ordinal, outcome, name,
                                 writes, payload, duration_ms)
    VALUES ($1, $1, $1, $1, 0, 0, 'tool', 0, 'value', 'clear_draft', true, $2, 1)
"""
RECORDED = {
    "call": 1,
    "tool": "clear_draft",
    "arguments": {},
    "outcome": "value",
    "writes": True,
    "status": "ok",
    "code": "draft_cleared",
    "say": "",
    "claims": [["draft_cleared", "draft"]],
}


async def _record(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # the call comes without its turn
    await connection.execute(OLD_CALL, uuid4(), json.dumps(RECORDED))
    await connection.close()


def test_a_turn_of_an_older_release_goes_on_with_its_deeds(postgres: EmbeddedPostgres) -> None:
    # Given a call that was recorded before its claims were called deeds
    name = f"calls_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0010_audience")
    asyncio.run(_record(admin))
    # When the schema is brought up to date
    command.upgrade(configuration(url), "0011_deeds")
    # Then it is read as it was meant
    ((payload,),) = asyncio.run(fetch(admin, "SELECT payload FROM journal_entries"))
    assert Recorded.model_validate_json(payload).deeds == [(Deed.DRAFT_CLEARED, "draft")]
    # And back
    command.downgrade(configuration(url), "0010_audience")
    ((payload,),) = asyncio.run(fetch(admin, "SELECT payload FROM journal_entries"))
    assert json.loads(payload)["claims"] == RECORDED["claims"]
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))
