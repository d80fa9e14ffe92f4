"""What a tool call comes to: an honest sentence, the facts it rests on, and what the model may do next."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Deed(StrEnum):
    """Things a reply may only say after a tool call that made them true."""

    ITEM_ADDED = "item_added"
    ITEM_CHANGED = "item_changed"
    ITEM_REMOVED = "item_removed"
    DRAFT_CLEARED = "draft_cleared"
    DRAFT_CREATED = "draft_created"
    DELIVERY_SET = "delivery_set"
    CONFIRMATION_REQUESTED = "confirmation_requested"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    METHOD_CHOSEN = "method_chosen"
    PAYMENT_CLAIMED = "payment_claimed"
    RECEIPT_ATTACHED = "receipt_attached"
    HANDOFF_REQUESTED = "handoff_requested"
    CATALOG_SENT = "catalog_sent"
    STOCK_RESERVED = "stock_reserved"
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"
    ORDER_STATUS = "order_status"
    PAYMENT_VERIFIED = "payment_verified"
    ADDRESS_SAVED = "address_saved"


class FactKind(StrEnum):
    """What a fact is a value of: the kinds of the facts that a reply states choose its sentence.

    `fee` and `offer` of the subject `delivery` are the shop's terms: what a delivery costs, and from which sum on it is
    free; `gap` is what an order lacks to get there.
    """

    # Goods; the subject is the product's name.
    PRODUCT = "product"
    PRICE = "price"
    OLD_PRICE = "old_price"
    STOCK = "stock"
    STEP = "step"
    QUANTITY = "quantity"
    LINE_TOTAL = "line_total"

    # Sums of an order; the subject is `draft` or the order's number.
    TOTAL = "total"
    SUBTOTAL = "subtotal"
    FEE = "fee"
    MINIMUM = "minimum"
    GAP = "gap"
    UNTIL = "until"

    # A placed order and its payment; the subject is its number.
    ORDER_NUMBER = "order_number"
    STATUS = "status"
    PAYMENT_STATUS = "payment_status"
    DUE = "due"
    BALANCE = "balance"
    AMOUNT = "amount"
    DIFFERENCE = "difference"
    REFERENCE = "reference"

    # Where an order goes, and who receives it.
    ADDRESS = "address"
    RECIPIENT = "recipient"
    PHONE = "phone"
    NOTES = "notes"

    # The shop.
    SHOP = "shop"
    STORE = "store"
    HOURS = "hours"
    METHOD = "method"
    INSTRUCTIONS = "instructions"
    CATEGORY = "category"
    OFFER = "offer"

    # What a member of the staff is told.
    FIGURE = "figure"
    PERIOD = "period"
    MOMENT = "moment"
    LABEL = "label"

    # What the customer said, and how many there are of something.
    ECHO = "echo"
    BUDGET = "budget"
    SAID_PRICE = "said_price"
    COUNT = "count"


_OF_GOODS = (FactKind.PRICE, FactKind.OLD_PRICE, FactKind.LINE_TOTAL, FactKind.BUDGET, FactKind.SAID_PRICE)
_OF_ORDERS = (FactKind.TOTAL, FactKind.SUBTOTAL, FactKind.FEE, FactKind.MINIMUM, FactKind.GAP, FactKind.OFFER)
_OF_PAYMENTS = (FactKind.DUE, FactKind.BALANCE, FactKind.AMOUNT, FactKind.DIFFERENCE)
MONEY = frozenset({*_OF_GOODS, *_OF_ORDERS, *_OF_PAYMENTS})
"""Kinds whose value is an amount of money, which is none without its currency."""


class Measured(BaseModel):
    """Of what and of when a figure is, in the words of its reader: without them it is only a number.

    `scope` is its period and what it is narrowed to, `row` which of a table's it is, `as_of` the moment of its data.
    """

    model_config = ConfigDict(frozen=True)

    metric: str
    scope: str = ""
    row: str = ""
    as_of: datetime


class Fact(BaseModel):
    """One value that code read or computed, and what it is a value of.

    `value` is canonical (a plain decimal, an ISO time, an order number); `text` is how the customer reads it. `unit` is
    what a quantity is measured in, or what a price is the price of, where that is not a piece.
    """

    model_config = ConfigDict(frozen=True)

    kind: FactKind
    subject: str
    value: str
    currency: str | None = None
    unit: str | None = None
    measured: Measured | None = None
    text: str

    @model_validator(mode="after")
    def _money_has_a_currency(self) -> Self:
        if self.kind in MONEY and self.currency is None:
            raise ValueError(f"{self.kind} is money and names no currency")
        return self


class Option(BaseModel):
    """One product among which the customer must choose."""

    model_config = ConfigDict(frozen=True)

    sku: str
    name: str
    detail: str = ""


Status = Literal["ok", "ask", "refused"]
"""Whether a call did what it was asked for, waits for an answer, or changed nothing."""


class ToolOutcome(BaseModel):
    """The result of one tool call.

    `say` is a whole and honest sentence in the customer's language; its slots `{0}`, `{1}`, … are indexes into
    `facts`, and no digit stands outside a slot. `note` speaks English and only to the model.
    """

    status: Status = "ok"
    code: str
    say: str
    facts: list[Fact] = Field(default_factory=list)
    deeds: list[tuple[Deed, str]] = Field(default_factory=list)
    options: list[Option] = Field(default_factory=list)
    note: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
