"""What goes out to Infobip, byte for byte: the requests as they were before messages had one shape."""

import json
from uuid import UUID

import pytest

from channels.infobip.parts import parts
from channels.infobip.requests import request_of
from domain.conversations.content import Button, Buttons, Choices, Content, File, Row, Section, Template, Text
from tests.factories.contents import choices

HEAD = '{"from": "447700900999", "to": "447700900123", "messageId": "00000000-0000-0000-0000-000000000007", "content": '
TAIL = ', "context": {"replyToMessageId": "wamid.x"}, "notifyUrl": "https://bot.example.com/r"}'
MAIZE = "Harina de maíz precocida blanca"
REQUESTS: tuple[tuple[Content, str, str], ...] = (
    (Text(text="Hola **x**"), "text", HEAD + '{"text": "Hola *x*"}' + TAIL),
    (
        File(media="image", url="https://cdn.example.com/a.jpg", caption="Hola"),
        "image",
        HEAD + '{"mediaUrl": "https://cdn.example.com/a.jpg", "caption": "Hola"}' + TAIL,
    ),
    (
        File(media="document", url="https://cdn.example.com/a.pdf", filename="factura.pdf", caption="Hola"),
        "document",
        HEAD + '{"mediaUrl": "https://cdn.example.com/a.pdf", "caption": "Hola", "filename": "factura.pdf"}' + TAIL,
    ),
    (
        Buttons(
            text="Hola",
            buttons=(Button(id="yes", title="Sí"), Button(id="no", title="Nunca jamás de los jamases")),
            footer="Hoy",
        ),
        "interactive/buttons",
        HEAD
        + '{"body": {"text": "Hola"}, "action": {"buttons": [{"type": "REPLY", "id": "yes", "title": "S\\u00ed"}, '
        + '{"type": "REPLY", "id": "no", "title": "Nunca jam\\u00e1s de los\\u2026"}]}, "footer": {"text": "Hoy"}}'
        + TAIL,
    ),
    (
        Choices(
            text="Hola",
            opener="Ver",
            sections=(
                Section(title="Panes", rows=(Row(id="HAR-1", title=MAIZE),)),
                Section(rows=(Row(id="A", title="Aceite", description="1 L"),)),
            ),
        ),
        "interactive/list",
        HEAD
        + '{"body": {"text": "Hola"}, "action": {"title": "Ver", "sections": [{"title": "Panes", "rows": [{"id": "HAR-1", '
        + '"title": "Harina de ma\\u00edz precocid\\u2026", "description": "Harina de ma\\u00edz precocida blanca"}]}, '
        + '{"title": "-", "rows": [{"id": "A", "title": "Aceite", "description": "1 L"}]}]}}'
        + TAIL,
    ),
    (
        choices("Hola", ("A", "Aceite")),
        "interactive/list",
        HEAD
        + '{"body": {"text": "Hola"}, "action": {"title": "Ver opciones", '
        + '"sections": [{"rows": [{"id": "A", "title": "Aceite"}]}]}}'
        + TAIL,
    ),
    (
        Template(name="order_update", language="es", placeholders=("Ada\n Lovelace", "")),
        "template",
        '{"messages": ['
        + HEAD
        + '{"templateName": "order_update", "language": "es", '
        + '"templateData": {"body": {"placeholders": ["Ada Lovelace", "-"]}}}'
        + ', "notifyUrl": "https://bot.example.com/r"}]}',
    ),
)


@pytest.mark.parametrize(("content", "endpoint", "wanted"), REQUESTS, ids=lambda value: getattr(value, "kind", ""))
def test_a_content_goes_out_as_these_bytes(content: Content, endpoint: str, wanted: str) -> None:
    [piece] = parts(content)

    path, body = request_of(
        piece,
        sender="447700900999",
        to="447700900123",
        message_id=UUID(int=7),
        reply_to="wamid.x",
        notify_url="https://bot.example.com/r",
    )

    assert (path, json.dumps(body)) == (f"/whatsapp/1/message/{endpoint}", wanted)
