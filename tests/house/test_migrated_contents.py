"""Messages of the release before: every shape that they had becomes a content, and can be one again."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
from alembic import command
from structlog.testing import capture_logs

from agent.brief import BriefMessage
from core.embedded import EmbeddedPostgres
from domain.conversations.content import dump, load
from domain.conversations.schemas import OpenMessage
from migrations.upgrade import configuration
from tests.factories.releases import OLD_WORKSPACE, fetch

BEFORE_CONTENTS, CONTENTS = "0011_imports", "0012_contents"

# Every shape that a message had, as (kind, text, payload, direction); what it is now, and what it is again after going back.
OLD_MESSAGES: tuple[tuple[str, str | None, dict[str, Any], str, dict[str, Any]], ...] = (
    (
        "text",
        "hola",
        {"product": {"sku": "H", "catalog_id": "1"}, "referral": {"headline": "Oferta"}},
        "in",
        {
            "kind": "text",
            "text": "hola",
            "about": {"product": {"sku": "H", "catalog_id": "1"}, "referral": {"headline": "Oferta"}},
        },
    ),
    ("image", "mi pago", {}, "in", {"kind": "file", "media": "image", "url": "https://x.example/1", "caption": "mi pago"}),
    ("voice", None, {}, "in", {"kind": "file", "media": "voice", "url": "https://x.example/1"}),
    (
        "location",
        "Casa",
        {"latitude": 10.5, "longitude": -66.9, "name": "Casa"},
        "in",
        {"kind": "place", "latitude": 10.5, "longitude": -66.9, "name": "Casa"},
    ),
    (
        "contact",
        "Ana",
        {
            "contacts": [
                {"name": {"formattedName": "Ana"}, "phones": [{"phone": "+58414"}], "emails": [], "org": {"company": "Sol"}}
            ]
        },
        "in",
        {"kind": "contact_card", "people": [{"name": "Ana", "phones": ["+58414"], "emails": [], "company": "Sol"}]},
    ),
    (
        "button_reply",
        "Sí",
        {"id": "confirm:1", "title": "Sí"},
        "in",
        {"kind": "answer", "via": "button", "id": "confirm:1", "title": "Sí"},
    ),
    (
        "button_reply",
        "Ver",
        {"id": "TRACK:1", "title": "Ver", "template": True},
        "in",
        {"kind": "answer", "via": "template", "id": "TRACK:1", "title": "Ver"},
    ),
    (
        "list_reply",
        "Harina",
        {"id": "H", "title": "Harina", "description": "1 kg"},
        "in",
        {"kind": "answer", "via": "row", "id": "H", "title": "Harina", "description": "1 kg"},
    ),
    (
        "order",
        "rápido",
        {"catalog_id": "1", "items": [{"sku": "H", "quantity": "2", "price": "4.5", "currency": "VES"}]},
        "in",
        {
            "kind": "cart",
            "catalog_id": "1",
            "note": "rápido",
            "items": [{"sku": "H", "quantity": "2", "price": "4.5", "currency": "VES"}],
        },
    ),
    (
        "reaction",
        "👍",
        {"emoji": "👍", "action": "added", "message_id": "m-1"},
        "in",
        {"kind": "reaction", "emoji": "👍", "message_id": "m-1"},
    ),
    (
        "unsupported",
        None,
        {"type": "FLOW", "content": {"a": [None, 1]}},
        "in",
        {"kind": "unsupported", "type": "FLOW", "raw": {"a": [None, 1]}},
    ),
    ("text", "Claro", {}, "out", {"kind": "text", "text": "Claro"}),
    (
        "buttons",
        "¿Confirmas?",
        {"buttons": [{"id": "confirm:1", "title": "Sí"}], "footer": "Hoy"},
        "out",
        {"kind": "buttons", "text": "¿Confirmas?", "buttons": [{"id": "confirm:1", "title": "Sí"}], "footer": "Hoy"},
    ),
    (
        "list",
        "Elige",
        {"button": "Ver", "sections": [{"title": "Panes", "rows": [{"id": "H", "title": "Harina"}]}]},
        "out",
        {
            "kind": "choices",
            "text": "Elige",
            "opener": "Ver",
            "sections": [{"title": "Panes", "rows": [{"id": "H", "title": "Harina"}]}],
        },
    ),
    (
        "document",
        "Factura",
        {"media_url": "https://x.example/a.pdf", "filename": "a.pdf"},
        "out",
        {"kind": "file", "media": "document", "url": "https://x.example/a.pdf", "filename": "a.pdf", "caption": "Factura"},
    ),
    (
        "template",
        None,
        {"name": "hola", "language": "en", "placeholders": ["Ada"]},
        "out",
        {"kind": "template", "name": "hola", "language": "en", "placeholders": ["Ada"]},
    ),
)
OLD_THREAD = """
    INSERT INTO messages (workspace_id, id, conversation_id, connection_id, direction, author, kind, text, payload, position,
                          status, attempts, batch_position, provider_message_id, revisions, deleted_at)
    VALUES ($1, $2, $1, $1, $3, 'customer', $4, $5, $6, $7::bigint, 'sent', 0, 0, 'wamid.' || $7::bigint, $8, $9)
"""
OLD_FILE = """
    INSERT INTO attachments (workspace_id, id, message_id, conversation_id, kind, source_url, status, attempts, next_try_at)
    VALUES ($1, $2, $3, $1, 'image', 'https://x.example/1', 'stored', 0, now())
"""
OLD_TURN = """
    INSERT INTO turns (workspace_id, id, conversation_id, number, generation, status, voice_epoch, attempts, frozen, started_at,
                       model_requests, input_tokens, output_tokens, cost_usd, latency_ms)
    VALUES ($1, $1, $1, 1, 0, 'open', 0, 1, $2, now(), 0, 0, 0, 0, 0)
"""
OLD_CALL = """
    INSERT INTO journal_entries (workspace_id, id, turn_id, conversation_id, generation, step, kind, ordinal, outcome, name,
                                 writes, payload, duration_ms)
    VALUES ($1, $1, $1, $1, 0, 0, 'tool', 0, 'value', 'request_confirmation', true, $2, 0)
"""
OLD_BUBBLES = """
    INSERT INTO sandbox_messages (workspace_id, id, connection_id, phone, n, direction, type, text, payload, provider_id,
                                  status, at, sends)
    VALUES ($1, gen_random_uuid(), $1, '1', $2::bigint, $3, $4, $5, $6, 'p' || $2::bigint, 'sent', now(), 1)
"""
BUBBLES: tuple[tuple[str, str, str | None, dict[str, Any], dict[str, Any]], ...] = (
    (
        "shop",
        "list",
        "Elige",
        {"button": "Ver", "rows": [{"id": "H", "title": "Harina", "section": "Panes"}]},
        {
            "kind": "choices",
            "text": "Elige",
            "opener": "Ver",
            "sections": [{"rows": [{"id": "H", "title": "Harina", "section": "Panes"}]}],
        },
    ),
    (
        "shop",
        "template",
        None,
        {"template": "hola", "language": "es", "placeholders": []},
        {"kind": "template", "name": "hola", "language": "es", "placeholders": []},
    ),
    (
        "customer",
        "raw",
        None,
        {"message": {"type": "STICKER"}},
        {"kind": "unsupported", "type": "raw", "raw": {"type": "STICKER"}},
    ),
    (
        "customer",
        "text",
        "otro",
        {"edited": True, "quoted": 1, "product": "H", "ad": {"headline": "Oferta"}},
        {"kind": "text", "text": "otro", "about": {"product": {"sku": "H"}, "referral": {"headline": "Oferta"}}},
    ),
    ("customer", "text", None, {"deleted": True}, {"kind": "removed", "message_id": "p4"}),
)
OLD_REVISIONS = [{"text": "quiero 2", "payload": {}, "until": "2026-01-01T00:00:00+00:00"}]


async def _keep_old_messages(url: str) -> None:
    """A thread with every old shape, one message that was edited and one that was deleted; a turn, a call and a phone."""
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")  # the thread comes without its shop
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    workspace = uuid4()
    await connection.execute(OLD_WORKSPACE, workspace)
    for position, (kind, said, payload, direction, _) in enumerate(OLD_MESSAGES):
        message = uuid4()
        await connection.execute(OLD_THREAD, workspace, message, direction, kind, said, payload, position, [], None)
        if kind in ("image", "voice"):
            await connection.execute(OLD_FILE, workspace, uuid4(), message)
    edited, deleted = uuid4(), uuid4()
    await connection.execute(OLD_THREAD, workspace, edited, "in", "text", "quiero 3", {}, 98, OLD_REVISIONS, None)
    gone = datetime(2026, 1, 1, tzinfo=UTC)
    await connection.execute(OLD_THREAD, workspace, deleted, "in", "text", None, {}, 99, OLD_REVISIONS, gone)
    heard: list[dict[str, Any]] = [{"kind": kind, "text": words, "payload": bag} for kind, words, bag, *_ in OLD_MESSAGES[:4]]
    about: dict[str, Any] = {"quoted": None, "products": [{"sku": "H", "name": "Harina"}], "referral": {"headline": "Oferta"}}
    known: dict[str, Any] = {"attachment_id": None, "received_at": "2026-01-01T00:00:00Z", "edited_at": None}
    frozen = {
        "brief": {"messages": [one | about for one in heard], "shop_name": "Shop"},
        "messages": [one | known | {"id": str(uuid4())} for one in heard],
    }
    await connection.execute(OLD_TURN, workspace, frozen)
    staged = {"kind": "buttons", "text": "{f1.0}", "payload": {"buttons": [{"id": "confirm:1", "title": "Sí"}]}}
    await connection.execute(OLD_CALL, workspace, {"tool": "x", "staged": [staged | {"void_on": "items_changed"}]})
    for n, (direction, kind, said, payload, _) in enumerate(BUBBLES):
        await connection.execute(OLD_BUBBLES, workspace, n, direction, kind, said, payload)
    await connection.close()


def test_messages_of_every_old_shape_become_contents_and_go_back(postgres: EmbeddedPostgres) -> None:
    # Given an installation of the release before, with a thread, a turn and a phone that hold every shape
    name = f"contents_{uuid4().hex[:8]}"
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"CREATE DATABASE {name} OWNER nexova"))
    url, admin = postgres.url_for("nexova", name), postgres.url_for("postgres", name)
    command.upgrade(configuration(url), BEFORE_CONTENTS)
    asyncio.run(_keep_old_messages(admin))
    old = asyncio.run(fetch(admin, "SELECT direction, kind, text, payload::text FROM messages ORDER BY position"))

    # When the schema is brought up to date
    command.upgrade(configuration(url), CONTENTS)

    # Then each says what it said, and can be read by what reads it now
    def contents(query: str) -> list[Any]:
        return [json.loads(row[0]) for row in asyncio.run(fetch(admin, query))]

    thread = contents("SELECT content::text FROM messages ORDER BY position")
    assert thread == [
        *(content for *_, content in OLD_MESSAGES),
        {"kind": "text", "text": "quiero 3"},
        {"kind": "removed", "message_id": "wamid.99"},
    ]
    with capture_logs() as logs:
        assert [dump(load(content))["kind"] for content in thread] == [content["kind"] for content in thread]
    assert logs == []
    [*_, edited, deleted] = contents("SELECT revisions::text FROM messages ORDER BY position")
    kept = [{"until": OLD_REVISIONS[0]["until"], "content": {"kind": "text", "text": "quiero 2"}}]
    assert (edited, deleted) == (kept, kept)
    [frozen] = contents("SELECT frozen::text FROM turns")
    known = [content for *_, content in OLD_MESSAGES[:4]]
    assert [OpenMessage.model_validate(one).content.kind for one in frozen["messages"]] == [one["kind"] for one in known]
    assert [BriefMessage.model_validate(one).text for one in frozen["brief"]["messages"]] == ["hola", "mi pago", "", "Casa"]
    assert frozen["brief"]["messages"][3]["content"] == known[3] | {"about": {"referral": {"headline": "Oferta"}}}
    [call] = contents("SELECT payload::text FROM journal_entries")
    buttons = [{"id": "confirm:1", "title": "Sí"}]
    assert call == {"tool": "x", "staged": [{"kind": "buttons", "text": "{f1.0}", "buttons": buttons}]}
    assert contents("SELECT content::text FROM sandbox_messages ORDER BY n") == [content for *_, content in BUBBLES]
    marks = asyncio.run(fetch(admin, "SELECT quoted, edited FROM sandbox_messages ORDER BY n"))
    assert marks == [(None, False)] * 3 + [(1, True), (None, False)]

    # And back: the same kinds and words, and the same payloads but for what an absent value was written as
    command.downgrade(configuration(url), BEFORE_CONTENTS)
    again = asyncio.run(fetch(admin, "SELECT direction, kind, text, payload::text FROM messages ORDER BY position"))
    assert [row[:3] for row in again[:-1]] == [row[:3] for row in old[:-1]]
    assert [json.loads(row[3]) for row in again[:-1]] == [json.loads(row[3]) for row in old[:-1]]
    assert again[-1][1:3] == ("deleted", None)
    [staged] = [one["staged"] for one in contents("SELECT payload::text FROM journal_entries")]
    assert staged == [{"kind": "buttons", "text": "{f1.0}", "payload": {"buttons": buttons}, "void_on": "items_changed"}]
    unforced = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND NOT relforcerowsecurity"
    assert asyncio.run(fetch(admin, unforced)) == []
    asyncio.run(fetch(postgres.url_for("postgres", "postgres"), f"DROP DATABASE {name} WITH (FORCE)"))
