"""Understands one stored event: a customer's message, a report on one of ours, or news about the account."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from channels.base import (
    Change,
    EventUnreadable,
    Inbound,
    InboundKind,
    Media,
    MediaKind,
    Sender,
    StatusReport,
    SystemEvent,
)
from channels.infobip import wire
from channels.infobip.cleaning import clean
from channels.infobip.statuses import error_code, report_status
from channels.infobip.unified import classic
from core import clock

_Model = TypeVar("_Model", bound=wire.Wire)
_Content = tuple[InboundKind, str | None, dict[str, Any], Media | None]

_FILES: dict[str, MediaKind] = {
    "IMAGE": "image",
    "DOCUMENT": "document",
    "AUDIO": "audio",
    "VOICE": "voice",
    "VIDEO": "video",
    "STICKER": "sticker",
}


def read(event_kind: str, body: bytes) -> Inbound | Change | StatusReport | SystemEvent:
    """What a stored event says; raises EventUnreadable and nothing else."""
    notes: set[str] = set()
    try:
        loaded = json.loads(body, parse_float=Decimal, parse_constant=lambda _: None)
        content = clean(loaded, notes)
    except (ValueError, RecursionError) as error:
        raise EventUnreadable("the body is no JSON") from error
    if not isinstance(content, dict):
        raise EventUnreadable("the body is no JSON object")
    try:
        if event_kind == "message":
            return _message(content, notes)
        if event_kind in ("delivery", "seen"):
            return _report(event_kind, content)
    except ValidationError as error:
        raise EventUnreadable(f"{error.error_count()} members cannot be read") from error
    if event_kind == "system":
        return _system_event(content)
    raise EventUnreadable(f"no such kind of event: {event_kind}")


def _message(content: dict[str, Any], notes: set[str]) -> Inbound | Change:
    result = wire.InboundResult.model_validate(classic(content))
    contact = result.contact
    address = result.sender or contact.phone_number or contact.user_id
    if not address or len(address) > 150:
        raise EventUnreadable("the message has no sender")
    if result.received_at is None:
        notes.add("received_at_missing")
    sender = Sender(address, _short(contact.user_id), contact.name, contact.phone_number or _phone(result.sender))
    return _change(result, sender, notes) or _inbound(result, sender, notes)


def _change(result: wire.InboundResult, sender: Sender, notes: set[str]) -> Change | None:
    """An edit or a deletion; None for anything else, and for a change of which nobody knows what it changes."""
    kind = result.message.get("type")
    changed = _lenient(wire.Changed, result.message) if kind in wire.CHANGES else None
    context = _lenient(wire.Context, result.message.get("context"))
    original = _short(changed.original_message_id if changed else None) or (_short(context.id) if context else None)
    if changed is None or original is None or (kind == wire.EDIT and not changed.message):
        return None
    content = None
    if kind == wire.EDIT:
        now = result.model_copy(update={"message_id": original, "message": changed.message})
        content = _inbound(now, sender, notes)
    return Change(original, sender, result.received_at or clock.process_now(), content)


def _inbound(result: wire.InboundResult, sender: Sender, notes: set[str]) -> Inbound:
    kind, text, payload, media = _content(result.message, notes)
    context = _lenient(wire.Context, result.message.get("context"))
    return Inbound(
        provider_message_id=_short(result.message_id),
        sender=sender,
        kind=kind,
        text=text,
        payload=payload | _origin(context, result.message),
        media=media,
        received_at=result.received_at or clock.process_now(),
        reply_to=_short(context.id) if context else None,
        notes=tuple(sorted(notes)),
    )


def _short(identifier: str | None) -> str | None:
    return identifier if identifier and len(identifier) <= 300 else None


def _phone(address: str | None) -> str | None:
    """The sender's address, if it is a phone number rather than a user id."""
    digits = (address or "").removeprefix("+")
    return address if digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 20 else None


def _lenient(model: type[_Model], value: Any) -> _Model | None:
    """A side matter of a message: when it cannot be read, the message still counts."""
    if not isinstance(value, dict):
        return None
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _origin(context: wire.Context | None, message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    product = context.referred_product if context else None
    if product and product.product_retailer_id:
        found["product"] = {"catalog_id": product.catalog_id, "sku": product.product_retailer_id}
    referral = _lenient(wire.Referral, message.get("referral"))
    if referral:
        found["referral"] = referral.model_dump(exclude_none=True)
    return found


def _content(message: dict[str, Any], notes: set[str]) -> _Content:
    """A message's content by its type; a type that is not known, or does not fit its own form, is unsupported."""
    kind = message.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is not None:
        try:
            return reader(message)
        except ValidationError:
            notes.add("content_malformed")
    if kind == "INFECTED_CONTENT":
        notes.add("infected_content")
    rest = {name: value for name, value in message.items() if name not in ("type", "context", "referral")}
    text = message.get("text")
    payload = {"type": kind if isinstance(kind, str) else None, "content": rest}
    return "unsupported", text if isinstance(text, str) else None, payload, None


def _text(message: dict[str, Any]) -> _Content:
    return "text", wire.Text.model_validate(message).text, {}, None


def _file(message: dict[str, Any]) -> _Content:
    file = wire.File.model_validate(message)
    kind = _FILES[message["type"]]
    return kind, file.caption, {}, Media(file.url, kind)


def _location(message: dict[str, Any]) -> _Content:
    place = wire.Location.model_validate(message)
    text = ", ".join(part for part in (place.name, place.address) if part)
    return "location", text or None, place.model_dump(exclude_none=True), None


def _contacts(message: dict[str, Any]) -> _Content:
    shared = wire.SharedContacts.model_validate(message)
    names = (entry.get("name") for entry in shared.contacts)
    text = ", ".join(str(name["formattedName"]) for name in names if isinstance(name, dict) and name.get("formattedName"))
    return "contact", text or None, {"contacts": shared.contacts}, None


def _template_button(message: dict[str, Any]) -> _Content:
    button = wire.TemplateButton.model_validate(message)
    return "button_reply", button.text, {"id": button.payload, "title": button.text, "template": True}, None


def _button(message: dict[str, Any]) -> _Content:
    reply = wire.Reply.model_validate(message)
    return "button_reply", reply.title, {"id": reply.id, "title": reply.title}, None


def _row(message: dict[str, Any]) -> _Content:
    reply = wire.Reply.model_validate(message)
    return "list_reply", reply.title, reply.model_dump(exclude_none=True), None


def _order(message: dict[str, Any]) -> _Content:
    order = wire.Order.model_validate(message)
    items = [
        {
            "sku": item.product_retailer_id,
            "quantity": format(item.quantity, "f"),
            "price": None if item.item_price is None else format(item.item_price, "f"),
            "currency": item.currency,
        }
        for item in order.product_items
    ]
    return "order", order.text, {"catalog_id": order.catalog_id, "items": items}, None


def _reaction(message: dict[str, Any]) -> _Content:
    reaction = wire.Reaction.model_validate(message)
    context = _lenient(wire.Context, message.get("context"))
    removed = reaction.action == "REMOVED" or not reaction.emoji
    payload = {
        "emoji": reaction.emoji or None,
        "action": "removed" if removed else "added",
        "message_id": context.id if context else None,
    }
    return "reaction", reaction.emoji or None, payload, None


_READERS: dict[str, Callable[[dict[str, Any]], _Content]] = {
    "TEXT": _text,
    **dict.fromkeys(_FILES, _file),
    "LOCATION": _location,
    "CONTACT": _contacts,
    "BUTTON": _template_button,
    "INTERACTIVE_BUTTON_REPLY": _button,
    "INTERACTIVE_LIST_REPLY": _row,
    "ORDER": _order,
    "REACTION": _reaction,
}


def _report(event_kind: str, content: dict[str, Any]) -> StatusReport | SystemEvent:
    result = wire.ReportResult.model_validate(content)
    message_id = _short(result.message_id)
    if message_id is None:
        raise EventUnreadable("the report names no message")
    if event_kind == "seen":
        return StatusReport(message_id, "read", at=result.seen_at)
    status = report_status(result.status, result.error)
    at = result.done_at or result.sent_at
    if status is None:
        return SystemEvent("status_not_known", {"message_id": message_id})
    if status != "failed":
        return StatusReport(message_id, status, at=at)
    cause = result.error if result.error and result.error.id else result.status
    detail = (cause.description or cause.name) if cause else None
    return StatusReport(message_id, status, error_code(result.status, result.error), at, detail)


def _system_event(content: dict[str, Any]) -> SystemEvent:
    inner = content.get("content")
    name = inner.get("type") if isinstance(inner, dict) else None
    if isinstance(inner, dict) and inner.get("notificationMessagesStatus"):
        name = f"marketing_{inner['notificationMessagesStatus']}"
    elif content.get("change") is not None:
        name = "template_updated"
    return SystemEvent(str(name or "event")[:100].lower(), content)
