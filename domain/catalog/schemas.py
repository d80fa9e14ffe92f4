"""What other rooms see of the catalogue."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from core.db import storable
from domain.catalog.kinds import ProductStatus

Text = StringConstraints(strip_whitespace=True, min_length=1)
Storable = AfterValidator(storable)
"""Without the characters that Postgres refuses."""

Code = Annotated[str, Text, Field(max_length=100), Storable]
Name = Annotated[str, Text, Field(max_length=500), Storable]
Short = Annotated[str, Text, Field(max_length=50), Storable]
Line = Annotated[str, Text, Field(max_length=255), Storable]
Words = Annotated[str, Field(max_length=10_000), Storable]
OtherNames = Annotated[tuple[Line, ...], Field(max_length=100)]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Command(BaseModel):
    """What somebody wants done; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Change(Command):
    """A partial change: only what is set is changed, and null empties it; what is `never_empty` takes no null."""

    never_empty: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _keeps_what_must_be(self) -> Self:
        emptied = sorted(name for name in self.never_empty & self.model_fields_set if getattr(self, name) is None)
        if emptied:
            raise ValueError(f"{', '.join(emptied)} cannot be empty")
        return self


class UnitView(View):
    """A unit of sale: how it is called, and how many decimals a quantity in it may have."""

    code: str
    name: str
    precision: int
    aliases: tuple[str, ...] = ()


class SaleRule(View):
    """In which quantities something is sold."""

    unit: str
    precision: int
    step: Decimal | None = None

    @property
    def grain(self) -> Decimal:
        """The smallest quantity; every quantity is a multiple of it."""
        return self.step or Decimal(1).scaleb(-self.precision)

    def allows(self, quantity: Decimal) -> bool:
        """Whether the quantity is a positive multiple of the grain."""
        return quantity.is_finite() and quantity > 0 and quantity % self.grain == 0


class VariantView(SaleRule):
    """One thing that can be put in a cart."""

    product_id: UUID
    variant_id: UUID
    sku: str
    name: str
    product_name: str
    label: str
    brand: str | None
    category: str | None
    price: Decimal
    currency: str
    is_sold: bool
    barcode: str | None = None
    image_url: str | None = None
    content_quantity: Decimal | None = None
    content_unit: str | None = None


class ProductHit(VariantView):
    """A variant found by a search, with its score (see `domain.catalog.search`)."""

    score: float
    unmatched: tuple[str, ...] = ()


class VariantPage(View):
    """A page of variants, and where the next one starts."""

    items: tuple[VariantView, ...]
    next_cursor: str | None


class CategoryView(View):
    """A category with its children, ordered by path."""

    id: UUID
    name: str
    path: str
    level: int
    products: int
    parent_id: UUID | None = None
    description: str | None = None
    is_active: bool = True
    version: int = 1
    children: tuple["CategoryView", ...] = ()


class StoreView(View):
    """A store of the workspace."""

    id: UUID
    code: str
    name: str
    kind: str | None
    address: str | None
    city: str | None
    state: str | None
    zone: str | None
    postal_code: str | None
    phone: str | None
    email: str | None
    manager: str | None
    latitude: float | None = None
    longitude: float | None = None
    attributes: dict[str, Any]
    is_active: bool
    version: int


class StaffVariant(View):
    """A variant with everything that staff edit; customers never see one."""

    id: UUID
    sku: str
    label: str
    barcode: str | None
    price: Decimal
    wholesale_price: Decimal | None
    cost: Decimal | None
    is_default: bool
    is_active: bool
    position: int


class ProductView(View):
    """A product with everything that staff edit, and its variants; `version` counts their changes too."""

    id: UUID
    code: str
    name: str
    description: str | None
    category_id: UUID | None
    brand: str | None
    model: str | None
    unit: str
    step: Decimal | None
    content_quantity: Decimal | None
    content_unit: str | None
    weight: Decimal | None
    dimensions: dict[str, Any] | None
    image_url: str | None
    status: ProductStatus
    attributes: dict[str, Any]
    synonyms: tuple[str, ...]
    currency: str
    variants: tuple[StaffVariant, ...]
    version: int
    created_at: datetime
    updated_at: datetime


class NewUnit(Command):
    """A unit to be created."""

    code: Short
    name: Short
    precision: int = Field(ge=0, le=3)
    aliases: Annotated[tuple[Short, ...], Field(max_length=50)] = ()


class _StoreDetails(BaseModel):
    kind: Short | None = None
    address: Annotated[str, Text, Field(max_length=500), Storable] | None = None
    city: Annotated[str, Text, Field(max_length=100), Storable] | None = None
    state: Annotated[str, Text, Field(max_length=100), Storable] | None = None
    zone: Annotated[str, Text, Field(max_length=100), Storable] | None = None
    postal_code: Annotated[str, Text, Field(max_length=10), Storable] | None = None
    phone: Short | None = None
    email: Line | None = None
    manager: Line | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(None, description="Where routes begin.")
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class NewStore(_StoreDetails, Command):
    """A store to be created."""

    code: Short
    name: Line
    attributes: dict[str, Any] = Field(default_factory=dict)


class ChangeStore(_StoreDetails, Change):
    """A partial change of a store."""

    never_empty = frozenset({"name", "attributes"})

    name: Line | None = None
    attributes: dict[str, Any] | None = None


class NewCategory(Command):
    """A category to be created, at the root or under the one at a path."""

    name: Line
    parent: Annotated[str, Field(max_length=500), Storable] | None = None
    description: Words | None = None


class ChangeCategory(Change):
    """A partial change of a category; another name gives it and all below it another path."""

    never_empty = frozenset({"name"})

    name: Line | None = None
    description: Words | None = None


class NewVariant(Command):
    """A variant of a product beside its default one."""

    sku: Code
    label: Line
    barcode: Short | None = None
    price: Money | None = None


class ChangeVariant(Change):
    """A partial change of a variant; its prices have a history and are changed as prices."""

    never_empty = frozenset({"label", "position", "is_active"})

    label: Annotated[str, Field(max_length=255), Storable] | None = None
    barcode: Short | None = None
    cost: Money | None = None
    position: int | None = Field(None, ge=0, le=10_000)
    is_active: bool | None = None


class _Details(BaseModel):
    description: Words | None = None
    category: Annotated[str, Field(max_length=500), Storable] | None = Field(
        None, description="Path of an existing category, such as /despensa/harinas/."
    )
    brand: Line | None = None
    model: Line | None = None
    step: Quantity | None = None
    content_quantity: Quantity | None = None
    content_unit: Short | None = None
    weight: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=3)] | None = None
    dimensions: dict[str, Any] | None = Field(None, description="Length, width and height, and their unit.")
    image_url: Annotated[str, Field(max_length=1000), Storable] | None = None


class NewProduct(_Details, Command):
    """A product with its default variant, whose SKU is the product's code."""

    code: Code
    name: Name
    price: Money
    unit: Short = "PZA"
    cost: Money | None = None
    wholesale_price: Money | None = None
    barcode: Short | None = None
    label: Annotated[str, Field(max_length=255), Storable] = ""
    attributes: dict[str, Any] = Field(default_factory=dict)
    synonyms: OtherNames = ()
    variants: Annotated[tuple[NewVariant, ...], Field(max_length=100)] = ()
    status: ProductStatus = ProductStatus.ACTIVE


class ChangeProduct(_Details, Change):
    """A partial change of a product."""

    never_empty = frozenset({"name", "attributes", "synonyms", "status"})

    name: Name | None = None
    attributes: dict[str, Any] | None = None
    synonyms: OtherNames | None = None
    status: ProductStatus | None = None
