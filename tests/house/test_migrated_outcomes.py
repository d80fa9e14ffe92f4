"""What older releases said of a turn fits into the closed set of today."""

import asyncio
from uuid import uuid4

import asyncpg
from alembic import command

from agent.models import TurnOutcome
from core.embedded import EmbeddedPostgres
from migrations.upgrade import configuration
from tests.factories.releases import fetch

OLD_TURN = """
    INSERT INTO turns (workspace_id, id, conversation_id, number, generation, attempts, status, voice_epoch, frozen,
                       started_at, outcome, detail, model_requests, input_tokens, output_tokens, cost_usd, latency_ms)
    VALUES ($1, $1, $1, 1, 0, 1, 'finished', 0, '{}', now(), $2, $3, 1, 0, 0, 0, 0)
"""
TURNS = (("gate_or_model", None), ("gate_or_model", "a lie"), ("answered", None), ("voice_lost", "taken"))


async def _write(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # the turns come without their conversations
    for outcome, detail in TURNS:
        await connection.execute(OLD_TURN, uuid4(), outcome, detail)
    await connection.close()


def test_a_turn_that_the_gate_had_stopped_had_no_reply(postgres: EmbeddedPostgres) -> None:
    # Given turns of a release that had a gate
    name = f"outcomes_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), "0018_prices")
    asyncio.run(_write(admin))
    # When the schema is brought up to date
    command.upgrade(configuration(url), "0019_further_sets")
    # Then each has an outcome of today, and what the gate said is its detail
    rows = asyncio.run(fetch(admin, "SELECT outcome, detail FROM turns ORDER BY outcome, detail"))
    assert [tuple(row) for row in rows] == [
        ("answered", None),
        ("no_reply", "a lie"),
        ("no_reply", "gate_or_model"),
        ("voice_lost", "taken"),
    ]
    assert {row[0] for row in rows} <= set(TurnOutcome)
