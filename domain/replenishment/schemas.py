"""What other rooms see of replenishment, and what they may ask of it."""

from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

from domain.forecasts.schemas import Interval
from domain.replenishment.kinds import AbcClass, ProposalStatus, XyzClass


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class ProposalView(View):
    """So much of a variant for a store, of a supplier or of another store, and why."""

    id: UUID
    store_id: UUID
    variant_id: UUID
    supplier_id: UUID | None
    from_store_id: UUID | None
    proposed: Decimal = Field(description="Packs that the plan says; pieces where it is a transfer.")
    packs: Decimal = Field(description="What stands: the same, unless a person wanted otherwise.")
    pack_size: Decimal
    pack_cost: Decimal | None
    why: dict[str, Any] = Field(description="The figures from which the quantity follows, in pieces.")
    status: ProposalStatus
    purchase_order_id: UUID | None
    transfer_id: UUID | None
    planned_at: datetime
    decided_at: datetime | None
    reason: str | None
    version: int

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def quantity(self) -> Decimal:
        """Pieces."""
        return self.packs * self.pack_size

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def cost(self) -> Decimal | None:
        """What it costs, if that is known."""
        return None if self.pack_cost is None else self.packs * self.pack_cost


class Delivery(View):
    """When a supplier's goods are there, seen from a day on which they are needed.

    What is ordered at the next chance comes on `arrives` and has to last until `covers_until`, behind which the order after
    it comes. `order_by` is the last day for an order that is there in time; none where even the next one comes too late.
    """

    supplier_id: UUID
    order_on: date
    arrives: date
    covers_until: date
    order_by: date | None


class Needed(View):
    """What a store lacks of a variant up to a day, in pieces, or is to order anyway."""

    store_id: UUID
    variant_id: UUID
    free: Decimal = Field(description="On the shelf and promised to nobody.")
    coming: Decimal = Field(description="On its way, and expected by the day.")
    late: Decimal = Field(description="Ordered, and expected only behind the day.")
    late_on: date | None
    expected: Interval = Field(description="What will probably be sold up to the day, and on it.")
    proposal: ProposalView | None = Field(description="What is proposed already.")
    delivery: Delivery | None = Field(description="None where no supplier sells it.")

    @property
    def short(self) -> Decimal:
        """How many whole pieces will probably be lacking."""
        missing = Decimal(str(self.expected.value)) - self.free - self.coming
        return max(missing, Decimal(0)).to_integral_value(ROUND_CEILING)

    @property
    def cover(self) -> float:
        """How many times what will be sold is there: below 1 something is lacking."""
        return float(self.free + self.coming) / max(self.expected.value, 0.01)


class ProductClassView(View):
    """The class of a variant: what it brought in over half a year, since when it is of this class, and what it was before."""

    variant_id: UUID
    abc: AbcClass
    xyz: XyzClass
    worth: Decimal
    share: float
    since: date
    before: AbcClass | None


class Decisions(View):
    """What people made of what was proposed: how many they took as they were, changed and rejected."""

    accepted: int = 0
    changed: int = 0
    rejected: int = 0
    placed: int = 0


class Change(BaseModel):
    """How many packs, or pieces of a transfer, somebody wants instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    packs: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]


class Reject(BaseModel):
    """Why something is not ordered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), Field(max_length=500)]
