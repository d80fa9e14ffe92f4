"""What a customer's phone shows, as scripts and the page read it."""

from typing import Any
from urllib.parse import quote

from core.work import open_work
from sandbox.infobip import store
from sandbox.infobip.line import Line
from sandbox.infobip.models import SandboxMessage

_SHOWN = (
    "footer",
    "button",
    "filename",
    "latitude",
    "longitude",
    "name",
    "address",
    "items",
    "template",
    "placeholders",
    "quoted",
    "product",
    "ad",
    "edited",
    "deleted",
)


def view(bubble: SandboxMessage, line: Line) -> dict[str, Any]:
    """One bubble."""
    payload = bubble.payload
    found: dict[str, Any] = {
        "n": bubble.n,
        "direction": bubble.direction,
        "type": bubble.type,
        "text": bubble.text,
        "buttons": payload.get("buttons", []),
        "rows": payload.get("rows", []),
        "media_url": _media_url(bubble, line),
        "status": bubble.status,
        "at": bubble.at.isoformat(),
    }
    return found | {name: payload[name] for name in _SHOWN if payload.get(name) is not None}


def _media_url(bubble: SandboxMessage, line: Line) -> str | None:
    if bubble.blob_key is not None:
        return f"/sandbox/phones/{bubble.phone}/media/{bubble.n}?connection={quote(line.connection.slug)}"
    address: str | None = bubble.payload.get("media_url")
    return address


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
