"""The form of a demo shop's data file."""

from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from domain.accounts.roles import Role
from domain.accounts.schemas import CreateWorkspace
from domain.catalog.schemas import NewProduct, NewStore, NewVariant
from domain.conversations.kinds import HandoffReason

Season = Literal["heat", "cold"]


class Strict(BaseModel):
    """A part of the file; a field that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DemoStore(NewStore):
    """A store, and how much it sells compared with an average one."""

    share: Decimal

    def as_command(self) -> NewStore:
        """The command that creates the store."""
        return NewStore.model_validate(self.model_dump(exclude={"share"}))


class DemoConnection(Strict):
    """A WhatsApp line of one store."""

    slug: str
    name: str
    address: str
    store: str


class DemoUser(Strict):
    """A person of the staff."""

    email: str
    name: str
    role: Role
    store: str | None = None


class DemoCustomer(Strict):
    """A customer whom the shop knows already."""

    first_name: str
    last_name: str
    phone: str


class DemoProduct(Strict):
    """A product; `sizes` become its variants, the first one being the default; `daily` is what an average store sells."""

    code: str
    name: str
    price: Decimal
    brand: str | None = None
    model: str | None = None
    supplier: str | None = None
    unit: str = "PZA"
    step: Decimal | None = None
    content: str | None = Field(None, pattern=r"^[0-9.]+ [A-Z]+$")
    synonyms: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    daily: float | None = None


class DemoCategory(Strict):
    """A category with its products, and what holds for all of them."""

    name: str
    parent: str | None = None
    margin: Decimal
    daily: float
    season: Season | None = None
    products: tuple[DemoProduct, ...]


class DemoPerson(Strict):
    """Somebody who has bought in the last weeks, and writes by WhatsApp."""

    name: str
    phone: str
    address: str


class DemoLine(Strict):
    """One message of a conversation: a customer's, or the agent's."""

    customer: str | None = None
    agent: str | None = None


class DemoPayment(Strict):
    """What a customer says to have paid; without an amount, all that the order comes to."""

    method: str
    reference: str
    bank: str | None = None
    amount: Decimal | None = None


class DemoTalk(Strict):
    """A conversation that began so many minutes ago.

    With `wants` it waits for a person, and with `replied` one has taken it; one whose last message is a customer's and that
    waits for nobody is answered by the agent once the house is up.
    """

    by: str
    minutes: int
    said: tuple[DemoLine, ...]
    buys: dict[str, Decimal] = Field(default_factory=dict)
    is_brought: bool = True
    pays: DemoPayment | None = None
    wants: HandoffReason | None = None
    about: str | None = None
    replied: str | None = None


class DemoLife(Strict):
    """What goes on in a shop: who buys, why orders are cancelled, and the conversations of today."""

    people: tuple[DemoPerson, ...]
    excuses: tuple[str, ...]
    talks: tuple[DemoTalk, ...]


class DemoShop(Strict):
    """A demo workspace."""

    workspace: CreateWorkspace
    barcode_prefix: str
    stores: tuple[DemoStore, ...]
    connections: tuple[DemoConnection, ...]
    users: tuple[DemoUser, ...]
    customers: tuple[DemoCustomer, ...]
    expansions: tuple[tuple[str, str], ...]
    sold_out: dict[str, frozenset[str]]
    life: DemoLife | None = None
    categories: tuple[DemoCategory, ...]

    @cached_property
    def numbered(self) -> tuple[tuple[int, DemoCategory, DemoProduct], ...]:
        """All products with their number in the file."""
        pairs = [(category, product) for category in self.categories for product in category.products]
        return tuple((number, category, product) for number, (category, product) in enumerate(pairs, start=1))

    def skus(self, product: DemoProduct) -> tuple[str, ...]:
        """The SKUs of a product's variants, the default one first."""
        return (product.code, *(f"{product.code}-{size}" for size in product.sizes[1:]))

    def as_command(self, number: int, category: DemoCategory, path: str, product: DemoProduct) -> NewProduct:
        """The command that creates a product."""
        codes = [_barcode(self.barcode_prefix, number * 20 + at) for at in range(max(1, len(product.sizes)))]
        quantity, unit = product.content.split() if product.content else (None, None)
        return NewProduct(
            code=product.code,
            name=product.name,
            price=product.price,
            category=path,
            brand=product.brand,
            model=product.model,
            unit=product.unit,
            step=product.step,
            content_quantity=Decimal(quantity) if quantity else None,
            content_unit=unit,
            cost=cost_of(category, product),
            wholesale_price=(product.price * Decimal("0.93")).quantize(Decimal("0.01")),
            barcode=codes[0],
            label=f"talle {product.sizes[0]}" if product.sizes else "",
            synonyms=product.synonyms,
            variants=tuple(
                NewVariant(sku=sku, label=f"talle {size}", barcode=code)
                for sku, size, code in zip(self.skus(product)[1:], product.sizes[1:], codes[1:], strict=True)
            ),
        )


def cost_of(category: DemoCategory, product: DemoProduct) -> Decimal:
    """What the shop pays for a piece."""
    return (product.price * (1 - category.margin)).quantize(Decimal("0.01"))


def _barcode(prefix: str, number: int) -> str:
    """A valid EAN-13 with a country's prefix."""
    digits = f"{prefix}{number:0{12 - len(prefix)}d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def demo_shops() -> list[DemoShop]:
    """All demo shops by the name of their file."""
    folder = resources.files("app.demo") / "data"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    content: list[dict[str, Any]] = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return [DemoShop.model_validate(shop) for shop in content]
