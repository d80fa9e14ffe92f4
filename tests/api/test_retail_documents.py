"""A day at the back door over the API: buy, take in, count, transfer, return; each write once, each right asked for."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx

from core.work import open_work
from domain.accounts.roles import Role
from domain.stock import service as stock
from tests.factories.shop import Shop, open_shop
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace

Headers = dict[str, str]


async def opened(api: httpx.AsyncClient, role: Role = Role.MANAGER) -> tuple[Shop, UUID, Headers]:
    """A shop with a branch, and somebody of its staff."""
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
    person = await employ(api, workspace, role)
    return shop, branch, dict(person.headers)


async def post(api: httpx.AsyncClient, headers: Headers, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
    """Write twice under one key; both get the same answer, the second one from memory."""
    keyed = headers | {"idempotency-key": uuid4().hex}
    first = await api.post(f"/api/v1{path}", headers=keyed, json=body)
    assert first.status_code == status, first.text
    again = await api.post(f"/api/v1{path}", headers=keyed, json=body)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    answer: dict[str, Any] = first.json()
    return answer


async def test_goods_are_bought_taken_in_and_sent_back(api: httpx.AsyncClient) -> None:
    shop, _, headers = await opened(api)
    flour = str(shop.variants["HAR-1"])
    supplier = await post(api, headers, "/suppliers", {"name": "Polar", "tax_id": "j-00006372-9"}, 201)
    assert supplier["tax_id_written"] == "J-00006372-9"
    path = f"/api/v1/suppliers/{supplier['id']}"
    sold = {"variant_id": flour, "pack_size": "6", "pack_cost": "10.00"}
    assert (await api.put(f"{path}/products", headers=headers, json=sold)).status_code == 200

    # When an order is put together, sent and taken in
    draft = await post(api, headers, "/purchase-orders", {"supplier_id": supplier["id"], "store_id": str(shop.store_id)})
    lines = {"lines": [{"variant_id": flour, "packs": "3"}]}
    address = f"/api/v1/purchase-orders/{draft['id']}/lines"
    assert (await api.patch(address, headers=headers, json=lines)).status_code == 428
    seen = headers | {"if-match": f'"v{draft["version"]}"'}
    changed = await api.patch(address, headers=seen, json=lines)
    assert (changed.json()["total"], changed.json()["lines"][0]["ordered"]) == ("30.00", "18.000000")
    assert (await api.patch(address, headers=seen, json=lines)).status_code == 412
    await post(api, headers, f"/purchase-orders/{draft['id']}/submit", {})
    came = {"key": "guide 1", "lines": [{"variant_id": flour, "packs": "3", "rejected": "1"}]}
    receipt = await post(api, headers, f"/purchase-orders/{draft['id']}/receive", came, 201)
    refused = await api.post(f"/api/v1/purchase-orders/{draft['id']}/receive", headers=headers, json=came | {"key": "guide 2"})
    assert (refused.status_code, refused.json()["code"]) == (409, "over_delivered")

    # Then the stock, the ledger and the order say so, and some of it goes back
    level = (await api.get(f"/api/v1/stock?variant_id={flour}", headers=headers)).json()["data"][0]
    assert (level["on_hand"], level["available"], level["value"]) == ("17.000", "17.000", "28.33")
    back = {"key": "r", "reason": "wet", "lines": [{"variant_id": flour, "quantity": "2"}]}
    returned = await post(api, headers, f"/goods-receipts/{receipt['id']}/returns", back, 201)
    assert returned["lines"][0]["credit"] == "3.33"
    ledger = (await api.get("/api/v1/stock/movements?limit=1", headers=headers)).json()
    assert (ledger["data"][0]["type"], ledger["has_more"]) == ("return", True)
    following = await api.get(f"/api/v1/stock/movements?limit=1&cursor={ledger['next_cursor']}", headers=headers)
    assert (following.json()["data"][0]["type"], following.json()["has_more"]) == ("purchase", False)
    listed = (await api.get("/api/v1/purchase-orders?status=partly_received", headers=headers)).json()["data"]
    assert listed[0]["lines"][0]["open"] == "1.000000"


async def test_a_mistyped_tax_id_is_told_in_the_language_of_the_caller(api: httpx.AsyncClient) -> None:
    _, _, headers = await opened(api)
    body = {"name": "Polar", "tax_id": "J-00006372-8"}
    answer = await api.post("/api/v1/suppliers", headers=headers | {"accept-language": "es"}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "tax_id_invalid")
    assert "J-00006372-8" in answer.json()["detail"]
    assert "RIF" in answer.json()["detail"]


async def test_goods_go_to_another_store_and_what_is_missing_stays_on_the_transfer(api: httpx.AsyncClient) -> None:
    shop, branch, headers = await opened(api)
    flour = str(shop.variants["HAR-1"])
    adjusted = {"store_id": str(shop.store_id), "variant_id": flour, "delta": "10", "reason": "opening"}
    await post(api, headers, "/stock/adjust", adjusted, 201)
    line = {"variant_id": flour, "quantity": "6"}
    wanted = {"from_store_id": str(shop.store_id), "to_store_id": str(branch), "lines": [line]}
    transfer = await post(api, headers, "/stock-transfers", wanted, 201)
    await post(api, headers, f"/stock-transfers/{transfer['id']}/approve")
    await post(api, headers, f"/stock-transfers/{transfer['id']}/send", {})
    came = {"key": "truck", "outcome": "received", "lines": [line | {"quantity": "5"}]}
    short = await post(api, headers, f"/stock-transfers/{transfer['id']}/settle", came)
    assert (short["status"], short["lines"][0]["in_transit"]) == ("in_transit", "1.000")
    lost = {"key": "lost", "outcome": "lost", "lines": [line | {"quantity": "1"}], "reason": "fell off"}
    assert (await post(api, headers, f"/stock-transfers/{transfer['id']}/settle", lost))["status"] == "received"
    levels = (await api.get(f"/api/v1/stock?variant_id={flour}", headers=headers)).json()["data"]
    assert {level["store_id"]: level["on_hand"] for level in levels} == {str(shop.store_id): "4.000", str(branch): "5.000"}


async def test_a_store_is_counted_and_goods_are_kept_and_let_go(api: httpx.AsyncClient) -> None:
    shop, _, headers = await opened(api)
    flour = str(shop.variants["HAR-1"])
    adjusted = {"store_id": str(shop.store_id), "variant_id": flour, "delta": "10", "reason": "opening"}
    await post(api, headers, "/stock/adjust", adjusted, 201)
    count = await post(api, headers, "/stock-counts", {"store_id": str(shop.store_id), "name": "May"}, 201)
    entered = {"lines": [{"variant_id": flour, "counted": "9"}]}
    view = await post(api, headers, f"/stock-counts/{count['id']}/entries", entered)
    assert view["entries"][0]["difference"] == "-1.000"
    await post(api, headers, f"/stock-counts/{count['id']}/apply")
    kept = {"store_id": str(shop.store_id), "lines": [{"variant_id": flour, "quantity": "4"}], "minutes": 60}
    reservation = await post(api, headers, "/stock/reserve", kept, 201)
    level = (await api.get("/api/v1/stock", headers=headers)).json()["data"][0]
    assert (level["on_hand"], level["available"]) == ("9.000", "5.000")
    assert (await post(api, headers, f"/stock/reservations/{reservation['id']}/release", {}))["released"] == 1
    async with open_work(shop.principal) as work:
        assert await stock.reconcile(work) == []
        found = await stock.available(work, [shop.variants["HAR-1"]])
    assert found[shop.variants["HAR-1"]].available == Decimal(9)


async def test_a_viewer_reads_and_writes_nothing(api: httpx.AsyncClient) -> None:
    shop, _, headers = await opened(api, Role.VIEWER)
    for path in (
        "/suppliers",
        "/purchase-orders",
        "/goods-receipts",
        "/stock",
        "/stock-transfers",
        "/stock-counts",
        "/returns",
    ):
        assert (await api.get(f"/api/v1{path}", headers=headers)).json()["data"] == [], path
    body = {"store_id": str(shop.store_id), "variant_id": str(shop.variants["HAR-1"]), "delta": "1", "reason": "x"}
    answer = await api.post("/api/v1/stock/adjust", headers=headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
