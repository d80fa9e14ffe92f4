"""Tables of what the desk has prepared."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.desk.kinds import HeldReason, PlannedStatus


class CannedReply(WorkspaceRow):
    """A text that is written often; `{variables}` are filled for the conversation in which it is used."""

    __tablename__ = "canned_replies"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "shortcut"))

    shortcut: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(4000))
    version: Mapped[int] = mapped_column(default=1)


class Macro(WorkspaceRow):
    """Deeds that are done together, in their order; `deeds` are `domain.desk.schemas.Deed` as JSON."""

    __tablename__ = "macros"
    __table_args__ = (of_workspace(), UniqueConstraint("workspace_id", "name"))

    name: Mapped[str] = mapped_column(String(60))
    deeds: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)


class PlannedReply(WorkspaceRow):
    """A reply that goes out later, if it still fits then. `send_at` is business time; `seen_id` is the last message its
    writer had read.
    """

    __tablename__ = "planned_replies"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        Index("ix_planned_replies_due", "send_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_planned_replies_thread", "workspace_id", "conversation_id"),
    )

    conversation_id: Mapped[UUID]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(String(4096))
    seen_id: Mapped[UUID]
    send_at: Mapped[datetime]
    status: Mapped[PlannedStatus] = mapped_column(one_of(PlannedStatus, 20), default=PlannedStatus.WAITING)
    reason: Mapped[HeldReason | None] = mapped_column(one_of(HeldReason, 40))
    message_id: Mapped[UUID | None]


class DeskView(WorkspaceRow):
    """Filters of the queues under a name: a person's own, or everybody's where it has no owner."""

    __tablename__ = "desk_views"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "owner_id", "name", postgresql_nulls_not_distinct=True),
    )

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(60))
    filters: Mapped[dict[str, Any]]
