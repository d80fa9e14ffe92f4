"""The sandbox: a provider and phones that behave like the real ones, well or badly, over real HTTP."""

import asyncio
import base64
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from channels import registry
from channels.base import SendOutcome
from core.inbound import InboundEvent
from core.tables import new_id
from core.work import open_work
from domain.connections.models import Connection
from domain.conversations.content import Answer, CatalogueProduct, Content, Edited, File, Removed, Template, Text
from domain.conversations.schemas import Incoming
from sandbox.infobip.models import SandboxMessage, SandboxOutbox
from tests.factories.contents import buttons, choices
from tests.line.conftest import Web, eventually
from tests.line.openapi import request_problems, response_problems, webhook_problems

PHONE = "584141112233"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


async def events(web: Web) -> list[InboundEvent]:
    async with open_work(web.principal) as work:
        query = select(InboundEvent).order_by(InboundEvent.created_at, InboundEvent.position)
        return list(await work.session.scalars(query))


async def events_when(web: Web, count: int) -> list[InboundEvent]:
    async def look() -> list[InboundEvent] | None:
        found = await events(web)
        return found if len(found) >= count else None

    return await eventually(look)


async def status_of(web: Web, n: int, status: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        bubble = (await web.screen(PHONE))[n - 1]
        return bubble if bubble["status"] == status else None

    return await eventually(look)


async def says(web: Web, content: Content, message_id: UUID | None = None) -> SendOutcome:
    return await registry.open_channel(web.connection).send(message_id or new_id(), PHONE, content)


async def test_a_customers_text_reaches_the_webhook_and_gets_its_tick(web: Web) -> None:
    bubble = await web.write(PHONE, type="text", text="Hola, ¿hay *harina*?", profile_name="Ana")

    [event] = await events_when(web, 1)
    read = registry.open_channel(web.connection).read(event.kind, event.body)

    assert isinstance(read, Incoming)
    assert (read.text, read.sender.name, read.sender.phone) == ("Hola, ¿hay *harina*?", "Ana", PHONE)
    assert (bubble["n"], bubble["direction"], bubble["type"]) == (1, "customer", "text")
    await status_of(web, 1, "delivered")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"type": "location", "latitude": 10.5, "longitude": -66.9, "name": "Casa"}, "place"),
        ({"type": "order", "items": [{"sku": "HAR-1", "quantity": 2, "price": "4.5"}], "text": "rápido"}, "cart"),
        ({"type": "button_reply", "id": "confirm:1", "title": "Sí"}, "answer"),
        ({"type": "list_reply", "id": "HAR-1", "title": "Harina"}, "answer"),
        ({"type": "image", "file": base64.b64encode(PNG).decode(), "text": "mi pago"}, "file"),
        ({"type": "raw", "message": {"type": "STICKER", "url": "https://api.infobip.com/whatsapp/1/x"}}, "file"),
        ({"type": "raw", "message": {"type": "FUTURE_THING"}}, "unsupported"),
    ],
)
async def test_everything_a_customer_can_do_arrives_in_the_providers_words(
    web: Web, content: dict[str, Any], kind: str
) -> None:
    await web.write(PHONE, **content)

    [event] = await events_when(web, 1)
    read = registry.open_channel(web.connection).read(event.kind, event.body)

    assert isinstance(read, Incoming)
    assert read.content.kind == kind
    if kind != "unsupported":
        body = {"results": [json.loads(event.body)], "messageCount": 1}
        assert webhook_problems("receive-inbound-whatsapp-messages", body) == []


async def test_a_quotation_a_product_and_an_advertisement_arrive_with_the_message(web: Web) -> None:
    first = await web.write(PHONE, type="text", text="cuánto cuesta la harina?")

    ad = {"headline": "Harina en oferta", "body": "Solo hoy"}
    bubble = await web.write(PHONE, type="text", text="quiero 2 de este", reply_to=1, product="HAR-1", ad=ad)

    event = (await events_when(web, 2))[-1]
    original, read = (registry.open_channel(web.connection).read(found.kind, found.body) for found in (await events(web))[:2])
    assert isinstance(original, Incoming)
    assert isinstance(read, Incoming)
    assert read.reply_to == original.provider_message_id
    about = read.content.about
    assert about is not None
    assert about.product == CatalogueProduct(sku="HAR-1", catalog_id="sandbox")
    assert about.referral is not None
    assert about.referral.headline == "Harina en oferta"
    assert (bubble["quoted"], bubble["product"], bubble["ad"]) == (first["n"], "HAR-1", ad)
    body = {"results": [json.loads(event.body)], "messageCount": 1}
    assert webhook_problems("receive-inbound-whatsapp-messages", body) == []


async def test_a_customer_edits_and_deletes_what_they_wrote_and_nothing_else(web: Web) -> None:
    await web.write(PHONE, type="text", text="quiero 2")
    assert (await says(web, Text(text="Claro"))).result == "sent"

    # When the text is edited, and then deleted
    edited = await web.write(PHONE, type="edit", target=1, text="quiero 3")
    deleted = await web.write(PHONE, type="delete", target=1)

    # Then the screen shows it, and the shop is told of both under the message's own id
    assert (edited["n"], edited["text"], edited["edited"]) == (1, "quiero 3", True)
    assert (deleted["n"], deleted["text"], deleted["deleted"]) == (1, None, True)
    channel = registry.open_channel(web.connection)

    async def told() -> list[Any] | None:
        found = [channel.read(event.kind, event.body) for event in await events(web) if event.kind == "message"]
        return found if len(found) == 3 else None

    first, edit, deletion = await eventually(told)
    assert isinstance(first, Incoming)
    assert first.provider_message_id is not None
    assert edit.content == Edited(message_id=first.provider_message_id, now=Text(text="quiero 3"))
    assert deletion.content == Removed(message_id=first.provider_message_id)

    # And nobody edits what is deleted, what the shop said, or what is not there
    for target in (1, 2, 9):
        body = {"connection": web.connection.slug, "type": "edit", "target": target, "text": "quiero 9"}
        refused = await web.http.post(f"/sandbox/phones/{PHONE}/messages", json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "sandbox_bubble_unknown")


async def test_a_photo_can_be_fetched_with_the_key_and_not_without(web: Web) -> None:
    response = await web.http.post(
        f"/sandbox/phones/{PHONE}/messages",
        data={"connection": web.connection.slug, "type": "image", "caption": "mi pago"},
        files={"file": ("pago.png", PNG, "image/png")},
    )
    assert response.status_code == 201
    [event] = await events_when(web, 1)
    channel = registry.open_channel(web.connection)
    read = channel.read(event.kind, event.body)
    assert isinstance(read, Incoming)
    assert isinstance(read.content, File)

    fetched = await channel.fetch_media(read.content.url)
    without_key = await web.http.get(read.content.url)
    shown = await web.http.get(response.json()["message"]["media_url"])

    assert (fetched.content, fetched.content_type) == (PNG, "image/png")
    assert without_key.status_code == 401
    assert shown.content == PNG


async def test_every_kind_of_message_goes_out_is_shown_and_reported(web: Web) -> None:
    await web.write(PHONE, type="text", text="hola")
    contents: list[Content] = [
        Text(text="Claro que sí"),
        buttons("¿Confirmas?", ("yes", "Sí"), ("no", "No")),
        choices("Elige", ("a", "Harina"), opener="Ver").model_copy(update={"footer": "Hoy"}),
        File(media="image", url="https://example.com/a.jpg", caption="Foto"),
        File(media="document", url="https://example.com/a.pdf", filename="a.pdf", caption="Factura"),
        Template(name="hola_de_nuevo", language="es", placeholders=("Ana",)),
    ]

    outcomes = [await says(web, content) for content in contents]

    assert [outcome.result for outcome in outcomes] == ["sent"] * 6
    shown = (await web.screen(PHONE))[1:]
    assert [bubble["type"] for bubble in shown] == ["text", "buttons", "list", "image", "document", "template"]
    assert shown[1]["buttons"] == [{"id": "yes", "title": "Sí"}, {"id": "no", "title": "No"}]
    assert shown[2]["rows"] == [{"id": "a", "title": "Harina"}]
    assert shown[3]["media_url"] == "https://example.com/a.jpg"
    reports = [event for event in await events_when(web, 13) if event.kind != "message"]
    assert sorted({event.kind for event in reports}) == ["delivery", "seen"]
    await status_of(web, 2, "read")


async def test_a_pressed_button_names_the_message_that_it_belongs_to(web: Web) -> None:
    channel = registry.open_channel(web.connection)
    await web.write(PHONE, type="text", text="hola")
    asked = new_id()
    await says(web, buttons("¿Confirmas?", ("confirm:9", "Sí, confirmo")), asked)

    await web.write(PHONE, type="button_reply", id="confirm:9")

    async def pressed() -> Incoming | None:
        for event in await events(web):
            read = channel.read(event.kind, event.body) if event.kind == "message" else None
            if isinstance(read, Incoming) and isinstance(read.content, Answer):
                return read
        return None

    read = await eventually(pressed)
    assert (read.text, read.reply_to) == ("Sí, confirmo", str(asked))


async def test_a_choice_that_is_not_on_the_screen_is_refused(web: Web) -> None:
    response = await web.http.post(
        f"/sandbox/phones/{PHONE}/messages", json={"connection": web.connection.slug, "type": "button_reply", "id": "x"}
    )

    assert response.status_code == 400
    assert response.json()["code"] == "sandbox_choice_unknown"


async def test_an_id_that_was_taken_before_is_refused_inside_a_200_and_shown_once(web: Web) -> None:
    await web.write(PHONE, type="text", text="hola")
    message_id = new_id()

    first, again = [await says(web, Text(text="una vez"), message_id) for _ in range(2)]

    assert (first.result, again.result, again.error_code) == ("sent", "unknown", "infobip_23")
    assert [bubble["text"] for bubble in await web.screen(PHONE)] == ["hola", "una vez"]
    async with open_work(web.principal) as work:
        [row] = await work.session.scalars(select(SandboxMessage).where(SandboxMessage.direction == "shop"))
        assert row.sends == 2


async def test_limits_are_enforced_with_the_providers_own_errors(web: Web) -> None:
    base = f"{registry.base_url(web.connection, web.settings)}/whatsapp/1"
    headers = {"Authorization": "App key-of-tests-that-opens-no-door-at-all"}
    common = {"from": web.connection.address, "to": PHONE}
    path = "/whatsapp/1/message/interactive/buttons"
    buttons = [{"type": "REPLY", "id": str(i), "title": f"Opción {i}"} for i in range(4)]
    body = {**common, "content": {"body": {"text": "x"}, "action": {"buttons": buttons}}}

    long_text = await web.http.post(f"{base}/message/text", headers=headers, json={**common, "content": {"text": "x" * 4097}})
    too_many = await web.http.post(f"{base}/message/interactive/buttons", headers=headers, json=body)
    no_key = await web.http.post(f"{base}/message/text", json={**common, "content": {"text": "x"}})
    typing = await web.http.post(f"{base}/events", headers=headers, json={"events": []})

    assert (long_text.status_code, too_many.status_code, no_key.status_code, typing.status_code) == (400, 400, 401, 400)
    errors = long_text.json()["requestError"]["serviceException"]["validationErrors"]
    assert errors == {"content.text": ["size must be between 1 and 4096"]}
    assert "content.action.buttons" in too_many.json()["requestError"]["serviceException"]["validationErrors"]
    assert request_problems(path, body) != []
    assert response_problems("/whatsapp/1/message/text", long_text.json(), "error") == []
    assert response_problems("/whatsapp/1/events", typing.json(), "error") == []


async def test_answers_have_the_published_shapes(web: Web) -> None:
    base = f"{registry.base_url(web.connection, web.settings)}/whatsapp/1"
    headers = {"Authorization": "App key-of-tests-that-opens-no-door-at-all"}
    await web.write(PHONE, type="text", text="hola")
    text = {"from": web.connection.address, "to": PHONE, "content": {"text": "x"}}
    content = {"templateName": "t", "language": "es", "templateData": {"body": {"placeholders": []}}}
    template = {"messages": [{"from": web.connection.address, "to": PHONE, "content": content}]}
    event = {"sender": web.connection.address, "destinations": [{"to": PHONE}], "content": {"type": "TYPING_INDICATOR"}}

    answers = {
        "/whatsapp/1/message/text": await web.http.post(f"{base}/message/text", headers=headers, json=text),
        "/whatsapp/1/message/template": await web.http.post(f"{base}/message/template", headers=headers, json=template),
        "/whatsapp/1/events": await web.http.post(f"{base}/events", headers=headers, json={"events": [event]}),
    }

    for path, answer in answers.items():
        assert answer.status_code == 200
        assert response_problems(path, answer.json()) == []
    screen = await web.http.get(f"/sandbox/phones/{PHONE}/messages", params={"connection": web.connection.slug})
    assert screen.json()["typing"] is True


async def test_reading_gives_blue_ticks(web: Web) -> None:
    await web.write(PHONE, type="text", text="uno")
    [event] = await events_when(web, 1)
    channel = registry.open_channel(web.connection)
    read = channel.read(event.kind, event.body)
    assert isinstance(read, Incoming)
    assert read.provider_message_id is not None

    await channel.mark_read(read.provider_message_id)

    assert (await web.screen(PHONE))[0]["status"] == "read"


async def test_outside_the_window_a_text_is_accepted_and_fails_by_report(web: Web) -> None:
    await web.write(PHONE, type="text", text="hola")
    await web.http.post("/sandbox/clock", json={"hours": 25})

    outcomes = [(await says(web, content)).result for content in (Text(text="tarde"), Template(name="hola"))]

    assert outcomes == ["sent", "sent"]
    await status_of(web, 2, "failed")
    await status_of(web, 3, "read")
    bodies = [event.body for event in await events(web) if event.kind == "delivery"]
    assert any(b'"id":7010' in body for body in bodies)


async def test_the_clock_moves_forward_and_back_to_the_real_time(web: Web) -> None:
    moved = (await web.http.post("/sandbox/clock", json={"minutes": 90})).json()
    back = (await web.http.post("/sandbox/clock", json={"reset": True})).json()

    assert moved["shift_seconds"] == 5400
    assert back["shift_seconds"] == 0


async def test_a_perfect_line_is_disturbed_exactly_as_asked(web: Web) -> None:
    await web.write(PHONE, type="text", text="hola")

    await web.chaos(too_many_requests=1)
    refused = await says(web, Text(text="a"))
    await web.chaos(reset=True, server_error=1)
    failed = await says(web, Text(text="b"))
    await web.chaos(reset=True, server_error_after_accept=1)
    doubtful = await says(web, Text(text="c"))
    await web.chaos(reset=True, fail=1)
    accepted = await says(web, Text(text="d"))

    assert (refused.result, refused.retry_after) == ("retry", 1.0)
    assert (failed.result, doubtful.result, accepted.result) == ("unknown", "unknown", "sent")
    assert [bubble["text"] for bubble in await web.screen(PHONE)] == ["hola", "c", "d"]
    await status_of(web, 3, "failed")


async def test_duplicated_and_dropped_webhooks_still_make_one_event_each(web: Web) -> None:
    await web.chaos(duplicate=1, delay=1, delay_seconds=0.2, reorder=0.5, drop=0.5)

    await asyncio.gather(*(web.write(PHONE, type="text", text=str(number)) for number in range(8)))

    found = await events_when(web, 8)
    channel = registry.open_channel(web.connection)
    texts = []
    for event in found:
        read = channel.read(event.kind, event.body)
        assert isinstance(read, Incoming)
        texts.append(read.text)
    assert sorted(text or "" for text in texts) == [str(number) for number in range(8)]


async def test_unknown_chaos_is_refused(web: Web) -> None:
    response = await web.http.put("/sandbox/chaos", json={"explosions": 1})

    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")


async def activate(web: Web, *, active: bool) -> None:
    async with open_work(web.principal) as work:
        await work.session.execute(update(Connection).values(is_active=active))


async def test_a_webhook_is_called_until_it_takes_the_event(web: Web) -> None:
    # Given an event that is due in a moment, and a door that will not take it
    await web.chaos(drop=1, delay_seconds=0.3)
    await web.write(PHONE, type="text", text="hola")
    await activate(web, active=False)

    async def refused() -> bool:
        async with open_work(web.principal) as work:
            return await work.session.scalar(select(SandboxOutbox.last_status)) == 404

    await eventually(refused)
    assert await events(web) == []

    # When the door takes events again
    await activate(web, active=True)

    # Then the event comes, although nobody asked for it again
    assert len(await events_when(web, 1)) == 1


async def test_the_page_is_worded_in_spanish_and_english(web: Web) -> None:
    spanish = await web.http.get("/sandbox")
    english = await web.http.get("/sandbox", params={"lang": "en"})

    assert spanish.status_code == english.status_code == 200
    assert '<html lang="es"' in spanish.text
    assert '<html lang="en"' in english.text
    assert "{{" not in spanish.text + english.text
    for name in ("phone.css", "phone.js"):
        assert (await web.http.get(f"/sandbox/assets/{name}")).status_code == 200
