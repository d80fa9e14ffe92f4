"""What other rooms see of orders, and what they may ask of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.customers.numbers import Numbered
from domain.customers.schemas import WrittenNumber
from domain.orders.kinds import OPEN, Fulfilment, OrderStatus, PaymentStatus

Missing = Literal["items", "fulfilment", "address", "store", "recipient_name", "phone"]
"""What a draft may still lack before its summary can be sent."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class OrderLineView(_View):
    """One line of an order."""

    id: UUID
    variant_id: UUID
    sku: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal
    total: Decimal


class ShownOrder(Numbered):
    """One order with its lines, in the order in which they were added, as it is shown to staff and programs."""

    NUMBERS: ClassVar[tuple[str, ...]] = ("recipient_phone",)

    id: UUID
    customer_id: UUID
    conversation_id: UUID | None
    store_id: UUID | None
    number: int | None
    status: OrderStatus
    payment_status: PaymentStatus
    currency: str
    subtotal: Decimal
    delivery_fee: Decimal
    total: Decimal
    refunded: Decimal = Decimal(0)
    fulfilment: Fulfilment | None
    address: dict[str, object] | None
    recipient_name: str | None
    recipient_phone: str | None
    notes: str | None
    payment_method: str | None
    version: int
    confirmation_requested_at: datetime | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    cancel_deadline: datetime | None
    packed_at: datetime | None
    amends_order_id: UUID | None
    answer_by: datetime | None = Field(description="Of a change that the shop proposes: until when its customer may accept it.")
    created_at: datetime
    lines: tuple[OrderLineView, ...] = ()


class OrderView(ShownOrder):
    """One order as the rooms of the house see it: with the token by which its customer confirms it."""

    confirmation_token: str | None

    @property
    def is_open(self) -> bool:
        """Whether it is still the draft of its conversation."""
        return self.status in OPEN

    @property
    def address_text(self) -> str | None:
        """The address as the customer gave it."""
        return str(self.address["text"]) if self.address and self.address.get("text") else None

    @property
    def quantities(self) -> dict[UUID, Decimal]:
        """How much of each product it has."""
        return {line.variant_id: line.quantity for line in self.lines}

    def line(self, variant_id: UUID) -> OrderLineView | None:
        """The line of a product."""
        return next((line for line in self.lines if line.variant_id == variant_id), None)


class StatusChangeView(_View):
    """One step of an order's history."""

    from_status: OrderStatus | None
    to_status: OrderStatus
    actor_kind: str
    actor_id: UUID | None
    reason: str | None
    changed_at: datetime


class OrderPage(_View):
    """Some orders, and the place after which the next ones stand."""

    items: list[OrderView]
    next_cursor: str | None


class OrderSort(StrEnum):
    """The order of a list of orders; a minus puts the greatest first."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    DEAREST = "-total"
    CHEAPEST = "total"


class OrderFilter(BaseModel):
    """Which orders are wanted; what is not set leaves nothing out. Moments to which something lasts do not belong to it."""

    model_config = ConfigDict(frozen=True)

    statuses: tuple[OrderStatus, ...] = ()
    payment_status: PaymentStatus | None = None
    fulfilment: Fulfilment | None = None
    store_id: UUID | None = None
    customer_ids: tuple[UUID, ...] | None = None
    number: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    placed_since: datetime | None = None
    placed_until: datetime | None = None


class OrderHistory(_View):
    """What an order went through, and what was to be changed of it."""

    steps: list[StatusChangeView]
    amendments: list[ShownOrder]


@dataclass(frozen=True, slots=True)
class ByStaff:
    """A draft that staff put together for a customer, by its order's id; it belongs to no conversation."""

    order_id: UUID


Draft = UUID | ByStaff
"""A draft: the open one of the conversation with this id, or one of staff."""


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")


class WantedLine(_Command):
    """How much of a product an order shall have; zero takes it out."""

    sku: str = Field(min_length=1, max_length=100)
    quantity: Decimal = Field(ge=0, max_digits=12, decimal_places=3)


class OrderInput(_Command):
    """What staff say of an order; only what is set is changed."""

    lines: tuple[WantedLine, ...] = Field((), max_length=100)
    fulfilment: Fulfilment | None = None
    address: str | None = Field(None, max_length=500)
    zone: str | None = Field(None, max_length=60, description="The zone of delivery, where the address does not tell it.")
    store_id: UUID | None = None
    recipient_name: str | None = Field(None, max_length=200)
    recipient_phone: WrittenNumber | None = None
    notes: str | None = Field(None, max_length=1000)
    payment_method: str | None = Field(None, max_length=30)


class NewOrder(OrderInput):
    """An order that staff put together for a customer."""

    customer_id: UUID


class ProposeChange(_Command):
    """What the shop would change of a placed order: how much of products it shall have; zero takes one out."""

    lines: tuple[WantedLine, ...] = Field(min_length=1, max_length=100)
    message: str | None = Field(None, min_length=1, max_length=300, description="What the customer is told before it.")
    answer_within_minutes: int = Field(120, ge=5, le=2880, description="The stock is held and the proposal stands so long.")


Reason = Annotated[str, Field(min_length=1, max_length=500)]


class CancelOrder(_Command):
    """Why an order is cancelled; its customer is told that it is."""

    reason: Reason


class ShipOrder(_Command):
    """An order leaves; one that was to be paid before leaves unpaid for a reason only."""

    reason: Reason | None = None


class Delivery(BaseModel):
    """How the goods reach the customer; only what is set is changed."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    fulfilment: Fulfilment | None = None
    address: str | None = Field(None, max_length=500)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    zone: str | None = Field(None, max_length=60)
    store_id: UUID | None = None
    recipient_name: str | None = Field(None, max_length=200)
    recipient_phone: str | None = Field(None, max_length=40)
    notes: str | None = Field(None, max_length=1000)


class PriceChange(_View):
    """A product of the draft whose price is no longer the one of the summary; `new` is None if it is not sold now."""

    sku: str
    name: str
    old: Decimal
    new: Decimal | None


class Shortage(_View):
    """A product of which less is available than the draft wants."""

    sku: str
    name: str
    unit: str
    wanted: Decimal
    available: Decimal


class ConfirmationRequest(_View):
    """What came of asking for the confirmation; with `refusal` set no token exists and nothing is held."""

    order: OrderView
    refusal: (
        Literal["details_missing", "out_of_stock", "below_minimum", "not_for_sale", "not_changeable", "outside_zones"] | None
    ) = None
    missing: tuple[Missing, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()
    minimum: Decimal | None = None
    zones: tuple[str, ...] = ()
    """Of `outside_zones`: among which zones it is not known where the order goes."""
    held_until: datetime | None = None

    @property
    def token(self) -> str | None:
        """The token that a confirmation must carry."""
        return self.order.confirmation_token if self.refusal is None else None


class ConfirmationResult(_View):
    """What came of a confirmation; with `refusal` set the order is a draft again.

    Of an amendment it is the placed order, with the total that it had before; if it can be changed no more, the
    amendment is gone.
    """

    order: OrderView
    refusal: Literal["price_changed", "out_of_stock", "not_changeable"] | None = None
    amended_from: Decimal | None = None
    repeated: bool = False
    price_changes: tuple[PriceChange, ...] = ()
    shortages: tuple[Shortage, ...] = ()


class CartItem(BaseModel):
    """One item of a WhatsApp catalogue cart; `price` is what the sender's phone showed and decides nothing."""

    model_config = ConfigDict(frozen=True)

    sku: str = Field(max_length=100)
    quantity: Decimal = Field(gt=0)
    price: Decimal | None = None


class Whereto(BaseModel):
    """How the goods of a draft reach the customer and are paid, as the customer said; `store` is a store's name."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    fulfilment: str | None = None
    address: str | None = None
    store: str | None = None
    recipient_name: str | None = None
    recipient_phone: str | None = None
    notes: str | None = None
    payment_method: str | None = None


class CartResult(_View):
    """What became of a cart: applied with our prices; the rest is named."""

    order: OrderView
    added: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()
