"""Worlds: the shops in which tasks are played, each a small YAML file that many tasks share."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.accounts.schemas import WorkspaceSettings

FOLDER = Path(__file__).parent / "worlds"


class Part(BaseModel):
    """A value of a world's or task's file; unknown names are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WorldUnit(Part):
    """A unit of sale beside the piece."""

    code: str
    name: str
    precision: int = 0
    aliases: tuple[str, ...] = ()


class WorldStore(Part):
    """A store where stock lies."""

    code: str
    name: str
    address: str | None = None
    city: str | None = None


class WorldVariant(Part):
    """A variant beside the default one."""

    sku: str
    label: str
    price: Decimal | None = None


class WorldProduct(Part):
    """A product; `stock` is what lies in each store, or one number for the first store."""

    sku: str
    name: str
    price: Decimal
    category: str | None = None
    brand: str | None = None
    unit: str = "PZA"
    step: Decimal | None = None
    content: tuple[Decimal, str] | None = None
    label: str = ""
    synonyms: tuple[str, ...] = ()
    variants: tuple[WorldVariant, ...] = ()
    stock: Decimal | dict[str, Decimal] = Decimal(50)

    @property
    def skus(self) -> list[str]:
        """The SKUs of its variants, the default one first."""
        return [self.sku, *(variant.sku for variant in self.variants)]


class WorldPayment(Part):
    """What was paid of a past order: claimed, verified or rejected by staff."""

    method: str
    reference: str | None = None
    state: Literal["claimed", "verified", "rejected"] = "claimed"
    amount: Decimal | None = None


class WorldOrder(Part):
    """An order from before the task begins; tasks name it by its key."""

    key: str
    status: Literal["draft", "confirmed", "shipped", "delivered", "cancelled"] = "confirmed"
    lines: dict[str, Decimal]
    fulfilment: Literal["delivery", "pickup"] = "pickup"
    address: str | None = None
    store: str | None = None
    payment: WorldPayment | None = None


class WorldCustomer(Part):
    """A customer whom the shop knows already."""

    name: str
    phone: str
    addresses: tuple[str, ...] = ()
    orders: tuple[WorldOrder, ...] = ()


class World(Part):
    """One shop with everything a conversation can touch."""

    name: str
    country: str
    currency: str
    timezone: str
    language: str = "es"
    settings: WorkspaceSettings = WorkspaceSettings()
    units: tuple[WorldUnit, ...] = ()
    stores: tuple[WorldStore, ...]
    products: tuple[WorldProduct, ...]
    expansions: tuple[tuple[str, str], ...] = ()
    customers: dict[str, WorldCustomer] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> "World":
        skus = [sku for product in self.products for sku in product.skus]
        if len(set(skus)) != len(skus):
            raise ValueError(f"{self.name}: a SKU stands twice")
        stores = {store.code for store in self.stores}
        for product in self.products:
            if isinstance(product.stock, dict) and not set(product.stock) <= stores:
                raise ValueError(f"{product.sku} lies in a store that does not exist")
        methods = {method.code for method in self.settings.payment_methods}
        for customer in self.customers.values():
            for order in customer.orders:
                if not set(order.lines) <= set(skus):
                    raise ValueError(f"order {order.key} has a product that does not exist")
                if order.payment is not None and order.payment.method not in methods:
                    raise ValueError(f"order {order.key} was paid in a way that the shop does not take")
        return self

    def product_of(self, sku: str) -> WorldProduct | None:
        """The product that has this SKU among its variants."""
        return next((product for product in self.products if sku in product.skus), None)

    def price_of(self, sku: str) -> Decimal:
        """The price of a SKU."""
        product = self.product_of(sku)
        if product is None:
            raise KeyError(sku)
        variant = next((variant for variant in product.variants if variant.sku == sku), None)
        return variant.price if variant is not None and variant.price is not None else product.price

    def name_of(self, sku: str) -> str:
        """How a SKU is called in the catalogue."""
        product = self.product_of(sku)
        if product is None:
            raise KeyError(sku)
        label = next((variant.label for variant in product.variants if variant.sku == sku), product.label)
        return f"{product.name} {label}".strip()


@lru_cache
def load(name: str) -> World:
    """The world with this name."""
    path = FOLDER / f"{name}.yaml"
    return World.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def names() -> list[str]:
    """The worlds there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))
