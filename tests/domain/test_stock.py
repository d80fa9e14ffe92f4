"""Promising, selling and correcting stock."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.access import Principal, PrincipalKind
from core.errors import NotPermitted
from core.jobs import Deadline
from core.tables import new_id
from core.work import Work, open_system_work, open_work
from domain.accounts import roles
from domain.catalog.permissions import CatalogPermission
from domain.stock import holds, jobs
from domain.stock import service as stock
from domain.stock.errors import HoldsLost, OutOfStock, QuantityNotCountable, StockPromised
from domain.stock.kinds import HoldStatus, MovementType
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop, fill


async def reserve(work: Work, shop: Shop, order_id: UUID, minutes: int = 30, **quantities: str | int) -> None:
    """Hold quantities, named by SKU with underscores, for an order."""
    lines = [
        HoldLine(variant_id=shop.variants[sku.replace("_", "-")], quantity=Decimal(quantity))
        for sku, quantity in quantities.items()
    ]
    await holds.hold(work, order_id, shop.store_id, lines, work.now + timedelta(minutes=minutes))


async def left(work: Work, shop: Shop, sku: str) -> Decimal:
    """What can be sold of a product."""
    variant = shop.variants[sku]
    return (await stock.available(work, [variant], shop.store_id))[variant].available


async def test_a_reservation_takes_all_lines_or_none(shop: Shop) -> None:
    # Given enough flour and too little oil
    order_id = new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        await fill(work, shop, "ACE-1", 1)

        # When an order wants both
        with pytest.raises(OutOfStock) as refusal:
            await reserve(work, shop, order_id, HAR_1=2, ACE_1=3)

        # Then it is told what there is, and holds nothing
        (short,) = refusal.value.shortages
        assert (short.variant_id, short.wanted, short.available) == (shop.variants["ACE-1"], Decimal(3), Decimal(1))
        assert await holds.holds_of(work, order_id) == []
        assert await left(work, shop, "HAR-1") == 10


async def test_reserving_again_moves_only_the_difference(shop: Shop) -> None:
    order_id = new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 5)
        await fill(work, shop, "ACE-1", 5)
        await reserve(work, shop, order_id, HAR_1=5)

        # When the order then wants less flour and some oil, and then all the flour again
        await reserve(work, shop, order_id, HAR_1=2, ACE_1=1)
        assert (await left(work, shop, "HAR-1"), await left(work, shop, "ACE-1")) == (Decimal(3), Decimal(4))
        await reserve(work, shop, order_id, HAR_1=5)

        # Then it holds exactly that
        active = [hold for hold in await holds.holds_of(work, order_id) if hold.status is HoldStatus.ACTIVE]
        assert [(hold.variant_id, hold.quantity) for hold in active] == [(shop.variants["HAR-1"], Decimal(5))]
        assert await left(work, shop, "ACE-1") == 5


async def test_an_overdue_promise_gives_way_to_whoever_wants_the_stock(shop: Shop) -> None:
    # Given the last unit, promised to an order whose time is over and which no sweep has seen
    late, eager = new_id(), new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
        await reserve(work, shop, late, minutes=-1, HAR_1=1)
    async with open_work(shop.principal) as work:
        assert await left(work, shop, "HAR-1") == 1

        # When another order wants it
        await reserve(work, shop, eager, HAR_1=1)

        # Then it gets it, and the late one finds its promise ended
        assert [hold.status for hold in await holds.holds_of(work, late)] == [HoldStatus.EXPIRED]
        with pytest.raises(HoldsLost):
            await holds.consume(work, late)


async def test_an_overdue_promise_that_nobody_wanted_can_still_be_kept(shop: Shop) -> None:
    order_id = new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
        await reserve(work, shop, order_id, minutes=-1, HAR_1=1)
    async with open_work(shop.principal) as work:
        assert await holds.extend_holds(work, order_id, work.now + timedelta(minutes=1)) == 1
        assert await holds.expire_due(work) == []
        (sale,) = await holds.consume(work, order_id)
        assert (sale.type, sale.delta, sale.quantity_after) == (MovementType.SALE, Decimal(-1), Decimal(0))


async def test_a_promise_that_was_prolonged_lasts_until_then_and_can_be_cut_short(shop: Shop) -> None:
    # Given a promise that was to end an hour ago, and was prolonged because a payment was claimed
    order_id, other = new_id(), new_id()
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
        await reserve(work, shop, order_id, minutes=-60, HAR_1=1)
        assert await holds.extend_holds(work, order_id, work.now + timedelta(hours=48)) == 1

    # When the sweep runs and another order wants the unit
    async with open_work(shop.principal) as work:
        assert await holds.expire_due(work) == []
        with pytest.raises(OutOfStock):
            await reserve(work, shop, other, HAR_1=1)

        # Then only cutting it short lets it go
        assert await holds.hold_until(work, order_id, work.now - timedelta(minutes=1)) == 1
        assert await holds.expire_due(work) == [order_id]


async def test_a_placed_order_takes_the_difference_and_gives_back_what_it_wants_no_longer(shop: Shop) -> None:
    # Given an order that has taken four of flour and two of oil, and one more of flour held for its change
    order_id, change, store = new_id(), new_id(), shop.store_id
    flour = shop.variants["HAR-1"]
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "ACE-1"):
            await fill(work, shop, sku, 9)
        await reserve(work, shop, order_id, HAR_1=4, ACE_1=2)
        await holds.consume(work, order_id)
        await reserve(work, shop, change, HAR_1=1)

        # When it shall have five and none, what is held being the very difference
        with pytest.raises(HoldsLost):
            await holds.exchange(work, order_id, change, {(store, flour): Decimal(6)}, {}, "changed")
        await holds.exchange(work, order_id, change, {(store, flour): Decimal(5)}, {}, "changed")

        # Then the shelves say so, and a cancelling puts back the rest, once
        assert await holds.taken_by(work, order_id) == {(store, flour): Decimal(5)}
        assert [await left(work, shop, sku) for sku in ("HAR-1", "ACE-1")] == [4, 9]
        await holds.put_back(work, order_id, "cancelled")
        await holds.put_back(work, order_id, "cancelled")
        assert [await left(work, shop, sku) for sku in ("HAR-1", "ACE-1")] == [9, 9]
        assert await holds.taken_by(work, order_id) == {}
        assert await stock.reconcile(work) == []


async def test_selling_twice_is_selling_once_and_cancelling_twice_is_cancelling_once(shop: Shop) -> None:
    order_id, variant = new_id(), shop.variants["HAR-1"]
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 9)
        await reserve(work, shop, order_id, HAR_1=4)
        first = await holds.consume(work, order_id, {variant: Decimal("25000.00")})
        second = await holds.consume(work, order_id)
        assert [line.id for line in first] == [line.id for line in second]
        assert first[0].unit_price == Decimal("25000.00")
        assert await left(work, shop, "HAR-1") == 5

        assert len(await holds.put_back(work, order_id, "the customer cancelled")) == 1
        await holds.put_back(work, order_id, "the customer cancelled")
        assert await left(work, shop, "HAR-1") == 9
        assert await stock.reconcile(work) == []


async def test_countable_things_are_not_split_and_weighed_ones_are(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        await fill(work, shop, "QUE-1", 10)
        await reserve(work, shop, new_id(), QUE_1="0.355")
        assert await left(work, shop, "QUE-1") == Decimal("9.645")
        for quantity in ("0.5", "0", "-1", "1E+12"):
            with pytest.raises(QuantityNotCountable):
                await reserve(work, shop, new_id(), HAR_1=quantity)
        with pytest.raises(QuantityNotCountable):
            await reserve(work, shop, new_id(), QUE_1="0.3555")


async def test_a_correction_cannot_take_what_is_promised(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 5)
        await reserve(work, shop, new_id(), HAR_1=4)
        variant = shop.variants["HAR-1"]
        with pytest.raises(StockPromised):
            await stock.adjust(work, shop.store_id, variant, Decimal(-2), "breakage")
        with pytest.raises(StockPromised):
            await stock.count(work, shop.store_id, variant, Decimal(3))
        counted = await stock.count(work, shop.store_id, variant, Decimal(4), reason="monthly count")
        assert (counted.delta, counted.counted_quantity, counted.quantity_after) == (Decimal(-1), Decimal(4), Decimal(4))


async def test_the_same_document_twice_is_booked_once(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        lines = [HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(6))]
        values = {shop.variants["HAR-1"]: Decimal("123000.00")}
        for _ in range(2):
            await stock.receive(work, shop.store_id, lines, values=values, source="invoice", source_ref="F-001")
        assert await left(work, shop, "HAR-1") == 6
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
        assert level.unit_cost == Decimal("20500.00")


async def test_low_stock_is_a_warning_and_then_critical(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 5)
        variant = shop.variants["HAR-1"]
        await stock.set_limits(work, shop.store_id, variant, Decimal(8), Decimal(40))
        assert [low.severity for low in await stock.low_stock(work)] == ["warning"]
        await reserve(work, shop, new_id(), HAR_1=3)
        assert [low.severity for low in await stock.low_stock(work)] == ["critical"]


async def test_a_customer_may_reserve_and_never_correct_stock(shop: Shop) -> None:
    customer = roles.agent_for(shop.workspace_id, new_id())
    async with open_work(customer) as work:
        with pytest.raises(NotPermitted):
            await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(100), "gift")
        with pytest.raises(NotPermitted):
            await fill(work, shop, "HAR-1", 1)
    nobody = Principal(PrincipalKind.API_KEY, shop.workspace_id, frozenset({CatalogPermission.READ}))
    async with open_work(nobody) as work:
        with pytest.raises(NotPermitted):
            await reserve(work, shop, new_id(), HAR_1=1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stock_items SET held = on_hand + 1",
        "UPDATE stock_items SET held = -1",
        "UPDATE stock_items SET on_hand = -1",
        "UPDATE stock_items SET on_hand = 2",
        "UPDATE stock_items SET max_stock = 1, min_stock = 2",
        "UPDATE stock_holds SET quantity = 0",
        "UPDATE stock_holds SET status = 'sold'",
        "UPDATE product_variants SET price = -1",
        "UPDATE units SET precision = 4",
        "UPDATE stores SET code = NULL",
    ],
)
async def test_postgres_itself_refuses_what_must_not_be(shop: Shop, statement: str) -> None:
    # Given five bags of which three are promised
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 5)
        await reserve(work, shop, new_id(), HAR_1=3)

    # When someone writes past the services, then the database refuses
    with pytest.raises(IntegrityError):
        async with open_work(shop.principal) as work:
            await work.session.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE stock_movements SET delta = 1", "DELETE FROM stock_movements"])
async def test_the_ledger_cannot_be_rewritten(shop: Shop, statement: str) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 5)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with open_work(shop.principal) as work:
            await work.session.execute(text(statement))


async def overdue(deadline: Deadline) -> list[UUID]:
    async with open_system_work() as session:
        return [row.id for row in await session.execute(deadline.found, {"limit": 10})]


async def test_the_system_finds_workspaces_with_overdue_promises(shop: Shop) -> None:
    [deadline] = [one for one in jobs.DEADLINES if one.name == "holds_over"]
    assert await overdue(deadline) == []
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 2)
        await reserve(work, shop, new_id(), minutes=-1, HAR_1=1)
        await reserve(work, shop, new_id(), minutes=10, HAR_1=1)
    assert await overdue(deadline) == [shop.workspace_id]
