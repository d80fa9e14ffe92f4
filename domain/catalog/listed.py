"""What the staff's list of products takes and gives."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.catalog.kinds import ProductStatus
from domain.catalog.schemas import View


class ListedProduct(View):
    """A product as lists show it, with the prices of its default variant."""

    id: UUID
    code: str
    name: str
    brand: str | None
    category: str | None
    unit: str
    status: ProductStatus
    price: Decimal
    wholesale_price: Decimal | None
    cost: Decimal | None
    barcode: str | None
    image_url: str | None
    variants: int
    version: int
    updated_at: datetime


class ProductSort(StrEnum):
    """By what a list of products is sorted; a dash turns it round."""

    NAME = "name"
    NAME_DOWN = "-name"
    CODE = "code"
    CODE_DOWN = "-code"
    PRICE = "price"
    PRICE_DOWN = "-price"
    UPDATED = "updated_at"
    UPDATED_DOWN = "-updated_at"

    @property
    def column(self) -> str:
        """By what."""
        return self.value.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.value.startswith("-")


class ProductFilter(View):
    """Which products are listed, and in which order; without statuses all that are not archived."""

    search: str | None = None
    category: str | None = None
    statuses: tuple[ProductStatus, ...] = ()
    brand: str | None = None
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    store_id: UUID | None = None
    is_in_stock: bool | None = None
    sort: ProductSort | None = None


class ProductList(View):
    """A part of the catalogue; `total` counts what fits where pages are asked for by number."""

    items: tuple[ListedProduct, ...]
    has_more: bool
    next_place: str | None
    total: int | None
    page: int | None
