"""What the rest of the house sees of what the desk has prepared."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.accounts.attending import Word
from domain.conversations.schemas import DeskFilter
from domain.desk.kinds import HeldReason, PlannedStatus

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Shortcut = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[\w-]{1,40}$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CannedReplyView(_View):
    """A text that is written often."""

    id: UUID
    shortcut: str
    text: str
    version: int


class SetCannedReply(_Command):
    """A text and the word by which it is found; `{customer}`, `{first_name}`, `{operator}` and `{shop}` are filled in."""

    shortcut: Shortcut
    text: Prose


class TagDeed(_Command):
    """Adds tags."""

    deed: Literal["tag"] = "tag"
    tags: tuple[Word, ...] = Field(min_length=1, max_length=20)


class ReplyDeed(_Command):
    """Writes to the customer; its variables are filled in."""

    deed: Literal["reply"] = "reply"
    text: Prose


class AssignDeed(_Command):
    """Gives the conversation to a colleague or a team."""

    deed: Literal["assign"] = "assign"
    operator_id: UUID | None = None
    team_id: UUID | None = None

    @model_validator(mode="after")
    def _to_somebody(self) -> Self:
        if (self.operator_id is None) == (self.team_id is None):
            raise ValueError("it goes to a person or to a team")
        return self


class SnoozeDeed(_Command):
    """Lets the conversation rest for some minutes, or until the customer writes."""

    deed: Literal["snooze"] = "snooze"
    minutes: int | None = Field(None, ge=1, le=43_200)


class ResolveDeed(_Command):
    """Settles it, with a note of what was agreed."""

    deed: Literal["resolve"] = "resolve"
    note: str | None = Field(None, max_length=1000)


Deed = Annotated[TagDeed | ReplyDeed | AssignDeed | SnoozeDeed | ResolveDeed, Field(discriminator="deed")]
DeedForMany = Annotated[TagDeed | AssignDeed | SnoozeDeed | ResolveDeed, Field(discriminator="deed")]
"""What can be done in many conversations at once: no words to a customer whose thread nobody has read."""
LAST = ("assign", "snooze", "resolve")
"""Deeds after which a conversation is not at hand any more: at most one of them, and nothing behind it."""


class MacroView(_View):
    """Deeds that are done together."""

    id: UUID
    name: str
    deeds: tuple[Deed, ...]
    version: int


class SetMacro(_Command):
    """A name, and the deeds in their order; whatever takes the conversation from one's hands comes last."""

    name: Name
    deeds: tuple[Deed, ...] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if any(each.deed in LAST for each in self.deeds[:-1]):
            raise ValueError("to assign, to snooze or to settle is the last deed")
        return self


class PlanReply(_Command):
    """A reply that goes out later, unless somebody writes before."""

    text: str = Field(min_length=1, max_length=4096)
    send_at: AwareDatetime
    last_seen_message_id: UUID


class PlannedReplyView(_View):
    """A reply that goes out later; one that was held did not fit any more when its time came."""

    id: UUID
    conversation_id: UUID
    author_id: UUID
    text: str
    send_at: datetime
    status: PlannedStatus
    reason: HeldReason | None
    message_id: UUID | None


class SetView(_Command):
    """Filters of the queues under a name; one that is `shared` is everybody's."""

    name: Name
    filters: DeskFilter
    is_shared: bool = False


class ViewOfDesk(_View):
    """Filters of the queues under a name."""

    id: UUID
    name: str
    filters: DeskFilter
    is_shared: bool
