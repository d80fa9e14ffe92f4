"""The demo shops' pages: the goods as they are, with the chat beside them; in production there are none."""

import httpx
import pytest
from fastapi import FastAPI

from app.demo import shopfront
from app.demo.schemas import demo_shops
from app.web.server import create_app
from core.access import Principal
from core.settings import Environment, Settings
from core.work import open_work
from domain.catalog.schemas import NewProduct
from tests.factories.shop import PRODUCTS, fill, open_shop
from tests.factories.workspaces import make_workspace


async def open_front(slug: str) -> Principal:
    """A demo shop with two goods on the shelf, one of them named by somebody with bad intentions."""
    workspace = await make_workspace(slug)
    evil = NewProduct(code="EVIL", name='<script>alert(1)</script>" onload="x', price=PRODUCTS[0].price)
    shop = await open_shop(workspace.id, [PRODUCTS[0], evil])
    async with open_work(shop.principal) as work:
        for sku in ("HAR-1", "EVIL"):
            await fill(work, shop, sku, 5)
    return shop.principal


async def test_the_page_of_a_demo_shop_shows_its_goods_and_its_chat(application: FastAPI, api: httpx.AsyncClient) -> None:
    shop = next(each for each in demo_shops() if each.workspace.slug == "fluxion")
    principal = await open_front("fluxion")
    before = (await api.get("/shop/fluxion")).text
    assert "Harina P.A.N. Blanca" in before
    assert "Bs. 25.000,00" in before
    assert "<script>alert" not in before
    assert "/chat/" not in before

    # A house that was made before there were chats gets its own once
    for _ in range(2):
        async with open_work(principal) as work:
            await shopfront.ensure_chat(work, shop)
    page = await api.get("/shop/fluxion")
    assert page.text.count("/chat/fluxion-web.js") == 1
    assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/shop/no-such-shop", "/shop/-/shop.html", "/shop/-/..%2f__init__.py"])
async def test_there_is_nothing_else(application: FastAPI, api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 404


async def test_all_demo_shops_are_listed(application: FastAPI, api: httpx.AsyncClient) -> None:
    page = (await api.get("/shop/", params={"lang": "en"})).text

    assert all(f'href="/shop/{shop.workspace.slug}?lang=en"' in page for shop in demo_shops())


def test_a_house_in_production_has_no_demo_shops(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": Environment.PRODUCTION})

    assert not [route for route in create_app(production).routes if getattr(route, "path", "").startswith("/shop")]
