"""The ledger under any sequence of acts: levels are what ledger and holds say, and nothing is ever sold twice."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from core import db
from core.tables import new_id
from core.work import Work, open_work
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.errors import HoldsLost, OutOfStock, QuantityNotCountable, StockPromised
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop, open_shop
from tests.factories.workspaces import make_workspace
from tests.properties import examples

ORDERS = tuple(new_id() for _ in range(3))
SKUS = ("HAR-1", "QUE-1")

quantities = st.integers(min_value=1, max_value=6).map(Decimal)
orders = st.sampled_from(range(len(ORDERS)))
acts = st.one_of(
    st.tuples(st.just("hold"), orders, st.lists(st.tuples(st.sampled_from(SKUS), quantities), min_size=1, max_size=3)),
    st.tuples(st.just("hold_overdue"), orders, st.lists(st.tuples(st.sampled_from(SKUS), quantities), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(("release", "consume", "put_back", "until", "extend")), orders, st.just(None)),
    st.tuples(st.sampled_from(("adjust", "receive", "count")), st.sampled_from(SKUS), st.integers(-6, 8).map(Decimal)),
    st.tuples(st.just("expire"), st.just(None), st.just(None)),
)
REFUSALS = (OutOfStock, HoldsLost, StockPromised, QuantityNotCountable)


class Machine:
    """One shop whose orders are new in every example, and an event loop that outlives the examples."""

    def __init__(self, loop: asyncio.AbstractEventLoop, shop: Shop) -> None:
        self.loop, self.shop = loop, shop

    async def act(self, work: Work, kind: str, subject: object, argument: object, orders: list[UUID]) -> None:
        """Do one act, whatever comes of it."""
        order_id = orders[subject] if isinstance(subject, int) else None
        store_id = self.shop.store_id
        if kind in {"hold", "hold_overdue"} and order_id is not None and isinstance(argument, list):
            lines = [HoldLine(variant_id=self.shop.variants[sku], quantity=quantity) for sku, quantity in argument]
            minutes = 30 if kind == "hold" else -1
            await holds.hold(work, order_id, store_id, lines, work.now + timedelta(minutes=minutes))
        elif order_id is not None:
            if kind == "extend":
                await holds.extend_holds(work, order_id, work.now + timedelta(minutes=5))
            elif kind == "put_back":
                await holds.put_back(work, order_id, "cancelled")
            elif kind == "release":
                await holds.release(work, order_id)
            elif kind == "consume":
                await holds.consume(work, order_id)
            else:
                await holds.hold_until(work, order_id, work.now + timedelta(minutes=1))
        elif isinstance(subject, str) and isinstance(argument, Decimal):
            variant_id = self.shop.variants[subject]
            if kind == "adjust":
                await stock.adjust(work, store_id, variant_id, argument, "breakage")
            elif kind == "receive":
                await stock.receive(work, store_id, [HoldLine(variant_id=variant_id, quantity=argument)])
            else:
                await stock.count(work, store_id, variant_id, max(argument, Decimal(0)))
        else:
            await holds.expire_due(work)

    async def play(self, sequence: list[tuple[str, object, object]]) -> Decimal:
        """Do all acts, each in its own transaction, and look at the books after each one; what is held in the end."""
        orders = [new_id() for _ in ORDERS]
        for kind, subject, argument in sequence:
            try:
                async with open_work(self.shop.principal) as work:
                    await self.act(work, kind, subject, argument, orders)
            except REFUSALS:
                pass
            async with open_work(self.shop.principal) as work:
                assert await stock.reconcile(work) == [], (kind, subject, argument)
                for sku in SKUS:
                    for level in await stock.levels(work, self.shop.variants[sku]):
                        assert Decimal(0) <= level.held <= level.on_hand
        async with open_work(self.shop.principal) as work:
            for order_id in orders:
                await holds.release(work, order_id)
        async with open_work(self.shop.principal) as work:
            levels = [level for sku in SKUS for level in await stock.levels(work, self.shop.variants[sku])]
        return sum((level.held for level in levels), Decimal(0))


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    """A shop on a fresh database, connected in a loop of its own, as Hypothesis runs examples synchronously."""
    with asyncio.Runner() as runner:

        async def start() -> Shop:
            db.connect(database_url, pool_size=3)
            return await open_shop((await make_workspace()).id)

        yield Machine(runner.get_loop(), runner.run(start()))
        runner.run(db.disconnect())


@pytest.mark.hypothesis
def test_any_sequence_of_acts_keeps_the_books(machine: Machine) -> None:
    @examples(25, suppress=(HealthCheck.too_slow,))
    @given(st.lists(acts, min_size=3, max_size=14))
    def run(sequence: list[tuple[str, object, object]]) -> None:
        # All orders are released in the end, so nothing may stay held.
        assert machine.loop.run_until_complete(machine.play(sequence)) == 0

    run()
