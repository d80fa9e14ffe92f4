"""Demand: sales net of what came back, without transfers and counts; days with an empty shelf are no evidence."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.access import Principal
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import pricing
from domain.catalog.prices import NewPrice
from domain.demand import panels
from domain.demand import service as demand
from domain.demand.bulk import bulk_days
from domain.demand.panels import Past
from domain.demand.schemas import DemandDayView, Place
from domain.routines.kinds import RoutineName
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.sales import sold
from tests.factories.shop import Shop, fill
from tests.factories.workspaces import make_workspace
from tests.foresight.conftest import Run


async def move(
    work: Work, shop: Shop, days_ago: int, type: str, delta: int, after: int, ref: str, source: str = "test"
) -> None:
    """Write a line of the ledger as it was on an earlier day, past all services."""
    await work.session.execute(
        text(
            """
            INSERT INTO stock_movements (workspace_id, id, stock_item_id, store_id, variant_id, type, delta, quantity_after,
                value, occurred_at, actor_kind, source, source_ref, line, counted_quantity)
            SELECT workspace_id, gen_random_uuid(), id, store_id, variant_id, :type, :delta, :after, 0,
                clock_timestamp() - make_interval(days => :ago), 'system', :source, :ref, 0,
                CASE WHEN :type = 'count' THEN :after END
            FROM stock_items WHERE variant_id = :variant
            """
        ).bindparams(type=type, delta=Decimal(delta), after=Decimal(after), ago=days_ago, source=source, ref=ref),
        {"variant": shop.variants["HAR-1"]},
    )


async def days(shop: Shop, back: int) -> list[DemandDayView]:
    async with open_work(shop.principal) as work:
        now = await accounts.today(work)
        found = await demand.series(work, shop.store_id, shop.variants["HAR-1"], now - timedelta(days=back), now)
    return found.days


@pytest.fixture
async def ledger(shop: Shop) -> Shop:
    """Twenty came nine days ago; some were sold, some came back, some went to another store, three were missing."""
    async with open_work(shop.principal) as work:
        await stock.set_limits(work, shop.store_id, shop.variants["HAR-1"], Decimal(0), None)
        await move(work, shop, 9, "purchase", 20, 20, "a")
        await move(work, shop, 8, "sale", -4, 16, "order-1", "order")
        await move(work, shop, 7, "sale", -6, 10, "order-2", "order")
        await move(work, shop, 6, "transfer", -2, 8, "b")
        await move(work, shop, 6, "count", -3, 5, "c")
        await move(work, shop, 5, "return", 4, 9, "order-1", "order_undone")  # the order of three days before was cancelled
        await move(work, shop, 5, "return", 1, 10, "d", "customer_return")
        await move(work, shop, 4, "return", -1, 9, "e", "supplier_return")
        await move(work, shop, 4, "sale", -9, 0, "order-3", "order")
        await move(work, shop, 1, "purchase", 5, 5, "f")
        await move(work, shop, 0, "sale", -1, 4, "order-4", "order")
    return shop


async def test_demand_is_what_was_sold_and_stayed_sold(ledger: Shop, run: Run) -> None:
    await run(RoutineName.DEMAND_PROJECT)
    found = await days(ledger, 9)
    assert [int(day.demand) for day in found] == [0, 0, 6, 0, 0, 9, 0, 0, 0, 1]
    assert [int(day.returned) for day in found] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


async def test_an_empty_shelf_says_nothing_of_demand(ledger: Shop, run: Run) -> None:
    await run(RoutineName.DEMAND_PROJECT)
    # The day that sold out, the two days without goods, and the day on which they came.
    assert [day.is_censored for day in await days(ledger, 9)] == [False] * 5 + [True] * 4 + [False]


async def test_the_panel_passes_over_days_without_goods(ledger: Shop, run: Run) -> None:
    await run(RoutineName.DEMAND_PROJECT)
    async with open_work(ledger.principal) as work:
        (places,) = await panels.batches(work)
        past = await panels.read(work, places, await accounts.today(work))
    assert past is not None
    batch = panels.build(past, horizon=3)
    assert batch.places == [Place(ledger.store_id, ledger.variants["HAR-1"])]
    assert batch.panel.quantity[0].tolist() == [0, 0, 6, 0, 0, 9, 0, 0, 0]
    assert batch.panel.observed[0, 4:].tolist() == [True, False, False, False, False]
    assert batch.panel.open.shape == (1, 12)


async def test_a_sale_changes_only_its_series_and_twice_is_once(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        await fill(work, shop, "ACE-1", 10)
    await run(RoutineName.DEMAND_PROJECT)
    async with open_work(shop.principal) as work:
        await work.session.execute(text("UPDATE demand_days SET sold = 7"))  # whoever is not touched keeps this
        order = shop.store_id
        lines = [HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(2))]
        await holds.hold(work, order, shop.store_id, lines, work.now + timedelta(hours=1))
        await holds.consume(work, order, {})
    for _ in range(2):
        await run(RoutineName.DEMAND_PROJECT)
    async with open_work(shop.principal) as work:
        rows = await work.session.execute(text("SELECT variant_id, sold FROM demand_days"))
        assert {row.variant_id: int(row.sold) for row in rows} == {shop.variants["HAR-1"]: 2, shop.variants["ACE-1"]: 7}


async def test_what_is_read_event_by_event_is_what_is_read_at_once(shop: Shop, run: Run) -> None:
    async def rows() -> list[tuple[object, ...]]:
        async with open_work(shop.principal) as work:
            found = await work.session.execute(text("SELECT * FROM demand_days ORDER BY store_id, variant_id, day"))
            return [tuple(row) for row in found]

    for at, sku in enumerate(["HAR-1", "ACE-1", "HAR-1", "QUE-1"]):
        async with open_work(shop.principal) as work:
            await fill(work, shop, sku, 10 + at)
            await stock.adjust(work, shop.store_id, shop.variants[sku], Decimal(-at - 1), "broken")
            await sold(work, shop, {sku: [at + 1.0, 0, 2]}, price=at + 1)
        await run(RoutineName.DEMAND_PROJECT)
    step_by_step = await rows()
    async with open_work(shop.principal) as work:
        await work.session.execute(text("UPDATE routines SET position = NULL"))
    await run(RoutineName.DEMAND_PROJECT)
    assert await rows() == step_by_step != []


async def test_series_of_one_shop_are_nobody_elses(ledger: Shop, run: Run) -> None:
    await run(RoutineName.DEMAND_PROJECT)
    other = await make_workspace()
    async with open_work(Principal.system(other.id)) as work:
        assert await panels.batches(work) == []


@pytest.mark.parametrize(
    ("largest", "found"),
    [
        ([2.0] * 30 + [40.0], [30]),
        ([2.0] * 30 + [15.0], []),
        ([2.0] * 8 + [40.0], []),  # too little is known
        ([2.0] * 20 + [40.0] * 4, []),  # so often that it is usual
    ],
)
def test_a_single_sale_that_stands_out_is_bulk(largest: list[float], found: list[int]) -> None:
    assert [at for at, is_bulk in enumerate(bulk_days(largest)) if is_bulk] == found


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=60))
def test_bulk_is_rare_whatever_was_sold(largest: list[float]) -> None:
    flags = bulk_days(largest)
    assert len(flags) == len(largest)
    assert sum(flags) <= 0.05 * sum(value > 0 for value in largest)


async def test_planned_offers_are_promotions_known_ahead(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [3.0] * 40, "ACE-1": [3.0] * 40})
        begins = work.now + timedelta(days=2)
        offer = NewPrice(amount=Decimal(20000), starts_at=begins, ends_at=begins + timedelta(days=1))
        await pricing.add_price(work, "HAR-1", offer)
    await run(RoutineName.DEMAND_PROJECT)
    async with open_work(shop.principal) as work:
        (places,) = await panels.batches(work)
        past = await panels.read(work, places, await accounts.today(work))
    assert past is not None
    batch = panels.build(past, horizon=5)
    assert batch.panel.promo is not None
    ahead = {place.variant_id: batch.panel.promo[at, 40:].tolist() for at, place in enumerate(batch.places)}
    assert ahead == {shop.variants["HAR-1"]: [0, 0, 1, 1, 0], shop.variants["ACE-1"]: [0] * 5}
    assert batch.panel.price is not None
    cut = {place.variant_id: batch.panel.price[at, 40:].tolist() for at, place in enumerate(batch.places)}
    assert cut == {shop.variants["HAR-1"]: [1, 1, 0.8, 0.8, 1], shop.variants["ACE-1"]: [1] * 5}


def lines(first: date, quantities: list[float]) -> list[SimpleNamespace]:
    """Rows of demand as the database gives them, for one series."""
    store, variant = new_id(), new_id()
    return [
        SimpleNamespace(
            store_id=store, variant_id=variant, day=first + timedelta(days=at), demand=Decimal(str(amount)),
            largest=Decimal(str(amount)), price=None, was_empty=False, is_empty_after=None,
        )
        for at, amount in enumerate(quantities)
        if amount > 0
    ]  # fmt: skip


def test_who_sold_nothing_on_past_holidays_is_taken_as_closed_on_the_next() -> None:
    first, ends = date(2026, 1, 2), date(2026, 12, 20)
    days = (ends - first).days
    closed = {(on - first).days for on in holidays.country_holidays("VE", years=2026)}
    shut = [0.0 if at in closed else 5.0 for at in range(days)]
    for sold_on, expected in ((shut, False), ([5.0] * days, True)):
        made = panels.build(Past(lines(first, sold_on), [], ends, "VE"), 10)
        christmas = (date(2026, 12, 25) - first).days
        assert bool(made.panel.open[0, christmas]) is expected
        assert bool(made.panel.open[0, christmas + 1]) is True


def test_a_bulk_order_moves_no_forecast() -> None:
    first = date(2026, 3, 2)
    rows = lines(first, [4.0] * 30 + [90.0] + [4.0] * 5)
    made = panels.build(Past(rows, [], first + timedelta(days=36), "VE"), 7)
    assert np.max(made.panel.quantity) == 4
