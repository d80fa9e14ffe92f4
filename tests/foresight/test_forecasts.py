"""Forecasts: sums that agree, intervals that make sense and say what they rest on, and nobody's stores but one's own."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core import db
from core.access import Principal, PrincipalKind
from core.errors import StoresOnly
from core.tables import new_id
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.accounts.schemas import WorkspaceView
from domain.catalog import categories
from domain.catalog.schemas import NewCategory, NewProduct
from domain.forecasts import service as forecasts
from domain.forecasts.errors import DemandUnknown, ForecastNotReady, PeriodNotAhead
from domain.forecasts.intervals import Curve, added
from domain.forecasts.kinds import Basis, Level
from domain.forecasts.schemas import Outlook
from domain.forecasts.service import Scope
from domain.routines.kinds import RoutineName
from domain.stock import holds
from domain.stock.schemas import HoldLine
from tests.analytics.shops import rates
from tests.factories.sales import sold
from tests.factories.shop import Shop, fill, open_shop
from tests.foresight.conftest import Run

DAYS = 180


@pytest.fixture
async def branch(shop: Shop, run: Run) -> UUID:
    """A second store; both have sold two products for half a year, with noise of a known size."""
    expected = rates(4, DAYS, seed=3) + 2
    amounts = np.random.default_rng(5).poisson(expected).astype(float)
    async with open_work(shop.principal) as work:
        other = await shop.open_branch(work)
        await sold(work, shop, {"HAR-1": amounts[0].tolist(), "ACE-1": amounts[1].tolist()})
        await sold(work, shop, {"HAR-1": amounts[2].tolist(), "ACE-1": amounts[3].tolist()}, store_id=other)
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)
    return other


async def week(work: Work, scope: Scope = Scope()) -> Outlook:  # noqa: B008 - frozen
    first = await accounts.today(work)
    return await forecasts.outlook(work, scope, first, first + timedelta(days=6))


def limited(shop: Shop, *stores: UUID) -> Principal:
    """A manager of some stores."""
    return Principal(PrincipalKind.USER, shop.workspace_id, frozenset({"*:read"}), new_id(), frozenset(stores))


async def test_sums_are_those_of_their_parts(shop: Shop, branch: UUID) -> None:
    async with open_work(shop.principal) as work:
        total = await week(work)
        variants = [await week(work, Scope((id,))) for sku, id in shop.variants.items() if sku != "QUE-1"]
        stores = [await week(work, Scope(store_ids=(id,))) for id in (shop.store_id, branch)]
        parts = [
            await week(work, Scope((variant,), store_ids=(store,)))
            for variant in (shop.variants["HAR-1"], shop.variants["ACE-1"])
            for store in (shop.store_id, branch)
        ]
    for found in (variants, stores, parts):
        assert sum(one.total.value for one in found) == pytest.approx(total.total.value, abs=0.1)
    assert total.total.value == pytest.approx(sum(day.value for day in total.days), abs=0.1)
    assert (total.level, variants[0].level, stores[0].level) == (Level.TOTAL, Level.VARIANT, Level.STORE)
    # A sum of several is surer than its parts are together, and says that it was measured whole.
    width = total.total.high - total.total.low
    assert width < sum(one.total.high - one.total.low for one in parts)
    assert total.basis is Basis.MEASURED


async def test_a_number_says_of_when_it_is_and_how_good_such_numbers_were(shop: Shop, branch: UUID) -> None:
    async with open_work(shop.principal) as work:
        found = await week(work, Scope((shop.variants["HAR-1"],)))
        now = await accounts.today(work)
        made = await forecasts.newest(work)
    assert (found.first, found.last, found.data_until) == (now, now + timedelta(days=6), now - timedelta(days=1))
    assert found.total.low < found.total.value < found.total.high
    assert found.accuracy is not None
    assert (found.accuracy.level, found.accuracy.last, found.accuracy.horizon_days) == ("product", found.data_until, 28)
    assert {one.level for one in made.accuracy} == {"product_store", "product", "store", "total"}
    assert made.series == 4
    assert all(one.wape_day is not None and one.coverage_80 is not None for one in made.accuracy)


async def test_whoever_works_in_one_store_sees_its_numbers_alone(shop: Shop, branch: UUID) -> None:
    async with open_work(shop.principal) as work:
        mine = await week(work, Scope(store_ids=(shop.store_id,)))
    async with open_work(limited(shop, shop.store_id)) as work:
        seen = await week(work)
        asked = await week(work, Scope((shop.variants["HAR-1"],)))
        with pytest.raises(DemandUnknown):
            await week(work, Scope(store_ids=(branch,)))
        rows = await work.session.scalars(text("SELECT DISTINCT store_id FROM forecasts"))
        assert set(rows) == {shop.store_id}  # the sums over all stores are hidden by Postgres itself
        made = await forecasts.newest(work)
        with pytest.raises(StoresOnly):
            await forecasts.listing(work, Level.TOTAL, 7)
    assert made.series == 2
    assert [one.level for one in made.accuracy] == ["product_store", "store"]
    assert seen.total == mine.total
    assert asked.level is Level.VARIANT_STORE


async def test_a_run_takes_the_place_of_the_one_before_and_a_sale_makes_a_new_version(
    shop: Shop, branch: UUID, run: Run
) -> None:
    async with open_work(shop.principal) as work:
        before = await week(work)
        count = await work.session.scalar(text("SELECT count(*) FROM forecasts"))
    await run(RoutineName.FORECAST_TRAIN)
    async with open_work(shop.principal) as work:
        again = await week(work)
        assert await work.session.scalar(text("SELECT count(*) FROM forecasts")) == count
        assert (again.total, again.data_version) == (before.total, before.data_version)
        await fill(work, shop, "HAR-1", 50)
        await holds.hold(
            work,
            shop.store_id,
            shop.store_id,
            [HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(40))],
            work.now + timedelta(hours=1),
        )
        await holds.consume(work, shop.store_id, {})
    await run(RoutineName.DEMAND_PROJECT)
    async with open_work(shop.principal) as work:
        due = await work.session.scalar(text("SELECT due_at FROM routines WHERE name = 'forecast.train'"))
        assert due - work.system_time < timedelta(hours=1)  # what is sold is learnt from within the hour
    await run(RoutineName.FORECAST_TRAIN)
    async with open_work(shop.principal) as work:
        assert (await week(work)).data_version > before.data_version


async def due_in(shop: Shop) -> timedelta:
    """How long it is until all forecasts are made anew."""
    async with open_work(shop.principal) as work:
        due = await work.session.scalar(text("SELECT due_at FROM routines WHERE name = 'forecast.train'"))
        return cast(timedelta, due - work.system_time)


async def test_a_history_that_comes_after_the_first_look_is_learnt_from_at_once(shop: Shop, run: Run) -> None:
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)  # of nothing
    assert await due_in(shop) > timedelta(hours=23)
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [3.0] * 30})
    await run(RoutineName.DEMAND_PROJECT)
    assert await due_in(shop) <= timedelta(0)
    await run(RoutineName.FORECAST_TRAIN)
    async with open_work(shop.principal) as work:
        assert (await week(work)).total.value > 0
        await sold(work, shop, {"ACE-1": [3.0] * 30})
    await run(RoutineName.DEMAND_PROJECT)
    assert timedelta(minutes=50) < await due_in(shop) < timedelta(hours=1)


async def test_no_transaction_is_open_while_forecasts_are_computed(
    shop: Shop, branch: UUID, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, waiting = asyncio.to_thread, []

    async def looked(call: Any, *values: Any) -> Any:
        async with db.session() as session:
            waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in trans%'"
            waiting.append(await session.scalar(text(waits)))
        return await beside(call, *values)

    monkeypatch.setattr(asyncio, "to_thread", looked)
    await run(RoutineName.FORECAST_TRAIN)
    assert len(waiting) >= 3  # what it loads, what it learns, the rows
    assert set(waiting) == {0}


async def test_what_cannot_be_answered_is_said(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        with pytest.raises(ForecastNotReady):
            await week(work)
        await sold(work, shop, {"HAR-1": [3.0] * 30})
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)
    async with open_work(shop.principal) as work:
        first = await accounts.today(work)
        assert (await week(work)).accuracy is None  # a month is too short to measure anything
        with pytest.raises(DemandUnknown):
            await week(work, Scope((shop.variants["QUE-1"],)))
        with pytest.raises(PeriodNotAhead):
            await forecasts.outlook(work, Scope(), first - timedelta(days=9), first - timedelta(days=3))
        with pytest.raises(PeriodNotAhead):
            await forecasts.outlook(work, Scope(), first, first + timedelta(days=365))
        assert (await forecasts.outlook(work, Scope(), first, first + timedelta(days=364))).total.value > 0


async def test_a_new_product_is_told_by_its_category(grocery: Shop, run: Run) -> None:
    async with open_work(grocery.principal) as work:
        await sold(work, grocery, {"A": [20.0] * 90, "B": [20.0] * 90, "NEW": [2.0], "ALONE": [2.0]})
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)
    async with open_work(grocery.principal) as work:
        told = await week(work, Scope((grocery.variants["NEW"],)))
        alone = await week(work, Scope((grocery.variants["ALONE"],)))
    assert told.total.value > 100
    assert alone.total.value < 30


@pytest.fixture
async def grocery(workspace: WorkspaceView) -> Shop:
    """Three products of a category and one without."""
    async with open_work(Principal.system(workspace.id)) as work:
        made = await categories.create_category(work, NewCategory(name="Granos"))
    products = [NewProduct(code=code, name=f"Grano {code}", price=Decimal(5), category=made.path) for code in ("A", "B", "NEW")]
    return await open_shop(workspace.id, [*products, NewProduct(code="ALONE", name="Otra cosa", price=Decimal(5))])


curves = st.builds(
    Curve,
    st.lists(st.floats(0, 1e5), min_size=28, max_size=28),
    st.floats(0, 50),
    st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50)),
)


@given(curves, st.integers(0, 364), st.integers(0, 364))
def test_an_interval_is_around_its_value_and_never_below_nothing(curve: Curve, one: int, other: int) -> None:
    first, last = sorted((one, other))
    found = curve.between(first, last)
    assert 0 <= found.low <= found.value <= found.high
    assert found.value == pytest.approx(sum(curve.on(day) for day in range(first, last + 1)))


@given(st.lists(curves, min_size=1, max_size=4), st.integers(0, 60))
def test_a_sum_of_numbers_is_no_surer_than_they_are(several: list[Curve], last: int) -> None:
    parts = [curve.between(0, last) for curve in several]
    found = added(parts)
    assert found.value == pytest.approx(sum(part.value for part in parts))
    assert found.high - found.low == pytest.approx(sum(part.high - part.low for part in parts))


def test_behind_the_last_day_the_week_goes_on_and_the_interval_widens() -> None:
    curve = Curve([float(day) for day in range(28)], 1.0, (1.0, 1.0, 1.0))
    assert [curve.on(day) for day in (27, 28, 34, 35)] == [27, 21, 27, 21]
    near, far = curve.between(0, 6), curve.between(100, 106)
    assert far.high - far.value > (near.high - near.value) * np.sqrt(far.value / near.value)
