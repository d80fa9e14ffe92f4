"""The web chat of one page. What is said stands in the thread, and the visitor's page comes for it.

So a send is done as soon as its message may be seen, and there is nobody whose answer could be in doubt. That the page
has shown it, and that it was read, the page says itself.
"""

from collections.abc import Mapping
from typing import Final, assert_never
from uuid import UUID

from pydantic import ValidationError

from channels.base import (
    BadSignature,
    EventUnreadable,
    FetchedMedia,
    MediaUnavailable,
    RawEvent,
    SendOutcome,
    Unsendable,
)
from channels.formatting import to_whatsapp
from channels.web.wire import BLOB, Written
from core.blobs import BlobMissing, BlobStore
from core.db import storable
from core.filetypes import sniff
from core.inbound import EventKind
from domain.connections.schemas import LineCheck
from domain.connections.templates import TemplatesFound
from domain.conversations.content import (
    Answer,
    Buttons,
    Cart,
    Choices,
    ContactCard,
    Content,
    Edited,
    File,
    Place,
    Reaction,
    Removed,
    Template,
    Text,
    Unsupported,
    rewritten,
)
from domain.conversations.kinds import AttemptOutcome
from domain.conversations.schemas import Incoming, Sender

URL_LIMIT: Final = 2048


class WebChat:
    """Implements `channels.base.Channel` for one page's chat."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def authenticate(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        """Refuse: visitors come by a door of their own, and no provider has anything to tell."""
        raise BadSignature

    def split(self, body: bytes) -> list[RawEvent]:
        """Nothing: there are no webhooks."""
        return []

    def read(self, event_kind: EventKind, body: bytes) -> Incoming:
        """Understand one stored message; raises EventUnreadable and nothing else."""
        if event_kind is not EventKind.MESSAGE:
            raise EventUnreadable(f"a web chat has no {event_kind}")
        try:
            written = Written.model_validate_json(body)
        except ValidationError as error:
            raise EventUnreadable(f"not what the door writes: {error.errors()[0]['type']}") from error
        return Incoming(
            provider_message_id=f"{written.visitor}:{written.id}",
            sender=Sender(address=written.visitor, user_id=written.visitor, name=written.name),
            content=written.content,
            received_at=written.at,
            reply_to=written.reply_to,
        )

    def parts(self, content: Content) -> list[Content]:
        """The message as it is shown, as a page has room for all of it; raises Unsendable."""
        match content:
            case Text() | Buttons() | Choices():
                shown = rewritten(content, _written)
                return [shown] if not isinstance(shown, Text) or shown.text else []
            case File():
                if not content.url.startswith(("http://", "https://", BLOB)) or len(content.url) > URL_LIMIT:
                    raise Unsendable("a file needs an http address")
                return [rewritten(content, _written)]
            case Template() | Cart() | Place() | ContactCard() | Answer() | Reaction() | Edited() | Removed() | Unsupported():
                raise Unsendable(f"a web chat has no message of kind {content.kind!r} from the shop")
            case _:
                assert_never(content)

    async def send(self, message_id: UUID, to: str, content: Content, reply_to: str | None = None) -> SendOutcome:
        """Nothing is left to be done: the message stands in the thread that the visitor's page reads."""
        return SendOutcome(AttemptOutcome.SENT)

    async def mark_read(self, provider_message_id: str) -> None:
        """The page sees by itself which of its messages were taken up."""

    async def typing(self, to: str) -> None:
        """The page sees by itself that an answer is due."""

    async def check(self) -> LineCheck:
        """Say that the line can be used: whoever asks has reached it."""
        return LineCheck(is_usable=True, code="ok")

    async def templates(self) -> TemplatesFound:
        """None: a page of ours lets words go at any time."""
        return TemplatesFound(code="ok")

    async def fetch_media(self, url: str) -> FetchedMedia:
        """The bytes of a file that a visitor has uploaded; raises MediaUnavailable."""
        if not url.startswith(BLOB):
            raise MediaUnavailable("foreign_address", retriable=False)
        try:
            content = await self._blobs.get(url.removeprefix(BLOB))
        except BlobMissing as error:
            raise MediaUnavailable("gone", retriable=False) from error
        return FetchedMedia(content, sniff(content, None))


def _written(text: str) -> str:
    """A text with the marks that the page shows: those of chats, which models know as Markdown."""
    return to_whatsapp(storable(text))
