"""A worker may die at any statement of a routine: what the next one finds, it finishes, and nothing is there twice."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from app.queue.actors import routines as runner
from core.work import open_work
from domain.routines.kinds import RoutineName
from domain.routines.repository import find
from domain.stock import service as stock
from tests.factories.sales import sold
from tests.factories.shop import Shop
from tests.foresight.test_replenishment import mill

__all__ = ["mill"]  # a fixture

MOST_STATEMENTS: Final = 400
TRIES: Final = 8
"""So many die at drawn statements, and some more at the last ones of those that come to the end."""

OUTCOMES: Final = {
    RoutineName.DEMAND_PROJECT: (
        "SELECT store_id, variant_id, day, sold, returned, corrected, was_empty FROM demand_days ORDER BY 1, 2, 3"
    ),
    RoutineName.REPLENISHMENT_PLAN: (
        "SELECT p.status, p.packs, o.status, l.packs FROM replenishment_proposals p, purchase_orders o"
        " JOIN purchase_order_lines l ON l.purchase_order_id = o.id ORDER BY 1, 2, 3, 4"
    ),
    RoutineName.ALERTS_WATCH: "SELECT kind, severity, (SELECT count(*) FROM notifications) FROM alerts ORDER BY kind",
}
"""What each routine leaves behind."""


class _DiedError(BaseException):
    """The process is gone: nothing catches it."""


@contextmanager
def _death_at(statement: int) -> Iterator[list[int]]:
    """Let whoever works die before a statement; tells how many were begun."""
    begun = [0]

    def count(*_: object) -> None:
        begun[0] += 1
        if begun[0] == statement:
            raise _DiedError

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield begun
    finally:
        event.remove(Engine, "before_cursor_execute", count)


async def _left_behind(shop: Shop, name: RoutineName) -> list[tuple[object, ...]]:
    async with open_work(shop.principal) as work:
        return [tuple(row) for row in await work.session.execute(text(OUTCOMES[name]))]


async def _due(shop: Shop, name: RoutineName) -> UUID:
    """The routine, due as after a death: its lease has run out, and nobody said how it went."""
    async with open_work(shop.principal) as work:
        again = "UPDATE routines SET lease_until = NULL, due_at = clock_timestamp() WHERE name = :name"
        await work.session.execute(text(again), {"name": name.value})
    async with open_work(shop.principal) as work:
        row = await find(work, name)
    assert row is not None
    return row.id


async def _statements_until_death(shop: Shop, name: RoutineName, at: int) -> int | None:
    """Run a routine that dies before a statement; how many it runs if it comes to its end before."""
    routine = await _due(shop, name)
    with _death_at(at) as begun:
        try:
            await runner.run(str(shop.workspace_id), str(routine))
        except _DiedError:
            return None
    return begun[0]


@pytest.mark.parametrize("name", OUTCOMES)
@pytest.mark.usefixtures("mill")
async def test_whoever_dies_at_a_statement_is_followed_by_one_who_leaves_the_same(shop: Shop, name: RoutineName) -> None:
    # Given a shop in which something has happened that the routine has not seen yet
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-2), "broken")
        await sold(work, shop, {"HAR-1": [3.0]})
        await stock.set_limits(work, shop.store_id, shop.variants["HAR-1"], Decimal(10), None)
    before = await _left_behind(shop, name)
    # When workers die one after the other, at every statement or at drawn ones, up to the one who comes to the end
    drawn = random.Random(name)
    seen = []
    for at in sorted(drawn.sample(range(1, 60), TRIES)):
        if await _statements_until_death(shop, name, at) is not None:
            break
        seen.append(await _left_behind(shop, name))
    length = await _statements_until_death(shop, name, MOST_STATEMENTS)
    assert length is not None
    for back in range(min(3, length - 1)):
        seen.append(await _left_behind(shop, name))
        await _statements_until_death(shop, name, length - back)
    done = await _left_behind(shop, name)
    # Then each has left all or nothing
    assert done != before
    assert all(found in (before, done) for found in seen)
    # And whoever runs it once more changes nothing, nor does one who begins anew from the first event
    for position in ("position", "NULL"):
        async with open_work(shop.principal) as work:
            await work.session.execute(text(f"UPDATE routines SET position = {position}"))
        assert await _statements_until_death(shop, name, MOST_STATEMENTS) is not None
        assert await _left_behind(shop, name) == done
    if name is not RoutineName.DEMAND_PROJECT:
        assert len(done) == 1, "one proposal in one draft, one alert with one notice"
