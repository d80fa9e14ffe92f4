"""What a message says: the one shape of it between channel, thread, brief, tools and delivery.

A frozen union, told apart by `kind`, stored as JSON in the message's row and validated when it is read. What a medium can
carry of it (lengths, numbers of buttons and rows) is the medium's matter: see `domain.connections.medium`.

    from the customer      Text File Cart Place ContactCard Answer Reaction Edited Removed Unsupported
    to the customer        Text Buttons Choices File Template

Whoever handles a content matches on the classes and ends with `assert_never`, so that a new kind is a type error wherever
it is not handled yet.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeVar, assert_never

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from core import observability

MediaKind = Literal["image", "document", "audio", "voice", "video", "sticker"]
JsonObject = dict[str, JsonValue]

log = observability.log(__name__)


class _Value(BaseModel):
    """A value that nobody changes; what a newer release has added to it is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CatalogueProduct(_Value):
    """A product of the provider's catalogue."""

    sku: str
    catalog_id: str | None = None


class Referral(_Value):
    """The advertisement or post through which the customer came."""

    source_type: str | None = None
    source_url: str | None = None
    source_id: str | None = None
    headline: str | None = None
    body: str | None = None


class About(_Value):
    """What a message points at besides its words: the product it was sent from, the advertisement it came by."""

    product: CatalogueProduct | None = None
    referral: Referral | None = None


class _Content(_Value):
    """What every kind may carry."""

    about: About | None = None


class Text(_Content):
    """Words."""

    kind: Literal["text"] = "text"
    text: str


class Button(_Value):
    """One button; its id comes back when it is pressed."""

    id: str
    title: str


class Buttons(_Content):
    """Words with buttons under them, and small print."""

    kind: Literal["buttons"] = "buttons"
    text: str
    buttons: tuple[Button, ...]
    footer: str | None = None


class Row(_Value):
    """One row of a list; its id comes back when it is chosen."""

    id: str
    title: str
    description: str | None = None


class Section(_Value):
    """Rows under a title."""

    rows: tuple[Row, ...]
    title: str | None = None


class Choices(_Content):
    """Words with a list to choose from; `opener` is what stands on the button that opens it, `language` that of the rest."""

    kind: Literal["choices"] = "choices"
    text: str
    sections: tuple[Section, ...]
    opener: str | None = None
    footer: str | None = None
    language: str | None = None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all sections."""
        return tuple(row for section in self.sections for row in section.rows)


class File(_Content):
    """A picture, a recording or a document by its address, which only the provider may be able to open."""

    kind: Literal["file"] = "file"
    media: MediaKind
    url: str
    filename: str | None = None
    caption: str | None = None


class Template(_Content):
    """A text that the provider has approved, by its name, with the values of its places.

    `text` is what the customer reads, where it is known. What `is_marketing` goes to nobody who has not agreed to it.
    """

    kind: Literal["template"] = "template"
    name: str
    language: str = "es"
    placeholders: tuple[str, ...] = ()
    text: str | None = None
    is_marketing: bool = False


class CartLine(_Value):
    """One product of a cart. The price is what the sender's phone showed and decides nothing."""

    sku: str
    quantity: Decimal
    price: Decimal | None = None
    currency: str | None = None


class Cart(_Content):
    """A cart from the provider's catalogue, and what was written with it."""

    kind: Literal["cart"] = "cart"
    items: tuple[CartLine, ...]
    catalog_id: str | None = None
    note: str | None = None


class Place(_Content):
    """A place on the map, in degrees."""

    kind: Literal["place"] = "place"
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None
    url: str | None = None


class Person(_Value):
    """One entry of an address book."""

    name: str | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    company: str | None = None


class ContactCard(_Content):
    """Entries of an address book that were shared."""

    kind: Literal["contact_card"] = "contact_card"
    people: tuple[Person, ...]


class Answer(_Content):
    """A pressed button, of a message or of a template, or a chosen row."""

    kind: Literal["answer"] = "answer"
    via: Literal["button", "row", "template"]
    id: str
    title: str
    description: str | None = None


class Reaction(_Content):
    """An emoji put on a message (by its id at the provider), or taken off it: then there is none."""

    kind: Literal["reaction"] = "reaction"
    emoji: str | None = None
    message_id: str | None = None


class Unsupported(_Content):
    """What no other kind says, with its name and content at the provider; or a stored content that cannot be read."""

    kind: Literal["unsupported"] = "unsupported"
    type: str | None = None
    text: str | None = None
    raw: JsonObject = Field(default_factory=dict)


class Removed(_Content):
    """A message that its sender has deleted, by its id at the provider."""

    kind: Literal["removed"] = "removed"
    message_id: str


Said = Text | Buttons | Choices | File | Template | Cart | Place | ContactCard | Answer | Reaction | Removed | Unsupported
"""What can stand in a thread."""


class Edited(_Content):
    """Other words for an earlier message, by its id at the provider: what it reads now."""

    kind: Literal["edited"] = "edited"
    message_id: str
    now: Annotated[Said, Field(discriminator="kind")]


Content = Annotated[Said | Edited, Field(discriminator="kind")]

_RAW: Final = TypeAdapter(JsonObject)


def _or_unsupported(value: object, validate: ValidatorFunctionWrapHandler) -> Said | Edited:
    try:
        found: Said | Edited = validate(value)
    except ValidationError as error:
        if not isinstance(value, dict):
            raise
        kind = value.get("kind")
        log.error("message.content_unreadable", kind=str(kind)[:40], errors=sorted({found["type"] for found in error.errors()}))
        return Unsupported(type=kind if isinstance(kind, str) else None, raw=_RAW.validate_python(value))
    return found


Stored = Annotated[Content, WrapValidator(_or_unsupported)]
"""A content as JSON has kept it: one that this release cannot read is logged, and shown as not supported."""

_STORED: Final[TypeAdapter[Said | Edited]] = TypeAdapter(Stored)


def dump(content: Content) -> JsonObject:
    """The content as JSON; what is not given is left out."""
    return content.model_dump(mode="json", exclude_none=True)


def load(stored: object) -> Content:
    """A stored content, whatever has become of it."""
    return _STORED.validate_python(stored if isinstance(stored, dict) else {"stored": stored})


def said(content: Content) -> str:  # noqa: C901 - one case per kind
    """The words that a message itself says, without what is on its buttons; nothing where it has none."""
    match content:
        case Text() | Buttons() | Choices():
            return content.text
        case File():
            return content.caption or ""
        case Cart():
            return content.note or ""
        case Place():
            return ", ".join(part for part in (content.name, content.address) if part)
        case ContactCard():
            return ", ".join(person.name for person in content.people if person.name)
        case Answer():
            return content.title
        case Reaction():
            return content.emoji or ""
        case Unsupported() | Template():
            return content.text or ""
        case Edited():
            return said(content.now)
        case Removed():
            return ""
        case _:
            assert_never(content)


def rewritten(content: Content, change: Callable[[str], str]) -> Content:  # noqa: C901 - one case per kind
    """The content with every text that a person reads changed; ids, addresses and names of things stay."""
    match content:
        case Text() | Unsupported():
            return _changed(content, change, "text")
        case Buttons():
            buttons = tuple(_changed(button, change, "title") for button in content.buttons)
            return _changed(content, change, "text", "footer").model_copy(update={"buttons": buttons})
        case Choices():
            sections = tuple(_rewritten_section(section, change) for section in content.sections)
            return _changed(content, change, "text", "opener", "footer").model_copy(update={"sections": sections})
        case File():
            return _changed(content, change, "filename", "caption")
        case Template():
            filled = tuple(map(change, content.placeholders))
            return _changed(content, change, "text").model_copy(update={"placeholders": filled})
        case Cart():
            return _changed(content, change, "note")
        case Place():
            return _changed(content, change, "name", "address")
        case ContactCard():
            people = tuple(_changed(person, change, "name", "company") for person in content.people)
            return content.model_copy(update={"people": people})
        case Answer():
            return _changed(content, change, "title", "description")
        case Edited():
            return content.model_copy(update={"now": rewritten(content.now, change)})
        case Reaction() | Removed():
            return content
        case _:
            assert_never(content)


def _rewritten_section(section: Section, change: Callable[[str], str]) -> Section:
    rows = tuple(_changed(row, change, "title", "description") for row in section.rows)
    return _changed(section, change, "title").model_copy(update={"rows": rows})


_V = TypeVar("_V", bound=_Value)


def _changed(value: _V, change: Callable[[str], str], *names: str) -> _V:
    """A value with some of its texts changed; one that is not given stays so."""
    texts = {name: change(text) for name in names if isinstance(text := getattr(value, name), str)}
    return value.model_copy(update=texts)


def texts_of(content: Content) -> list[str]:
    """Every text of a content that a person reads."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    rewritten(content, note)
    return [text for text in found if text]
