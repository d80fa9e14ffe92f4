"""What other rooms see of the catalogue."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.catalog.models import ProductStatus as ProductStatus

Text = StringConstraints(strip_whitespace=True, min_length=1)
Code = Annotated[str, Text, Field(max_length=100)]
Name = Annotated[str, Text, Field(max_length=500)]
Money = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


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
    phone: str | None
    email: str | None
    manager: str | None
    attributes: dict[str, Any]
    is_active: bool


class ProductView(View):
    """A product with everything that staff edit, and its variants."""

    id: UUID
    code: str
    name: str
    description: str | None
    category_id: UUID | None
    brand: str | None
    model: str | None
    unit: str
    step: Decimal | None
    status: ProductStatus
    attributes: dict[str, Any]
    synonyms: tuple[str, ...]
    variants: tuple[VariantView, ...]


class NewUnit(BaseModel):
    """A unit to be created."""

    code: Annotated[str, Text, Field(max_length=50)]
    name: Annotated[str, Text, Field(max_length=50)]
    precision: int = Field(ge=0, le=3)
    aliases: tuple[str, ...] = ()


class NewStore(BaseModel):
    """A store to be created."""

    code: Annotated[str, Text, Field(max_length=50)]
    name: Annotated[str, Text, Field(max_length=255)]
    kind: str | None = Field(None, max_length=50)
    address: str | None = Field(None, max_length=500)
    city: str | None = Field(None, max_length=100)
    state: str | None = Field(None, max_length=100)
    zone: str | None = Field(None, max_length=100)
    postal_code: str | None = Field(None, max_length=10)
    phone: str | None = Field(None, max_length=50)
    email: str | None = Field(None, max_length=255)
    manager: str | None = Field(None, max_length=255)
    attributes: dict[str, Any] = Field(default_factory=dict)


class NewVariant(BaseModel):
    """A variant of a product beside its default one."""

    sku: Code
    label: Annotated[str, Text, Field(max_length=255)]
    barcode: str | None = Field(None, max_length=50)
    price: Money | None = None


class NewProduct(BaseModel):
    """A product with its default variant, whose SKU is the product's code."""

    code: Code
    name: Name
    price: Money
    description: str | None = None
    category: str | None = Field(None, description="Path of an existing category, such as /despensa/harinas/.")
    brand: str | None = Field(None, max_length=255)
    model: str | None = Field(None, max_length=255)
    unit: str = Field("PZA", max_length=50)
    step: Quantity | None = None
    content_quantity: Quantity | None = None
    content_unit: str | None = Field(None, max_length=50)
    weight: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=3)] | None = None
    cost: Money | None = None
    wholesale_price: Money | None = None
    barcode: str | None = Field(None, max_length=50)
    image_url: str | None = Field(None, max_length=1000)
    label: str = Field("", max_length=255)
    attributes: dict[str, Any] = Field(default_factory=dict)
    synonyms: tuple[str, ...] = ()
    variants: tuple[NewVariant, ...] = ()
    status: ProductStatus = ProductStatus.ACTIVE


class ChangeProduct(BaseModel):
    """A partial change of a product: only the fields that are set are changed."""

    name: Name | None = None
    description: str | None = None
    category: str | None = None
    brand: str | None = Field(None, max_length=255)
    model: str | None = Field(None, max_length=255)
    image_url: str | None = Field(None, max_length=1000)
    attributes: dict[str, Any] | None = None
    synonyms: tuple[str, ...] | None = None
    status: ProductStatus | None = None
