"""What other rooms see of replenishment, and what they may ask of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

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
