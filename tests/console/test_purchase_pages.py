"""The pages of suppliers, purchases, receipts and returns over HTTP."""

from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.stock import service as stock
from domain.suppliers import service as suppliers
from tests.factories.desk import Desk
from tests.factories.purchases import make_order, make_supplier
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
PHONE = 'value="0212"'


@pytest.fixture
async def owner(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    visitor, _ = await visit(application, api, desk.workspace, Role.OWNER)
    return visitor


async def on_hand(desk: Desk) -> Decimal:
    async with open_work(desk.shop.principal) as work:
        (level,) = await stock.levels(work, desk.shop.variants["HAR-1"])
    return level.on_hand


def path_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/", 3)[3].partition("?")[0]


async def test_a_supplier_is_made_changed_and_sells_something(owner: Visitor, desk: Desk) -> None:
    fields = {"name": ATTACK, "phone": "0212", "key": "1"}
    paths = {path_of(await owner.send("suppliers", fields)) for _ in range(2)}
    (path,) = paths
    sold = {"sku": "har-1", "pack_size": "6", "pack_cost": "10.00", "minimum_packs": "0", "key": "2"}
    path_of(await owner.send(f"{path}/products", sold))
    assert PHONE in await owner.open(path)
    path_of(await owner.send(path, {"name": ATTACK, "phone": "", "version": "1", "key": "3"}))

    shown = await owner.open(path)

    assert "HAR-1" in shown
    assert PHONE not in shown
    for page in (shown, await owner.open("suppliers")):
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    async with open_work(desk.shop.principal) as work:
        (line,) = await suppliers.products(work, UUID(path.partition("/")[2]))
    assert line.pack_size == 6
    assert line.pack_cost == 10


async def test_a_purchase_goes_from_its_draft_to_the_shelf_once_and_part_of_it_back(owner: Visitor, desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        supplier = await make_supplier(work, desk.shop, name=ATTACK)
    drafted = {"supplier_id": str(supplier), "store_id": str(desk.shop.store_id), "key": "1"}
    path = path_of(await owner.send("purchases", drafted))
    shown = await owner.open(path)
    version = shown.partition('name="version" value="')[2].partition('"')[0]
    path_of(await owner.send(f"{path}/lines", {"sku": "HAR-1", "packs": "2", "pack_cost": "", "version": version, "key": "2"}))
    path_of(await owner.send(f"{path}/submit", {"key": "3"}))

    line = {"variant_id": str(desk.shop.variants["HAR-1"])}
    nothing = await owner.send(f"{path}/receive", line | {"quantity": "0", "rejected": "", "pack_cost": "", "key": "4"})
    came = line | {"quantity": "12", "rejected": "2", "pack_cost": "10.50", "document": ATTACK, "key": "5"}
    receipts = {path_of(await owner.send(f"{path}/receive", came)) for _ in range(2)}

    (receipt,) = receipts
    assert nothing.status_code == 422
    assert await on_hand(desk) == 20
    back = line | {"quantity": "4", "reason": "Vencida", "key": "6"}
    for _ in range(2):
        path_of(await owner.send(f"{receipt}/returns", back))
    assert await on_hand(desk) == 16
    for page in (path, receipt, "purchases", "receipts"):
        shown = await owner.open(page)
        assert "&lt;img src=x" in shown
        assert "<img src=x" not in shown


async def test_an_order_that_was_sent_is_cancelled_with_a_reason(owner: Visitor, desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        order = await make_order(work, desk.shop, await make_supplier(work, desk.shop), HAR_1=2)
    assert (await owner.send(f"purchases/{order.id}/cancel", {"key": "1"}, x_fragment="1")).status_code == 422

    path_of(await owner.send(f"purchases/{order.id}/cancel", {"reason": "Ya no", "key": "2"}))

    assert "Cancelada" in await owner.open(f"purchases/{order.id}")
    assert "Cancelada" in await owner.open("purchases?status=cancelled&store=")


async def test_a_return_is_opened_only_of_goods_that_have_left(owner: Visitor, desk: Desk) -> None:
    order = await desk.order()
    assert "HAR-1" in await owner.open(f"returns/of/{order['id']}")
    asked = {"variant_id": str(desk.shop.variants["HAR-1"]), "quantity": "1", "reason": "Rota", "key": "1"}

    refused = await owner.send(f"returns/of/{order['id']}", asked)

    assert refused.status_code == 409
    assert "Todavía no hay devoluciones" in await owner.open("returns")


async def test_who_may_not_buy_is_shown_no_way_to(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    reader, _ = await visit(application, api, desk.workspace, Role.VIEWER)
    async with open_work(desk.shop.principal) as work:
        order = await make_order(work, desk.shop, await make_supplier(work, desk.shop), HAR_1=2)

    shown = await reader.open(f"purchases/{order.id}")

    assert "/receive" not in shown
    assert "/cancel" not in shown
    assert (await reader.send(f"purchases/{order.id}/cancel", {"reason": "x"})).status_code == 403
