"""Products over HTTP: found, changed, priced with their history, and many of them at once or not at all."""

import re
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts.roles import Role
from domain.catalog import service as catalog
from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import ProductView
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    return (await visit(application, api, desk.workspace, Role.MANAGER))[0]


async def stored(desk: Desk, code: str) -> ProductView:
    async with open_work(desk.shop.principal) as work:
        return await catalog.get_product(work, code)


async def price(desk: Desk, code: str) -> Decimal:
    return (await stored(desk, code)).variants[0].price


def version(shown: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', shown)
    assert found is not None
    return found[1]


async def test_a_product_is_made_once_changed_and_priced_with_its_history(person: Visitor, desk: Desk) -> None:
    # Given a product that was sent three times under one key
    fields = {"code": "REQ-9", "name": "Queso blanco", "price": "7.50", "unit": "KG", "key": "k", "synonyms": "llanero, duro"}
    for _ in range(3):
        assert (await person.send("products", fields)).status_code == 303
    assert set((await stored(desk, "REQ-9")).synonyms) == {"llanero", "duro"}

    # When it is changed, gets another variant, and another price
    sheet = await person.open("products/REQ-9")
    changed = {"name": "Queso llanero", "status": "draft", "brand": "Santa", "synonyms": "", "seen": version(sheet)}
    assert (await person.send("products/REQ-9", changed)).status_code == 303
    seen = version(await person.open("products/REQ-9"))
    variant = {"label": "Media pieza", "sku": "REQ-9-M", "price": "4", "seen": seen}
    assert (await person.send("products/REQ-9/variants", variant)).status_code == 303
    seen = version(await person.open("products/REQ-9"))
    dearer = {"sku": "REQ-9", "kind": "retail", "amount": "8.25", "reason": "Subió el proveedor", "seen": seen}
    assert (await person.send("products/REQ-9/prices", dearer)).status_code == 303

    # Then all of it stands, and who changed the price and why
    product = await stored(desk, "REQ-9")
    assert (product.name, product.status, product.brand, product.synonyms) == (
        "Queso llanero",
        ProductStatus.DRAFT,
        "Santa",
        (),
    )
    assert {each.sku: each.price for each in product.variants} == {"REQ-9": Decimal("8.25"), "REQ-9-M": Decimal(4)}
    shown = await person.open("products/REQ-9?sku=REQ-9")
    assert all(words in shown for words in ("Subió el proveedor", "Tú ·", "Media pieza"))


async def test_a_price_that_has_not_begun_is_taken_back(person: Visitor, desk: Desk) -> None:
    before, seen = await price(desk, "HAR-1"), version(await person.open("products/HAR-1"))
    later = {"sku": "HAR-1", "kind": "retail", "amount": "99", "starts": "2999-01-01T08:00", "seen": seen}
    assert (await person.send("products/HAR-1/prices", later)).status_code == 303
    shown = await person.open("products/HAR-1")
    withdraw = re.search(r'action="[^"]+(/prices/[0-9a-f-]+/withdraw)"', shown)
    assert withdraw is not None
    fields = {"sku": "HAR-1", "seen": version(shown)}
    assert (await person.send(f"products/HAR-1{withdraw[1]}", fields)).status_code == 303
    assert "/withdraw" not in await person.open("products/HAR-1")
    assert await price(desk, "HAR-1") == before


async def test_many_are_changed_together_or_not_at_all(person: Visitor, desk: Desk) -> None:
    flour, oil = await price(desk, "HAR-1"), await price(desk, "ACE-1")
    shown = await person.open("products/bulk?code=HAR-1&code=ACE-1&percent=10")
    offered = dict(
        zip(
            re.findall(r'name="sku" value="([^"]+)"', shown),
            re.findall(r'name="price"[^>]* value="([^"]+)"', shown),
            strict=True,
        )
    )
    assert offered == {"HAR-1": f"{flour * Decimal('1.1'):.2f}", "ACE-1": f"{oil * Decimal('1.1'):.2f}"}

    def sent(**versions: str) -> dict[str, list[str]]:
        return {
            "sku": list(offered),
            "was": [f"{flour}", f"{oil}"],
            "price": list(offered.values()),
            "version": [versions.get(sku.replace("-", "_"), found) for sku, found in zip(offered, seen, strict=True)],
            "status": ["draft"],
        }

    seen = re.findall(r'name="version" value="(\d+)"', shown)
    stale = await person.send("products/bulk", sent(ACE_1="9999"))
    assert stale.status_code == 412
    assert (await price(desk, "HAR-1"), (await stored(desk, "HAR-1")).status) == (flour, ProductStatus.ACTIVE)

    assert (await person.send("products/bulk", sent())).status_code == 303

    assert (await price(desk, "HAR-1"), await price(desk, "ACE-1")) == tuple(map(Decimal, offered.values()))
    assert {(await stored(desk, code)).status for code in offered} == {ProductStatus.DRAFT}


async def test_the_grid_is_searched_and_narrowed_by_its_address(person: Visitor) -> None:
    link = 'products/HAR-1"'
    for query in ("", "search=harina", "status=active", "stock=in", "sort=-price", "category=/no/", "status=x&sort=x"):
        assert link in await person.open(f"products?{query}"), query
    for query in ("search=xyzzy", "status=archived", "stock=out"):
        assert link not in await person.open(f"products?{query}"), query


async def test_an_operator_reads_products_and_changes_none(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    operator, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    shown = await operator.open("products/HAR-1") + await operator.open("products")
    assert 'method="post"' not in shown
    assert 'name="code"' not in shown
    for path in ("products", "products/HAR-1", "products/bulk", "products/HAR-1/prices", "products/HAR-1/variants"):
        assert (await operator.send(path, {"name": "x", "seen": "1"})).status_code == 403, path


async def test_what_is_written_of_a_product_is_text(person: Visitor) -> None:
    fields = {"code": "X-1", "name": ATTACK, "price": "1", "unit": "PZA", "brand": ATTACK, "description": ATTACK}
    assert (await person.send("products", fields)).status_code == 303
    for path in ("products", "products/X-1", "products/bulk?code=X-1", f"products?search={ATTACK}"):
        shown = await person.open(path)
        assert "<img src=x" not in shown, path
        assert "<script>" not in shown, path
