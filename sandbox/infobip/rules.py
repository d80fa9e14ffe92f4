"""What Infobip accepts: the published limits of each send endpoint, told as its own validation errors."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.alias_generators import to_camel

Title20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Title24 = Annotated[str, StringConstraints(min_length=1, max_length=24)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Short60 = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^https?://")]


class _Body(BaseModel):
    """A piece of a request, in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class TextContent(_Body):
    """A text."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=4096)]

    @model_validator(mode="after")
    def _not_blank(self) -> Self:
        if not self.text.strip():
            raise ValueError("content.text: must not be blank")
        return self


class ImageContent(_Body):
    """An image by its address."""

    media_url: Url
    caption: Annotated[str, StringConstraints(max_length=3000)] | None = None


class DocumentContent(ImageContent):
    """A document by its address."""

    filename: Annotated[str, StringConstraints(max_length=240)] | None = None


class Said(_Body):
    """The text above buttons or a list."""

    text: Body


class Footer(_Body):
    """The small text below them."""

    text: Short60


class Button(_Body):
    """A reply button."""

    type: Literal["REPLY"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^\S(?:[\s\S]*\S)?$")]
    title: Title20


class Buttons(_Body):
    """One to three buttons."""

    buttons: Annotated[list[Button], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        for values in ([button.id for button in self.buttons], [button.title for button in self.buttons]):
            if len(set(values)) != len(values):
                raise ValueError("content.action.buttons: ids and titles must be unique")
        return self


class ButtonsContent(_Body):
    """A message with buttons."""

    body: Said
    action: Buttons
    footer: Footer | None = None


class Row(_Body):
    """A row of a list."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    title: Title24
    description: Annotated[str, StringConstraints(max_length=72)] | None = None


class Section(_Body):
    """A section of a list."""

    title: Annotated[str, StringConstraints(max_length=24)] | None = None
    rows: list[Row]


class Choices(_Body):
    """The sections of a list, ten rows in all."""

    title: Title20
    sections: Annotated[list[Section], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _in_all(self) -> Self:
        rows = [row.id for section in self.sections for row in section.rows]
        if not 1 <= len(rows) <= 10:
            raise ValueError("content.action.sections: number of rows must be between 1 and 10")
        if len(set(rows)) != len(rows):
            raise ValueError("content.action.sections: row's ids must be unique across sections")
        if len(self.sections) > 1 and not all(section.title for section in self.sections):
            raise ValueError("content.action.sections: title must not be blank")
        return self


class ListContent(_Body):
    """A message with a list."""

    body: Said
    action: Choices
    footer: Footer | None = None


class Placeholders(_Body):
    """The values of a template's text."""

    placeholders: list[Annotated[str, StringConstraints(min_length=1)]]


class TemplateData(_Body):
    """The values of a template."""

    body: Placeholders


class TemplateContent(_Body):
    """An approved template and its values."""

    template_name: Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[a-z0-9_]+$")]
    language: Annotated[str, StringConstraints(min_length=1)]
    template_data: TemplateData


Content = TextContent | ImageContent | DocumentContent | ButtonsContent | ListContent | TemplateContent

CONTENTS: dict[str, type[Content]] = {
    "text": TextContent,
    "image": ImageContent,
    "document": DocumentContent,
    "buttons": ButtonsContent,
    "list": ListContent,
    "template": TemplateContent,
}


class Quoted(_Body):
    """The message that is quoted."""

    reply_to_message_id: str


class Request(_Body):
    """What all sends have in common."""

    sender: Annotated[str, StringConstraints(min_length=1, max_length=24)] = Field(alias="from")
    to: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    message_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    callback_data: Annotated[str, StringConstraints(max_length=4000)] | None = None
    notify_url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    context: Quoted | None = None
    content: dict[str, Any]


class Destination(_Body):
    """Who sees an event."""

    to: Annotated[str, StringConstraints(min_length=1, max_length=150)]


class EventContent(_Body):
    """What the event is."""

    type: Literal["TYPING_INDICATOR"]


class Event(_Body):
    """A sign of life to exactly one customer."""

    sender: str
    destinations: Annotated[list[Destination], Field(min_length=1, max_length=1)]
    content: EventContent


class Events(_Body):
    """The body of the events endpoint."""

    events: Annotated[list[Event], Field(min_length=1)]


class Malformed(Exception):
    """A request breaks the published limits; `fields` tells where and how."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(str(fields))
        self.fields = fields


def parse_send(kind: str, body: object) -> tuple[Request, Content]:
    """A send request and its content; raises Malformed."""
    if kind == "template":
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list) or len(messages) != 1:
            raise Malformed({"messages": ["size must be between 1 and 1"]})
        body = messages[0]
    try:
        request = Request.model_validate(body)
    except ValidationError as error:
        raise Malformed(_fields(error, "")) from error
    try:
        return request, CONTENTS[kind].model_validate(request.content)
    except ValidationError as error:
        raise Malformed(_fields(error, "content")) from error


def parse_events(body: object) -> Events:
    """The body of the events endpoint; raises Malformed."""
    try:
        return Events.model_validate(body)
    except ValidationError as error:
        raise Malformed(_fields(error, "")) from error


def _fields(error: ValidationError, prefix: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in error.errors():
        path = prefix
        for step in problem["loc"]:
            path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{step}"
        said = _said(problem["type"], problem.get("ctx") or {}, problem["msg"])
        if problem["type"] == "value_error" and ": " in said:
            path, said = said.removeprefix("Value error, ").split(": ", 1)
        found.setdefault(path, []).append(said)
    return found


def _said(kind: str, limits: dict[str, Any], message: str) -> str:
    if kind == "missing":
        return "must not be null"
    if kind.endswith(("too_long", "too_short")):
        low, high = limits.get("min_length", 1), limits.get("max_length", "…")
        return f"size must be between {low} and {high}"
    if kind == "string_pattern_mismatch" and "http" in str(limits.get("pattern")):
        return "is not a valid url"
    return message
