"""The demo shops: complete, plausible, and made once."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from app.demo import seed
from app.demo.schemas import demo_shops
from core.access import Principal
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.connections import service as connections
from domain.customers import service as customers
from domain.stock import service as stock
from tests.factories.customer import Customer
from tests.factories.shop import Shop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


async def shop_works() -> dict[str, Principal]:
    """The system in each workspace, by slug."""
    return {workspace.slug: Principal.system(workspace.id) for workspace in await accounts.list_workspaces()}


SALES_BY_WEEKDAY = text(
    """
    SELECT CAST(extract(isodow FROM occurred_at AT TIME ZONE :timezone) AS int), -sum(delta)
      FROM stock_movements WHERE type = 'sale' GROUP BY 1
    """
)
MONDAY, SATURDAY = 1, 6


async def test_the_demo_shops_are_whole_and_made_once(database: str) -> None:
    # When the demo is seeded twice
    first = await seed.seed_demo()
    second = await seed.seed_demo()

    # Then the shops are made the first time and left alone the second
    assert sorted(first) == ["demo-store", "ferreteria", "fluxion", "refacciones"]
    assert second == []
    works = await shop_works()
    assert len(works) == 4

    for shop in demo_shops():
        async with open_work(works[shop.workspace.slug]) as work:
            # Then each has at least forty products with codes, barcodes, and a price in its currency
            workspace = await accounts.get_workspace(work)
            skus = [sku for _, _, product in shop.numbered for sku in shop.skus(product)]
            variants = await catalog.variants_by_sku(work, skus)
            assert len({variant.product_id for variant in variants.values()}) >= 40
            assert len(variants) == len(skus)
            assert all(variant.is_sold and variant.barcode for variant in variants.values())
            assert {variant.currency for variant in variants.values()} == {workspace.currency}

            # Then its books are right, little is sold out, and the ledger holds half a year of every kind of trade
            assert await stock.reconcile(work) == []
            for store in await catalog.stores(work):
                levels = await stock.available(work, [v.variant_id for v in variants.values()], store.id)
                empty = {sku for sku, v in variants.items() if levels[v.variant_id].available == 0}
                assert empty == set(shop.sold_out[store.code])
            await _has_half_a_year(work, several_stores=len(shop.stores) > 1)

            # Then its lines and staff are there
            lines = await connections.all_of_workspace(work)
            assert {line.slug for line in lines} == {line.slug for line in shop.connections} | {f"{shop.workspace.slug}-web"}
            assert len(await accounts.list_members(work)) == len(shop.users)

        # Then whoever writes to it is answered
        line = next(line for line in lines if line.slug == shop.connections[0].slug)
        customer = Customer(Shop(workspace.id, UUID(int=0), {}), line.id, phone="584149998877")
        assert await customer.says("hola, ¿cuánto cuesta el envío?")


async def _has_half_a_year(work: Work, *, several_stores: bool) -> None:
    types = set(await work.session.scalars(text("SELECT DISTINCT type FROM stock_movements")))
    assert types == {"count", "sale", "purchase", "adjustment", "return"} | ({"transfer"} if several_stores else set())
    first, last = (await work.session.execute(text("SELECT min(occurred_at), max(occurred_at) FROM stock_movements"))).one()
    assert timedelta(days=180) < last - first < timedelta(days=184)
    assert last < work.now
    timezone = (await accounts.get_workspace(work)).timezone
    rows = await work.session.execute(SALES_BY_WEEKDAY, {"timezone": timezone})
    sold: dict[int, Decimal] = {weekday: quantity for weekday, quantity in rows}  # noqa: C416 - it gives the rows types
    assert sold[SATURDAY] > sold[MONDAY] * Decimal("1.2")
    broken = await work.session.scalar(
        text(
            "SELECT count(*) FROM (SELECT quantity_after - delta AS before, lag(quantity_after, 1, 0)"
            " OVER (PARTITION BY stock_item_id ORDER BY sequence) AS after FROM stock_movements) AS lines"
            " WHERE before <> after"
        )
    )
    assert broken == 0


async def test_the_named_people_products_and_prices_are_there(database: str) -> None:
    # When the demo is seeded
    await seed.seed_demo()
    works = await shop_works()

    # Then what the demo promises by name is there
    prices: dict[str, dict[str, Decimal]] = {
        "fluxion": {"HAR-001": Decimal(25000), "ACE-001": Decimal(45000), "CAF-001": Decimal(35000)},
        "demo-store": {"REM-001": Decimal(5000), "JEA-001": Decimal(12000), "ZAP-001": Decimal(28000)},
    }
    for slug, expected in prices.items():
        async with open_work(works[slug]) as work:
            found = await catalog.variants_by_sku(work, expected)
            assert {sku: variant.price for sku, variant in found.items()} == expected
            for store in await catalog.stores(work):
                levels = await stock.available(work, [v.variant_id for v in found.values()], store.id)
                assert all(level.available >= 10 for level in levels.values())
    async with open_work(works["fluxion"]) as work:
        stores = {store.id: store for store in await catalog.stores(work)}
        places = {(store.name, store.city, store.state, store.zone) for store in stores.values()}
        assert ("Mercado Bella Vista", "Maracaibo", "Zulia", "Norte") in places
        bound = defaultdict(
            str, {m.email: stores[m.store_ids[0]].code for m in await accounts.list_members(work) if m.store_ids}
        )
        assert bound["gerente@supermercadochacao.com"] == "store_caracas_chacao"
        assert bound["supervisor@abastosvalencia.com"] == "store_valencia_centro"
    async with open_work(works["refacciones"]) as work:
        assert {"Refacciones", "Llantas", "Accesorios"} <= {category.name for category in await catalog.categories(work)}
        assert {store.code for store in await catalog.stores(work)} == {"CDMX-01", "GDL-01", "MTY-01"}
    async with open_work(works["demo-store"]) as work:
        found = await catalog.variants_by_sku(work, ["REM-001", "JEA-001", "ZAP-001"])
        assert [found[sku].name for sku in ("REM-001", "JEA-001", "ZAP-001")] == [
            "Remera Básica",
            "Jean Slim Fit",
            "Zapatillas Running",
        ]
        (maria,) = await customers.by_phone(work, "+5491155550001")
        assert (maria.first_name, maria.last_name) == ("María", "García")
