"""What every channel speaks: the words between a provider's wire and the rest of the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol
from uuid import UUID

from core.errors import DomainError, Invalid
from core.inbound import EventKind
from domain.connections.schemas import LineCheck
from domain.connections.templates import TemplatesFound
from domain.conversations.content import Content
from domain.conversations.kinds import AttemptOutcome
from domain.conversations.schemas import Incoming

ReportStatus = Literal["sent", "delivered", "read", "failed"]


class BadSignature(DomainError):
    """A webhook does not prove that it comes from the provider."""

    code: ClassVar[str] = "bad_signature"
    http_status: ClassVar[int] = 401


class EventUnreadable(DomainError):
    """A stored event cannot be turned into anything; it is kept, and parked with this reason."""

    code: ClassVar[str] = "event_unreadable"


class Unsendable(Invalid):
    """A message cannot be put into a form that the channel accepts."""

    code: ClassVar[str] = "message_unsendable"


class MediaUnavailable(DomainError):
    """A file cannot be had; `retriable` tells whether another try may help."""

    code: ClassVar[str] = "media_unavailable"
    http_status: ClassVar[int] = 502

    def __init__(self, reason: str, *, retriable: bool) -> None:
        super().__init__(reason, reason=reason)
        self.reason = reason
        self.retriable = retriable


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One result of a webhook body as it is stored at the door: its bytes, and the keys that order and deduplicate it.

    `sender_key` is the provider's user id, else the phone number; reports have none.
    """

    kind: EventKind
    dedupe_key: str
    sender_key: str | None
    position: int
    body: bytes


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What the provider says of a message that we sent."""

    provider_message_id: str
    status: ReportStatus
    error_code: str | None = None
    at: datetime | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """News about an account or a person that is neither a message nor a report; kept, and shown to staff.

    A person, by their number or user id, may have said to the medium itself whether they want marketing of this sender.
    """

    name: str
    sender: str | None = None
    wants_marketing: bool | None = None


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What is known after a try to send.

    `retry` means certainly not sent; `rejected` means refused for good; `unknown` means that it may have been sent.
    """

    result: AttemptOutcome
    error_code: str | None = None
    detail: str | None = None
    retry_after: float | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class FetchedMedia:
    """The bytes of a file and what they are, by their own first bytes rather than by what a header says."""

    content: bytes
    content_type: str


class Channel(Protocol):
    """A line to a provider, for one connection."""

    def authenticate(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        """Raise BadSignature unless the request proves that the provider made it."""
        ...

    def split(self, body: bytes) -> list[RawEvent]:
        """The results of a webhook body; never raises, whatever the bytes are."""
        ...

    def read(self, event_kind: EventKind, body: bytes) -> Incoming | StatusReport | SystemEvent:
        """Understand one stored event; raises EventUnreadable and nothing else."""
        ...

    def parts(self, content: Content) -> Sequence[Content]:
        """The pieces in which a message goes out, each within the channel's limits; raises Unsendable."""
        ...

    async def send(self, message_id: UUID, to: str, content: Content, reply_to: str | None = None) -> SendOutcome:
        """Try to send one piece once; trouble on the way is an outcome, not an exception.

        `message_id` is also its id at the provider; `reply_to` is the provider's id of a message that it quotes.
        """
        ...

    async def mark_read(self, provider_message_id: str) -> None:
        """Show the customer that the message was read; best effort."""
        ...

    async def typing(self, to: str) -> None:
        """Show the customer that an answer is being written; best effort."""
        ...

    async def check(self) -> LineCheck:
        """Ask the provider whether the key opens this line; trouble on the way is an answer, not an exception."""
        ...

    async def templates(self) -> TemplatesFound:
        """Ask the provider for the line's approved templates; trouble on the way is an answer, not an exception."""
        ...

    async def fetch_media(self, url: str) -> FetchedMedia:
        """The bytes of a file that a customer sent; raises MediaUnavailable."""
        ...
