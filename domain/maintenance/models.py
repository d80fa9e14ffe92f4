"""The table of work orders."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.machines.kinds import Cause
from domain.maintenance.kinds import Finding, WorkOrderStatus


class WorkOrder(WorkspaceRow):
    """A job on a machine: what is to be done, on which day and by whom, and what was found.

    `parts` are variants and quantities that the stock of a store holds under the id of the work order.
    """

    __tablename__ = "work_orders"
    __table_args__ = (
        of_workspace(),
        belongs_to("machines", "machine_id"),
        belongs_to("machine_conditions", "condition_id"),
        belongs_to("stores", "parts_from"),
        UniqueConstraint("workspace_id", "number"),
        Index("ix_work_orders_machine", "workspace_id", "machine_id", "number"),
        Index("ix_work_orders_planned", "workspace_id", "planned_for", postgresql_where=text("status = 'planned'")),
        CheckConstraint("(condition_id IS NULL) = (cause IS NULL)", name="warning_whole"),
        CheckConstraint("(closed_at IS NULL) = (status = 'planned')", name="closed_when_over"),
        CheckConstraint("(finding IS NOT NULL) = (status = 'done' AND cause IS NOT NULL)", name="found_when_done"),
        CheckConstraint("jsonb_array_length(parts) = 0 OR parts_from IS NOT NULL", name="parts_come_from_somewhere"),
        CheckConstraint("version > 0", name="counts_up"),
    )

    number: Mapped[int]
    machine_id: Mapped[UUID]
    condition_id: Mapped[UUID | None]
    cause: Mapped[Cause | None] = mapped_column(one_of(Cause, 30))
    title: Mapped[str] = mapped_column(String(255))
    planned_for: Mapped[date]
    assignee: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[WorkOrderStatus] = mapped_column(one_of(WorkOrderStatus, 20), default=WorkOrderStatus.PLANNED)
    parts_from: Mapped[UUID | None]
    parts: Mapped[list[Any]]
    finding: Mapped[Finding | None] = mapped_column(one_of(Finding, 20))
    note: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
