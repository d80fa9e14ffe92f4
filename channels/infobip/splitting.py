"""Cuts a webhook body into its results at the door: cheap, without a database, and without ever raising."""

import hashlib
import json
from typing import Any

from channels.base import RawEvent
from channels.infobip.cleaning import is_clean
from channels.infobip.unified import classic
from channels.infobip.wire import CHANGES
from core.inbound import EventKind

_MAX_KEY = 200


def split(body: bytes) -> list[RawEvent]:
    """The results of a webhook body in their order; what is no JSON stays one unreadable event with its raw bytes."""
    try:
        content = _load(body)
    except (ValueError, RecursionError):
        return [_unreadable(body, 0)]
    results = content.get("results") if isinstance(content, dict) else None
    if isinstance(results, list):
        return [_event(item, position, body) for position, item in enumerate(results)]
    return [_event(content, 0, body)]


def _load(body: bytes) -> Any:
    try:
        return json.loads(body)
    except UnicodeDecodeError:
        return json.loads(body.decode("utf-8", "replace"))


def _event(item: Any, position: int, whole: bytes) -> RawEvent:
    try:
        body = json.dumps(item, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return _unreadable(whole, position)
    if not isinstance(item, dict):
        return _unreadable(body, position)
    kind = _kind(item)
    return RawEvent(kind, _dedupe_key(kind, item, body), _sender_key(kind, item), position, body)


def _unreadable(body: bytes, position: int) -> RawEvent:
    return RawEvent(EventKind.UNREADABLE, f"unreadable:{hashlib.sha256(body).hexdigest()}", None, position, body)


def _kind(item: dict[str, Any]) -> EventKind:
    """What a result is, by its shape: Infobip sends all kinds to one address and names none."""
    if item.get("seenAt") is not None:
        return EventKind.SEEN
    if item.get("message") is not None or item.get("event") == "MO":
        return EventKind.MESSAGE
    if item.get("status") is not None:
        return EventKind.DELIVERY
    if item.get("content") is not None or item.get("change") is not None:
        return EventKind.SYSTEM
    return EventKind.UNREADABLE


def _usable(value: Any) -> str | None:
    """An identifier as text, or its digest when it is too long for a key or not fit for Postgres."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    identifier = str(value)
    if len(identifier) <= _MAX_KEY and is_clean(identifier):
        return identifier
    return "#" + hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()


def _dedupe_key(kind: EventKind, item: dict[str, Any], body: bytes) -> str:
    identifier = _usable(item.get("messageId"))
    if identifier is None or kind in (EventKind.SYSTEM, EventKind.UNREADABLE):
        return f"{kind}:{hashlib.sha256(body).hexdigest()}"
    if kind is EventKind.MESSAGE and _is_change(item):
        # Whether a change has an id of its own or that of the message it changes is not published.
        return f"change:{identifier}:{hashlib.sha256(body).hexdigest()[:32]}"
    if kind is not EventKind.DELIVERY:
        return f"{kind}:{identifier}"
    return f"{kind}:{identifier}:{_id_of(item.get('status'))}:{_id_of(item.get('error'))}"


def _is_change(item: dict[str, Any]) -> bool:
    message = classic(item).get("message")
    return isinstance(message, dict) and message.get("type") in CHANGES


def _id_of(part: Any) -> str:
    identifier = part.get("id") if isinstance(part, dict) else None
    return (_usable(identifier) or "-")[:40]


def _sender_key(kind: EventKind, item: dict[str, Any]) -> str | None:
    """Who wrote: the user id, which stays, else the phone number, which may pass to somebody else."""
    if kind is not EventKind.MESSAGE:
        return None
    contact = item.get("contact")
    user_id = _usable(contact.get("userId")) if isinstance(contact, dict) else None
    return user_id or _usable(item.get("from")) or _usable(item.get("sender"))
