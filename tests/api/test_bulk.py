"""Many at once, and at the same time: each row for itself, and nothing lost of what many hands do."""

import asyncio
from decimal import Decimal

import httpx

from core.work import open_work
from domain.accounts.roles import Role
from domain.catalog import service as catalog
from domain.stock import service as stock
from tests.factories.shop import fill, open_shop
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace


async def test_of_a_thousand_rows_those_that_are_right_are_done(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    staff = await employ(api, workspace, Role.MANAGER)
    rows: list[dict[str, object]] = [{"code": f"B-{n}", "name": f"Cosa {n}", "price": "1.50"} for n in range(1_000)]
    wrong = {
        10: ({"code": "HAR-1"}, "code_taken"),
        20: ({"code": "B-19"}, "code_taken"),
        30: ({"price": "0"}, "price_missing"),
        40: ({"category": "/no/"}, "category_not_found"),
        50: ({"unit": "NO"}, "unit_not_found"),
        60: ({"price": "much"}, "malformed"),
        70: ({"color": "red"}, "malformed"),
    }
    for index, (change, _) in wrong.items():
        rows[index] = rows[index] | change
    keyed = staff.headers | {"idempotency-key": "bulk"}
    answer = await api.post("/api/v1/products/bulk", headers=keyed, json={"rows": rows})
    told = answer.json()
    assert (answer.status_code, told["done"], told["failed"]) == (200, 993, 7), answer.text[:500]
    assert [one["index"] for one in told["results"]] == list(range(1_000))
    assert {one["index"]: one["code"] for one in told["results"] if one["status"] == "failed"} == {
        index: code for index, (_, code) in wrong.items()
    }
    again = await api.post("/api/v1/products/bulk", headers=keyed, json={"rows": rows})
    assert (again.json(), again.headers["idempotent-replayed"]) == (told, "true")
    async with open_work(shop.principal) as work:
        assert (await catalog.get_variant(work, "B-999")).price == Decimal("1.50")

    prices = [{"sku": f"B-{n}", "amount": "2.25"} for n in (0, 1, 2)]
    prices += [{"sku": "NO", "amount": "1"}, {"sku": "B-3", "amount": "1", "version": "9"}, {"sku": "B-4", "amount": "-1"}]
    told = (await api.post("/api/v1/prices/bulk", headers=staff.headers, json={"rows": prices})).json()
    assert [one["code"] for one in told["results"]] == [None] * 3 + ["product_not_found", "version_conflict", "malformed"]
    async with open_work(shop.principal) as work:
        assert (await catalog.get_variant(work, "B-1")).price == Decimal("2.25")
        assert (await catalog.get_variant(work, "B-3")).price == Decimal("1.50")


async def test_of_two_hundred_corrections_of_one_level_none_is_lost_and_none_goes_below_nothing(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    variant = shop.variants["HAR-1"]
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 50)
    staff = await employ(api, workspace, Role.MANAGER)
    body = {"store_id": str(shop.store_id), "variant_id": str(variant), "reason": "count"}

    async def adjust(delta: str) -> int:
        answer = await api.post("/api/v1/stock/adjust", headers=staff.headers, json=body | {"delta": delta})
        return int(delta) if answer.status_code == 201 else 0 * len(answer.json()["code"])

    moved = await asyncio.gather(*(adjust("1" if n % 4 == 0 else "-1") for n in range(200)))
    assert moved.count(1) == 50
    async with open_work(shop.principal) as work:
        level = (await stock.available(work, [variant], shop.store_id))[variant]
        assert level.on_hand == 50 + sum(moved) >= 0
        assert await stock.reconcile(work) == []


async def test_many_levels_are_corrected_each_by_itself(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 10)
        branch = await shop.open_branch(work)
    supervisor = await employ(api, workspace, Role.INVENTORY_SUPERVISOR, shop.store_id)
    flour = {"store_id": str(shop.store_id), "variant_id": str(shop.variants["HAR-1"]), "delta": "-3", "reason": "broken"}
    rows = [
        flour,
        flour | {"delta": "-30"},
        flour | {"delta": "0.5"},
        flour | {"variant_id": str(branch)},
        flour | {"store_id": str(branch)},
        flour | {"reason": ""},
        flour | {"delta": "1"},
    ]
    keyed = supervisor.headers | {"idempotency-key": "levels"}
    told = [(await api.post("/api/v1/stock/adjust/bulk", headers=keyed, json={"rows": rows})).json() for _ in range(2)]
    assert told[0] == told[1]
    assert [one["code"] for one in told[0]["results"]] == [
        None,
        "stock_promised",
        "quantity_not_countable",
        "product_not_found",
        "store_not_found",
        "malformed",
        None,
    ]
    async with open_work(shop.principal) as work:
        assert (await stock.available(work, [shop.variants["HAR-1"]]))[shop.variants["HAR-1"]].on_hand == Decimal(8)
