"""The plainest API there is over the same tables, to compare the endpoints with: FastAPI, asyncpg, one query of each.

No sign-in, no rights, no row-level security, no audit: what is left is the query, and the answer as JSON.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

PRODUCTS = """
    SELECT p.id, p.code, p.name, p.brand, p.unit, p.status, v.id AS variant_id, v.sku, v.price
    FROM products p JOIN product_variants v ON v.workspace_id = p.workspace_id AND v.product_id = p.id AND v.is_default
    WHERE p.workspace_id = $1 AND p.status <> 'archived' ORDER BY p.name, p.id LIMIT 20
"""
PRODUCT = """
    SELECT p.id, p.code, p.name, p.brand, p.unit, p.status, v.id AS variant_id, v.sku, v.price
    FROM products p JOIN product_variants v ON v.workspace_id = p.workspace_id AND v.product_id = p.id
    WHERE p.workspace_id = $1 AND p.code = $2
"""
LEVELS = """
    SELECT i.id, i.variant_id, i.store_id, i.on_hand, i.held, i.min_stock, v.sku, p.name
    FROM stock_items i JOIN product_variants v ON v.workspace_id = i.workspace_id AND v.id = i.variant_id
    JOIN products p ON p.workspace_id = v.workspace_id AND p.id = v.product_id
    WHERE i.workspace_id = $1 ORDER BY i.id LIMIT 20
"""
MOVEMENTS = """
    SELECT id, store_id, variant_id, type, delta, quantity_after, occurred_at, reason, actor_kind, actor_id
    FROM stock_movements WHERE workspace_id = $1 AND variant_id = $2 ORDER BY sequence DESC LIMIT 20
"""
TAKE = "UPDATE stock_items SET on_hand = on_hand + 1 WHERE workspace_id = $1 AND variant_id = $2 RETURNING *"
WRITE = """
    INSERT INTO stock_movements (workspace_id, id, stock_item_id, store_id, variant_id, type, delta, quantity_after, value,
                                 occurred_at, reason, actor_kind, source, source_ref, line)
    VALUES ($1, gen_random_uuid(), $2, $3, $4, 'adjustment', 1, $5, 0, clock_timestamp(), 'bench', 'system', 'bare',
            gen_random_uuid()::text, 0)
"""


class Change(BaseModel):
    """One more of a product."""

    variant_id: UUID


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=5, max_size=20) as pool:
        app.state.pool, app.state.workspace = pool, UUID(os.environ["WORKSPACE"])
        yield


app = FastAPI(lifespan=_lifespan)


async def _rows(request: Request, query: str, *given: object) -> list[dict[str, Any]]:
    rows = await request.app.state.pool.fetch(query, request.app.state.workspace, *given)
    return [dict(row) for row in rows]


@app.get("/products")
async def products(request: Request) -> list[dict[str, Any]]:
    """Twenty products."""
    return await _rows(request, PRODUCTS)


@app.get("/products/{code}")
async def product(request: Request, code: str) -> dict[str, Any]:
    """One product."""
    return (await _rows(request, PRODUCT, code))[0]


@app.get("/stock")
async def levels(request: Request) -> list[dict[str, Any]]:
    """Twenty levels."""
    return await _rows(request, LEVELS)


@app.get("/stock/movements")
async def movements(request: Request, variant_id: UUID) -> list[dict[str, Any]]:
    """The newest movements of a product."""
    return await _rows(request, MOVEMENTS, variant_id)


@app.post("/stock/adjust", status_code=201)
async def adjust(request: Request, change: Change) -> dict[str, Any]:
    """One more of a product, with its line in the ledger."""
    workspace = request.app.state.workspace
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(TAKE, workspace, change.variant_id)
        await connection.execute(WRITE, workspace, row["id"], row["store_id"], row["variant_id"], row["on_hand"])
    return dict(row)


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning",
        loop="uvloop", http="httptools",
    )  # fmt: skip
