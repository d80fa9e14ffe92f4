"""Messages as a visitor's page gets them: what was said, in the one shape of messages, and nothing of how the house works."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from channels.web.wire import BLOB
from core.work import Work
from domain.catalog import service as catalog
from domain.catalog.schemas import VariantView
from domain.conversations.content import Choices, Content, File, JsonObject, dump
from domain.conversations.kinds import Author, Voice
from domain.conversations.schemas import MessageView, VisitorPage


class ShownMessage(BaseModel):
    """One message. `key` is the id that the page itself gave to what its visitor wrote; `is_seen`, that it was taken up.

    `pictures` are those of the products that can be chosen, by their SKU; `product` is the name of what it was asked about.
    """

    id: str
    key: str | None
    place: int
    is_mine: bool
    by: Author
    at: datetime
    is_seen: bool
    content: JsonObject
    pictures: dict[str, str] = {}
    product: str | None = None


class ShownPage(BaseModel):
    """What is new to a page, and the number from which it goes on."""

    messages: list[ShownMessage]
    number: int
    has_earlier: bool = False
    is_answering: bool = False
    voice: Voice = Voice.AGENT


async def shown(work: Work, page: VisitorPage) -> ShownPage:
    """A page of a thread for its visitor."""
    skus = {sku for item in page.items for sku in _named(item.content)}
    known = await catalog.variants_by_sku(work, skus) if skus else {}
    return ShownPage(
        messages=[_message(item, known) for item in page.items],
        number=page.number,
        has_earlier=page.has_earlier,
        is_answering=page.is_answering,
        voice=page.voice,
    )


def _named(content: Content) -> list[str]:
    """What may be SKUs in a message: the rows to choose from, and the product that it is about."""
    rows = [row.id for row in content.rows] if isinstance(content, Choices) else []
    about = content.about.product if content.about is not None else None
    return [*rows, *([about.sku] if about is not None else [])]


def _message(item: MessageView, known: Mapping[str, VariantView]) -> ShownMessage:
    is_mine = item.direction == "in"
    content = item.content
    if isinstance(content, File) and content.url.startswith(BLOB):
        # The page asks for the bytes of a message of its own; by what key they are kept is no business of it.
        content = content.model_copy(update={"url": ""})
    named = [known[sku] for sku in _named(content) if sku in known]
    return ShownMessage(
        id=str(item.id),
        key=(item.provider_message_id or "").rpartition(":")[2] if is_mine else None,
        place=item.position,
        is_mine=is_mine,
        by=item.author,
        at=item.received_at or item.sent_at or item.created_at,
        is_seen=item.handled_at is not None,
        content=dump(content),
        pictures={each.sku: each.image_url for each in named if each.image_url is not None and not is_mine},
        product=named[0].name if is_mine and named else None,
    )
