"""What other rooms see of customers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.connections.medium import Medium
from domain.customers import phones
from domain.customers.numbers import Numbered

Tag = Annotated[str, Field(min_length=1, max_length=40)]
WrittenNumber = Annotated[str, Field(max_length=40, pattern="^[^…]*$")]
"""A number as people write it; one that comes back as it was masked would take the place of the whole one."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class CustomerView(Numbered):
    """A customer."""

    id: UUID
    name: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    notes: str | None
    tax_id: str | None
    tags: tuple[str, ...]
    credit_limit: Decimal | None
    marketing_consent: bool | None = Field(description="Null until they have agreed or refused.")
    consent_source: str | None
    consent_changed_at: datetime | None
    merged_into: UUID | None = Field(description="The customer that this one was found to be.")
    version: int
    created_at: datetime

    @property
    def called(self) -> str | None:
        """The name by which to address the customer."""
        return self.first_name or self.name


class ContactView(Numbered):
    """A customer's address on a medium."""

    NUMBERS: ClassVar[tuple[str, ...]] = ("address", "phone", "user_id")

    contact_address_id: UUID
    customer_id: UUID
    medium: Medium
    address: str
    user_id: str | None
    phone: str | None
    name: str | None
    is_new: bool = False

    @property
    def sender_keys(self) -> set[str]:
        """Every key under which the door files what this customer writes."""
        return {key for key in (self.user_id, *phones.spellings(self.address)) if key}


class NumberView(Numbered):
    """A telephone as one customer has it: at an address on a medium, or, without a medium, in what staff keep."""

    NUMBERS: ClassVar[tuple[str, ...]] = ("written", "user_id")

    customer_id: UUID
    name: str | None
    medium: Medium | None
    written: str
    user_id: str | None
    last_seen_at: datetime


class DoubleView(Numbered):
    """A telephone in its canonical form, and the customers who have it."""

    phone: str
    numbers: list[NumberView]


class AddressView(Numbered):
    """A place to which orders are delivered."""

    id: UUID
    customer_id: UUID
    label: str | None
    text: str
    recipient_name: str | None
    phone: str | None
    is_default: bool
    last_used_at: datetime


class CustomerDetail(CustomerView):
    """A customer with all ways to reach them."""

    contacts: list[ContactView]
    addresses: list[AddressView]


class CustomerPage(_View):
    """Some customers, and the place after which the next ones stand."""

    items: list[CustomerView]
    next_cursor: str | None


class MergeView(_View):
    """Two customers who were found to be one; `moved` counts what became the kept one's, by table."""

    id: UUID
    kept_id: UUID
    merged_id: UUID
    reason: str | None
    moved: dict[str, int]
    merged_at: datetime
    merged_by: UUID | None
    undone_at: datetime | None
    undone_by: UUID | None


class _Command(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")


class CustomerInput(_Command):
    """What staff may say of a customer; only what is set is changed."""

    name: str | None = Field(None, min_length=1, max_length=200)
    first_name: str | None = Field(None, max_length=100)
    last_name: str | None = Field(None, max_length=100)
    phone: WrittenNumber | None = None
    email: str | None = Field(None, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    notes: str | None = Field(None, max_length=1000)
    tax_id: str | None = Field(None, max_length=30)
    tags: list[Tag] = Field([], max_length=30)
    credit_limit: Decimal | None = Field(
        None, ge=0, max_digits=14, decimal_places=2, description="How much may go out to them unpaid, in all."
    )
    marketing_consent: bool | None = None
    consent_source: str | None = Field(None, max_length=200, description="Where and how they said so.")


class NewCustomer(CustomerInput):
    """A customer that staff make by hand, of whom something is known."""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if not (self.name or self.first_name or self.last_name or self.phone or self.email):
            raise ValueError("a customer has a name, a telephone or an address of mail")
        return self


class NewAddress(_Command):
    """A place to which a customer's orders go."""

    text: str = Field(min_length=1, max_length=500)
    label: str | None = Field(None, max_length=60)
    recipient_name: str | None = Field(None, max_length=200)
    phone: WrittenNumber | None = None


class MergeCustomer(_Command):
    """Another customer who is this one."""

    customer_id: UUID = Field(description="The customer that goes.")
    reason: str | None = Field(None, max_length=500)
