"""What other rooms see of purchases, and what they may ask of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, computed_field, model_validator

from domain.purchasing.kinds import PurchaseStatus

Text = StringConstraints(strip_whitespace=True, min_length=1)
Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
QuantityOrNone = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
Key = Annotated[str, Text, Field(max_length=200)]
Reason = Annotated[str, Text, Field(max_length=500)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Command(BaseModel):
    """Something that is asked for; a field that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PurchaseOrderLineView(View):
    """One product of a purchase order: ordered in packs; counted in pieces once it comes."""

    id: UUID
    variant_id: UUID
    packs: Decimal
    pack_size: Decimal
    pack_cost: Decimal | None
    received: Decimal
    rejected: Decimal
    returned: Decimal

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def ordered(self) -> Decimal:
        """How many pieces were ordered."""
        return self.packs * self.pack_size

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def accepted(self) -> Decimal:
        """How many pieces were taken in, whatever went back later."""
        return self.received - self.rejected

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def open(self) -> Decimal:
        """How many pieces are still to come."""
        return max(self.ordered - self.accepted, Decimal(0))


class PurchaseOrderView(View):
    """A purchase order with its lines; `total` is what the lines with a known cost come to."""

    id: UUID
    number: int
    supplier_id: UUID
    store_id: UUID
    status: PurchaseStatus
    currency: str
    notes: str | None
    expected_on: date | None
    submitted_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    version: int
    created_at: datetime
    lines: tuple[PurchaseOrderLineView, ...]
    total: Decimal


class PurchaseOrderPage(View):
    """A page of purchase orders, newest first; `next_cursor` is the number of the last one."""

    items: tuple[PurchaseOrderView, ...]
    next_cursor: int | None


class ReceiptLineView(View):
    """What came of one product, in pieces; `value` is what the accepted ones have cost altogether."""

    id: UUID
    variant_id: UUID
    quantity: Decimal
    rejected: Decimal
    reject_reason: str | None
    returned: Decimal
    value: Decimal


class GoodsReceiptView(View):
    """One arrival of goods."""

    id: UUID
    number: int
    supplier_id: UUID
    store_id: UUID
    purchase_order_id: UUID | None
    key: str
    document: str | None
    reason: str | None
    received_at: datetime
    lines: tuple[ReceiptLineView, ...]


class ReceiptPage(View):
    """A page of receipts, newest first; `next_cursor` is the number of the last one."""

    items: tuple[GoodsReceiptView, ...]
    next_cursor: int | None


class SupplierReturnLineView(View):
    """What went back of one product: what the supplier owes for it, and what it was worth in the stock."""

    variant_id: UUID
    quantity: Decimal
    credit: Decimal
    value: Decimal


class SupplierReturnView(View):
    """Goods that went back to a supplier."""

    id: UUID
    number: int
    receipt_id: UUID
    supplier_id: UUID
    store_id: UUID
    reason: str
    sent_at: datetime
    lines: tuple[SupplierReturnLineView, ...]


class OrderLineInput(Command):
    """How many packs of a product the draft shall have, zero taking it out.

    Pack and cost are the supplier's unless they are given.
    """

    variant_id: UUID
    packs: QuantityOrNone
    pack_size: Quantity | None = None
    pack_cost: Money | None = None


class ReceiptLineInput(Command):
    """What came of one product: in packs or in pieces, and how many pieces of it were refused at the door.

    `pack_cost` is what a pack costs by the invoice; without it what was agreed. `pack_size` is for goods that nobody had
    ordered: what was ordered comes in the packs of its order.
    """

    variant_id: UUID
    packs: Quantity | None = None
    quantity: Quantity | None = None
    rejected: QuantityOrNone = Decimal(0)
    reject_reason: str | None = Field(None, max_length=255)
    pack_size: Quantity | None = None
    pack_cost: Money | None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> "ReceiptLineInput":
        if (self.packs is None) == (self.quantity is None):
            raise ValueError("a line says packs or quantity")
        return self


class NewReceipt(Command):
    """An arrival of goods; the same key twice is one. A reason accepts more than was ordered, or another cost."""

    key: Key
    lines: tuple[ReceiptLineInput, ...] = Field(min_length=1, max_length=500)
    document: str | None = Field(None, max_length=100)
    received_at: AwareDatetime | None = None
    over_delivery_reason: Reason | None = None
    cost_reason: Reason | None = None


class NewPurchase(NewReceipt):
    """An arrival of goods that nobody had ordered here: bought at a counter, or taken over from a sheet."""

    supplier_id: UUID
    store_id: UUID


class SupplierReturnLineInput(Command):
    """How many pieces of a product go back."""

    variant_id: UUID
    quantity: Quantity


class NewSupplierReturn(Command):
    """Goods of a receipt that go back to the supplier; the same key twice is one."""

    key: Key
    reason: Reason
    lines: tuple[SupplierReturnLineInput, ...] = Field(min_length=1, max_length=500)
