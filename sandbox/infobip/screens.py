"""What a customer's phone shows, as scripts and the page read it."""

from typing import Any, assert_never
from urllib.parse import quote

from core.work import open_work
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
    said,
)
from sandbox.infobip import store
from sandbox.infobip.line import Line
from sandbox.infobip.models import SandboxMessage


def view(bubble: SandboxMessage, line: Line) -> dict[str, Any]:
    """One bubble."""
    found: dict[str, Any] = {
        "n": bubble.n,
        "direction": bubble.direction,
        "text": said(bubble.content) or None,
        "buttons": [],
        "rows": [],
        "media_url": _media_url(bubble, line),
        "status": bubble.status,
        "at": bubble.at.isoformat(),
        "quoted": bubble.quoted,
        "edited": bubble.edited or None,
    }
    about = bubble.content.about
    if about is not None and about.product is not None:
        found["product"] = about.product.sku
    if about is not None and about.referral is not None:
        found["ad"] = {"headline": about.referral.headline, "body": about.referral.body}
    return {name: value for name, value in (found | shown(bubble.content)).items() if value is not None or name in _ALWAYS}


_ALWAYS = frozenset({"text", "media_url"})
"""What a bubble tells of itself even where there is nothing."""


def shown(content: Content) -> dict[str, Any]:  # noqa: C901 - one case per kind
    """How the phone calls a content, and what it shows of it besides its words."""
    match content:
        case Text():
            return {"type": "text"}
        case Buttons():
            buttons = [button.model_dump() for button in content.buttons]
            return {"type": "buttons", "buttons": buttons, "footer": content.footer}
        case Choices():
            rows = [
                row.model_dump(exclude_none=True) | ({"section": section.title} if section.title else {})
                for section in content.sections
                for row in section.rows
            ]
            return {"type": "list", "button": content.opener, "rows": rows, "footer": content.footer}
        case File():
            return {"type": content.media, "filename": content.filename}
        case Template():
            return {"type": "template", "template": content.name, "placeholders": list(content.placeholders)}
        case Cart():
            return {"type": "order", "items": [{"sku": line.sku, "quantity": int(line.quantity)} for line in content.items]}
        case Place():
            return {"type": "location", **content.model_dump(include={"latitude", "longitude", "name", "address"})}
        case ContactCard():
            return {"type": "contact"}
        case Answer():
            return {"type": "list_reply" if content.via == "row" else "button_reply"}
        case Reaction():
            return {"type": "reaction"}
        case Edited():
            return shown(content.now)
        case Removed():
            return {"type": "text", "deleted": True}
        case Unsupported():
            return {"type": "raw"}
        case _:
            assert_never(content)


def _media_url(bubble: SandboxMessage, line: Line) -> str | None:
    if bubble.blob_key is not None:
        return f"/sandbox/phones/{bubble.phone}/media/{bubble.n}?connection={quote(line.connection.slug)}"
    return bubble.content.url if isinstance(bubble.content, File) else None


async def screen(line: Line, phone: str, after: int, limit: int) -> dict[str, Any]:
    """The bubbles of a phone after the n-th, and whether the shop is typing."""
    async with open_work(line.principal) as work:
        bubbles = await store.screen(work, line.connection.id, phone, after, limit)
        owner = await store.find_phone(work, line.connection.id, phone)
        typing = owner is not None and owner.typing_until is not None and owner.typing_until > work.system_time
        return {
            "messages": [view(bubble, line) for bubble in bubbles],
            "typing": typing,
            "name": owner.name if owner else None,
            "last_n": owner.last_n if owner else 0,
            "now": work.now.isoformat(),
        }
