"""What other rooms see of customers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.connections.schemas import Medium
from domain.customers import phones


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class CustomerView(_View):
    """A customer."""

    id: UUID
    name: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    notes: str | None
    created_at: datetime

    @property
    def called(self) -> str | None:
        """The name by which to address the customer."""
        return self.first_name or self.name


class ContactView(_View):
    """A customer's address on a medium."""

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


class NumberView(_View):
    """A telephone as one customer has it: at an address on a medium, or, without a medium, in what staff keep."""

    customer_id: UUID
    name: str | None
    medium: Medium | None
    written: str
    user_id: str | None
    last_seen_at: datetime


class DoubleView(_View):
    """A telephone in its canonical form, and the customers who have it."""

    phone: str
    numbers: list[NumberView]


class AddressView(_View):
    """A place to which orders are delivered."""

    id: UUID
    customer_id: UUID
    label: str | None
    text: str
    recipient_name: str | None
    phone: str | None
    is_default: bool
    last_used_at: datetime


class CustomerPage(_View):
    """Some customers, and how many there are in all."""

    items: list[CustomerView]
    total: int


class CustomerInput(BaseModel):
    """What staff may say of a customer; only what is set is changed."""

    model_config = ConfigDict(str_strip_whitespace=True)

    name: str | None = Field(None, min_length=1, max_length=200)
    first_name: str | None = Field(None, max_length=100)
    last_name: str | None = Field(None, max_length=100)
    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    notes: str | None = Field(None, max_length=1000)
