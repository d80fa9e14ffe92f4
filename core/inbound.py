"""What came in at the door: one row per result of a webhook, stored before the 200 is given.

A row is handled by `inbound.ingest`; attempts, the next try and the reason for parking live on the row, so nothing
depends on the queue's own retries.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Index,
    Interval,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    exists,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core import events, outbox
from core.event_types import EventType
from core.jobs import Job, Retention, Sweep
from core.prepared import Prepared
from core.tables import WorkspaceRow, of_workspace, one_of
from core.work import Work, own

MAX_ATTEMPTS: Final = 8
LONGEST_PAUSE: Final = timedelta(seconds=60)

FRESH: Final = timedelta(seconds=2)
"""How long after it came in the first try of an event is counted with its effects only: it may be lost without a trace."""

MOST_REPORTS: Final = 100
"""How many reports are read in together."""


class EventKind(StrEnum):
    """What a result of a webhook is."""

    MESSAGE = "message"
    DELIVERY = "delivery"
    SEEN = "seen"
    SYSTEM = "system"
    UNREADABLE = "unreadable"


REPORTS: Final = (EventKind.DELIVERY, EventKind.SEEN)
"""The kinds of events that report on what went out; they have no sender."""


class InboundEvent(WorkspaceRow):
    """The raw body of one result of a webhook."""

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
    kind: Mapped[EventKind] = mapped_column(one_of(EventKind, 20))
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


JOBS: Final = (Job("inbound.ingest", "inbound-ingest", 30), Job("inbound.reports", "inbound-ingest", 60))

SWEEPS: Final = (
    Sweep(
        "inbound.ingest",
        "event_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM inbound_events
            WHERE handled_at IS NULL AND parked_reason IS NULL AND next_try_at < clock_timestamp() - interval '2 seconds'
              AND kind NOT IN ('delivery', 'seen')
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
    Sweep(
        "inbound.reports",
        "connection_id",
        text(
            """
            SELECT workspace_id, connection_id AS id, min(next_try_at) AS since FROM inbound_events
            WHERE handled_at IS NULL AND parked_reason IS NULL AND next_try_at < clock_timestamp() - interval '2 seconds'
              AND kind IN ('delivery', 'seen')
            GROUP BY workspace_id, connection_id ORDER BY since LIMIT :limit
            """
        ),
    ),
)

RETENTIONS: Final = (
    Retention(
        "inbound_events",
        timedelta(days=30),
        "it came in",
        text(
            """
            DELETE FROM inbound_events WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM inbound_events
                WHERE created_at < clock_timestamp() - :kept AND (handled_at IS NOT NULL OR parked_reason IS NOT NULL)
                LIMIT :limit
            )
            """
        ),
        "what nobody has handled or given up yet",
    ),
)

_OPEN = (
    own(InboundEvent),
    InboundEvent.handled_at.is_(None),
    InboundEvent.parked_reason.is_(None),
)
# Committed without a flush to disk: a count that a crash of Postgres forgets does no harm.
_COUNT = (
    update(InboundEvent)
    .where(*_OPEN)
    .values(
        attempts=InboundEvent.attempts + 1,
        next_try_at=func.clock_timestamp()
        + func.least(func.power(2, InboundEvent.attempts) * timedelta(seconds=2), LONGEST_PAUSE),
    )
    .returning(InboundEvent.id, InboundEvent.attempts, func.set_config("synchronous_commit", "off", True))
    .execution_options(synchronize_session=False)
)
_COUNT_ONE = Prepared(_COUNT.where(InboundEvent.id == bindparam("event")))
_COUNT_REPORTS = Prepared(
    _COUNT.where(
        InboundEvent.id.in_(
            select(InboundEvent.id)
            .where(
                *_OPEN,
                InboundEvent.connection_id == bindparam("connection"),
                InboundEvent.kind.in_([literal(kind, InboundEvent.kind.type) for kind in sorted(REPORTS)]),
                InboundEvent.next_try_at <= func.clock_timestamp(),
            )
            .order_by(InboundEvent.id)
            .limit(MOST_REPORTS)
            .with_for_update(skip_locked=True)
        )
    )
)
_LOCK_OPEN = Prepared(
    select(InboundEvent)
    .where(*_OPEN, InboundEvent.id == func.any(bindparam("events", type_=ARRAY(Uuid))))
    .order_by(InboundEvent.id)
    .with_for_update(skip_locked=True)
)


_LOCK_FRESH = Prepared(
    select(InboundEvent)
    .where(
        *_OPEN,
        InboundEvent.id == bindparam("event"),
        InboundEvent.attempts == 0,
        InboundEvent.created_at > func.clock_timestamp() - bindparam("fresh", type_=Interval),
    )
    .with_for_update(skip_locked=True)
)


async def workspace_of(session: AsyncSession, event_id: UUID) -> UUID | None:
    """The workspace of an event; the system role's."""
    return await session.scalar(select(InboundEvent.workspace_id).where(InboundEvent.id == event_id))


async def count_attempt(work: Work, event_id: UUID) -> int | None:
    """Count a try on an open event, before it is read: how many there are now, or None if it is not open.

    Committed by itself, so that an event that kills the process is counted too.
    """
    counted = await _COUNT_ONE.first(work.session, {"workspace": work.workspace_id, "event": event_id})
    return None if counted is None else counted[1]


async def count_reports(work: Work, connection_id: UUID) -> dict[UUID, int]:
    """Count a try on each open report of a connection that is due, as many as are read in together."""
    counted = await _COUNT_REPORTS.all(work.session, {"workspace": work.workspace_id, "connection": connection_id})
    return {event_id: attempts for event_id, attempts, _ in counted}


async def lock_fresh(work: Work, event_id: UUID) -> Sequence[InboundEvent]:
    """An event that has just come in and was not tried yet, locked; else none.

    One that kills the process is not fresh any more when it is tried again, and counted from then on.
    """
    values = {"workspace": work.workspace_id, "event": event_id, "fresh": FRESH}
    return [row for (row,) in await _LOCK_FRESH.all(work.session, values)]


async def lock_open(work: Work, event_ids: Sequence[UUID]) -> Sequence[InboundEvent]:
    """Those of some events that are open, locked: not handled, not parked, and not in the hands of another worker."""
    values = {"workspace": work.workspace_id, "events": list(event_ids)}
    return [row for (row,) in await _LOCK_OPEN.all(work.session, values)]


async def open_of(work: Work, connection_ids: Collection[UUID], sender_keys: Collection[str]) -> Sequence[UUID]:
    """The open events of some senders on some connections, in the order in which they came: that of their ids."""
    query = (
        select(InboundEvent.id)
        .where(
            own(InboundEvent, work),
            InboundEvent.connection_id.in_(connection_ids),
            InboundEvent.sender_key.in_(sender_keys),
            InboundEvent.handled_at.is_(None),
            InboundEvent.parked_reason.is_(None),
        )
        .order_by(InboundEvent.id)
    )
    return (await work.session.scalars(query)).all()


async def has_open_messages(work: Work, connection_ids: Collection[UUID], sender_keys: Collection[str]) -> bool:
    """Whether a message of these senders has come in on one of the connections that is not read yet."""
    query = select(
        exists().where(
            own(InboundEvent, work),
            InboundEvent.connection_id.in_(connection_ids),
            InboundEvent.sender_key.in_(sender_keys),
            InboundEvent.kind == EventKind.MESSAGE,
            InboundEvent.handled_at.is_(None),
            InboundEvent.parked_reason.is_(None),
        )
    )
    return bool(await work.session.scalar(query))


async def get(work: Work, event_id: UUID) -> InboundEvent | None:
    """One event, not locked."""
    return await work.session.get(InboundEvent, (work.workspace_id, event_id))


async def parked(work: Work, limit: int) -> Sequence[InboundEvent]:
    """The events that were given up, newest first."""
    query = (
        select(InboundEvent)
        .where(own(InboundEvent, work), InboundEvent.parked_reason.is_not(None))
        .order_by(InboundEvent.created_at.desc())
        .limit(limit)
    )
    return (await work.session.scalars(query)).all()


async def reopen(work: Work, event_id: UUID) -> InboundEvent | None:
    """Open an event again, handled or parked, and announce its ingest; None if there is no such event."""
    event = await work.session.get(InboundEvent, (work.workspace_id, event_id), with_for_update=True)
    if event is None:
        return None
    events.record(
        work,
        EventType.INBOUND_EVENT_REOPENED,
        subject=event.id,
        before={"outcome": event.outcome, "parked": event.parked_reason},
    )
    event.handled_at = event.outcome = event.parked_reason = None
    event.attempts, event.next_try_at = 0, work.system_time
    outbox.enqueue(work, "inbound.ingest", event_id=event.id)
    return event


async def discard(work: Work, event_id: UUID) -> None:
    """Close an event that was given up; nothing will be made of it."""
    await work.session.execute(
        update(InboundEvent)
        .where(
            own(InboundEvent, work),
            InboundEvent.id == event_id,
            InboundEvent.parked_reason.is_not(None),
        )
        .values(handled_at=work.system_time, outcome="discarded", parked_reason=None)
    )
