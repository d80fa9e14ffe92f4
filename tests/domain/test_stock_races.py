"""Many customers at once: the last unit is sold once, on real transactions."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from core.tables import new_id
from core.work import open_work
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.domain.shop import Shop, fill


async def test_the_last_unit_is_promised_to_one_of_many_customers(shop: Shop) -> None:
    # Given one bag of flour
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
    variant = shop.variants["HAR-1"]

    async def reserve() -> bool:
        try:
            async with open_work(shop.principal) as work:
                line = HoldLine(variant_id=variant, quantity=Decimal(1))
                await stock.hold(work, new_id(), shop.store_id, [line], work.now + timedelta(minutes=30))
        except stock.OutOfStock:
            return False
        return True

    # When thirty customers reserve it at the same time
    won = await asyncio.gather(*(reserve() for _ in range(30)))

    # Then one has it, and nothing is left
    assert won.count(True) == 1
    async with open_work(shop.principal) as work:
        level = (await stock.available(work, [variant], shop.store_id))[variant]
        assert (level.on_hand, level.held, level.available) == (1, 1, 0)
        assert await stock.reconcile(work) == []
