"""What members are told of the days ahead: numbers with interval, period and date of data, or that there are none."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.accounts.thresholds import ReplenishmentSettings
from domain.conversations.states import State
from domain.purchasing import ordering
from domain.replenishment import ahead
from domain.replenishment import service as replenishment
from domain.stock import service as stock
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput, SupplierView
from tests.factories.routines import LOOK_AHEAD, run_routines
from tests.factories.sales import sold
from tests.factories.shop import Shop, fill, open_shop
from tools import drawing
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.foretelling import Ahead, alerts_query, forecast_query
from tools.outcome import FactKind, ToolOutcome
from tools.reordering import replenishment_query


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """Flour that sells five a day and runs low, from a mill; everything was looked at."""
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await sold(work, shop, {"HAR-1": [5.0, 4.0, 6.0] * 40, "ACE-1": [1.0] * 120})
        mill = await suppliers.create(work, NewSupplier(name="Molinos", lead_time_days=7))
        product = SupplierProductInput(variant_id=shop.variants["HAR-1"], pack_size=Decimal(12), pack_cost=Decimal(100))
        await suppliers.set_product(work, mill.id, product)
        await fill(work, shop, "HAR-1", 3)
        await stock.set_limits(work, shop.store_id, shop.variants["HAR-1"], Decimal(10), None)
    return shop


async def learn(shop: Shop) -> None:
    await run_routines(shop.workspace_id, *LOOK_AHEAD)


async def ask(
    shop: Shop, workspace: WorkspaceView, tool: Any, language: str = "es", **arguments: Any
) -> tuple[str, ToolOutcome]:
    async with open_work(shop.principal) as work:
        context = ToolContext(
            audience=AudienceKind.MANAGER, work=work, workspace=workspace, state=State.IDLE, language=language
        )
        outcome = await tool(context, **arguments)
    assert not re.search(r"\d", re.sub(r"\{\d+\}", "", outcome.say)), outcome.say
    words = outcome.say
    for index, fact in enumerate(outcome.facts):
        words = words.replace(f"{{{index}}}", fact.text)
    assert "{" not in words, words
    return words, outcome


async def test_a_forecast_has_its_interval_level_period_and_the_date_of_its_data(shop: Shop, workspace: WorkspaceView) -> None:
    assert (await ask(shop, workspace, forecast_query, product="harina pan"))[1].code == "forecast_not_ready"
    await learn(shop)
    for language, words in (
        ("es", ("cuatro de cada cinco", "por producto", "hasta el")),
        ("en", ("four of five", "by product", "up to")),
        ("pt", ("quatro de cada cinco", "por produto", "até")),
    ):
        told, outcome = await ask(shop, workspace, forecast_query, language, product="harina pan")
        assert all(each in told for each in words), told
        figures = [fact for fact in outcome.facts if fact.kind is FactKind.FIGURE]
        low, value, high = (Decimal(fact.value) for fact in figures[:3])
        assert low < Decimal(35) < high
        assert value == pytest.approx(Decimal(35), abs=2)
        assert all(fact.measured is not None and "Harina" in fact.measured.scope for fact in figures)
        made = drawing.chart_of(outcome.data["foretold"], workspace, language)
        assert made is not None
        days, band = made[0].series[0].values, made[0].band
        assert band is not None
        assert sum(day or 0 for day in days) == pytest.approx(float(value), abs=1)
        assert all((low or 0) <= (day or 0) <= (high or 0) for low, day, high in zip(band.low, days, band.high, strict=True))
        assert "Harina P.A.N. Blanca" in made[0].title
        assert all(fact.text in made[0].summary for fact in figures[:3]), made[0].summary
    # A day alone is a number, and no chart.
    _, outcome = await ask(shop, workspace, forecast_query, product="harina pan", period=Ahead.TOMORROW)
    assert drawing.chart_of(outcome.data["foretold"], workspace, "es") is None


async def test_without_a_product_those_that_sell_most_are_told(shop: Shop, workspace: WorkspaceView) -> None:
    await learn(shop)
    told, outcome = await ask(shop, workspace, forecast_query, period=Ahead.NEXT_7_DAYS)
    assert outcome.code == "forecast_best"
    assert told.index("Harina") < told.index("Aceite")


async def test_what_cannot_be_forecast_is_said_to_be_so(shop: Shop, workspace: WorkspaceView) -> None:
    await learn(shop)
    for arguments, code in (
        ({"product": "queso blanco duro"}, "demand_unknown"),
        ({"product": "harina pan", "until": date(2020, 1, 1), "since": date(2020, 1, 1)}, "forecast_not_ahead"),
        ({"since": date(2020, 1, 1), "until": date(2020, 1, 2)}, "forecast_not_ahead"),
    ):
        assert (await ask(shop, workspace, forecast_query, **arguments))[1].code == code


async def test_what_to_order_is_told_with_its_reasons(shop: Shop, workspace: WorkspaceView) -> None:
    assert (await ask(shop, workspace, replenishment_query))[1].code == "replenishment_none"
    await learn(shop)
    for language in ("es", "en", "pt"):
        told, outcome = await ask(shop, workspace, replenishment_query, language)
        assert outcome.code == "replenishment_told"
        assert all(each in told for each in ("Harina P.A.N. Blanca", "Molinos", "Tienda Uno")), told
    assert (await ask(shop, workspace, replenishment_query, product="aceite mazeite"))[1].code == "replenishment_none"


async def test_what_to_order_for_a_day_is_told_with_what_can_be_there_by_then(shop: Shop, workspace: WorkspaceView) -> None:
    async with open_work(shop.principal) as work:
        today = workspace.today(work.now)

    async def needed(days: int, language: str = "es", **of: str) -> tuple[str, ToolOutcome]:
        return await ask(shop, workspace, replenishment_query, language, by=today + timedelta(days=days), **of)

    assert (await needed(2))[1].code == "forecast_not_ready"
    await learn(shop)
    async with open_work(shop.principal) as work:
        (proposal,), _ = await replenishment.list_proposals(work)
    # The mill takes a week and an order comes each week: today's is there in seven days and has to last thirteen.
    for days, words in (
        (2, ("no llega para ese día", ", hasta el")),
        (10, ("a más tardar", ", hasta el")),
        (20, ("a más tardar", "solo hasta el")),
    ):
        told, outcome = await needed(days, product="harina pan")
        assert all(each in told for each in ("Harina P.A.N. Blanca", "Molinos", *words)), told
        said = {fact.subject: Decimal(fact.value) for fact in outcome.facts if fact.kind is FactKind.QUANTITY}
        assert said["Harina P.A.N. Blanca"] == proposal.quantity
        named_days = {fact.value for fact in outcome.facts if fact.kind is FactKind.PERIOD}
        last = days - 7 if days >= 7 else 7
        assert {(today + timedelta(days=each)).isoformat() for each in (days, last, 13)} <= named_days
        expected = next(Decimal(fact.value) for fact in outcome.facts if fact.subject.endswith("Tienda Uno expected"))
        assert expected == pytest.approx(Decimal(5 * (days + 1)), rel=Decimal("0.15"))
    for language in ("en", "pt"):
        assert (await needed(2, language))[1].code == "needed_told"
    # Of what nobody knows how much is there, or what will sell, nothing is said to be enough.
    assert (await needed(10, product="aceite mazeite"))[1].code == "levels_unknown"
    assert (await needed(10, product="queso blanco duro"))[1].code == "demand_unknown"
    # What no supplier sells is not left out, and a day that is over is none to order for.
    async with open_work(shop.principal) as work:
        await fill(work, shop, "ACE-1", 4)
    assert "Ningún proveedor lo vende" in (await needed(10, product="aceite mazeite"))[0]
    assert (await needed(1, product="aceite mazeite"))[1].code == "needed_none"
    assert (await needed(-1))[1].code == "needed_not_ahead"
    # Once it is ordered, a day before it comes is told of it.
    async with open_work(shop.principal) as work:
        assert proposal.purchase_order_id is not None
        await ordering.submit(work, proposal.purchase_order_id)
    await learn(shop)
    told, _ = await needed(3, product="harina pan")
    assert "Ya pedidos, pero para después" in told
    assert "faltarían" in told, told
    assert (await needed(8, product="harina pan"))[1].code == "needed_none"


@pytest.mark.parametrize(
    ("order_days", "day", "expected"),
    [
        ((), 4, ("2026-11-30", "2026-12-02", "2026-12-08", "2026-12-02")),
        ((2, 5), 4, ("2026-12-01", "2026-12-03", "2026-12-05", "2026-12-01")),
        ((2, 5), 7, ("2026-12-01", "2026-12-03", "2026-12-05", "2026-12-04")),
        ((3,), 4, ("2026-12-02", "2026-12-04", "2026-12-10", "2026-12-02")),
        ((4,), 4, ("2026-12-03", "2026-12-05", "2026-12-11", None)),
    ],
)
def test_a_delivery_follows_the_days_on_which_a_supplier_takes_orders(
    order_days: tuple[int, ...], day: int, expected: tuple[str, str, str, str | None]
) -> None:
    monday = date(2026, 11, 30)
    given = {"id": UUID(int=1), "name": "Molinos", "country": "VE", "lead_time_days": 2, "order_days": order_days}
    others = {"minimum_order": 0, "payment_days": 0, "is_active": True, "version": 1}
    supplier = SupplierView.model_validate(dict.fromkeys(SupplierView.model_fields) | given | others)
    found = ahead.delivery_for(monday + timedelta(days=day), monday, supplier, ReplenishmentSettings(review_days=7))
    dates = (found.order_on, found.arrives, found.covers_until, found.order_by)
    assert tuple(each and each.isoformat() for each in dates) == expected


async def test_alerts_are_told_in_every_language(shop: Shop, workspace: WorkspaceView) -> None:
    assert (await ask(shop, workspace, alerts_query))[1].code == "alerts_none"
    await learn(shop)
    for language in ("es", "en", "pt"):
        told, _ = await ask(shop, workspace, alerts_query, language)
        assert "Harina P.A.N. Blanca" in told


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (Ahead.TODAY, (11, 30), (11, 30)),
        (Ahead.THIS_WEEK, (11, 30), (12, 6)),
        (Ahead.NEXT_WEEK, (12, 7), (12, 13)),
        (Ahead.THIS_MONTH, (11, 30), (11, 30)),
        (Ahead.NEXT_MONTH, (12, 1), (12, 31)),
        (Ahead.NEXT_7_DAYS, (11, 30), (12, 6)),
    ],
)
def test_periods_ahead_are_what_people_mean(name: Ahead, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert name.days(date(2026, 11, 30)) == (date(2026, *first), date(2026, *last))
