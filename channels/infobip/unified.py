"""The unified shape of an inbound message (renderer MO_MESSAGES_API_JSON), put into the classic one."""

from typing import Any

_FILES = ("IMAGE", "AUDIO", "VIDEO", "DOCUMENT")


def classic(result: dict[str, Any]) -> dict[str, Any]:
    """A result of either shape with `from` and `message`, as the classic renderer would have sent it; never raises."""
    if result.get("message") is not None:
        return result
    content = result.get("content")
    items = [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []
    return {**result, "from": result.get("sender"), "message": _message(items)}


def _message(items: list[dict[str, Any]]) -> dict[str, Any]:
    said = [item for item in items if item.get("type") != "SUBJECT"]
    texts = [str(item.get("text") or "") for item in said if item.get("type") == "TEXT"]
    others = [item for item in said if item.get("type") != "TEXT"]
    if not others:
        return {"type": "TEXT", "text": "\n".join(texts)} if texts else {"type": "UNSUPPORTED"}
    first = others[0]
    kind = first.get("type")
    if kind in _FILES or kind == "FILE":
        return {
            "type": kind if kind in _FILES else "DOCUMENT",
            "url": first.get("url"),
            "caption": first.get("text") or "\n".join(texts) or None,
        }
    if kind == "BUTTON_REPLY":
        identifier = first.get("payload") or first.get("id")
        return {"type": "INTERACTIVE_BUTTON_REPLY", "id": identifier, "title": first.get("text")}
    if kind == "LIST_REPLY":
        return {"type": "INTERACTIVE_LIST_REPLY", "id": first.get("id"), "title": first.get("text")}
    return first
