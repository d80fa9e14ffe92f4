"""The API on a large shop: lists, details and writes with fifty clients, beside the same queries behind the barest API.

With them the plans of the queries that took most of the time.
"""

import json
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy import Connection, Engine, event

from bench.bulk import add_products
from bench.clients import Plan
from bench.ground import Ground, Shop, analyze, connected, found_shop, ground
from bench.load import Load
from bench.processes import answers, free_port, listens, running, wait_until
from bench.report import Section, Table, milliseconds, percentile
from core.embedded import start_redis
from core.work import Work, open_work
from domain.accounts import api_keys
from domain.accounts.schemas import NewApiKey
from domain.catalog import listing
from domain.catalog import service as catalog
from domain.catalog.listed import ProductFilter
from domain.stock import service as stock

CLIENTS: Final = 50
HOTTEST: Final = 10
MOVED: Final = 10
"""Movements of each product."""

_LEVELS = """
    INSERT INTO stock_items (workspace_id, id, store_id, variant_id, on_hand, held, min_stock, unit_cost, value)
    SELECT v.workspace_id, gen_random_uuid(), s.id, v.id, 1000, 0, 0, 0, 0
    FROM product_variants v JOIN stores s ON s.workspace_id = v.workspace_id
    WHERE v.workspace_id = $1
      AND NOT EXISTS (SELECT FROM stock_items i WHERE i.workspace_id = v.workspace_id AND i.variant_id = v.id)
"""
_LEDGER = """
    INSERT INTO stock_movements (workspace_id, id, stock_item_id, store_id, variant_id, type, delta, quantity_after, value,
                                 occurred_at, reason, actor_kind, source, source_ref, line)
    SELECT i.workspace_id, gen_random_uuid(), i.id, i.store_id, i.variant_id, 'adjustment',
           CASE WHEN n = 0 THEN 1001 - $2::int ELSE 1 END, 1001 - $2::int + n, 0,
           clock_timestamp() - make_interval(days => $2::int - n), 'bench', 'system', 'bench', i.id || ' ' || n, 0
    FROM generate_series(0, $2::int - 1) AS n, stock_items i WHERE i.workspace_id = $1 AND i.on_hand = 1000
    ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of request, as the house takes it and as the bare API does."""

    name: str
    ours: list[tuple[str, str, str]]
    bare: list[tuple[str, str, str]]


async def _fill(place: Ground, shop: Shop, products: int) -> tuple[list[str], list[UUID], UUID]:
    """Put the products and their ledger in: codes and variants of some, and the store."""
    # Plans for tables that nobody has counted read all rows to check one foreign key: a few go first.
    few = min(500, products)
    await add_products(shop, 0, few)
    await analyze(place.postgres)
    await add_products(shop, few, products)
    connection = await asyncpg.connect(place.postgres.url_for("postgres", "nexova"))
    try:
        await connection.execute(_LEVELS, shop.workspace_id)
        await connection.execute(_LEDGER, shop.workspace_id, MOVED)
        query = "SELECT sku, id FROM product_variants WHERE workspace_id = $1 AND sku LIKE 'P%' ORDER BY md5(sku) LIMIT 2000"
        found = await connection.fetch(query, shop.workspace_id)
        store = await connection.fetchval("SELECT id FROM stores WHERE workspace_id = $1", shop.workspace_id)
    finally:
        await connection.close()
    await analyze(place.postgres)
    return [row["sku"] for row in found], [row["id"] for row in found], store


def _endpoints(codes: list[str], variants: list[UUID], store: UUID) -> list[Endpoint]:
    api = "/api/v1"
    changes = [{"store_id": str(store), "variant_id": str(variant), "delta": "1", "reason": "bench"} for variant in variants]
    return [
        Endpoint("list of products", [("GET", f"{api}/products?limit=20", "")], [("GET", "/products", "")]),
        Endpoint(
            "one product",
            [("GET", f"{api}/products/{code}", "") for code in codes],
            [("GET", f"/products/{code}", "") for code in codes],
        ),
        Endpoint("list of levels", [("GET", f"{api}/stock?limit=20", "")], [("GET", "/stock", "")]),
        Endpoint(
            "movements of a product",
            [("GET", f"{api}/stock/movements?limit=20&variant_id={variant}", "") for variant in variants],
            [("GET", f"/stock/movements?variant_id={variant}", "") for variant in variants],
        ),
        Endpoint(
            "correction of a level",
            [("POST", f"{api}/stock/adjust", json.dumps(change)) for change in changes],
            [("POST", "/stock/adjust", json.dumps({"variant_id": str(variant)})) for variant in variants],
        ),
    ]


def _ask(plan: Plan) -> Load:
    command = [sys.executable, "-m", "bench.clients"]
    said = subprocess.run(
        command, input=json.dumps(asdict(plan)).encode(), capture_output=True, check=True, timeout=plan.seconds + 120
    )
    return Load(**json.loads(said.stdout))


async def _prepare(place: Ground, products: int) -> tuple[Shop, str, list[Endpoint]]:
    async with connected(place.postgres.url):
        shop = await found_shop()
        codes, variants, store = await _fill(place, shop, products)
        async with open_work(shop.principal) as work:
            minted = await api_keys.create_key(work, NewApiKey(name="bench", permissions=frozenset({"*"})))
    return shop, minted.key, _endpoints(codes, variants, store)


def _measured(place: Ground, shop: Shop, key: str, endpoints: list[Endpoint], seconds: float) -> list[list[str]]:
    """Both APIs in turns, each endpoint for some seconds."""
    ports = {"bare": free_port(), "ours": free_port()}
    redis = start_redis(place.folder / "redis")
    plain = {
        "DATABASE_URL": place.postgres.url_for("postgres", "nexova"),
        "PORT": str(ports["bare"]),
        "WORKSPACE": str(shop.workspace_id),
    }
    ours = {
        "DATABASE_URL": place.postgres.url,
        "REDIS_URL": redis.url,
        "NEXOVA_PORT": str(ports["ours"]),
        "REQUESTS_PER_MINUTE": "10000000",
        "API_REQUESTS_PER_MINUTE": "10000000",
    }
    rows = []
    try:
        with (
            running("bench.bare_api", log=place.folder / "bare.log", environment=plain),
            running("app.cli", "web", log=place.folder / "web.log", environment=ours),
        ):
            wait_until(lambda: listens(ports["bare"]), 30, "the bare API did not listen")
            wait_until(lambda: answers(ports["ours"], "/health/ready"), 60, "the web process was not ready")
            for each in endpoints:
                bare = _ask(Plan(ports["bare"], CLIENTS, seconds, each.bare, {}))
                full = _ask(Plan(ports["ours"], CLIENTS, seconds, each.ours, {"authorization": f"Bearer {key}"}))
                rows += [_row(each.name, "bare", bare, seconds), _row(each.name, "Nexova", full, seconds)]
                shares = [percentile(full.seconds, share) / percentile(bare.seconds, share) for share in (0.5, 0.95)]
                rows.append([each.name, "Nexova ÷ bare", "", *(f"{share:.1f}×" for share in shares), ""])
    finally:
        redis.stop()
    return rows


def _row(name: str, side: str, load: Load, seconds: float) -> list[str]:
    figures = [milliseconds(percentile(load.seconds, share)) for share in (0.5, 0.95)]
    return [name, side, f"{len(load.seconds) / seconds:.0f}/s", *figures, str(load.failed)]


@dataclass(slots=True)
class Query:
    """One statement that was run, as often as it was, with the values of its last time."""

    statement: str
    parameters: Any = None
    seconds: float = 0.0
    times: int = 0


@contextmanager
def _watching() -> Iterator[dict[str, Query]]:
    """The statements that this process runs, with the time that each takes."""
    found: dict[str, Query] = {}
    begun: list[float] = []

    def before(_connection: Connection, _cursor: Any, _statement: str, *_: Any) -> None:
        begun.append(time.perf_counter())

    def after(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        query = found.setdefault(statement, Query(statement))
        query.parameters, query.times = parameters, query.times + 1
        query.seconds += time.perf_counter() - begun.pop()

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


class _Enough(Exception):
    """What was done to see its plan is not kept."""


@asynccontextmanager
async def _undone(shop: Shop) -> AsyncIterator[Work]:
    try:
        async with open_work(shop.principal) as work:
            yield work
            raise _Enough
    except _Enough:
        pass


async def _hottest(place: Ground, shop: Shop, endpoints: list[Endpoint], times: int) -> list[list[str]]:
    """What the services of the same endpoints ask of Postgres: the statements that took most of it, with their plans."""
    codes = [path.rpartition("/")[2] for _, path, _ in endpoints[1].ours]
    changes = [json.loads(body) for _, _, body in endpoints[4].ours]
    chance = random.Random(1)
    async with connected(place.postgres.url):
        with _watching() as found:
            for _ in range(times):
                change = chance.choice(changes)
                variant, store_id = UUID(change["variant_id"]), UUID(change["store_id"])
                async with open_work(shop.principal) as work:
                    await listing.list_catalogue(work, ProductFilter(), limit=20, after=None, number=None)
                    await catalog.get_product(work, chance.choice(codes))
                    await stock.list_levels(work, limit=20)
                    await stock.movements(work, variant_id=variant, limit=21)
                    await stock.adjust(work, store_id, variant, Decimal(1), "bench")
        asked = [query for query in found.values() if not query.statement.lstrip().startswith("SELECT set_config")]
        hottest = sorted(asked, key=lambda one: one.seconds, reverse=True)[:HOTTEST]
        return [
            [_short(query.statement), milliseconds(query.seconds / query.times), *await _plan(shop, query)] for query in hottest
        ]


def _short(statement: str) -> str:
    """A statement as a cell of a table: what it does, where, and by what."""
    words = re.sub(r"\s+", " ", statement).strip().replace("|", "¦")
    head, _, rest = words.partition(" FROM ")
    shown = f"{head.split(' ')[0]} … FROM {rest}" if head.startswith("SELECT") and rest else words
    return f"`{shown[:110]}{'…' if len(shown) > 110 else ''}`"


async def _plan(shop: Shop, query: Query) -> tuple[str, str]:
    """How long a statement that reads takes in Postgres alone, and the nodes of its plan from the top, with their indexes."""
    reads = query.statement.lstrip().upper().startswith(("SELECT", "WITH"))
    async with _undone(shop) as work:
        connection = await work.session.connection()
        asked = f"EXPLAIN ({'ANALYZE, ' if reads else ''}FORMAT JSON) {query.statement}"
        said = await connection.exec_driver_sql(asked, query.parameters)
        raw = said.scalar_one()
    plan = (json.loads(raw) if isinstance(raw, str) else raw)[0]
    nodes: dict[str, int] = defaultdict(int)
    for node in _nodes(plan["Plan"]):
        nodes[node] += 1
    took = f"{plan['Execution Time']:.2f} ms" if reads else "–"
    return took, " › ".join(f"{name} ×{n}" if n > 1 else name for name, n in nodes.items())


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    where = plan.get("Index Name") or plan.get("Relation Name")
    yield f"{plan['Node Type']} {where}" if where else plan["Node Type"]
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def measure(quick: bool) -> Section:
    """Fill a shop, ask both APIs in turns, and look at the plans."""
    products, seconds, times = (2_000, 1.5, 10) if quick else (100_000, 8, 40)
    with ground() as place:
        shop, key, endpoints = uvloop.run(_prepare(place, products))
        rows = _measured(place, shop, key, endpoints, seconds)
        plans = uvloop.run(_hottest(place, shop, endpoints, times))
    size = f"{products:,}".replace(",", " ")
    ledger = f"{products * MOVED:,}".replace(",", " ")
    return Section(
        "Endpoints on a large shop",
        f"{CLIENTS} clients in a closed loop against one web process on a durable Postgres with {size} products and {ledger} "
        "movements, beside the same queries in bare asyncpg behind bare FastAPI on the same tables, in turns; generator, both "
        "APIs and Postgres share the cores. Ours also knows who asks, with which right, where, counts the "
        "request, and keeps events, audit and the ledger's rules. Aim: at most 2.5 times the bare one, p95 < 200 ms, each "
        "query < 50 ms.",
        [
            Table(("endpoint", "API", "answers", "p50", "p95", "failed"), rows),
            Table(("query", "with the way", "in Postgres", "plan"), plans, title="The ten queries that take most of the time"),
        ],
    )
