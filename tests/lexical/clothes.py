"""The goods of the demo clothes shop on the real turn, without its half a year of trade."""

from decimal import Decimal

from app.demo.schemas import demo_shops
from app.demo.seed import UNITS
from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.catalog import service as catalog
from domain.catalog.schemas import NewStore
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop

SLUG = "demo-store"


async def open_clothes_shop(workspace: WorkspaceView) -> Shop:
    """Its catalogue in a workspace, with twenty of each thing on the shelf."""
    demo = next(shop for shop in demo_shops() if shop.workspace.slug == SLUG)
    skus = [sku for _, _, product in demo.numbered for sku in demo.skus(product)]
    async with open_work(Principal.system(workspace.id)) as work:
        for unit in UNITS:
            await catalog.create_unit(work, unit)
        store = await catalog.create_store(work, NewStore(code="T-1", name="Tienda Uno", city="Buenos Aires"))
        paths: dict[str, str] = {}
        for category in demo.categories:
            parent = paths[category.parent] if category.parent else None
            paths[category.name] = (await catalog.create_category(work, category.name, parent)).path
        for phrase, expansion in demo.expansions:
            await catalog.add_expansion(work, phrase, expansion)
        await catalog.create_products(
            work,
            [demo.as_command(number, category, paths[category.name], product) for number, category, product in demo.numbered],
        )
        variants = {sku: view.variant_id for sku, view in (await catalog.variants_by_sku(work, skus)).items()}
        await stock.receive(work, store.id, [HoldLine(variant_id=one, quantity=Decimal(20)) for one in variants.values()])
    return Shop(workspace.id, store.id, variants)
