"""The shop's figures: each counts what its formula says, for whoever may see it, in the shop's own days."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.messages import LANGUAGES
from core.messages import text as words
from core.tables import new_id
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.conversations.kinds import HandoffReason
from domain.sales import service as sales
from domain.sales.service import NewSaleLine
from domain.statistics import service as statistics
from domain.statistics.catalogue import METRICS, TIMES
from domain.statistics.schemas import Filters, Grain, Period, PeriodName
from tests.api.test_payments import told
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


async def figure(desk: Desk, metric: str, **query: Any) -> dict[str, Any]:
    wanted = query if "since" in query else {"period": "today"} | query
    answer = await desk.get("/statistics", metric=metric, **wanted)
    found: dict[str, Any] = answer["data"][0]
    return found


async def number(desk: Desk, metric: str, **query: Any) -> str | None:
    found = (await figure(desk, metric, **query))["values"]
    assert len(found) == 1
    value: str | None = found[0]["value"]
    return value


async def move(desk: Desk, order_id: UUID, at: datetime) -> None:
    """Make an order one of another moment."""
    async with open_work(desk.shop.principal) as work:
        await work.session.execute(text("UPDATE orders SET confirmed_at = :at WHERE id = :id"), {"at": at, "id": order_id})


async def test_the_catalogue_names_every_metric_in_every_language(desk: Desk) -> None:
    listed = (await desk.get("/statistics/metrics"))["data"]
    assert [one["name"] for one in listed] == [metric.name for metric in METRICS]
    for language in LANGUAGES:
        assert all(words(f"statistics.{metric.name}", language) for metric in METRICS)


async def test_every_metric_can_be_measured_in_every_way_that_it_says(desk: Desk) -> None:
    await placed(desk.chat, {"HAR-1": 2})
    async with open_work(desk.shop.principal) as work:
        period = await statistics.period_of(work, PeriodName.LAST_7_DAYS)
        for metric in METRICS:
            for grain in (None, *metric.grains):
                stores = (desk.shop.store_id,) if metric.store else ()
                found = await statistics.measure(work, metric.name, period, Filters(stores, grain))
                assert found.period is None or (found.period.first, found.period.last) == (period.first, period.last)
                assert (found.period is not None) == metric.has_period
                if grain is Grain.DAY:
                    assert len({value.key for value in found.values}) == 7


async def test_a_day_of_a_shop_in_numbers(desk: Desk) -> None:
    first = await placed(desk.chat, {"HAR-1": 2})  # 50000 of goods, 5000 to bring them
    payment = await told(desk, first, amount=55000)
    assert await number(desk, "payments_to_verify") == "1"
    assert await number(desk, "amount_to_verify") == "55000.00"
    assert await number(desk, "takings") == "0"
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    second = await desk.order(lines=[{"sku": "ACE-1", "quantity": "1"}], fulfilment="pickup", payment_method="efectivo")
    assert (await desk.post(f"/orders/{second['id']}/confirm")).status_code == 200

    assert await number(desk, "orders") == "2"
    assert await number(desk, "sales") == "95000.00"
    assert await number(desk, "average_ticket") == "50000.00"
    assert await number(desk, "takings") == "55000.00"
    assert await number(desk, "payments_to_verify") == "0"
    assert await number(desk, "conversion") == "1.0000"
    assert await number(desk, "new_customers") == "1"
    best = (await figure(desk, "best_sellers"))["values"]
    assert [(one["label"], one["value"], one["unit"]) for one in best] == [
        ("Harina P.A.N. Blanca", "2.000", "PZA"),
        ("Aceite Mazeite 1 L", "1.000", "PZA"),
    ]
    slow = (await figure(desk, "slow_sellers"))["values"]
    assert [(one["label"], one["value"]) for one in slow] == [
        ("Aceite Mazeite 1 L", "1.000"),
        ("Harina P.A.N. Blanca", "2.000"),
    ]
    shown = await figure(desk, "takings")
    assert (shown["values"][0]["unit"], shown["period"]["timezone"], shown["kind"]) == ("VES", "America/Caracas", "money")
    assert datetime.fromisoformat(shown["as_of"]).tzinfo is not None

    # What is given back is no takings, and what is cancelled no order
    refund = {"key": "r1", "amount": "5000", "reason": "one was broken"}
    assert (await desk.post(f"/orders/{first.id}/refunds", refund)).status_code == 201
    assert await number(desk, "takings") == "50000.00"
    assert (await desk.post(f"/orders/{second['id']}/cancel", {"reason": "changed their mind"})).status_code == 200
    assert await number(desk, "orders") == "1"
    assert await number(desk, "cancelled_orders") == "1"


async def test_days_are_those_of_the_shop(desk: Desk) -> None:
    # Caracas is four hours behind UTC: three in the morning there is still yesterday's night here
    order = await placed(desk.chat, {"HAR-1": 1})
    await move(desk, order.id, datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    by_day = await figure(desk, "orders", since="2026-03-01", until="2026-03-02", grain="day")
    assert [(one["key"], one["value"]) for one in by_day["values"]] == [("2026-03-01", "1"), ("2026-03-02", "0")]
    by_month = await figure(desk, "orders", since="2026-02-10", until="2026-03-02", grain="month")
    assert [(one["key"], one["value"]) for one in by_month["values"]] == [("2026-02-01", "0"), ("2026-03-01", "1")]


async def test_sales_made_elsewhere_are_sales(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        line = NewSaleLine(desk.shop.store_id, desk.shop.variants["QUE-1"], work.now, Decimal("1.5"), "a" * 64, Decimal(90000))
        await sales.record(work, [line])
    assert Decimal(await number(desk, "sales") or 0) == Decimal(135000)
    best = (await figure(desk, "best_sellers"))["values"]
    assert [(one["value"], one["unit"]) for one in best] == [("1.500", "KG")]
    assert await number(desk, "orders") == "0"


async def test_whoever_works_in_one_store_is_told_of_that_store(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        branch = await desk.shop.open_branch(work)
    payment = await told(desk, await placed(desk.chat, {"HAR-1": 1}), amount=30000)
    assert (await desk.post(f"/payments/{payment.id}/verify")).status_code == 200
    there = await employ(desk.api, desk.workspace, Role.MANAGER, branch)
    here = await employ(desk.api, desk.workspace, Role.MANAGER, desk.shop.store_id)
    for metric, all_of_it in (("orders", "1"), ("takings", "30000.00"), ("sales", "25000.00")):
        query = {"metric": metric, "period": "today"}
        assert (await desk.get("/statistics", by=here, **query))["data"][0]["values"][0]["value"] == all_of_it
        for stores in ({}, {"store_id": str(desk.shop.store_id)}):
            seen = (await desk.get("/statistics", by=there, **query, **stores))["data"][0]["values"]
            assert [Decimal(one["value"]) for one in seen] == [Decimal(0)]


async def test_a_right_to_what_is_counted_is_needed(desk: Desk) -> None:
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    names = {one["name"] for one in (await desk.get("/statistics/metrics", by=viewer))["data"]}
    assert "orders" in names
    assert "model_cost" not in names
    refused = await desk.api.get("/api/v1/statistics", headers=viewer.headers, params={"metric": "model_cost"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"metric": "orders2"}, "metric_unknown"),
        ({"metric": "conversion", "grain": "store"}, "grain_refused"),
        ({"metric": "stock_value", "grain": "day"}, "grain_refused"),
        ({"metric": "orders", "since": "2026-02-02", "until": "2026-02-01"}, "period_refused"),
        ({"metric": "orders", "since": "1999-02-02", "until": "2026-02-01"}, "period_refused"),
        ({"metric": "orders", "since": "2026-02-02", "period": "today"}, "period_refused"),
    ],
)
async def test_what_cannot_be_measured_is_refused(desk: Desk, query: dict[str, str], code: str) -> None:
    refused = await desk.api.get("/api/v1/statistics", headers=desk.owner.headers, params=query)
    assert (refused.status_code, refused.json()["code"]) == (400, code)


async def test_people_and_models_are_counted(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED)
        await work.session.execute(
            text(
                "INSERT INTO turns (workspace_id, id, conversation_id, number, generation, status, voice_epoch, attempts,"
                " frozen, started_at, model_requests, input_tokens, output_tokens, cost_usd, latency_ms)"
                " VALUES (:w, :id, :c, 1, 0, 'finished', 0, 1, '{}', :now, 1, 1, 1, 0.03, 1)"
            ),
            {"w": work.workspace_id, "id": new_id(), "c": desk.chat.conversation_id, "now": work.now},
        )
    assert await number(desk, "waiting_handoffs") == "1"
    assert Decimal(await number(desk, "model_cost") or 0) == Decimal("0.03")
    assert await number(desk, "model_cost_per_order") is None  # no order, no average
    async with open_work(desk.chat.staff) as work:
        await handoffs.take(work, desk.chat.conversation_id)
        await work.session.execute(text("UPDATE handoffs SET taken_at = requested_at + interval '90 seconds'"))
    assert (await number(desk, "waiting_handoffs"), await number(desk, "handoff_wait")) == ("0", "90")


async def test_what_moved_is_added_up_by_product_and_kind(desk: Desk) -> None:
    await placed(desk.chat, {"HAR-1": 2})
    shown = await desk.get("/statistics/products", type="sale", period="today")
    (flour,) = shown["data"]
    assert (flour["code"], flour["total_quantity"], flour["stores"], flour["movements"]) == ("HAR-1", "2.000", 1, 1)
    assert (flour["total_value"], flour["currency"]) == ("50000.00", "VES")
    bought = (await desk.get("/statistics/products", type="purchase", period="today"))["data"]
    assert {one["code"]: one["total_quantity"] for one in bought} == {"HAR-1": "10.000", "ACE-1": "10.000"}
    assert (await desk.get("/statistics/products", type="count", period="today"))["data"] == []


async def test_another_workspace_counts_nothing_of_this_one(desk: Desk) -> None:
    await placed(desk.chat, {"HAR-1": 1})
    other = await employ(desk.api, await make_workspace())
    for metric in METRICS:
        found = (await desk.get("/statistics", by=other, metric=metric.name))["data"][0]["values"]
        assert all(one["value"] is None or Decimal(one["value"]) == 0 for one in found), metric.name


def test_named_periods_are_what_people_mean() -> None:
    wednesday = datetime(2026, 3, 4, tzinfo=UTC).date()
    shown = {name: Period.named(name, wednesday) for name in PeriodName}
    assert shown[PeriodName.THIS_WEEK].first.isoformat() == "2026-03-02"
    assert (shown[PeriodName.LAST_WEEK].first.isoformat(), shown[PeriodName.LAST_WEEK].last.isoformat()) == (
        "2026-02-23",
        "2026-03-01",
    )
    assert (shown[PeriodName.LAST_MONTH].first.isoformat(), shown[PeriodName.LAST_MONTH].last.isoformat()) == (
        "2026-02-01",
        "2026-02-28",
    )
    assert shown[PeriodName.LAST_7_DAYS].last - shown[PeriodName.LAST_7_DAYS].first == timedelta(days=6)
    assert set(Grain) > TIMES
