"""Purchases of a small shop: a supplier who sells flour in packs of six, and an order that was sent to them."""

from decimal import Decimal
from uuid import UUID

from core.work import Work
from domain.purchasing import ordering
from domain.purchasing.schemas import NewReceipt, OrderLineInput, PurchaseOrderView, ReceiptLineInput
from domain.suppliers import service as suppliers
from domain.suppliers.schemas import NewSupplier, SupplierProductInput
from tests.factories.shop import Shop

PACK = Decimal(6)


async def make_supplier(work: Work, shop: Shop, *, cost: Decimal | str = "10.00", name: str = "Alimentos Polar") -> UUID:
    """A supplier who sells flour in packs of six."""
    made = await suppliers.create(work, NewSupplier(name=name, lead_time_days=2))
    line = SupplierProductInput(variant_id=shop.variants["HAR-1"], pack_size=PACK, pack_cost=Decimal(cost))
    await suppliers.set_product(work, made.id, line)
    return made.id


async def make_order(work: Work, shop: Shop, supplier_id: UUID, **packs: int) -> PurchaseOrderView:
    """A sent order of so many packs of products, named by SKU with underscores."""
    draft = await ordering.open_draft(work, supplier_id, shop.store_id)
    lines = [
        OrderLineInput(variant_id=shop.variants[sku.replace("_", "-")], packs=Decimal(count)) for sku, count in packs.items()
    ]
    await ordering.set_lines(work, draft.id, lines)
    return await ordering.submit(work, draft.id)


def arrival(shop: Shop, key: str, sku: str = "HAR-1", **line: Decimal | int | str) -> NewReceipt:
    """An arrival of one product."""
    came = ReceiptLineInput.model_validate({"variant_id": shop.variants[sku]} | line)
    return NewReceipt(key=key, lines=(came,))
