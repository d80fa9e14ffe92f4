"""Purchases under attack: two people at the door, equal keys at once, and any sequence of costs."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from core import db
from core.tables import new_id
from core.work import open_work
from domain.purchasing import ordering, receiving, returning
from domain.purchasing.errors import OverDelivered, PurchaseOrderNotReady, ReturnExceedsReceipt
from domain.purchasing.schemas import NewPurchase, NewSupplierReturn, ReceiptLineInput, SupplierReturnLineInput
from domain.stock import service as stock
from domain.stock.errors import StockPromised
from domain.stock.schemas import cents
from tests.factories.purchases import arrival, make_order, make_supplier
from tests.factories.shop import Shop, open_shop
from tests.factories.workspaces import make_workspace
from tests.properties import examples


async def test_two_people_who_take_in_the_same_order_take_it_in_once(shop: Shop) -> None:
    # Given an order of three packs, and ten people who each have the whole delivery before them
    async with open_work(shop.principal) as work:
        order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=3)

    async def receive(person: int) -> str:
        try:
            async with open_work(shop.principal) as work:
                await receiving.receive(work, order.id, arrival(shop, f"person {person}", packs=3))
        except (OverDelivered, PurchaseOrderNotReady) as error:
            return error.code
        return "done"

    # When they book it at once
    outcomes = await asyncio.gather(*(receive(person) for person in range(10)))

    # Then one of them has, and the others are told
    assert outcomes.count("done") == 1
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
        assert (level.on_hand, level.value) == (Decimal(18), Decimal("30.00"))


async def test_equal_keys_at_once_are_one_arrival_with_or_without_an_order(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        supplier = await make_supplier(work, shop)
        order = await make_order(work, shop, supplier, HAR_1=3)
    flour = ReceiptLineInput(variant_id=shop.variants["HAR-1"], packs=Decimal(1))
    bought = NewPurchase(key="sheet 1 row 9", supplier_id=supplier, store_id=shop.store_id, lines=(flour,))

    async def receive() -> UUID:
        async with open_work(shop.principal) as work:
            return (await receiving.receive(work, order.id, arrival(shop, "guide 7", packs=1))).id

    async def buy() -> UUID:
        async with open_work(shop.principal) as work:
            return (await receiving.buy(work, bought)).id

    booked = await asyncio.gather(*(receive() for _ in range(6)), *(buy() for _ in range(6)))

    assert len(set(booked)) == 2
    async with open_work(shop.principal) as work:
        assert [level.on_hand for level in await stock.levels(work, shop.variants["HAR-1"])] == [12]


async def test_drafts_that_are_begun_at_once_are_one(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        supplier = await make_supplier(work, shop)

    async def begin() -> UUID:
        async with open_work(shop.principal) as work:
            return (await ordering.open_draft(work, supplier, shop.store_id)).id

    assert len(set(await asyncio.gather(*(begin() for _ in range(12))))) == 1


async def test_returns_that_race_never_give_back_more_than_came(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        order = await make_order(work, shop, await make_supplier(work, shop), HAR_1=1)
        receipt = await receiving.receive(work, order.id, arrival(shop, "a", packs=1))

    async def give_back(number: int) -> bool:
        line = SupplierReturnLineInput(variant_id=shop.variants["HAR-1"], quantity=Decimal(4))
        try:
            async with open_work(shop.principal) as work:
                await returning.return_goods(work, receipt.id, NewSupplierReturn(key=str(number), reason="x", lines=(line,)))
        except ReturnExceedsReceipt:
            return False
        return True

    assert (await asyncio.gather(*(give_back(number) for number in range(8)))).count(True) == 1


async def test_two_hundred_corrections_of_one_level_are_all_in_the_books(shop: Shop) -> None:
    # Given a level, and two hundred people who add or take away at once
    flour = shop.variants["HAR-1"]
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, flour, Decimal(100), "opening")
    deltas = [Decimal(1 if number % 2 else -1) * (number % 5 + 1) for number in range(200)]

    async def adjust(number: int, delta: Decimal) -> Decimal:
        try:
            async with open_work(shop.principal) as work:
                await stock.adjust(work, shop.store_id, flour, delta, "counting", source_ref=str(number))
        except StockPromised:
            return Decimal(0)
        return delta

    done = await asyncio.gather(*(adjust(number, delta) for number, delta in enumerate(deltas)))

    # Then what was done is what is there, and no caller saw a conflict of the database
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, flour)
        assert level.on_hand == 100 + sum(done)
        assert await stock.reconcile(work) == []


class Ledger:
    """One shop, and an event loop that outlives the examples."""

    def __init__(self, loop: asyncio.AbstractEventLoop, shop: Shop, supplier: UUID) -> None:
        self.loop, self.shop, self.supplier = loop, shop, supplier

    async def play(self, acts: list[tuple[str, int, Decimal]]) -> Decimal:
        """Buy, lose, find, count and sell at any cost; the books must hold after each act. The value that is left."""
        cheese, store = self.shop.variants["QUE-1"], self.shop.store_id
        async with open_work(self.shop.principal) as work:
            await stock.count(work, store, cheese, Decimal(0))
        on_hand, value = Decimal(0), Decimal(0)
        for kind, grams, cost in acts:
            quantity = Decimal(grams) / 1000
            async with open_work(self.shop.principal) as work:
                if kind == "buy":
                    line = ReceiptLineInput(variant_id=cheese, quantity=quantity, pack_cost=cost)
                    bought = NewPurchase(key=str(new_id()), supplier_id=self.supplier, store_id=store, lines=(line,))
                    paid = (await receiving.buy(work, bought)).lines[0].value
                    assert paid == cents(quantity * cost)
                    on_hand, value = on_hand + quantity, value + paid
                elif kind == "lose" and quantity <= on_hand:
                    lost = await stock.adjust(work, store, cheese, -quantity, "breakage")
                    assert abs(lost.value) <= value
                    on_hand, value = on_hand - quantity, value + lost.value
                elif kind == "count":
                    counted = await stock.count(work, store, cheese, quantity)
                    on_hand, value = quantity, value + counted.value
                (level,) = [row for row in await stock.levels(work, cheese) if row.store_id == store]
                assert (level.on_hand, level.value) == (on_hand, value)
                assert level.on_hand > 0 or level.value == 0
                assert not level.on_hand or level.unit_cost == cents(level.value / level.on_hand)
                assert await stock.reconcile(work) == []
        return value


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A shop on a fresh database, connected in a loop of its own, as Hypothesis runs examples synchronously."""
    with asyncio.Runner() as runner:

        async def start() -> tuple[Shop, UUID]:
            db.connect(database_url, pool_size=3)
            shop = await open_shop((await make_workspace()).id)
            async with open_work(shop.principal) as work:
                return shop, await make_supplier(work, shop)

        yield Ledger(runner.get_loop(), *runner.run(start()))
        runner.run(db.disconnect())


acts = st.tuples(
    st.sampled_from(("buy", "buy", "lose", "count")),
    st.integers(1, 30_000),
    st.integers(0, 10_000_000).map(lambda cents: Decimal(cents) / 100),
)


@pytest.mark.hypothesis
def test_the_values_of_the_ledger_always_add_up_to_what_is_on_hand(ledger: Ledger) -> None:
    left: list[Decimal] = []

    @examples(20, suppress=(HealthCheck.too_slow,))
    @given(st.lists(acts, min_size=3, max_size=15))
    def run(sequence: list[tuple[str, int, Decimal]]) -> None:
        left.append(ledger.loop.run_until_complete(ledger.play(sequence)))

    run()
    assert any(left), "books without a value are no test of values"
