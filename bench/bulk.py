"""Very many rows, put in by SQL: products with their word index, and messages of conversations long past."""

import random
from uuid import UUID

import asyncpg
from sqlalchemy import text

from bench.ground import Shop
from core.embedded import EmbeddedPostgres
from core.tables import new_id
from core.work import open_work
from domain.catalog import _postings
from domain.catalog.index import filing
from domain.catalog.search import Candidate

CHUNK = 20_000
CONVERSATIONS = 1_000

_SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeo"]
_NOUNS = ("aceite", "arroz", "harina", "leche", "jabón", "galleta", "café", "queso", "jugo", "pasta")

_PRODUCTS = text(
    """
    INSERT INTO products (workspace_id, id, code, name, brand, unit, status)
    SELECT :w, id, code, name, brand, 'PZA', 'active'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:brands AS text[]))
        AS given (id, code, name, brand)
    """
)
_VARIANTS = text(
    """
    INSERT INTO product_variants (workspace_id, id, product_id, sku, label, price, is_default, is_active, position)
    SELECT :w, variant, product, code, '', 10, true, true, 0
    FROM unnest(CAST(:variants AS uuid[]), CAST(:ids AS uuid[]), CAST(:codes AS text[])) AS given (variant, product, code)
    """
)


async def add_products(shop: Shop, first: int, last: int) -> None:
    """Put products with made-up names into the catalogue, numbered from `first` up to `last`, and index their words."""
    chance = random.Random(first)
    words = ["".join(chance.choices(_SYLLABLES, k=4)) for _ in range(3_000)]
    brands = ["".join(chance.choices(_SYLLABLES, k=3)).title() for _ in range(3_000)]
    for start in range(first, last, CHUNK):
        found = [
            (
                new_id(),
                Candidate(
                    f"P{number:06d}",
                    f"{_NOUNS[number % 10] if number % 3 == 0 else chance.choice(words)} {chance.choice(words)} "
                    f"{chance.choice(words)} {chance.choice((250, 500, 900))} g",
                    chance.choice(brands),
                ),
            )
            for number in range(start, min(start + CHUNK, last))
        ]
        await _insert(shop, found)


async def _insert(shop: Shop, found: list[tuple[UUID, Candidate]]) -> None:
    postings: dict[UUID, frozenset[str]] = {}
    keys: dict[str, set[str]] = {}
    for variant_id, candidate in found:
        filed = filing(candidate)
        postings[variant_id] = filed.words | filed.literal
        for word, of_word in filed.keys.items():
            keys.setdefault(word, set()).update(of_word)
    values = {
        "w": shop.workspace_id,
        "ids": [new_id() for _ in found],
        "variants": [variant_id for variant_id, _ in found],
        "codes": [candidate.sku for _, candidate in found],
        "names": [candidate.name for _, candidate in found],
        "brands": [candidate.brand for _, candidate in found],
    }
    async with open_work(shop.principal) as work:
        await work.session.execute(_PRODUCTS, {name: values[name] for name in ("w", "ids", "codes", "names", "brands")})
        await work.session.execute(_VARIANTS, {name: values[name] for name in ("w", "variants", "ids", "codes")})
        await _postings.file_words(work, keys, postings)


_OLD_THREADS = """
    WITH made AS (SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS address FROM generate_series(1, $3::int) AS n),
    people AS (
        INSERT INTO customers (workspace_id, id) SELECT $1, customer FROM made RETURNING id
    ), addresses AS (
        INSERT INTO contact_addresses (workspace_id, id, customer_id, medium, address, last_seen_at)
        SELECT $1, address, customer, 'whatsapp', '57300' || lpad(n::text, 7, '0'), clock_timestamp()
        FROM made RETURNING id
    )
    INSERT INTO conversations (workspace_id, id, connection_id, contact_address_id, shop_address, customer_id, voice,
                               voice_epoch, next_position)
    SELECT $1, gen_random_uuid(), $2, made.address, line.address, customer, 'agent', 0, 1000000
    FROM made, connections AS line WHERE line.id = $2
"""
_OLD_MESSAGES = """
    INSERT INTO messages (workspace_id, id, conversation_id, connection_id, direction, author, content, position,
                          status, created_at, received_at, handled_at, handled_by, inbound_event_id, provider_message_id,
                          attempts, voice, voice_epoch, batch_position)
    SELECT $1, gen_random_uuid(), thread.id, $2, side.direction, side.author,
           '{"kind": "text", "text": "un mensaje de hace mucho tiempo"}', n, side.status,
           clock_timestamp() - interval '200 days' + n * interval '10 seconds',
           CASE WHEN side.direction = 'in' THEN clock_timestamp() - interval '200 days' END,
           CASE WHEN side.direction = 'in' THEN clock_timestamp() - interval '200 days' END,
           CASE WHEN side.direction = 'in' THEN 'turn' END,
           CASE WHEN side.direction = 'in' THEN gen_random_uuid() END, gen_random_uuid()::text, 1, 'agent', 0, 0
    FROM (SELECT id, row_number() OVER () - 1 AS number FROM conversations WHERE workspace_id = $1) AS thread,
         generate_series($3::int, $4::int - 1) AS n,
         LATERAL (SELECT CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END AS direction,
                         CASE WHEN n % 2 = 0 THEN 'customer' ELSE 'agent' END AS author,
                         CASE WHEN n % 2 = 0 THEN 'received' ELSE 'read' END AS status) AS side
    WHERE n % $5::int = thread.number % $5::int
"""


async def add_messages(postgres: EmbeddedPostgres, shop: Shop, first: int, last: int) -> None:
    """Put messages into conversations of the past, numbered from `first` up to `last`, evenly over the conversations."""
    connection = await asyncpg.connect(postgres.url_for("postgres", "nexova"))
    try:
        threads = await connection.fetchval("SELECT count(*) FROM conversations WHERE workspace_id = $1", shop.workspace_id)
        if threads < CONVERSATIONS:
            await connection.execute(_OLD_THREADS, shop.workspace_id, shop.connection_id, CONVERSATIONS)
            threads += CONVERSATIONS
        await connection.execute(_OLD_MESSAGES, shop.workspace_id, shop.connection_id, first, last, threads, timeout=300)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
