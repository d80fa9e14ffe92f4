"""Understands one stored event: a customer's message, a report on one of ours, or news about the account."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from channels.base import EventUnreadable, StatusReport, SystemEvent
from channels.infobip import wire
from channels.infobip.cleaning import clean
from channels.infobip.statuses import error_code, report_status
from channels.infobip.unified import classic
from core import clock
from core.db import to_json
from core.inbound import REPORTS, EventKind
from domain.conversations.content import (
    About,
    Answer,
    Cart,
    CartLine,
    CatalogueProduct,
    ContactCard,
    Content,
    Edited,
    File,
    MediaKind,
    Person,
    Place,
    Reaction,
    Referral,
    Removed,
    Said,
    Text,
    Unsupported,
)
from domain.conversations.schemas import Incoming, Sender

_Model = TypeVar("_Model", bound=wire.Wire)

_FILES: dict[str, MediaKind] = {
    "IMAGE": "image",
    "DOCUMENT": "document",
    "AUDIO": "audio",
    "VOICE": "voice",
    "VIDEO": "video",
    "STICKER": "sticker",
}


def read(event_kind: EventKind, body: bytes) -> Incoming | StatusReport | SystemEvent:
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
        if event_kind is EventKind.MESSAGE:
            return _message(content, notes)
        if event_kind in REPORTS:
            return _report(event_kind, content)
    except ValidationError as error:
        raise EventUnreadable(f"{error.error_count()} members cannot be read") from error
    if event_kind is EventKind.SYSTEM:
        return _system_event(content)
    raise EventUnreadable(f"no such kind of event: {event_kind}")


def _message(content: dict[str, Any], notes: set[str]) -> Incoming:
    result = wire.InboundResult.model_validate(classic(content))
    contact = result.contact
    address = result.sender or contact.phone_number or contact.user_id
    if not address or len(address) > 150:
        raise EventUnreadable("the message has no sender")
    if result.received_at is None:
        notes.add("received_at_missing")
    sender = Sender(
        address=address,
        user_id=_short(contact.user_id),
        name=contact.name,
        phone=contact.phone_number or _phone(result.sender),
    )
    return _change(result, sender, notes) or _inbound(result, sender, notes)


def _change(result: wire.InboundResult, sender: Sender, notes: set[str]) -> Incoming | None:
    """An edit or a deletion; None for anything else, and for a change of which nobody knows what it changes."""
    kind = result.message.get("type")
    changed = _lenient(wire.Changed, result.message) if kind in wire.CHANGES else None
    context = _lenient(wire.Context, result.message.get("context"))
    original = _short(changed.original_message_id if changed else None) or (_short(context.id) if context else None)
    if changed is None or original is None or (kind == wire.EDIT and not changed.message):
        return None
    if kind != wire.EDIT:
        return _incoming(result, sender, Removed(message_id=original), None, notes)
    message = changed.message or {}
    now = _content(message, notes)
    return _incoming(result, sender, Edited(message_id=original, now=now), _quoted(message), notes)


def _inbound(result: wire.InboundResult, sender: Sender, notes: set[str]) -> Incoming:
    return _incoming(result, sender, _content(result.message, notes), _quoted(result.message), notes)


def _incoming(result: wire.InboundResult, sender: Sender, content: Content, reply_to: str | None, notes: set[str]) -> Incoming:
    return Incoming(
        provider_message_id=_short(result.message_id),
        sender=sender,
        content=content,
        received_at=result.received_at or clock.process_now(),
        reply_to=reply_to,
        notes=tuple(sorted(notes)),
    )


def _quoted(message: dict[str, Any]) -> str | None:
    context = _lenient(wire.Context, message.get("context"))
    return _short(context.id) if context else None


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


def _about(message: dict[str, Any]) -> About | None:
    """The product and the advertisement that the message comes from."""
    context = _lenient(wire.Context, message.get("context"))
    product = context.referred_product if context else None
    found = None
    if product and product.product_retailer_id:
        found = CatalogueProduct(sku=product.product_retailer_id, catalog_id=product.catalog_id)
    referral = _lenient(wire.Referral, message.get("referral"))
    if found is None and referral is None:
        return None
    return About(product=found, referral=Referral.model_validate(referral.model_dump()) if referral else None)


def _content(message: dict[str, Any], notes: set[str]) -> Said:
    """A message's content by its type; a type that is not known, or does not fit its own form, is unsupported."""
    kind = message.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    found: Said | None = None
    if reader is not None:
        try:
            found = reader(message)
        except ValidationError:
            notes.add("content_malformed")
    if kind == "INFECTED_CONTENT":
        notes.add("infected_content")
    if found is None:
        rest = {name: value for name, value in message.items() if name not in ("type", "context", "referral")}
        text = message.get("text")
        found = Unsupported(
            type=kind if isinstance(kind, str) else None,
            text=text if isinstance(text, str) else None,
            raw=json.loads(to_json(rest)),
        )
    about = _about(message)
    return found if about is None else found.model_copy(update={"about": about})


def _text(message: dict[str, Any]) -> Said:
    return Text(text=wire.Text.model_validate(message).text)


def _file(message: dict[str, Any]) -> Said:
    file = wire.File.model_validate(message)
    return File(media=_FILES[message["type"]], url=file.url, caption=file.caption)


def _location(message: dict[str, Any]) -> Said:
    return Place.model_validate(wire.Location.model_validate(message).model_dump())


def _contacts(message: dict[str, Any]) -> Said:
    return ContactCard(people=tuple(map(_person, wire.SharedContacts.model_validate(message).contacts)))


def _person(contact: wire.SharedContact) -> Person:
    homes = [(home.street, home.city, home.state, home.country) for home in contact.addresses or []]
    return Person(
        name=contact.name.formatted_name,
        phones=tuple(each.phone for each in contact.phones or [] if each.phone),
        emails=tuple(each.email for each in contact.emails or [] if each.email),
        addresses=tuple(line for home in homes if (line := ", ".join(part for part in home if part))),
        company=contact.org.company,
    )


def _template_button(message: dict[str, Any]) -> Said:
    button = wire.TemplateButton.model_validate(message)
    return Answer(via="template", id=button.payload, title=button.text)


def _button(message: dict[str, Any]) -> Said:
    reply = wire.Reply.model_validate(message)
    return Answer(via="button", id=reply.id, title=reply.title)


def _row(message: dict[str, Any]) -> Said:
    reply = wire.Reply.model_validate(message)
    return Answer(via="row", id=reply.id, title=reply.title, description=reply.description)


def _order(message: dict[str, Any]) -> Said:
    order = wire.Order.model_validate(message)
    items = tuple(
        CartLine(sku=item.product_retailer_id, quantity=item.quantity, price=item.item_price, currency=item.currency)
        for item in order.product_items
    )
    return Cart(items=items, catalog_id=order.catalog_id, note=order.text)


def _reaction(message: dict[str, Any]) -> Said:
    reaction = wire.Reaction.model_validate(message)
    context = _lenient(wire.Context, message.get("context"))
    is_removed = reaction.action == "REMOVED"
    return Reaction(emoji=None if is_removed else reaction.emoji or None, message_id=context.id if context else None)


_READERS: dict[str, Callable[[dict[str, Any]], Said]] = {
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


def _report(event_kind: EventKind, content: dict[str, Any]) -> StatusReport | SystemEvent:
    result = wire.ReportResult.model_validate(content)
    message_id = _short(result.message_id)
    if message_id is None:
        raise EventUnreadable("the report names no message")
    if event_kind is EventKind.SEEN:
        return StatusReport(message_id, "read", at=result.seen_at)
    status = report_status(result.status, result.error)
    at = result.done_at or result.sent_at
    if status is None:
        return SystemEvent("status_not_known")
    if status != "failed":
        return StatusReport(message_id, status, at=at)
    cause = result.error if result.error and result.error.id else result.status
    detail = (cause.description or cause.name) if cause else None
    return StatusReport(message_id, status, error_code(result.status, result.error), at, detail)


def _system_event(content: dict[str, Any]) -> SystemEvent:
    inner = content.get("content")
    name = inner.get("type") if isinstance(inner, dict) else None
    if isinstance(inner, dict) and (said := inner.get("notificationMessagesStatus")):
        sender, wants = inner.get("from"), {"stop": False, "resume": True}.get(str(said).lower())
        known = _short(str(sender)) if isinstance(sender, str | int) else None
        return SystemEvent(f"marketing_{said}"[:100].lower(), known, wants)
    if content.get("change") is not None:
        name = "template_updated"
    return SystemEvent(str(name or "event")[:100].lower())
