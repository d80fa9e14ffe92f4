"""What other rooms see of maintenance, and what they may ask of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, computed_field

from domain.machines.kinds import Cause
from domain.machines.schemas import MachineView, Name, Reason, RiskView
from domain.maintenance.kinds import Finding, WorkOrderStatus

Quantity = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)]
LEAST_LOOKED_INTO: Final = 5
"""Of fewer warnings nothing is said of how good they are."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]


class View(BaseModel):
    """A frozen view of rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Command):
    """A product that a job takes, and how much of it."""

    variant_id: UUID
    quantity: Quantity


Parts = Annotated[tuple[Part, ...], Field(max_length=50)]


class NewWorkOrder(_Command):
    """A job on a machine, perhaps because of a warning (`condition_id`); its parts are promised by a store."""

    machine_id: UUID
    condition_id: UUID | None = None
    title: Name
    planned_for: date
    assignee: Name | None = None
    parts_from: UUID | None = None
    parts: Parts = ()


class ChangeWorkOrder(_Command):
    """What is to be otherwise; what is not said stays."""

    title: Name | None = None
    planned_for: date | None = None
    assignee: Name | None = None
    parts_from: UUID | None = None
    parts: Parts | None = None


class FinishWorkOrder(_Command):
    """What was found and done; of a warning it is said whether it was right."""

    finding: Finding | None = None
    note: Words | None = None


class CancelWorkOrder(_Command):
    """Why a job is not done."""

    reason: Words


class WorkOrderView(View):
    """A job on a machine; days are those of the workspace's clock."""

    id: UUID
    number: int
    machine_id: UUID
    condition_id: UUID | None
    cause: Cause | None
    title: str
    planned_for: date
    assignee: str | None
    status: WorkOrderStatus
    parts_from: UUID | None
    parts: tuple[Part, ...]
    finding: Finding | None
    note: str | None
    closed_at: datetime | None
    closed_by: UUID | None
    version: int
    created_at: datetime


class WorkOrderPage(View):
    """A page of work orders, the newest first; `next_cursor` is the number of the last one."""

    items: tuple[WorkOrderView, ...]
    next_cursor: int | None


class Due(View):
    """A machine that somebody should look at and nobody is going to: by when, and why.

    `reason` is the worst cause that holds; without one only its tool is due.
    """

    machine: MachineView
    risk: RiskView
    reason: Reason | None
    condition_id: UUID | None
    due_by: date


class Track(View):
    """How often warnings of a cause were looked into, and how often they were right."""

    cause: Cause
    looked_into: int
    right: int

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def is_doubtful(self) -> bool:
        """Whether they are wrong more often than right, so that limits or baseline are to be looked at."""
        return self.looked_into >= LEAST_LOOKED_INTO and 2 * self.right < self.looked_into
