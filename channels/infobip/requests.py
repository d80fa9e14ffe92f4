"""The bodies that we send to Infobip, and where each kind of message goes."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from channels.base import Outbound, Unsendable

PATHS = {
    "text": "/whatsapp/1/message/text",
    "image": "/whatsapp/1/message/image",
    "document": "/whatsapp/1/message/document",
    "buttons": "/whatsapp/1/message/interactive/buttons",
    "list": "/whatsapp/1/message/interactive/list",
    "template": "/whatsapp/1/message/template",
}
EVENTS = "/whatsapp/1/events"


class _Body(BaseModel):
    """A piece of a request: camel case outside."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class ReplyContext(_Body):
    """Which of the customer's messages is quoted."""

    reply_to_message_id: str


class Request(_Body):
    """What all sends have in common; `content` differs per kind."""

    from_: str
    to: str
    message_id: str
    content: dict[str, Any]
    context: ReplyContext | None = None
    notify_url: str | None = None

    model_config = ConfigDict(
        frozen=True, alias_generator=lambda name: "from" if name == "from_" else to_camel(name), populate_by_name=True
    )


def body_of(message: Outbound, *, sender: str, notify_url: str | None) -> dict[str, Any]:
    """The JSON of one message; raises Unsendable for a kind that has no endpoint."""
    if message.kind not in PATHS:
        raise Unsendable(f"no endpoint for {message.kind!r}")
    quotes = message.reply_to and message.kind != "template"
    request = Request(
        from_=sender,
        to=message.to,
        message_id=str(message.message_id),
        content=_content(message),
        context=ReplyContext(reply_to_message_id=message.reply_to) if quotes and message.reply_to else None,
        notify_url=notify_url,
    )
    body = request.model_dump(by_alias=True, exclude_none=True)
    return {"messages": [body]} if message.kind == "template" else body


def _content(message: Outbound) -> dict[str, Any]:
    text, payload = message.text or "", message.payload
    match message.kind:
        case "text":
            return {"text": text}
        case "image" | "document":
            content = {"mediaUrl": payload["media_url"]}
            if text:
                content["caption"] = text
            if message.kind == "document" and payload.get("filename"):
                content["filename"] = payload["filename"]
            return content
        case "buttons":
            buttons = [{"type": "REPLY", "id": entry["id"], "title": entry["title"]} for entry in payload["buttons"]]
            return _interactive(text, {"buttons": buttons}, payload)
        case "list":
            return _interactive(text, {"title": payload["button"], "sections": payload["sections"]}, payload)
        case "template":
            return _template(payload)


def _interactive(text: str, action: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"body": {"text": text}, "action": action}
    if payload.get("footer"):
        content["footer"] = {"text": payload["footer"]}
    return content


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    placeholders = [" ".join(str(value).split()) or "-" for value in payload.get("placeholders", [])]
    data: dict[str, Any] = {"body": {"placeholders": placeholders}}
    for name in ("header", "buttons"):
        if payload.get(name):
            data[name] = payload[name]
    return {"templateName": payload["name"], "language": payload.get("language", "es"), "templateData": data}


def typing_body(*, sender: str, to: str) -> dict[str, Any]:
    """The event that shows the customer that an answer is being written."""
    return {"events": [{"sender": sender, "destinations": [{"to": to}], "content": {"type": "TYPING_INDICATOR"}}]}
