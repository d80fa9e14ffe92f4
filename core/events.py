"""The event stream: every change of the business is one event, written in the transaction of the change.

It is the audit trail, and what projections, alerts and webhooks read; there is no second bus. A position in the stream
is given by Postgres while the transaction commits, one workspace after the other's own: whoever has read up to a
position has missed nothing (docs/decisions/0014-one-event-stream.md).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    Select,
    SmallInteger,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    cast,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core import bulk, observability
from core.access import OperationsPermission, PrincipalKind
from core.event_shapes import lifted
from core.event_types import EventType
from core.jobs import OpenCase, Retention
from core.tables import OfWorkspace, WorkspaceRow, new_id, of_workspace, one_of
from core.work import Work, own

LONGEST_PAGE = 500


class Event(WorkspaceRow):
    """What happened, by whom and why, with the values before and after where they changed.

    `ip` and `agent` are the network address and the program of a request of staff.
    The type is no closed set in the database: events outlive the types that wrote them.
    """

    __tablename__ = "events"
    __table_args__ = (
        of_workspace(),
        CheckConstraint(r"type ~ '^[a-z_]+\.[a-z_]+$'", name="type_form"),
        CheckConstraint("version > 0", name="version_counts"),
        Index("ix_events_type", "workspace_id", "type", "created_at"),
        Index("ix_events_actor", "workspace_id", "actor_id", "created_at"),
        Index("ix_events_age", "created_at", postgresql_using="brin"),
    )

    type: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(SmallInteger)
    subject_kind: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[UUID]
    actor_kind: Mapped[PrincipalKind] = mapped_column(one_of(PrincipalKind, 20))
    actor_id: Mapped[UUID | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))


class EventPosition(OfWorkspace):
    """The place of an event in its workspace's stream, and in the history of its subject; both count from 1, without gaps.

    Nothing but the trigger `place_event` writes here, when the transaction of the event commits. The last place of a subject
    outlives its event, so that the counting goes on.
    """

    __tablename__ = "event_positions"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "subject_kind", "subject_id", "subject_number", name="uq_event_positions_subject_number"
        ),
    )

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID]
    subject_kind: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[UUID]
    subject_number: Mapped[int]


class EventView(BaseModel):
    """One event of the stream. `type` may be one that this release does not know any more, or not yet.

    `version` is that of the values as they stand here: those of an older one have been lifted to the newest.
    """

    model_config = ConfigDict(frozen=True)

    position: int
    id: UUID
    at: datetime
    type: str
    version: int
    subject_kind: str
    subject_id: UUID
    subject_number: int
    actor_kind: str
    actor_id: UUID | None
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    correlation_id: str | None
    ip: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are wanted; what is not said does not matter. `since` is inclusive, `until` is not.

    `text` stands, in any case, in the reason or among the values before and after.
    """

    types: Collection[str] = ()
    subject_kind: str | None = None
    subject_id: UUID | None = None
    actor_kind: PrincipalKind | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    correlation_id: str | None = None
    ip: str | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        asked: list[tuple[object, Callable[[], ColumnElement[bool]]]] = [
            (self.types or None, lambda: Event.type.in_(self.types)),
            (self.subject_kind, lambda: EventPosition.subject_kind == self.subject_kind),
            (self.subject_id, lambda: EventPosition.subject_id == self.subject_id),
            (self.actor_kind, lambda: Event.actor_kind == self.actor_kind),
            (self.actor_id, lambda: Event.actor_id == self.actor_id),
            (self.since, lambda: Event.created_at >= self.since),
            (self.until, lambda: Event.created_at < self.until),
            (self.correlation_id, lambda: Event.correlation_id == self.correlation_id),
            (self.ip, lambda: Event.ip == self.ip),
            (self.text, self._says),
        ]
        return [condition() for value, condition in asked if value is not None]

    def _says(self) -> ColumnElement[bool]:
        places = (Event.reason, cast(Event.before, Text), cast(Event.after, Text))
        return or_(*(place.icontains(self.text, autoescape=True) for place in places))


EVERYTHING = Wanted()


def record(
    work: Work,
    type: EventType,
    *,
    subject: UUID,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write that something happened to a subject, whose kind the type tells; it gets its place at the commit."""
    origin = work.principal.origin
    work.session.add(
        Event(
            workspace_id=work.workspace_id,
            type=type.value,
            version=type.version,
            subject_kind=type.subject_kind,
            subject_id=subject,
            actor_kind=work.principal.kind,
            actor_id=work.principal.id,
            reason=reason,
            before=before,
            after=after,
            correlation_id=observability.correlation_id(),
            ip=origin.ip if origin else None,
            agent=origin.agent if origin else None,
        )
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """One of many events of the same origin: what happened to whom, with the values before and after."""

    type: EventType
    subject: UUID
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


async def record_all(work: Work, happenings: Sequence[Happening]) -> None:
    """Write very many events at once, in their order."""
    origin = work.principal.origin
    whose = {
        "workspace_id": work.workspace_id,
        "reason": None,
        "actor_kind": work.principal.kind.value,
        "actor_id": work.principal.id,
        "correlation_id": observability.correlation_id(),
        "ip": origin.ip if origin else None,
        "agent": origin.agent if origin else None,
    }
    rows = [
        {
            **whose,
            "id": new_id(),
            "type": one.type.value,
            "version": one.type.version,
            "subject_kind": one.type.subject_kind,
            "subject_id": one.subject,
            "before": one.before,
            "after": one.after,
        }
        for one in happenings
    ]
    await bulk.add_rows(work, Event, rows)


async def last_position(work: Work) -> int:
    """The position of the newest event of the workspace, 0 if there is none.

    Whoever shows content and then follows the stream asks for it before reading the content.
    """
    work.require(OperationsPermission.MANAGE)
    newest = select(func.max(EventPosition.position)).where(own(EventPosition, work))
    return await work.session.scalar(newest) or 0


async def page(
    work: Work, *, after: int = 0, limit: int = 100, wanted: Wanted = EVERYTHING, before: int | None = None
) -> list[EventView]:
    """The events behind a position, in the order in which they were committed; those that are wanted only.

    A page may be asked for again: no event ever appears later at or before a position that was read. With `before`, the
    events that stand before that position as well, the newest first.
    """
    work.require(OperationsPermission.MANAGE)
    place = EventPosition.position
    statement = _PLACED.where(own(EventPosition, work), place > after, *wanted.conditions())
    if before is not None:
        statement = statement.where(place < before)
    ordered = statement.order_by(place if before is None else place.desc())
    return await _views(work, ordered.limit(max(1, min(limit, LONGEST_PAGE))))


async def history(
    work: Work, subject_kind: str, subject_id: UUID, *, after: int = 0, upto: int | None = None
) -> list[EventView]:
    """What happened to one subject behind a number of its own, up to another, in its order; a page of it."""
    work.require(OperationsPermission.MANAGE)
    number = EventPosition.subject_number
    statement = _PLACED.where(
        own(EventPosition, work),
        EventPosition.subject_kind == subject_kind,
        EventPosition.subject_id == subject_id,
        number > after,
    )
    if upto is not None:
        statement = statement.where(number <= upto)
    return await _views(work, statement.order_by(number).limit(LONGEST_PAGE))


_PLACED: Final = select(Event, EventPosition.position, EventPosition.subject_number).join(
    EventPosition, (EventPosition.workspace_id == Event.workspace_id) & (EventPosition.event_id == Event.id)
)


async def _views(work: Work, statement: Select[Event, int, int]) -> list[EventView]:
    return [_view(event, position, number) for event, position, number in await work.session.execute(statement)]


def _view(row: Event, position: int, number: int) -> EventView:
    version, (before, after) = lifted(row.type, row.version, (row.before, row.after))
    return EventView(
        position=position,
        id=row.id,
        at=row.created_at,
        type=row.type,
        version=version,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject_number=number,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        reason=row.reason,
        before=before,
        after=after,
        correlation_id=row.correlation_id,
        ip=row.ip,
        agent=row.agent,
    )


MONEY: Final = ("payment", "credit_note", "customer_return", "sales")
"""Kinds of subjects about whose events the books of a shop are asked for years; refunds of orders are among them too."""


def retentions(open_cases: Sequence[OpenCase]) -> tuple[Retention, ...]:
    """For how long events are kept, those of open cases until they are settled."""
    is_money = f"(old.subject_kind IN {MONEY} OR old.type = 'order.refunded')"
    is_open = " OR ".join(f"old.subject_kind = '{case.subject_kind}' AND EXISTS ({case.unsettled})" for case in open_cases)
    stays = ", ".join(case.said for case in open_cases)
    return (
        Retention("events", timedelta(days=365), "it happened", _forget(f"NOT {is_money} AND NOT ({is_open})"), stays),
        Retention("events of money", timedelta(days=3650), "it happened", _forget(is_money)),
    )


def _forget(which: str) -> TextClause:
    """Delete old events, and their places in the stream but for the last one of each subject."""
    return text(
        f"""
        WITH old AS MATERIALIZED (
            SELECT workspace_id, id, subject_kind, subject_id FROM events AS old
            WHERE old.created_at < clock_timestamp() - :kept AND {which} LIMIT :limit
        ), places AS (
            DELETE FROM event_positions AS place USING old
            WHERE place.workspace_id = old.workspace_id AND place.subject_kind = old.subject_kind
              AND place.subject_id = old.subject_id AND place.event_id = old.id
              AND EXISTS (
                SELECT FROM event_positions AS later
                WHERE later.workspace_id = place.workspace_id AND later.subject_kind = place.subject_kind
                  AND later.subject_id = place.subject_id AND later.subject_number > place.subject_number
              )
        )
        DELETE FROM events USING old WHERE events.workspace_id = old.workspace_id AND events.id = old.id
        """  # noqa: S608 - constants of this house
    )
