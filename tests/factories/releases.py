"""Databases of older releases, for tests of the migrations."""

from typing import Any

import asyncpg

OLD_WORKSPACE = """
    INSERT INTO workspaces (id, slug, name, currency, timezone, language, country, settings, is_active)
    VALUES ($1, 'shop', 'Shop', 'MXN', 'America/Mexico_City', 'es', 'MX', '{}', true)
"""


async def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query, as whoever the address names."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(query)
    await connection.close()
    return [tuple(row) for row in rows]
