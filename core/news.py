"""News: what happened to whom, in the order of the event stream and without values, for whoever may see the thing itself.

The stream with its values is for those who run the house (`core.events.page`). News are for everybody: an event is told to
those who hold the right to read its subject, and to whom row-level security shows it at this moment. A row that has no store
yet is every store's: who looks before it has one hears how it began, and who looks later does not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import column, exists, func, or_, select, table

from core.access import Permission
from core.events import Event, EventPosition
from core.work import Work, own


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of subject: the right to read it, the table in which it stands, and there the column of its conversation.

    `parent` is a table and the column that leads to it: rows that know no store are seen by whoever sees their parent, and
    by everybody where they have none.
    """

    kind: str
    permission: Permission
    table: str
    conversation: str | None = None
    parent: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened."""

    position: int
    at: datetime
    type: str
    subject_kind: str
    subject_id: UUID
    conversation_id: UUID | None


async def newest(work: Work) -> int:
    """The position of the newest event of the workspace, 0 if there is none."""
    found = await work.session.scalar(select(func.max(EventPosition.position)).where(own(EventPosition, work)))
    return found or 0


async def began_at(work: Work, position: int) -> datetime | None:
    """When the event at a position was written; None if there is none, or none any more."""
    statement = (
        select(Event.created_at)
        .join(EventPosition, (EventPosition.workspace_id == Event.workspace_id) & (EventPosition.event_id == Event.id))
        .where(own(EventPosition, work), EventPosition.position == position)
    )
    found: datetime | None = await work.session.scalar(statement)
    return found


async def is_whole(work: Work, after: int, until: int) -> bool:
    """Whether every event behind `after`, up to `until`, is still kept."""
    kept = (
        select(func.count())
        .select_from(EventPosition)
        .join(Event, (EventPosition.workspace_id == Event.workspace_id) & (EventPosition.event_id == Event.id))
        .where(own(EventPosition, work), EventPosition.position > after, EventPosition.position <= until)
    )
    return (await work.session.scalar(kept)) == until - after


async def between(work: Work, topics: Collection[Topic], after: int, until: int) -> list[News]:
    """What happened behind `after`, up to `until`, to what the caller may read; the order is that of the stream."""
    heard = {topic.kind: topic for topic in topics if work.principal.may(topic.permission)}
    statement = (
        select(EventPosition.position, Event.created_at, Event.type, Event.subject_kind, Event.subject_id)
        .join(Event, (EventPosition.workspace_id == Event.workspace_id) & (EventPosition.event_id == Event.id))
        .where(
            own(EventPosition, work),
            EventPosition.position > after,
            EventPosition.position <= until,
            EventPosition.subject_kind.in_(list(heard)),
        )
        .order_by(EventPosition.position)
    )
    rows = (await work.session.execute(statement)).all()
    seen: dict[tuple[str, UUID], UUID | None] = {}
    for kind in {row.subject_kind for row in rows}:
        subjects = {row.subject_id for row in rows if row.subject_kind == kind}
        seen |= {(kind, subject): whose for subject, whose in (await _seen(work, heard[kind], subjects)).items()}
    return [
        News(row.position, row.created_at, row.type, row.subject_kind, row.subject_id, seen[row.subject_kind, row.subject_id])
        for row in rows
        if (row.subject_kind, row.subject_id) in seen
    ]


async def _seen(work: Work, topic: Topic, subjects: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Those of the subjects that the caller sees, each with its conversation."""
    conversation = topic.conversation or "id"
    names = {"workspace_id", "id", conversation} | ({topic.parent[1]} if topic.parent is not None else set())
    rows = table(topic.table, *(column(name) for name in names))
    query = select(rows.c.id, rows.c[conversation]).where(own(rows, work), rows.c.id.in_(subjects))
    if topic.parent is not None:
        parents, its_id = table(topic.parent[0], column("workspace_id"), column("id")), rows.c[topic.parent[1]]
        is_seen = exists().where(parents.c.workspace_id == rows.c.workspace_id, parents.c.id == its_id)
        query = query.where(or_(its_id.is_(None), is_seen))
    found = await work.session.execute(query)
    return {subject: whose if topic.conversation else None for subject, whose in found}
