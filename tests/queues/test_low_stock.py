"""What runs low is told once per crossing, whatever made it low, and outside under the names that subscribers know."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from app.queue import deadlines
from core import events
from core.event_types import EventType
from core.events import Wanted
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from domain.subscriptions.names import NAMES, name_for
from tests.factories.shop import Shop, fill, open_shop
from tests.queues.test_subscriptions import deliver, receiving, subscribe


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A shop that wants three of its ten bags of flour left."""
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        await stock.set_limits(work, shop.store_id, shop.variants["HAR-1"], Decimal(3), Decimal(20))
    return shop


async def told(shop: Shop) -> list[dict[str, Any]]:
    """What was told of low stock, after relays have looked twice."""
    for _ in range(2):
        await deadlines.settle_all(100)
    async with open_work(shop.principal) as work:
        found = await events.page(work, wanted=Wanted(types=["stock.low"]))
        notices = await work.session.scalar(text("SELECT count(*) FROM notifications WHERE kind = 'stock_low'"))
    assert notices == len(found)
    return [event.after or {} for event in found]


async def change(shop: Shop, delta: int) -> None:
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(delta), "counted again")


async def test_a_crossing_is_told_once_and_the_next_one_again(shop: Shop) -> None:
    assert await told(shop) == []
    await change(shop, -7)  # three are left, which is enough
    assert await told(shop) == []
    await change(shop, -1)
    (first,) = await told(shop)
    assert (first["sku"], Decimal(first["available"]), first["severity"]) == ("HAR-1", Decimal(2), "warning")
    await change(shop, -1)  # it is no lower than low
    assert len(await told(shop)) == 1
    await change(shop, 9)
    assert len(await told(shop)) == 1
    await change(shop, -10)
    assert [one["severity"] for one in await told(shop)] == ["warning", "critical"]


async def test_what_is_promised_is_not_there(shop: Shop) -> None:
    line = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(8))
    reservation = new_id()
    async with open_work(shop.principal) as work:
        await holds.hold(work, reservation, shop.store_id, [line], work.now + timedelta(hours=1))
    (first,) = await told(shop)
    assert [Decimal(first[name]) for name in ("on_hand", "held", "available")] == [10, 8, 2]


async def test_a_minimum_that_is_raised_above_what_there_is_is_a_crossing(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await stock.set_limits(work, shop.store_id, shop.variants["HAR-1"], Decimal(11), Decimal(20))
    assert len(await told(shop)) == 1


async def test_subscribers_are_told_by_the_names_that_they_know(shop: Shop, workspace: WorkspaceView) -> None:
    async with receiving() as receiver:
        made = await subscribe(workspace, receiver.url, "inventory.stock.updated", "inventory.stock.low")
        await change(shop, -8)
        await told(shop)
        await deliver(workspace, made)
        assert [each["type"] for each in receiver.told] == ["inventory.stock.updated", "inventory.stock.low"]
        assert receiver.told[0]["data"]["type"] == "stock.adjusted"


def test_each_name_is_of_something() -> None:
    assert all(NAMES.values())
    assert name_for(["sale.completed"], EventType.ORDER_DELIVERED) == "sale.completed"
    assert name_for(["sale.completed"], EventType.ORDER_SHIPPED) is None
    assert name_for(["stock.*"], EventType.STOCK_LOW) == "stock.low"
    assert name_for(["*", "stock.updated"], EventType.STOCK_SOLD) == "stock.updated"
    assert name_for(["stock.low"], EventType.STOCK_SOLD) is None
