"""Alerts: one for each cause and subject, which goes when its cause goes, and nobody is stormed."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import shift_by
from core.messages import LANGUAGES
from core.messages import text as words
from core.tables import new_id
from core.work import Work, open_work
from domain.alerts import service as alerts
from domain.alerts.errors import AlertResolved, OwnerUnknown, SnoozeRefused
from domain.alerts.kinds import AlertKind, AlertStatus, Severity
from domain.alerts.schemas import AlertView
from domain.catalog import pricing
from domain.routines.kinds import RoutineName
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput
from tests.factories.sales import sold
from tests.factories.shop import Shop, fill
from tests.foresight.conftest import Run
from tests.foresight.test_forecasts import limited


async def standing(shop: Shop, **filters: Any) -> list[AlertView]:
    async with open_work(shop.principal) as work:
        found, _ = await alerts.list_alerts(work, limit=100, **filters)
    return found


async def kinds(shop: Shop) -> list[tuple[str, str]]:
    return sorted((one.kind.value, one.severity.value) for one in await standing(shop))


async def events_of(work: Work) -> Mapping[str, int]:
    rows = await work.session.execute(text("SELECT type, count(*) AS n FROM events WHERE type LIKE 'alert.%' GROUP BY type"))
    return {row.type: row.n for row in rows}


async def notices(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    async with open_work(shop.principal) as work:
        rows = await work.session.execute(
            text("SELECT kind, payload FROM notifications WHERE kind LIKE 'alerts%' ORDER BY created_at")
        )
        return [(row.kind, row.payload) for row in rows]


async def limits(work: Work, shop: Shop, sku: str, least: int) -> None:
    await stock.set_limits(work, shop.store_id, shop.variants[sku], Decimal(least), None)


async def test_a_low_level_is_one_alert_until_it_is_filled(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 8)
        await limits(work, shop, "HAR-1", 10)
    for _ in range(3):
        await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == [("stock_low", "warning")]
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-6), "broken")
    await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == [("stock_low", "critical")]  # a quarter of the minimum and less
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-2), "broken")
    await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == [("stock_out", "critical")]
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 50)
    await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == []
    async with open_work(shop.principal) as work:
        assert await events_of(work) == {"alert.raised": 2, "alert.resolved": 2}


async def test_what_will_run_out_before_an_order_could_arrive_is_told_ahead(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [5.0] * 60, "ACE-1": [5.0] * 60})
        supplier = await suppliers.create(work, NewSupplier(name="Molinos", lead_time_days=10))
        for sku in ("HAR-1", "ACE-1"):
            product = SupplierProductInput(variant_id=shop.variants[sku], is_preferred=True)
            await suppliers.set_product(work, supplier.id, product)
        await fill(work, shop, "HAR-1", 40)  # eight days of ten
        await fill(work, shop, "ACE-1", 60)
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)
    await run(RoutineName.ALERTS_WATCH)
    (found,) = await standing(shop, kinds=[AlertKind.STOCK_OUT_AHEAD])
    assert found.variant_id == shop.variants["HAR-1"]
    assert found.evidence["days"] == 10
    assert Decimal(found.evidence["expected"]) == pytest.approx(Decimal(50), abs=3)
    assert found.severity is Severity.WARNING


async def test_a_supplier_who_takes_longer_than_is_forecast_is_reckoned_with(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [5.0] * 60})
        supplier = await suppliers.create(work, NewSupplier(name="Molinos", lead_time_days=60))
        product = SupplierProductInput(variant_id=shop.variants["HAR-1"], is_preferred=True)
        await suppliers.set_product(work, supplier.id, product)
        await fill(work, shop, "HAR-1", 200)  # forty days of sixty
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.FORECAST_TRAIN)
    await run(RoutineName.ALERTS_WATCH)
    (found,) = await standing(shop, kinds=[AlertKind.STOCK_OUT_AHEAD])
    assert Decimal(found.evidence["expected"]) == pytest.approx(Decimal(300), rel=Decimal("0.05"))


async def test_each_cause_is_found(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "ACE-1", "QUE-1"):
            await fill(work, shop, sku, 100)
        # A price below what the goods have cost, goods that were missing, goods that nobody buys, and a promise that ends.
        await work.session.execute(
            text("UPDATE stock_items SET unit_cost = 30000 WHERE variant_id = :v"), {"v": shop.variants["HAR-1"]}
        )
        await stock.adjust(work, shop.store_id, shop.variants["ACE-1"], Decimal(-20), "missing")
        line = HoldLine(variant_id=shop.variants["QUE-1"], quantity=Decimal(1))
        await holds.hold(work, new_id(), shop.store_id, [line], work.now + timedelta(minutes=10))
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == [("hold_expiring", "info"), ("price_below_cost", "warning"), ("shrinkage", "warning")]
    async with open_work(shop.principal) as work:
        await pricing.set_price(work, "HAR-1", Decimal(31000))
        await shift_by(work.session, timedelta(days=120))
    await run(RoutineName.ALERTS_WATCH)
    assert await kinds(shop) == [("dead_stock", "info")] * 3


async def test_many_new_alerts_are_one_notice(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        for sku in shop.variants:
            await fill(work, shop, sku, 100)
            await stock.adjust(work, shop.store_id, shop.variants[sku], Decimal(-20), "missing")
    await run(RoutineName.DEMAND_PROJECT)
    for _ in range(2):
        await run(RoutineName.ALERTS_WATCH)
    assert await notices(shop) == [("alerts_raised", {"count": 3, "critical": 0, "store_id": str(shop.store_id)})]


async def test_what_nobody_takes_on_goes_to_those_above(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "ACE-1"):
            await fill(work, shop, sku, 100)
            await stock.adjust(work, shop.store_id, shop.variants[sku], Decimal(-20), "missing")
    await run(RoutineName.DEMAND_PROJECT)
    await run(RoutineName.ALERTS_WATCH)
    taken = (await standing(shop))[0]
    async with open_work(shop.principal) as work:
        assert (await alerts.acknowledge(work, taken.id)).status is AlertStatus.ACKNOWLEDGED
    for _ in range(3):
        async with open_work(shop.principal) as work:
            await shift_by(work.session, timedelta(days=4))
        await run(RoutineName.ALERTS_WATCH)
    told = [(kind, payload["count"]) for kind, payload in await notices(shop)]
    assert told == [("alerts_raised", 2), ("alerts_waiting", 1), ("alerts_escalated", 1)]
    assert {one.stage for one in await standing(shop)} == {0, 2}


async def test_a_snoozed_alert_comes_back_unless_its_cause_has_gone(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "ACE-1"):
            await fill(work, shop, sku, 2)
            await limits(work, shop, sku, 5)
    await run(RoutineName.ALERTS_WATCH)
    for one in await standing(shop):
        async with open_work(shop.principal) as work:
            with pytest.raises(SnoozeRefused):
                await alerts.snooze(work, one.id, work.now - timedelta(hours=1))
            await alerts.snooze(work, one.id, work.now + timedelta(hours=1))
    assert await standing(shop) == []
    await run(RoutineName.ALERTS_WATCH)
    assert len(await standing(shop, statuses=[AlertStatus.SNOOZED])) == 2
    async with open_work(shop.principal) as work:
        await fill(work, shop, "ACE-1", 10)
        await shift_by(work.session, timedelta(hours=2))
    await run(RoutineName.ALERTS_WATCH)
    assert [one.variant_id for one in await standing(shop)] == [shop.variants["HAR-1"]]
    (gone,) = await standing(shop, statuses=[AlertStatus.RESOLVED])
    async with open_work(shop.principal) as work:
        with pytest.raises(AlertResolved):
            await alerts.acknowledge(work, gone.id)
        with pytest.raises(OwnerUnknown):
            await alerts.assign(work, (await alerts.list_alerts(work))[0][0].id, new_id())


async def test_a_taken_alert_that_becomes_graver_is_open_again(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 8)
        await limits(work, shop, "HAR-1", 10)
    await run(RoutineName.ALERTS_WATCH)
    (one,) = await standing(shop)
    async with open_work(shop.principal) as work:
        await alerts.acknowledge(work, one.id)
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-6), "broken")
    await run(RoutineName.ALERTS_WATCH)
    assert [(one.status, one.severity) for one in await standing(shop)] == [(AlertStatus.OPEN, Severity.CRITICAL)]


async def test_alerts_of_other_stores_are_not_seen(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 2)
        await limits(work, shop, "HAR-1", 5)
        await stock.set_limits(work, branch, shop.variants["ACE-1"], Decimal(5), None)
    await run(RoutineName.ALERTS_WATCH)
    assert len(await standing(shop)) == 2
    async with open_work(limited(shop, branch)) as work:
        found, _ = await alerts.list_alerts(work)
        assert [one.store_id for one in found] == [branch]
        assert (await alerts.standing(work)).critical == 1


async def test_a_price_is_below_what_the_goods_of_a_store_have_cost(shop: Shop, run: Run) -> None:
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 10)
        await stock.receive(work, branch, [HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(10))])
        cost = text("UPDATE stock_items SET unit_cost = :cost WHERE store_id = :store")
        await work.session.execute(cost, {"cost": 30_000, "store": branch})
        await work.session.execute(cost, {"cost": 1, "store": shop.store_id})
    await run(RoutineName.ALERTS_WATCH)
    (found,) = await standing(shop)
    assert (found.kind, found.store_id) == (AlertKind.PRICE_BELOW_COST, branch)
    assert Decimal(found.evidence["unit_cost"]) == 30_000
    async with open_work(limited(shop, shop.store_id)) as work:
        assert (await alerts.list_alerts(work))[0] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_its_words(kind: AlertKind, language: str) -> None:
    assert words(f"alert.{kind}", language)
