"""Many customers at once: the last unit is sold once, on real transactions."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from core.tables import new_id
from core.work import open_work
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.errors import HoldsLost, OutOfStock
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop, fill


async def test_the_last_unit_is_promised_to_one_of_many_customers(shop: Shop) -> None:
    # Given one bag of flour
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
    variant = shop.variants["HAR-1"]

    async def reserve() -> bool:
        try:
            async with open_work(shop.principal) as work:
                line = HoldLine(variant_id=variant, quantity=Decimal(1))
                await holds.hold(work, new_id(), shop.store_id, [line], work.now + timedelta(minutes=30))
        except OutOfStock:
            return False
        return True

    # When thirty customers reserve it at the same time
    won = await asyncio.gather(*(reserve() for _ in range(30)))

    # Then one has it, and nothing is left
    assert won.count(True) == 1
    async with open_work(shop.principal) as work:
        level = (await stock.available(work, [variant], shop.store_id))[variant]
        assert (level.on_hand, level.held, level.available) == (Decimal(1), Decimal(1), Decimal(0))
        assert await stock.reconcile(work) == []


async def test_two_orders_that_want_the_same_things_in_opposite_order_do_not_deadlock(shop: Shop) -> None:
    # Given plenty of two products
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 100)
        await fill(work, shop, "ACE-1", 100)
    flour, oil = shop.variants["HAR-1"], shop.variants["ACE-1"]

    async def reserve(first: UUID, second: UUID) -> None:
        lines = [HoldLine(variant_id=first, quantity=Decimal(1)), HoldLine(variant_id=second, quantity=Decimal(1))]
        order_id = new_id()
        async with open_work(shop.principal) as work:
            await holds.hold(work, order_id, shop.store_id, lines, work.now + timedelta(minutes=30))
        async with open_work(shop.principal) as work:
            await holds.consume(work, order_id)

    # When forty orders take one of each, half of them naming the oil first
    await asyncio.gather(*(reserve(flour, oil) if n % 2 else reserve(oil, flour) for n in range(40)))

    # Then all of them got theirs
    async with open_work(shop.principal) as work:
        levels = await stock.available(work, [flour, oil], shop.store_id)
        assert {level.on_hand for level in levels.values()} == {Decimal(60)}
        assert await stock.reconcile(work) == []


async def test_consuming_racing_with_the_sweep_sells_once_or_not_at_all(shop: Shop) -> None:
    # Given one unit, held by an order whose time is over
    variant, order_id = shop.variants["HAR-1"], new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
        line = HoldLine(variant_id=variant, quantity=Decimal(1))
        await holds.hold(work, order_id, shop.store_id, [line], work.now - timedelta(seconds=1))

    async def confirm() -> bool:
        try:
            async with open_work(shop.principal) as work:
                await holds.consume(work, order_id)
        except HoldsLost:
            return False
        return True

    async def sweep() -> int:
        async with open_work(shop.principal) as work:
            return len(await holds.expire_due(work))

    # When the confirmation and five sweeps meet
    sold, *swept = await asyncio.gather(confirm(), *(sweep() for _ in range(5)))

    # Then either it was sold or it is back on the shelf
    async with open_work(shop.principal) as work:
        level = (await stock.available(work, [variant], shop.store_id))[variant]
        assert (level.on_hand, level.held) == (Decimal(0 if sold else 1), Decimal(0))
        assert sum(swept) == (0 if sold else 1)
        assert await stock.reconcile(work) == []
