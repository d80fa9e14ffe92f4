"""The goods of a demo shop on the real turn, without its half a year of trade."""

from decimal import Decimal
from uuid import UUID

from app.demo.schemas import demo_shops
from core.access import Principal
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.catalog import categories, editing, places
from domain.catalog import service as catalog
from domain.catalog.schemas import NewCategory
from domain.founding.schemas import UNITS
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop

CLOTHES, GROCERIES = "demo-store", "fluxion"
A_FEW, PLENTY = Decimal(6), Decimal(200)
"""What the shelf has of each size of what comes in sizes, and of all else."""


async def open_demo_shop(workspace: WorkspaceView, slug: str, *, few: Decimal = A_FEW) -> Shop:
    """Its catalogue and stores in a workspace; what is sold out in the demo is so here. The shop's store is the first."""
    demo = next(shop for shop in demo_shops() if shop.workspace.slug == slug)
    async with open_work(Principal.system(workspace.id)) as work:
        for unit in UNITS:
            await places.create_unit(work, unit)
        stores = {store.code: (await places.create_store(work, store.as_command())).id for store in demo.stores}
        paths: dict[str, str] = {}
        for category in demo.categories:
            parent = paths[category.parent] if category.parent else None
            paths[category.name] = (await categories.create_category(work, NewCategory(name=category.name, parent=parent))).path
        for phrase, expansion in demo.expansions:
            await editing.add_expansion(work, phrase, expansion)
        await editing.create_products(
            work,
            [demo.as_command(number, category, paths[category.name], product) for number, category, product in demo.numbered],
        )
        amounts = {sku: few if product.sizes else PLENTY for _, _, product in demo.numbered for sku in demo.skus(product)}
        variants = {sku: view.variant_id for sku, view in (await catalog.variants_by_sku(work, amounts)).items()}
        for code, store_id in stores.items():
            await stock.receive(work, store_id, _shelf(amounts, variants, demo.sold_out.get(code, frozenset())))
    return Shop(workspace.id, next(iter(stores.values())), variants)


def _shelf(amounts: dict[str, Decimal], variants: dict[str, UUID], sold_out: frozenset[str]) -> list[HoldLine]:
    return [HoldLine(variant_id=variants[sku], quantity=amount) for sku, amount in amounts.items() if sku not in sold_out]
