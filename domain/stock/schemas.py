"""What other rooms see of stock."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

from domain.stock.kinds import CountStatus, HoldStatus, MovementType, TransferOutcome, TransferStatus

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

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def available(self) -> Decimal:
        """What is not promised."""
        return self.on_hand - self.held


class Adjustment(BaseModel):
    """A correction of a level with its reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_id: UUID
    variant_id: UUID
    delta: Annotated[Decimal, Field(max_digits=12, decimal_places=3)]
    reason: str = Field(min_length=1, max_length=255)


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


Positive = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
Counted = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
Text = StringConstraints(strip_whitespace=True, min_length=1)


class Command(BaseModel):
    """Something that is asked for; a field that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class QuantityLine(Command):
    """So much of a product."""

    variant_id: UUID
    quantity: Positive


class NewTransfer(Command):
    """Goods that one store asks of another."""

    from_store_id: UUID
    to_store_id: UUID
    lines: tuple[QuantityLine, ...] = Field(min_length=1, max_length=500)
    reason: str | None = Field(None, max_length=500)


class TransferStep(Command):
    """What became of goods on their way; the same key twice is one step. What is lost needs a reason."""

    key: Annotated[str, Text, Field(max_length=200)]
    outcome: TransferOutcome
    lines: tuple[QuantityLine, ...] = Field(min_length=1, max_length=500)
    reason: Annotated[str, Text, Field(max_length=500)] | None = None


class TransferLineView(View):
    """One product of a transfer. `in_transit` is on its way, and missing once the rest has come."""

    variant_id: UUID
    requested: Decimal
    sent: Decimal
    received: Decimal
    returned: Decimal
    lost: Decimal
    value: Decimal

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def in_transit(self) -> Decimal:
        """What was sent and is nowhere yet."""
        return self.sent - self.received - self.returned - self.lost


class TransferView(View):
    """A transfer with its lines."""

    id: UUID
    number: int
    from_store_id: UUID
    to_store_id: UUID
    status: TransferStatus
    reason: str | None
    sent_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    lines: tuple[TransferLineView, ...]


class TransferPage(View):
    """A page of transfers, newest first; `next_cursor` is the number of the last one."""

    items: tuple[TransferView, ...]
    next_cursor: int | None


class CountLine(Command):
    """How much of a product somebody counted; none of it is zero."""

    variant_id: UUID
    counted: Counted


class CountEntryView(View):
    """What one person counted, and what the books said at that moment."""

    id: UUID
    variant_id: UUID
    counted: Decimal
    expected: Decimal
    counted_at: datetime
    actor_kind: str
    actor_id: UUID | None
    is_chosen: bool

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def difference(self) -> Decimal:
        """What was found beyond the books, negative for what was missing."""
        return self.counted - self.expected


class CountView(View):
    """A count with everything that was counted, and the products on which people do not agree."""

    id: UUID
    number: int
    store_id: UUID
    name: str
    status: CountStatus
    created_at: datetime
    ended_at: datetime | None
    entries: tuple[CountEntryView, ...]
    disputed: tuple[UUID, ...]


class CountPage(View):
    """A page of counts, newest first; `next_cursor` is the number of the last one."""

    items: tuple[CountView, ...]
    next_cursor: int | None
