"""The table of alerts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.alerts.kinds import AlertKind, AlertStatus, Severity


class Alert(WorkspaceRow):
    """One cause that stands, or stood, about one subject: a level of stock, an order, a payment or a machine.

    `evidence` is what was found when it was looked at last. `stage` counts how often it was brought to somebody's notice
    again because nobody took it on.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        of_workspace(),
        belongs_to("stores", "store_id"),
        belongs_to("product_variants", "variant_id", ondelete="CASCADE"),
        Index(
            "uq_alerts_standing",
            "workspace_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("status <> 'resolved'"),
        ),
        Index("ix_alerts_status", "workspace_id", "status", "id"),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_has_time"),
        CheckConstraint("(status = 'snoozed') = (snoozed_until IS NOT NULL)", name="snoozed_has_end"),
        CheckConstraint("stage >= 0 AND version > 0", name="counts_up"),
    )

    kind: Mapped[AlertKind] = mapped_column(one_of(AlertKind, 40))
    subject_id: Mapped[UUID]
    store_id: Mapped[UUID | None]
    variant_id: Mapped[UUID | None]
    severity: Mapped[Severity] = mapped_column(one_of(Severity, 20))
    status: Mapped[AlertStatus] = mapped_column(one_of(AlertStatus, 20), default=AlertStatus.OPEN)
    evidence: Mapped[dict[str, Any]]
    owner_id: Mapped[UUID | None]
    stage: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When its cause was found last."""
    due_at: Mapped[datetime | None]
    """When it is brought to notice again, unless somebody takes it on."""
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
