"""Counting while the store goes on selling: differences stay true, are booked once, and people may disagree."""

import asyncio
from decimal import Decimal
from uuid import UUID

import pytest

from core.access import Principal
from core.errors import NotPermitted
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts.roles import Role, staff
from domain.stock import counting, holds
from domain.stock import service as stock
from domain.stock.errors import CountNotOpen, CountOutdated, CountsDiffer, StockPromised
from domain.stock.kinds import CountStatus
from domain.stock.schemas import CountLine, HoldLine
from tests.factories.shop import Shop, fill


def found(shop: Shop, **counted: int | str) -> list[CountLine]:
    """What somebody counted, by SKU with underscores."""
    return [
        CountLine(variant_id=shop.variants[sku.replace("_", "-")], counted=Decimal(number)) for sku, number in counted.items()
    ]


async def on_hand(work: Work, shop: Shop, sku: str) -> Decimal:
    """What lies in the store by the books."""
    return (await stock.available(work, [shop.variants[sku]], shop.store_id))[shop.variants[sku]].on_hand


async def sell(work: Work, shop: Shop, sku: str, quantity: int) -> None:
    """An order takes goods."""
    order = new_id()
    line = HoldLine(variant_id=shop.variants[sku], quantity=Decimal(quantity))
    await holds.hold(work, order, shop.store_id, [line], work.now)
    await holds.consume(work, order)


async def test_a_difference_stays_true_whatever_is_sold_and_comes_after_it_was_counted(shop: Shop) -> None:
    # Given twenty in the books and eighteen on the shelf
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 20)
        await fill(work, shop, "ACE-1", 5)
        count = await counting.open_count(work, shop.store_id, "May")
        await counting.enter_counts(work, count.id, found(shop, HAR_1=18, QUE_1="0.250"))
    async with open_work(shop.principal) as work:
        await sell(work, shop, "HAR-1", 5)
        await fill(work, shop, "HAR-1", 10)

        # When the count is applied later, twice
        applied = await counting.apply_count(work, count.id)
        assert await counting.apply_count(work, count.id) == applied

        # Then the two that were missing are, once; what nobody counted stays; what nobody knew of is there
        assert [await on_hand(work, shop, sku) for sku in ("HAR-1", "ACE-1", "QUE-1")] == [23, 5, Decimal("0.250")]
        assert applied.status is CountStatus.APPLIED
        assert await stock.reconcile(work) == []


async def test_sales_during_a_count_never_change_what_it_finds(shop: Shop) -> None:
    # Given a hundred in the books, ninety-seven on the shelf, and customers all the time
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 100)
        count = await counting.open_count(work, shop.store_id, "May")
    missing = 3

    async def buy() -> None:
        async with open_work(shop.principal) as work:
            await sell(work, shop, "HAR-1", 1)

    async def look() -> None:
        # Nobody takes anything between the look at the shelf and the note of it.
        async with open_work(shop.principal) as work:
            await holds.lock_levels(work, [shop.variants["HAR-1"]])
            shelf = await on_hand(work, shop, "HAR-1") - missing
            await counting.enter_counts(work, count.id, found(shop, HAR_1=int(shelf)))

    # When forty buy while five count, and the count is applied while more buy
    await asyncio.gather(*(look() if number % 9 == 0 else buy() for number in range(45)))

    async def apply() -> None:
        async with open_work(shop.principal) as work:
            await counting.apply_count(work, count.id)

    await asyncio.gather(apply(), apply(), *(buy() for _ in range(10)))

    # Then exactly what was missing is gone
    async with open_work(shop.principal) as work:
        assert await on_hand(work, shop, "HAR-1") == 100 - 40 - 10 - missing
        assert await stock.reconcile(work) == []


async def test_people_who_disagree_are_asked_and_a_newer_look_replaces_an_older_one(shop: Shop) -> None:
    people: list[Principal] = [staff(shop.workspace_id, new_id(), Role.OPERATOR) for _ in range(2)]
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        count = await counting.open_count(work, shop.store_id, "May")
    for person, counted in zip(people, (9, 8), strict=True):
        async with open_work(person) as work:
            view = await counting.enter_counts(work, count.id, found(shop, HAR_1=counted))
            with pytest.raises(NotPermitted):
                await counting.apply_count(work, count.id)
    assert view.disputed == (shop.variants["HAR-1"],)
    async with open_work(shop.principal) as work:
        with pytest.raises(CountsDiffer):
            await counting.apply_count(work, count.id)

    # When one is chosen, then it holds until somebody counts again
    async with open_work(shop.principal) as work:
        assert (await counting.choose_count(work, count.id, view.entries[0].id)).disputed == ()
    async with open_work(people[0]) as work:
        assert (await counting.enter_counts(work, count.id, found(shop, HAR_1=7))).disputed != ()
        assert (await counting.enter_counts(work, count.id, found(shop, HAR_1=8))).disputed == ()
    async with open_work(shop.principal) as work:
        await counting.apply_count(work, count.id)
        assert await on_hand(work, shop, "HAR-1") == 8


async def test_a_level_that_was_corrected_after_it_was_counted_is_counted_again(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        count = await counting.open_count(work, shop.store_id, "May")
        await counting.enter_counts(work, count.id, found(shop, HAR_1=7))
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-3), "the three were broken")
    async with open_work(shop.principal) as work:
        with pytest.raises(CountOutdated):
            await counting.apply_count(work, count.id)
        await counting.enter_counts(work, count.id, found(shop, HAR_1=7))
        await counting.apply_count(work, count.id)
        assert await on_hand(work, shop, "HAR-1") == 7


async def test_what_orders_hold_is_not_counted_away(shop: Shop, work: Work) -> None:
    await fill(work, shop, "HAR-1", 3)
    count = await counting.open_count(work, shop.store_id, "May")
    line = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(3))
    order = new_id()
    await holds.hold(work, order, shop.store_id, [line], work.now)
    await counting.enter_counts(work, count.id, found(shop, HAR_1=1))
    with pytest.raises(StockPromised):
        await counting.apply_count(work, count.id)
    await holds.release(work, order)
    await counting.apply_count(work, count.id)
    assert await on_hand(work, shop, "HAR-1") == 1


async def test_a_store_has_one_open_count(shop: Shop) -> None:
    async def begin() -> UUID | None:
        try:
            async with open_work(shop.principal) as work:
                return (await counting.open_count(work, shop.store_id, "May")).id
        except CountNotOpen:
            return None

    begun = [id for id in await asyncio.gather(*(begin() for _ in range(6))) if id is not None]
    assert len(begun) == 1
    async with open_work(shop.principal) as work:
        assert (await counting.cancel_count(work, begun[0], "rain")).status is CountStatus.CANCELLED
        with pytest.raises(CountNotOpen):
            await counting.enter_counts(work, begun[0], found(shop, HAR_1=1))
        with pytest.raises(CountNotOpen):
            await counting.apply_count(work, begun[0])
        await counting.open_count(work, shop.store_id, "June")
