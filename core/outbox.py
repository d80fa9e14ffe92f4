"""The transactional outbox: a job is a row written with the change that causes it; the relay rings the queue.

A ring may be lost or doubled; what is to be done is always derived from the tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Index, String, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from core import observability
from core.jobs import Retention
from core.tables import WorkspaceRow, of_workspace
from core.work import Work, own

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
    lease_until: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    parked_reason: Mapped[str | None] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows of a job are not published, how many were given up, and when the oldest of the first was due."""

    rows: int
    given_up: int
    oldest_due_at: datetime | None


class Shortcut(Protocol):
    """A process that runs jobs itself, where a job that is due at once needs no row and no queue."""

    def has_room_for(self, actor: str) -> bool:
        """Whether the process takes one more job of this kind."""

    def run(self, actor: str, arguments: dict[str, str], correlation_id: str | None) -> None:
        """Start a job; never fails, as whatever goes wrong with it is found by the sweeps."""


_shortcut: Shortcut | None = None


def take_shortcut(shortcut: Shortcut | None) -> None:
    """Have this process run jobs that are due at once by itself, or no longer."""
    global _shortcut
    _shortcut = shortcut


def enqueue(work: Work, actor: str, *, due_at: datetime | None = None, **ids: UUID) -> None:
    """Announce a job when this work commits: at once, or at `due_at` (Postgres system time).

    The actor receives `workspace_id` and the given ids as strings. A worker that has room runs a job that is due at
    once itself; if it dies first, the sweeps find in the tables what is left to do.
    """
    arguments = {name: str(value) for name, value in ids.items()}
    correlation_id = observability.correlation_id()
    if _shortcut is not None and (due_at is None or due_at <= work.system_time) and _shortcut.has_room_for(actor):
        work.then(partial(_shortcut.run, actor, {"workspace_id": str(work.workspace_id), **arguments}, correlation_id))
        return
    work.session.add(
        OutboxMessage(
            workspace_id=work.workspace_id,
            actor=actor,
            arguments=arguments,
            correlation_id=correlation_id,
            due_at=due_at or work.system_time,
        )
    )


async def parked(work: Work, limit: int) -> Sequence[OutboxMessage]:
    """The rows of the workspace that no queue takes, newest first."""
    query = select(OutboxMessage).where(
        own(OutboxMessage, work),
        OutboxMessage.published_at.is_(None),
        OutboxMessage.parked_reason.is_not(None),
    )
    return (await work.session.scalars(query.order_by(OutboxMessage.due_at.desc()).limit(limit))).all()


async def announce_again(work: Work, row_id: UUID) -> None:
    """Make a parked row due now."""
    await work.session.execute(
        update(OutboxMessage)
        .where(*_parked(work, row_id))
        .values(parked_reason=None, lease_until=None, due_at=work.system_time)
    )
    await work.session.execute(select(func.pg_notify(CHANNEL, "")))


async def discard(work: Work, row_id: UUID) -> None:
    """Delete a parked row."""
    await work.session.execute(delete(OutboxMessage).where(*_parked(work, row_id)))


async def waiting(work: Work) -> dict[str, Waiting]:
    """What the workspace waits for, by the name of the job."""
    query = (
        select(
            OutboxMessage.actor,
            func.count().filter(OutboxMessage.parked_reason.is_(None)),
            func.count().filter(OutboxMessage.parked_reason.is_not(None)),
            func.min(OutboxMessage.due_at).filter(OutboxMessage.parked_reason.is_(None)),
        )
        .where(own(OutboxMessage, work), OutboxMessage.published_at.is_(None))
        .group_by(OutboxMessage.actor)
    )
    return {actor: Waiting(due, given_up, oldest) for actor, due, given_up, oldest in await work.session.execute(query)}


def _parked(work: Work, row_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        own(OutboxMessage, work),
        OutboxMessage.id == row_id,
        OutboxMessage.published_at.is_(None),
        OutboxMessage.parked_reason.is_not(None),
    )


_FORGET = """
    DELETE FROM outbox_messages WHERE (workspace_id, id) IN (
        SELECT workspace_id, id FROM outbox_messages WHERE %s LIMIT :limit
    )
"""

RETENTIONS: Final = (
    Retention(
        "outbox_messages that went out",
        timedelta(days=7),
        "the bell was rung",
        text(_FORGET % "published_at < clock_timestamp() - :kept"),
    ),
    Retention(
        "outbox_messages that no queue takes",
        timedelta(days=30),
        "it was due",
        text(_FORGET % "published_at IS NULL AND parked_reason IS NOT NULL AND due_at < clock_timestamp() - :kept"),
    ),
)
