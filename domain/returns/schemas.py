"""What other rooms see of returns, and what they may ask of them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.returns.kinds import CreditKind, ReturnStatus

Text = StringConstraints(strip_whitespace=True, min_length=1)
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
QuantityOrNone = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
Money = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
Key = Annotated[str, Text, Field(max_length=150)]
Reason = Annotated[str, Text, Field(max_length=500)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Command(BaseModel):
    """Something that is asked for; a field that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReturnLineView(View):
    """One product of a return in four numbers: asked for, come, fit to be sold again, and paid back or exchanged."""

    variant_id: UUID
    requested: Decimal
    received: Decimal
    resellable: Decimal
    refunded: Decimal
    unit_price: Decimal


class CreditNoteView(View):
    """What a customer got for goods that came back."""

    id: UUID
    number: int
    return_id: UUID
    order_id: UUID
    refund_id: UUID | None
    kind: CreditKind
    amount: Decimal
    currency: str
    reason: str
    issued_at: datetime


class ReturnView(View):
    """A return with its lines and what was given for them."""

    id: UUID
    number: int
    order_id: UUID
    customer_id: UUID
    status: ReturnStatus
    currency: str
    reason: str
    created_at: datetime
    ended_at: datetime | None
    lines: tuple[ReturnLineView, ...]
    credit_notes: tuple[CreditNoteView, ...]


class ReturnPage(View):
    """A page of returns, newest first; `next_cursor` is the number of the last one."""

    items: tuple[ReturnView, ...]
    next_cursor: int | None


class QuantityLine(Command):
    """So much of a product."""

    variant_id: UUID
    quantity: Quantity


class ArrivedLine(Command):
    """How much of a product came back, and how much of that can be sold again."""

    variant_id: UUID
    received: Quantity
    resellable: QuantityOrNone


class NewReturn(Command):
    """Goods of an order that its customer wants to bring back."""

    order_id: UUID
    lines: tuple[QuantityLine, ...] = Field(min_length=1, max_length=200)
    reason: Reason


class Arrival(Command):
    """Goods of a return that came into a store, by default the order's; the same key twice is one arrival."""

    key: Key
    lines: tuple[ArrivedLine, ...] = Field(min_length=1, max_length=200)
    store_id: UUID | None = None


class NewCredit(Command):
    """What is given for goods that came; the same key twice is one note."""

    key: Key
    lines: tuple[QuantityLine, ...] = Field(min_length=1, max_length=200)
    reason: Reason


class MoneyBack(NewCredit):
    """Money for goods that came: what they had cost the customer, or less where `amount` says so."""

    amount: Money | None = None
    method: str | None = Field(None, max_length=30)
    reference: str | None = Field(None, max_length=100)


class Exchange(NewCredit):
    """Other goods for goods that came, at today's prices and worth no more than those."""

    goods: tuple[QuantityLine, ...] = Field(min_length=1, max_length=200)
    store_id: UUID | None = None
