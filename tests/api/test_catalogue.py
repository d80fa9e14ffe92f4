"""Products, variants, prices, categories and stores over the API: nobody's change is lost, and nothing foreign is seen."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.queue import deadlines
from core import events
from core.clock import process_now, shift_by
from core.event_types import EventType
from core.events import Wanted
from core.work import open_work
from domain.accounts.roles import Role
from domain.catalog import editing
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import NewProduct
from tests.factories.shop import Shop, fill, open_shop
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace


async def opened(api: httpx.AsyncClient, role: Role = Role.MANAGER) -> tuple[Shop, Employee]:
    """A small shop and somebody of its staff."""
    workspace = await make_workspace()
    return await open_shop(workspace.id), await employ(api, workspace, role)


def at(version: int) -> dict[str, str]:
    return {"if-match": f'"v{version}"'}


async def test_a_product_is_made_changed_archived_and_brought_back(api: httpx.AsyncClient) -> None:
    shop, staff = await opened(api)
    body = {"code": "CAF-1", "name": "Café", "price": "10.50", "variants": [{"sku": "CAF-2", "label": "molido"}]}
    made = await api.post("/api/v1/products", headers=staff.headers, json=body)
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"'), made.text
    assert [one["price"] for one in made.json()["variants"]] == ["10.50", "10.50"]
    again = await api.post("/api/v1/products", headers=staff.headers, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    path = "/api/v1/products/CAF-1"
    assert (await api.put(path, headers=staff.headers | at(1), json={"brand": "Flor"})).json()["version"] == 2
    assert (await api.patch(path, headers=staff.headers | at(2), json={"name": None})).status_code == 422
    assert (await api.delete(path, headers=staff.headers | at(2))).status_code == 204
    shown = await api.get(path, headers=staff.headers)
    assert (shown.json()["status"], shown.json()["brand"]) == ("archived", "Flor")
    listed = (await api.get("/api/v1/products", headers=staff.headers)).json()["data"]
    assert "CAF-1" not in {one["code"] for one in listed}
    back = await api.post(f"{path}/activate", headers=staff.headers | at(3))
    assert (back.json()["status"], back.headers["etag"]) == ("active", '"v4"')
    async with open_work(shop.principal) as work:
        told = await events.page(work, wanted=Wanted(types=(EventType.PRODUCT_CHANGED,)))
    assert [(one.actor_id, one.before, one.after) for one in told][:2] == [
        (staff.id, {"brand": None}, {"brand": "Flor"}),
        (staff.id, {"status": "active"}, {"status": "archived"}),
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"code": "X", "name": "x", "price": "0"}, 400, "price_missing"),
        ({"code": "X", "name": "x", "price": "1", "category": "/no/"}, 404, "category_not_found"),
        ({"code": "X", "name": "x", "price": "1", "unit": "NO"}, 404, "unit_not_found"),
        ({"code": "X", "name": "x", "price": "1.001"}, 422, "malformed"),
        ({"code": "X\u0000", "name": "x\u0000", "price": "1"}, 422, "null_character"),
        ({"code": "X", "name": "x", "price": "1", "color": "red"}, 400, "unknown_field"),
    ],
)
async def test_a_product_that_cannot_be_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    _, staff = await opened(api)
    answer = await api.post("/api/v1/products", headers=staff.headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_of_managers_who_edit_one_product_from_the_same_version_one_gets_through(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    one, two = await employ(api, workspace, Role.MANAGER), await employ(api, workspace, Role.MANAGER)

    async def edit(by: Employee, path: str, body: dict[str, Any]) -> int:
        method = "POST" if path.endswith("prices") else "PATCH"
        return (await api.request(method, f"/api/v1{path}", headers=by.headers | at(1), json=body)).status_code

    codes = await asyncio.gather(
        edit(one, "/products/HAR-1", {"brand": "P.A.N."}),
        edit(two, "/products/HAR-1", {"brand": "Juana"}),
        edit(one, "/variants/HAR-1", {"barcode": "759"}),
        edit(two, "/variants/HAR-1/prices", {"amount": "2.00"}),
    )
    assert sorted(codes)[1:] == [412, 412, 412]
    assert sorted(codes)[0] in (200, 201)
    assert (await api.patch("/api/v1/products/HAR-1", headers=one.headers, json={"brand": "x"})).status_code == 428


async def test_a_price_has_a_history_and_holds_while_it_was_said_to(api: httpx.AsyncClient) -> None:
    shop, staff = await opened(api)
    path = "/api/v1/variants/HAR-1/prices"
    now = process_now()
    later, end = now + timedelta(days=2), now + timedelta(days=4)

    async def add(version: int, **body: Any) -> httpx.Response:
        return await api.post(path, headers=staff.headers | at(version), json=body)

    assert (await add(1, amount="26000.00", reason="dearer flour")).json()["version"] == 2
    offer = await add(2, amount="20000.00", starts_at=later.isoformat(), ends_at=end.isoformat())
    assert offer.json()["version"] == 3
    assert (await add(3, kind="wholesale", amount="24000.00")).json()["version"] == 4
    past = await add(4, amount="1.00", starts_at=(now - timedelta(days=1)).isoformat())
    assert (past.status_code, past.json()["code"]) == (400, "price_past")
    assert (await add(4, amount=None)).status_code == 422

    async def cost(moment: datetime | None = None) -> tuple[str | None, str | None]:
        query = {"at": moment.isoformat()} if moment else {}
        shown = (await api.get(f"{path}/at", headers=staff.headers, params=query)).json()
        return shown["retail"], shown["wholesale"]

    assert await cost() == ("26000.00", "24000.00")
    assert await cost(now - timedelta(days=900)) == (None, None)
    assert await cost(later + timedelta(hours=1)) == ("20000.00", "24000.00")
    assert await cost(end) == ("26000.00", "24000.00")

    async def sold_at() -> str:
        return str((await api.get("/api/v1/variants/HAR-1", headers=staff.headers)).json()["price"])

    # When the days go by
    seen = []
    for _ in range(3):
        await deadlines.settle_all(100)
        seen.append(await sold_at())
        async with open_work(shop.principal) as work:
            await shift_by(work.session, timedelta(days=2, hours=1))
    assert seen == ["26000.00", "20000.00", "26000.00"]
    history = (await api.get(path, headers=staff.headers, params={"kind": "retail"})).json()["data"]
    assert [one["amount"] for one in history] == ["20000.00", "26000.00", "25000.00"]
    assert history[1]["actor_id"] == str(staff.id)
    begun = await api.delete(f"{path}/{offer.json()['id']}", headers=staff.headers | at(6))
    assert (begun.status_code, begun.json()["code"]) == (409, "price_begun")


async def test_a_planned_price_is_withdrawn_and_a_page_of_history_follows_the_other(api: httpx.AsyncClient) -> None:
    _, staff = await opened(api)
    path = "/api/v1/variants/HAR-1/prices"
    for version in range(1, 6):
        await api.post(path, headers=staff.headers | at(version), json={"amount": f"{version}.00"})
    body = {"amount": "9.00", "starts_at": (process_now() + timedelta(days=9)).isoformat()}
    planned = (await api.post(path, headers=staff.headers | at(6), json=body)).json()
    assert (await api.delete(f"{path}/{planned['id']}", headers=staff.headers | at(7))).status_code == 204
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await api.get(path, headers=staff.headers, params=query)).json()
        seen += [one["amount"] for one in page["data"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["5.00", "4.00", "3.00", "2.00", "1.00", "25000.00"]


async def test_the_list_is_filtered_sorted_searched_and_counted(api: httpx.AsyncClient) -> None:
    shop, staff = await opened(api)
    async with open_work(shop.principal) as work:
        await fill(work, shop, "ACE-1", 3)
        branch = await shop.open_branch(work)
        await editing.create_product(
            work, NewProduct(code="HAR-0", name="Harina vieja", price=Decimal(0), status=ProductStatus.DRAFT)
        )

    async def codes(**query: Any) -> list[str]:
        answer = await api.get("/api/v1/products", headers=staff.headers, params=query)
        assert answer.status_code == 200, answer.text
        return [one["code"] for one in answer.json()["data"]]

    assert await codes(sort="-price") == ["QUE-1", "ACE-1", "HAR-1", "HAR-0"]
    assert await codes(status="draft") == ["HAR-0"]
    assert set(await codes(search="harina")) == {"HAR-1", "HAR-0"}
    assert await codes(search="har-0") == ["HAR-0"]
    assert await codes(search="zzzz") == []
    assert await codes(price_from="30000", price_to="50000") == ["ACE-1"]
    assert await codes(is_in_stock=True) == ["ACE-1"]
    assert await codes(store_id=str(branch)) == []
    assert await codes(brand="Mazeite") == ["ACE-1"]
    page = (await api.get("/api/v1/products", headers=staff.headers, params={"page": 2, "limit": 3})).json()
    assert (page["page"], page["total"], page["has_more"], len(page["data"])) == (2, 4, False, 1)
    unknown = await api.get("/api/v1/products", headers=staff.headers, params={"category": "/no/"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "category_not_found")


@pytest.mark.parametrize("sort", ["name", "-price", "-updated_at"])
async def test_pages_show_each_product_once_though_others_come_in_between(api: httpx.AsyncClient, sort: str) -> None:
    workspace = await make_workspace()
    products = [NewProduct(code=f"P-{n:03}", name=f"Cosa {n % 3}", price=Decimal(n % 5 + 1)) for n in range(40)]
    shop = await open_shop(workspace.id, products)
    staff = await employ(api, workspace, Role.MANAGER)
    seen: list[str] = []
    cursor = None
    for step in range(50):
        query: dict[str, Any] = {"limit": 7, "sort": sort} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/api/v1/products", headers=staff.headers, params=query)).json()
        seen += [one["code"] for one in page["data"]]
        async with open_work(shop.principal) as work:
            price = Decimal(step % 5 + 1)
            await editing.create_product(work, NewProduct(code=f"N-{step}", name=f"Cosa {step % 3}", price=price))
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen))
    assert {product.code for product in products} <= set(seen)


async def test_the_tree_is_grown_moved_and_never_a_circle(api: httpx.AsyncClient) -> None:
    _, staff = await opened(api)

    async def make(name: str, parent: str | None = None) -> dict[str, Any]:
        body = {"name": name, "parent": parent}
        made: dict[str, Any] = (await api.post("/api/v1/categories", headers=staff.headers, json=body)).json()
        return made

    pantry, drinks = await make("Despensa"), await make("Bebidas")
    grains = await make("Granos", pantry["path"])
    beans = await make("Caraotas", grains["path"])
    await api.patch("/api/v1/products/HAR-1", headers=staff.headers | at(1), json={"category": beans["path"]})

    async def move(one: dict[str, Any], parent: dict[str, Any] | None, version: int) -> httpx.Response:
        body = {"parent_id": parent["id"] if parent else None}
        return await api.post(f"/api/v1/categories/{one['id']}/move", headers=staff.headers | at(version), json=body)

    circle = await move(pantry, beans, 1)
    assert (circle.status_code, circle.json()["code"]) == (409, "category_circle")
    moved = await move(grains, drinks, 1)
    assert (moved.json()["path"], moved.json()["products"]) == ("/bebidas/granos/", 1)
    below = (await api.get(f"/api/v1/categories/{beans['id']}", headers=staff.headers)).json()
    assert (below["path"], below["level"], below["version"]) == ("/bebidas/granos/caraotas/", 2, 2)
    renamed = await api.patch(f"/api/v1/categories/{drinks['id']}", headers=staff.headers | at(1), json={"name": "Tragos"})
    assert renamed.json()["path"] == "/tragos/"
    tree = (await api.get("/api/v1/categories", headers=staff.headers)).json()["data"]
    assert [(one["path"], one["products"], len(one["children"])) for one in tree] == [("/despensa/", 0, 0), ("/tragos/", 1, 1)]
    used = await api.delete(f"/api/v1/categories/{drinks['id']}", headers=staff.headers | at(2))
    assert (used.status_code, used.json()["code"]) == (409, "category_in_use")
    assert (await api.delete(f"/api/v1/categories/{pantry['id']}", headers=staff.headers | at(1))).status_code == 204
    assert (await move(pantry, None, 1)).status_code == 412


async def test_two_moves_that_make_a_circle_together_do_not_both_happen(api: httpx.AsyncClient) -> None:
    _, staff = await opened(api)
    one, two = [
        (await api.post("/api/v1/categories", headers=staff.headers, json={"name": name})).json() for name in ("A", "B")
    ]

    async def move(which: dict[str, Any], under: dict[str, Any]) -> int:
        path = f"/api/v1/categories/{which['id']}/move"
        return (await api.post(path, headers=staff.headers | at(1), json={"parent_id": under["id"]})).status_code

    codes = await asyncio.gather(move(one, two), move(two, one))
    assert sorted(codes) in ([200, 409], [200, 412])
    (root,) = (await api.get("/api/v1/categories", headers=staff.headers)).json()["data"]
    assert len(root["children"]) == 1


async def test_a_store_is_opened_changed_and_closed_when_it_is_empty(api: httpx.AsyncClient) -> None:
    shop, staff = await opened(api)
    made = await api.post("/api/v1/stores", headers=staff.headers, json={"code": "T-9", "name": "Nueva", "city": "Lara"})
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"'), made.text
    path = f"/api/v1/stores/{made.json()['id']}"
    changed = await api.patch(path, headers=staff.headers | at(1), json={"city": None, "phone": "0251"})
    assert (changed.json()["city"], changed.json()["phone"], changed.json()["version"]) == (None, "0251", 2)
    assert (await api.patch(path, headers=staff.headers | at(1), json={"city": "x"})).status_code == 412
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 1)
    full = await api.delete(f"/api/v1/stores/{shop.store_id}", headers=staff.headers | at(1))
    assert (full.status_code, full.json()["code"]) == (409, "store_holds_goods")
    assert (await api.delete(path, headers=staff.headers | at(2))).status_code == 204
    open_ones = (await api.get("/api/v1/stores?is_active=true", headers=staff.headers)).json()["data"]
    assert [one["code"] for one in open_ones] == ["T-1"]
    assert (await api.post(f"{path}/activate", headers=staff.headers | at(3))).json()["is_active"] is True


async def test_whoever_works_in_one_store_changes_no_other_and_opens_none(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    shop = await open_shop(workspace.id)
    async with open_work(shop.principal) as work:
        branch = await shop.open_branch(work)
        await fill(work, shop, "HAR-1", 5)
    staff = await employ(api, workspace, Role.MANAGER, branch)
    made = await api.post("/api/v1/stores", headers=staff.headers, json={"code": "T-9", "name": "Nueva"})
    assert made.status_code == 403
    for path in (f"/api/v1/stores/{shop.store_id}",):
        answers = [
            await api.patch(path, headers=staff.headers | at(1), json={"city": "x"}),
            await api.delete(path, headers=staff.headers | at(1)),
            await api.post(f"{path}/activate", headers=staff.headers | at(1)),
        ]
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "store_not_found")}
    assert (await api.get("/api/v1/products", headers=staff.headers, params={"is_in_stock": True})).json()["data"] == []


async def test_nothing_of_another_workspace_is_found_or_changed(api: httpx.AsyncClient) -> None:
    foreign, _ = await opened(api)
    workspace = await make_workspace()
    staff = await employ(api, workspace, Role.MANAGER)
    async with open_work(foreign.principal) as work:
        await fill(work, foreign, "HAR-1", 5)
    owner = await employ(api, workspace)
    for method, path, body in (
        ("GET", "/products/HAR-1", None),
        ("PATCH", "/products/HAR-1", {"brand": "x"}),
        ("DELETE", "/products/HAR-1", None),
        ("POST", "/products/HAR-1/activate", None),
        ("POST", "/products/HAR-1/variants", {"sku": "x", "label": "x"}),
        ("GET", "/variants/HAR-1", None),
        ("PATCH", "/variants/HAR-1", {"barcode": "x"}),
        ("GET", "/variants/HAR-1/prices", None),
        ("GET", "/variants/HAR-1/prices/at", None),
        ("POST", "/variants/HAR-1/prices", {"amount": "1"}),
        ("DELETE", f"/variants/HAR-1/prices/{uuid4()}", None),
        ("GET", f"/stores/{foreign.store_id}", None),
        ("PATCH", f"/stores/{foreign.store_id}", {"city": "x"}),
        ("DELETE", f"/stores/{foreign.store_id}", None),
    ):
        for person in (staff, owner):
            answer = await api.request(method, f"/api/v1{path}", headers=person.headers | at(1), json=body)
            assert answer.status_code == 404, (method, path, answer.text)
    for path in ("/products", "/variants", "/categories", "/stores", "/units", "/products?search=harina"):
        assert (await api.get(f"/api/v1{path}", headers=staff.headers)).json()["data"] == []


async def test_a_write_under_a_key_happens_once(api: httpx.AsyncClient) -> None:
    _, staff = await opened(api)
    headers = staff.headers | {"idempotency-key": "one"}
    body = {"code": "CAF-1", "name": "Café", "price": "10.50"}
    answers = [await api.post("/api/v1/products", headers=headers, json=body) for _ in range(3)]
    assert {(answer.status_code, answer.json()["id"]) for answer in answers} == {(201, answers[0].json()["id"])}
    other = await api.post("/api/v1/products", headers=headers, json=body | {"price": "11.00"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
