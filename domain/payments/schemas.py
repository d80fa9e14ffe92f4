"""What other rooms see of payments, and what they may ask of them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.orders.schemas import OrderView
from domain.payments.kinds import PaymentState


class Flag(StrEnum):
    """What staff should look at before they verify; none of these refuses a claim."""

    AMOUNT_ASSUMED = "amount_assumed"
    AMOUNT_UNDER = "amount_under"
    AMOUNT_OVER = "amount_over"
    NO_REFERENCE = "no_reference"
    SHORT_REFERENCE = "short_reference"
    REFERENCE_SEEN = "reference_seen"
    REFERENCE_SIMILAR = "reference_similar"
    RECEIPT_REUSED = "receipt_reused"
    RECEIPT_ONLY = "receipt_only"
    ORDER_UNMATCHED = "order_unmatched"


class PaymentView(BaseModel):
    """One payment."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    order_id: UUID | None
    customer_id: UUID
    method: str
    kind: str
    bank: str | None
    reference: str | None
    amount: Decimal | None
    currency: str
    status: PaymentState
    flags: tuple[Flag, ...]
    claimed_at: datetime
    verified_amount: Decimal | None
    decided_at: datetime | None
    decided_by: UUID | None
    decision_reason: str | None


class PaymentFilter(BaseModel):
    """Which payments are wanted; what is not set leaves nothing out."""

    model_config = ConfigDict(frozen=True)

    status: PaymentState | None = None
    customer_id: UUID | None = None
    order_id: UUID | None = None
    method: str | None = None
    reference: str | None = None
    without_order: bool = False
    decided_since: datetime | None = None
    decided_until: datetime | None = None


class PaymentPage(BaseModel):
    """Some payments, and the place after which the next ones stand."""

    model_config = ConfigDict(frozen=True)

    items: list[PaymentView]
    next_cursor: str | None


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")


Amount = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class EnterPayment(_Command):
    """A payment that staff write down: as told to them, or, `verified`, as money that they have seen."""

    method: str = Field(max_length=30, description="The code of one of the shop's ways to pay.")
    amount: Amount
    bank: str | None = Field(None, max_length=100)
    reference: str | None = Field(None, max_length=100)
    verified: bool = False
    note: str | None = Field(None, max_length=500)


class VerifyPayment(_Command):
    """The money was seen; `amount` is what really came, where it differs from what was told."""

    amount: Amount | None = None
    note: str | None = Field(None, max_length=500)


class RejectPayment(_Command):
    """The money was not seen. The reason stays in the house; the customer is told that the payment was not found."""

    reason: str = Field(min_length=1, max_length=500)


class LinkPayment(_Command):
    """The order that a payment was for."""

    order_id: UUID


class ReceiptView(BaseModel):
    """A receipt of a payment."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    payment_id: UUID
    attachment_id: UUID | None = Field(description="The file of a conversation; null for one that staff have uploaded.")
    sha256: str | None
    linked_at: datetime


class ClaimPayment(BaseModel):
    """What a customer says to have paid; without an amount, what was still due is assumed and flagged.

    Without an order it is told ahead; told ahead with one, that order is named and takes no payment.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    order_id: UUID | None
    customer_id: UUID
    method: str = Field(max_length=30)
    kind: str = Field(max_length=20)
    bank: str | None = Field(None, max_length=100)
    reference: str | None = Field(None, max_length=100)
    amount: Decimal | None = Field(None, gt=0, max_digits=14, decimal_places=2)


class ClaimResult(BaseModel):
    """What came of a claim. `difference` is what was said beyond (or, negative, short of) what was due.

    A payment that was told before its order has none.
    """

    model_config = ConfigDict(frozen=True)

    payment: PaymentView | None
    order: OrderView | None
    refusal: Literal["reference_used"] | None = None
    repeated: bool = False
    due: Decimal = Decimal(0)
    difference: Decimal = Decimal(0)


class Balance(BaseModel):
    """What is paid of an order, what is claimed, and what is still open."""

    model_config = ConfigDict(frozen=True)

    total: Decimal
    verified: Decimal
    claimed: Decimal
    refunded: Decimal = Decimal(0)

    @property
    def refundable(self) -> Decimal:
        """What was paid and is not given back."""
        return self.verified - self.refunded

    @property
    def due(self) -> Decimal:
        """What nobody has paid or claimed to have paid yet."""
        return max(self.total - self.verified - self.claimed, Decimal(0))


class RefundView(BaseModel):
    """Money of an order that was given back."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    order_id: UUID
    amount: Decimal
    currency: str
    method: str | None
    reference: str | None
    reason: str
    refunded_at: datetime
    refunded_by: UUID | None


class NewRefund(BaseModel):
    """Money of an order to be given back; the same key twice is one refund."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, max_length=200)
    amount: Decimal = Field(gt=0, max_digits=14, decimal_places=2)
    reason: str = Field(min_length=1, max_length=500)
    method: str | None = Field(None, max_length=30)
    reference: str | None = Field(None, max_length=100)
