"""Receipts of what came in at the door: one row per result of a webhook, stored before the 200 is given.

A row is handled by `inbound.ingest`; attempts, the next try and the reason for parking live on the row, so nothing
depends on the queue's own retries.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, of_workspace


class InboundEvent(WorkspaceRow):
    """The raw receipt of one result of a webhook body."""

    __tablename__ = "inbound_events"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "connection_id", "dedupe_key"),
        Index(
            "ix_inbound_events_open",
            "workspace_id",
            "connection_id",
            "sender_key",
            postgresql_where=text("handled_at IS NULL"),
        ),
        Index(
            "ix_inbound_events_due",
            "next_try_at",
            postgresql_where=text("handled_at IS NULL AND parked_reason IS NULL"),
        ),
    )

    connection_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    dedupe_key: Mapped[str] = mapped_column(String(300))
    sender_key: Mapped[str | None] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    correlation_id: Mapped[str] = mapped_column(String(64))
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    parked_reason: Mapped[str | None] = mapped_column(String(500))
