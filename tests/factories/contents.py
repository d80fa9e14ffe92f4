"""Contents for tests: one of every kind, and short ways to make the interactive ones."""

from decimal import Decimal
from typing import get_args

from domain.conversations.content import (
    About,
    Answer,
    Button,
    Buttons,
    Cart,
    CartLine,
    CatalogueProduct,
    Choices,
    ContactCard,
    Content,
    Edited,
    File,
    Person,
    Place,
    Reaction,
    Referral,
    Removed,
    Row,
    Said,
    Section,
    Template,
    Text,
    Unsupported,
)

PICTURE = "https://cdn.example.com/a.jpg"


def buttons(text: str, *entries: tuple[str, str]) -> Buttons:
    """Words with buttons, each (id, title)."""
    return Buttons(text=text, buttons=tuple(Button(id=identifier, title=title) for identifier, title in entries))


def pressed(identifier: str, title: str) -> Answer:
    """A button that the customer has pressed."""
    return Answer(via="button", id=identifier, title=title)


def choices(text: str, *entries: tuple[str, str], opener: str | None = None) -> Choices:
    """Words with one section of rows, each (id, title)."""
    rows = tuple(Row(id=identifier, title=title) for identifier, title in entries)
    return Choices(text=text, sections=(Section(rows=rows),), opener=opener)


EVERY_KIND: tuple[Content, ...] = (
    Text(text="Hola", about=About(product=CatalogueProduct(sku="HAR-1"), referral=Referral(headline="Oferta"))),
    Buttons(text="¿Confirmas?", buttons=(Button(id="confirm:1", title="Sí"),), footer="Hoy"),
    Choices(
        text="Elige",
        opener="Ver",
        sections=(
            Section(title="Panes", rows=(Row(id="HAR-1", title="Harina", description="1 kg"),)),
            Section(title="Aceites", rows=(Row(id="ACE-1", title="Aceite"),)),
        ),
        language="es",
    ),
    File(media="document", url="https://cdn.example.com/a.pdf", filename="factura.pdf", caption="la factura"),
    Template(name="order_update", language="es", placeholders=("Ada", "4711")),
    Cart(items=(CartLine(sku="HAR-1", quantity=Decimal("2.500"), price=Decimal("4.5"), currency="VES"),), note="rápido"),
    Place(latitude=10.49, longitude=-66.85, name="Casa", address="Av. Libertador"),
    ContactCard(people=(Person(name="Ana", phones=("+584141112233",), emails=("a@x.example",), company="Sol"),)),
    Answer(via="row", id="HAR-1", title="Harina", description="1 kg"),
    Reaction(emoji="👍", message_id="wamid.1"),
    Edited(message_id="wamid.1", now=Text(text="quiero 3")),
    Removed(message_id="wamid.1"),
    Unsupported(type="FLOW", text="Enviado", raw={"a": [1, None, {"b": "c"}]}),
)
"""One content of every kind."""

CLASSES = {*get_args(Said), Edited}
assert {type(content) for content in EVERY_KIND} == CLASSES, "a kind of content is missing here"
