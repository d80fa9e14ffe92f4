"""Tables of what each person is told, and of how they want to be told."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import WorkspaceRow, belongs_to, of_workspace, one_of
from domain.conversations.kinds import NoticeKind
from domain.notifications.kinds import NoticeStatus, Way


class Notice(WorkspaceRow):
    """One notification for one person on one way: there is never a second of the same.

    `due_at` and `lease_until` are Postgres time. `read_at` is of the inbox.
    """

    __tablename__ = "notices"
    __table_args__ = (
        of_workspace(),
        belongs_to("notifications", "notification_id"),
        UniqueConstraint("workspace_id", "notification_id", "user_id", "way"),
        Index("ix_notices_inbox", "workspace_id", "user_id", "id", postgresql_where=text("way = 'inbox'")),
        Index("ix_notices_due", "due_at", postgresql_where=text("status IN ('pending', 'sending')")),
        CheckConstraint("read_at IS NULL OR way = 'inbox'", name="read_in_inbox"),
    )

    notification_id: Mapped[UUID]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    way: Mapped[Way] = mapped_column(one_of(Way, 20))
    kind: Mapped[NoticeKind] = mapped_column(one_of(NoticeKind, 40))
    conversation_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    status: Mapped[NoticeStatus] = mapped_column(one_of(NoticeStatus, 20))
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    read_at: Mapped[datetime | None]


class NotificationPreferences(WorkspaceRow):
    """How one person wants to be told in one workspace. `sealed_url` is a secret: whoever has it can write there."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "user_id"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_is_a_span"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    ways: Mapped[dict[str, Any]]
    sealed_url: Mapped[bytes | None]
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    version: Mapped[int] = mapped_column(default=1)
