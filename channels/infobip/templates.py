"""What Infobip tells of a sender's templates: which of them a person can fill in and send."""

from pydantic import Field, ValidationError

from channels.infobip.wire import Wire
from domain.connections.templates import MOST, PLACE, ApprovedTemplate, TemplateCategory, TemplatesFound


class _Header(Wire):
    format: str | None = None
    text: str | None = None


class _Body(Wire):
    text: str | None = None


class _Button(Wire):
    type: str | None = None
    url: str | None = None


class _Structure(Wire):
    header: _Header | None = None
    body: _Body | None = None
    buttons: list[_Button] | None = None
    carousel: dict[str, object] | None = None
    limited_time_offer: dict[str, object] | None = None


class _Template(Wire):
    name: str
    language: str
    status: str
    category: str
    structure: _Structure | None = None


class _Templates(Wire):
    templates: list[dict[str, object]] = Field(default_factory=list)


_FIXED_BUTTONS = frozenset({"PHONE_NUMBER", "URL"})
"""Buttons that need no value when the template is sent."""


def found(body: bytes) -> TemplatesFound:
    """The approved templates of an answer; one that cannot be read, needs more than values, or is too many, is left out."""
    try:
        listed = _Templates.model_validate_json(body).templates
    except ValidationError:
        return TemplatesFound(code="unclear")
    usable: dict[tuple[str, str], ApprovedTemplate] = {}
    left_out: list[str] = []
    for each in listed:
        try:
            told = _Template.model_validate(each)
            if told.status.upper() != "APPROVED":
                continue
            template = _usable(told)
        except ValidationError:
            template = None
        if template is None or len(usable) == MOST:
            left_out.append(str(each.get("name"))[:100])
        else:
            usable[template.name, template.language] = template
    return TemplatesFound(code="ok", templates=tuple(usable.values()), left_out=tuple(dict.fromkeys(left_out)))


def _usable(told: _Template) -> ApprovedTemplate | None:
    """The template, if values for its text are all that it needs."""
    structure = told.structure
    if structure is None or structure.body is None or not structure.body.text:
        return None
    if told.category.lower() not in {*TemplateCategory} or structure.carousel or structure.limited_time_offer:
        return None
    header = structure.header
    if header is not None and (header.format != "TEXT" or PLACE.search(header.text or "")):
        return None
    if any(button.type not in _FIXED_BUTTONS or PLACE.search(button.url or "") for button in structure.buttons or ()):
        return None
    text = structure.body.text if header is None or not header.text else f"{header.text}\n{structure.body.text}"
    if "{{" in PLACE.sub("", text):
        return None  # a place that has a name, or none that values are counted for
    category = TemplateCategory(told.category.lower())
    return ApprovedTemplate(name=told.name, language=told.language, category=category, text=text)
