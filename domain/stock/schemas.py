"""What other rooms see of stock."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.stock.models import HoldStatus as HoldStatus
from domain.stock.models import MovementType as MovementType

_CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """An amount of money to the cent, half a cent up, as invoices round."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Availability(View):
    """How much of a variant can be sold now, in one store or in all of them."""

    variant_id: UUID
    on_hand: Decimal
    held: Decimal
    available: Decimal


class HoldLine(View):
    """A variant and how much of it an order wants."""

    variant_id: UUID
    quantity: Decimal


class HoldView(View):
    """A promise of stock to an order."""

    id: UUID
    order_id: UUID
    store_id: UUID
    variant_id: UUID
    quantity: Decimal
    status: HoldStatus
    expires_at: datetime


class Shortage(View):
    """A line that cannot be promised: what is wanted, and what there is for this order."""

    variant_id: UUID
    wanted: Decimal
    available: Decimal


class StockLevel(View):
    """The level of a variant in a store."""

    store_id: UUID
    variant_id: UUID
    on_hand: Decimal
    held: Decimal
    min_stock: Decimal
    max_stock: Decimal | None
    unit_cost: Decimal
    last_cost: Decimal | None = None
    value: Decimal = Decimal(0)

    @property
    def available(self) -> Decimal:
        """What is not promised."""
        return self.on_hand - self.held


class LowStock(StockLevel):
    """A level below its minimum."""

    severity: Literal["warning", "critical"]


class MovementView(View):
    """One line of the ledger."""

    id: UUID
    sequence: int
    store_id: UUID
    variant_id: UUID
    type: MovementType
    delta: Decimal
    quantity_after: Decimal
    counted_quantity: Decimal | None
    unit_cost: Decimal | None
    value: Decimal
    unit_price: Decimal | None
    occurred_at: datetime
    reason: str | None
    source: str
    source_ref: str
    line: int


class Discrepancy(View):
    """A level that its ledger or its holds do not explain, in quantity or in value."""

    stock_item_id: UUID
    store_id: UUID
    variant_id: UUID
    on_hand: Decimal
    ledger: Decimal
    value: Decimal
    ledger_value: Decimal
    held: Decimal
    holds: Decimal


class Place(NamedTuple):
    """A variant in a store."""

    store_id: UUID
    variant_id: UUID


class Limits(NamedTuple):
    """What a level is to be kept between, and what a piece costs."""

    min_stock: Decimal
    max_stock: Decimal
    unit_cost: Decimal


class LedgerLine(NamedTuple):
    """One movement as another system recorded it."""

    place: Place
    type: MovementType
    delta: Decimal
    occurred_at: datetime
    source: str
    source_ref: str
    line: int
    reason: str | None = None
    counted: Decimal | None = None
    unit_cost: Decimal | None = None
    unit_price: Decimal | None = None
