"""The transactional outbox: a job is a row written with the change that causes it; the relay rings the queue.

A ring may be lost or doubled; what is to be done is always derived from the tables.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core import audit, observability
from core.access import Permission
from core.tables import WorkspaceRow, of_workspace
from core.work import Work

CHANNEL = "nexova_outbox"
"""The NOTIFY channel on which the relay listens."""


class OutboxMessage(WorkspaceRow):
    """One job to be announced: the actor's name and its arguments, which are ids."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        of_workspace(),
        Index("ix_outbox_messages_due", "due_at", postgresql_where=text("published_at IS NULL AND parked_reason IS NULL")),
        Index("ix_outbox_messages_published", "published_at"),
    )

    actor: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    parked_reason: Mapped[str | None] = mapped_column(String(500))


def enqueue(work: Work, actor: str, *, due_at: datetime | None = None, **ids: UUID) -> None:
    """Announce a job when this work commits: at once, or at `due_at` (Postgres system time).

    The actor receives `workspace_id` and the given ids as strings.
    """
    work.session.add(
        OutboxMessage(
            workspace_id=work.workspace_id,
            actor=actor,
            arguments={name: str(value) for name, value in ids.items()},
            correlation_id=observability.correlation_id(),
            due_at=due_at or work.system_time,
        )
    )


class WaitingJob(BaseModel):
    """An announced job that has not gone out, for the people who run the house."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    actor: str
    arguments: dict[str, Any]
    due_at: datetime
    attempts: int
    parked_reason: str | None


async def waiting(work: Work, *, limit: int) -> list[WaitingJob]:
    """The jobs of this workspace that have not gone out, the oldest first: not due yet, due, or parked."""
    work.require(Permission.OPERATIONS)
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.workspace_id == work.workspace_id, OutboxMessage.published_at.is_(None))
        .order_by(OutboxMessage.due_at)
        .limit(limit)
    )
    return [WaitingJob.model_validate(row) for row in await work.session.scalars(query)]


async def ring_again(work: Work, *, job_id: UUID | None = None) -> int:
    """Make a job due now, or every parked job of this workspace; how many there were."""
    work.require(Permission.OPERATIONS)
    chosen = OutboxMessage.id == job_id if job_id else OutboxMessage.parked_reason.is_not(None)
    query = (
        select(OutboxMessage)
        .where(OutboxMessage.workspace_id == work.workspace_id, OutboxMessage.published_at.is_(None), chosen)
        .order_by(OutboxMessage.id)
        .with_for_update()
    )
    rows = (await work.session.scalars(query)).all()
    for row in rows:
        audit.record(work, "outbox_message.retried", target=row, before={"parked_reason": row.parked_reason})
        row.parked_reason, row.claimed_until, row.due_at = None, None, work.system_time
    return len(rows)
