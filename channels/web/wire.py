"""What the door of the web chat stores of a visitor's message, and how it is read again."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from channels.base import RawEvent
from core.inbound import EventKind
from domain.conversations.content import Answer, File, Place, Text

BLOB: Final = "nexova-blob:"
"""How the address of a file begins that a visitor has uploaded: what follows is the key of its bytes."""


class Written(BaseModel):
    """One message of a visitor, who has been made out by the door. `at` is business time; `id` was made by their page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    visitor: str
    id: str
    at: datetime
    content: Annotated[Text | Answer | File | Place, Field(discriminator="kind")]
    name: str | None = None
    reply_to: str | None = None


def event_of(written: Written) -> RawEvent:
    """A message as the door stores it.

    The id is the visitor's page's own, so a message that is sent again is the same one; of two visitors who choose the same
    id neither keeps the other's out.
    """
    key = f"{written.visitor}:{written.id}"
    body = written.model_dump_json(exclude_none=True).encode()
    return RawEvent(EventKind.MESSAGE, key, written.visitor, 0, body)
