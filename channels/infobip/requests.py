"""The bodies that we send to Infobip, and where each kind of message goes."""

from typing import Any, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from channels.base import Unsendable
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
    Section,
    Template,
    Text,
    Unsupported,
)

PATHS = {
    "text": "/whatsapp/1/message/text",
    "image": "/whatsapp/1/message/image",
    "document": "/whatsapp/1/message/document",
    "buttons": "/whatsapp/1/message/interactive/buttons",
    "choices": "/whatsapp/1/message/interactive/list",
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


def request_of(
    content: Content, *, sender: str, to: str, message_id: UUID, reply_to: str | None = None, notify_url: str | None = None
) -> tuple[str, dict[str, Any]]:
    """The endpoint and the JSON of one message; raises Unsendable for a kind that has no endpoint."""
    path, said = _said(content)
    is_template = isinstance(content, Template)
    request = Request(
        from_=sender,
        to=to,
        message_id=str(message_id),
        content=said,
        context=ReplyContext(reply_to_message_id=reply_to) if reply_to and not is_template else None,
        notify_url=notify_url,
    )
    body = request.model_dump(by_alias=True, exclude_none=True)
    return path, {"messages": [body]} if is_template else body


def _said(content: Content) -> tuple[str, dict[str, Any]]:
    match content:
        case Text():
            return PATHS["text"], {"text": content.text}
        case File(media="image" | "document"):
            return PATHS[content.media], _file(content)
        case Buttons():
            buttons = [{"type": "REPLY", "id": button.id, "title": button.title} for button in content.buttons]
            return PATHS["buttons"], _interactive(content, {"buttons": buttons})
        case Choices():
            sections = [_section(section) for section in content.sections]
            return PATHS["choices"], _interactive(content, {"title": content.opener, "sections": sections})
        case Template():
            return PATHS["template"], _template(content)
        case File() | Cart() | Place() | ContactCard() | Answer() | Reaction() | Edited() | Removed() | Unsupported():
            raise Unsendable(f"no endpoint for {content.kind!r}")
        case _:
            assert_never(content)


def _file(content: File) -> dict[str, Any]:
    said: dict[str, Any] = {"mediaUrl": content.url}
    if content.caption:
        said["caption"] = content.caption
    if content.media == "document" and content.filename:
        said["filename"] = content.filename
    return said


def _section(section: Section) -> dict[str, Any]:
    rows = [row.model_dump(exclude_none=True) for row in section.rows]
    return {"rows": rows} if section.title is None else {"title": section.title, "rows": rows}


def _interactive(content: Buttons | Choices, action: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"body": {"text": content.text}, "action": action}
    if content.footer:
        said["footer"] = {"text": content.footer}
    return said


def _template(content: Template) -> dict[str, Any]:
    placeholders = [" ".join(value.split()) or "-" for value in content.placeholders]
    return {
        "templateName": content.name,
        "language": content.language,
        "templateData": {"body": {"placeholders": placeholders}},
    }


def typing_body(*, sender: str, to: str) -> dict[str, Any]:
    """The event that shows the customer that an answer is being written."""
    return {"events": [{"sender": sender, "destinations": [{"to": to}], "content": {"type": "TYPING_INDICATOR"}}]}
