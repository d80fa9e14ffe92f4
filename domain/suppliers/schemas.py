"""What other rooms see of suppliers, and what they may ask of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = StringConstraints(strip_whitespace=True, min_length=1)
Name = Annotated[str, Text, Field(max_length=255)]
Country = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$")]
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
Weekday = Annotated[int, Field(ge=1, le=7)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class TaxId(View):
    """A tax id: its country, its kind there (RIF, RUC, RFC …) and its normalised number."""

    country: str
    type: str
    number: str
    is_checked: bool


class SupplierView(View):
    """A supplier; `tax_id` is normalised, `tax_id_written` as its country writes it."""

    id: UUID
    name: str
    country: str
    tax_id: str | None
    tax_id_type: str | None
    tax_id_written: str | None
    contact_name: str | None
    email: str | None
    phone: str | None
    address: str | None
    lead_time_days: int | None
    order_days: tuple[int, ...]
    minimum_order: Decimal
    payment_days: int
    payment_terms: str | None
    notes: str | None
    is_active: bool
    version: int

    def next_order_day(self, today: date) -> date:
        """The first day from today on which the supplier takes orders."""
        days = (today + timedelta(days=ahead) for ahead in range(7))
        return next(day for day in days if not self.order_days or day.isoweekday() in self.order_days)

    def expected_on(self, today: date) -> date | None:
        """When goods that are ordered from today on should come, if the supplier's lead time is known."""
        return None if self.lead_time_days is None else self.next_order_day(today) + timedelta(days=self.lead_time_days)


class SupplierProductView(View):
    """What a supplier sells: a variant in packs of `pack_size` pieces at `pack_cost` a pack, if that is known."""

    supplier_id: UUID
    variant_id: UUID
    supplier_sku: str | None
    pack_size: Decimal
    pack_name: str | None
    pack_cost: Decimal | None
    minimum_packs: Decimal
    is_preferred: bool


class SupplierPage(View):
    """A page of suppliers by name, and where the next one starts."""

    items: tuple[SupplierView, ...]
    next_cursor: UUID | None


class _Terms(BaseModel):
    """What may be said of a supplier beside its name and its tax id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact_name: str | None = Field(None, max_length=255)
    email: str | None = Field(None, max_length=255, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(None, max_length=50)
    address: str | None = Field(None, max_length=500)
    lead_time_days: int | None = Field(None, ge=0, le=365)
    payment_terms: str | None = Field(None, max_length=255)
    notes: str | None = Field(None, max_length=5000)


class NewSupplier(_Terms):
    """A supplier to be created; without a country it is of the workspace's."""

    name: Name
    country: Country | None = None
    tax_id: Annotated[str, Text, Field(max_length=40)] | None = None
    order_days: frozenset[Weekday] = frozenset()
    minimum_order: Money = Decimal(0)
    payment_days: int = Field(0, ge=0, le=365)


class ChangeSupplier(_Terms):
    """A partial change of a supplier: only the fields that are set are changed."""

    name: Name | None = None
    country: Country | None = None
    tax_id: Annotated[str, Text, Field(max_length=40)] | None = None
    order_days: frozenset[Weekday] | None = None
    minimum_order: Money | None = None
    payment_days: int | None = Field(None, ge=0, le=365)
    is_active: bool | None = None


class SupplierProductInput(BaseModel):
    """What a supplier sells: a variant, its pack, its cost; setting it again replaces it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variant_id: UUID
    supplier_sku: str | None = Field(None, max_length=100)
    pack_size: Quantity = Decimal(1)
    pack_name: str | None = Field(None, max_length=50)
    pack_cost: Money | None = None
    minimum_packs: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)] = Decimal(0)
    is_preferred: bool = False


Problem = Literal["length", "format", "component", "check_digit"]
