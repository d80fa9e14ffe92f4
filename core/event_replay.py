"""How a subject stood after any of its events: what its events have told, played from the first, or from a snapshot on.

A snapshot is a cache of the first so many events of a long history. It holds for the shapes in which it was made, is made
by whoever reads past its place, and is forgotten after some weeks.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, Index, String, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core import bulk, events
from core.access import OperationsPermission
from core.errors import NotFound
from core.event_shapes import shapes_of
from core.jobs import Retention
from core.tables import OfWorkspace, of_workspace
from core.work import Work, own

EVERY: Final = 200
"""After so many events of a subject there is a snapshot."""


class SubjectUnknown(NotFound):
    """Nothing has happened to such a subject, or what has is kept no more."""

    code = "subject_unknown"


class EventSnapshot(OfWorkspace):
    """What the events of a subject had told after one of them; `shapes` are the versions of types that it was read in."""

    __tablename__ = "event_snapshots"
    __table_args__ = (
        of_workspace(),
        CheckConstraint("subject_number > 0", name="counts_up"),
        Index("ix_event_snapshots_age", "created_at", postgresql_using="brin"),
    )

    subject_kind: Mapped[str] = mapped_column(String(50), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_number: Mapped[int] = mapped_column(primary_key=True)
    shapes: Mapped[str] = mapped_column(String(16), primary_key=True)
    told: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Told(BaseModel):
    """What was last told of a value, and by which event of the subject."""

    model_config = ConfigDict(frozen=True)

    value: Any
    number: int
    type: str
    at: datetime


class Replayed(BaseModel):
    """How a subject stood after its event `number`.

    `forgotten` counts the events before it that are kept no more: what only they told is lacking. `read` is how many were
    read now, the others stood in a snapshot.
    """

    model_config = ConfigDict(frozen=True)

    subject_kind: str
    subject_id: UUID
    number: int
    values: dict[str, Told]
    forgotten: int
    read: int


async def replay(work: Work, subject_kind: str, subject_id: UUID, upto: int | None = None) -> Replayed:
    """Play what happened to a subject, up to one of its events or to the last; raises SubjectUnknown."""
    work.require(OperationsPermission.MANAGE)
    shapes = shapes_of(subject_kind)
    begun = await _snapshot(work, subject_kind, subject_id, shapes, upto)
    number = begun.subject_number if begun is not None else 0
    values = {name: Told.model_validate(told) for name, told in begun.told.items()} if begun is not None else {}
    read = forgotten = 0
    while found := await events.history(work, subject_kind, subject_id, after=number, upto=upto):
        for event in found:
            forgotten += event.subject_number - number - 1
            number = event.subject_number
            for name, value in (event.after or {}).items():
                values[name] = Told(value=value, number=number, type=event.type, at=event.at)
            if number % EVERY == 0 and not forgotten:
                await _keep(work, subject_kind, subject_id, number, shapes, values)
        read += len(found)
    if number == 0:
        raise SubjectUnknown(subject=f"{subject_kind} {subject_id}")
    return Replayed(
        subject_kind=subject_kind, subject_id=subject_id, number=number, values=values, forgotten=forgotten, read=read
    )


async def _snapshot(work: Work, subject_kind: str, subject_id: UUID, shapes: str, upto: int | None) -> EventSnapshot | None:
    query = select(EventSnapshot).where(
        own(EventSnapshot, work),
        EventSnapshot.subject_kind == subject_kind,
        EventSnapshot.subject_id == subject_id,
        EventSnapshot.shapes == shapes,
    )
    if upto is not None:
        query = query.where(EventSnapshot.subject_number <= upto)
    return await work.session.scalar(query.order_by(EventSnapshot.subject_number.desc()).limit(1))


async def _keep(work: Work, subject_kind: str, subject_id: UUID, number: int, shapes: str, values: dict[str, Told]) -> None:
    row = {
        "workspace_id": work.workspace_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "subject_number": number,
        "shapes": shapes,
        "told": {name: told.model_dump(mode="json") for name, told in values.items()},
    }
    await bulk.add_rows(work, EventSnapshot, [row], known_by=[column.name for column in EventSnapshot.__table__.primary_key])


RETENTIONS: Final = (
    Retention(
        "event_snapshots",
        timedelta(days=30),
        "it was made",
        text(
            """
            DELETE FROM event_snapshots WHERE (workspace_id, subject_kind, subject_id, subject_number, shapes) IN (
                SELECT workspace_id, subject_kind, subject_id, subject_number, shapes FROM event_snapshots
                WHERE created_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
)
