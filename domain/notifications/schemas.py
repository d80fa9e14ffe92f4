"""What the rest of the house sees of notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, UrlConstraints, model_validator

from domain.conversations.kinds import NoticeKind
from domain.notifications.kinds import NoticeStatus, Way

Kinds = Annotated[tuple[NoticeKind | Literal["*"], ...], Field(max_length=len(NoticeKind) + 1)]

URGENT = (NoticeKind.HANDOFF_REQUESTED, NoticeKind.PAYMENT_CLAIMED)


class NoticeView(BaseModel):
    """What somebody is told, as their inbox shows it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: NoticeKind
    text: str = Field(description="In the workspace's language.")
    conversation_id: UUID | None
    subject_id: UUID | None
    details: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class Ways(BaseModel):
    """What a person is told on each way: kinds, or `*` for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inbox: Kinds = ("*",)
    mail: Kinds = URGENT
    webhook: Kinds = ()
    whatsapp: Kinds = ()

    def wants(self, way: Way, kind: NoticeKind) -> bool:
        """Whether somebody is told of this on that way."""
        return not {"*", kind}.isdisjoint(getattr(self, way.value))


class Preferences(BaseModel):
    """How a person wants to be told. In quiet hours, by the workspace's clock, only the inbox is told at once."""

    model_config = ConfigDict(frozen=True)

    ways: Ways = Ways()
    has_webhook: bool = False
    quiet_from: time | None = None
    quiet_to: time | None = None
    version: int = 0


class ChangePreferences(BaseModel):
    """How a person wants to be told; what is not said stays as it is. `webhook_url` is never shown again."""

    model_config = ConfigDict(extra="forbid")

    ways: Ways | None = None
    webhook_url: Annotated[AnyHttpUrl, UrlConstraints(max_length=2_000)] | None = Field(
        None, description='Takes `{"text": …}` as Slack, Mattermost and others do.'
    )
    quiet_from: time | None = None
    quiet_to: time | None = None

    @model_validator(mode="after")
    def _quiet_is_a_span(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours have a beginning and an end")
        return self


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A part of an inbox, the newest first, and how much of it all is unread."""

    items: Sequence[NoticeView]
    next_cursor: UUID | None
    unread: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out as an answer to a telephone: on the line that was written to, with the figures that can be drawn."""

    line_id: UUID
    figures: Sequence[dict[str, Any]]
    language: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice on its way out: where to, and what it says."""

    id: UUID
    way: Way
    address: str
    subject: str
    text: str
    language: str
    answer: Answer | None = None


class Result(StrEnum):
    """What came of carrying a notice: whether it went, can go later, never will, or nobody knows."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


STATUS_AFTER = {
    Result.SENT: NoticeStatus.SENT,
    Result.REFUSED: NoticeStatus.FAILED,
    Result.UNKNOWN: NoticeStatus.UNCONFIRMED,
}
