"""A small shop for tests: units, a store, and products with stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.access import Principal
from core.work import Work, open_work
from domain.catalog import editing, places
from domain.catalog import service as catalog
from domain.catalog.schemas import NewProduct, NewStore, NewUnit
from domain.stock import service as stock
from domain.stock.schemas import HoldLine

UNITS = (
    NewUnit(code="PZA", name="pieza", precision=0),
    NewUnit(code="KG", name="kilo", precision=3, aliases=("kg", "kilo", "kilos")),
    NewUnit(code="LT", name="litro", precision=3, aliases=("l", "litro", "litros")),
)


@dataclass(frozen=True)
class Shop:
    """What `open_shop` made."""

    workspace_id: UUID
    store_id: UUID
    variants: dict[str, UUID]

    @property
    def principal(self) -> Principal:
        """The system, working in this shop."""
        return Principal.system(self.workspace_id)

    async def open_branch(self, work: Work) -> UUID:
        """Open a second store."""
        return (await places.create_store(work, NewStore(code="T-2", name="Tienda Dos", city="Valencia"))).id


PRODUCTS = (
    NewProduct(code="HAR-1", name="Harina P.A.N. Blanca", price=Decimal(25000), synonyms=("harina pan",)),
    NewProduct(code="ACE-1", name="Aceite Mazeite 1 L", price=Decimal(45000), brand="Mazeite"),
    NewProduct(code="QUE-1", name="Queso blanco duro", price=Decimal(90000), unit="KG"),
)


async def open_shop(workspace_id: UUID, products: Sequence[NewProduct] = PRODUCTS) -> Shop:
    """Create units, one store and products in a workspace."""
    async with open_work(Principal.system(workspace_id)) as work:
        for unit in UNITS:
            await places.create_unit(work, unit)
        store = await places.create_store(work, NewStore(code="T-1", name="Tienda Uno", city="Caracas"))
        await editing.create_products(work, products)
        variants = {p.code: (await catalog.get_variant(work, p.code)).variant_id for p in products}
    return Shop(workspace_id, store.id, variants)


async def fill(work: Work, shop: Shop, sku: str, quantity: Decimal | int) -> None:
    """Put goods on the shelf."""
    await stock.receive(work, shop.store_id, [HoldLine(variant_id=shop.variants[sku], quantity=Decimal(quantity))])
