"""The visitors' door: each message in once, in order, by the way of every message; and nobody reads another's thread."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.work import open_work
from domain.conversations import delivery
from domain.conversations import service as conversations
from domain.conversations.content import Button, Buttons, Content, Text
from tests.factories.webchat import Chat

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


async def queue(chat: Chat, content: Content) -> UUID:
    """The agent says something to the one visitor who has written; nothing is delivered yet."""
    [(conversation,)] = await chat.rows(
        "SELECT DISTINCT conversation_id FROM messages WHERE connection_id = :l", l=chat.line_id
    )
    async with open_work(chat.principal) as work:
        [message_id] = await conversations.queue(work, conversation, [content])
    return message_id


async def test_a_visitor_orders_from_the_first_word_to_the_summary(chat: Chat) -> None:
    page = await chat.page()
    await page.say("quiero 2 harina pan")
    await chat.works()

    # The agent has answered in the thread that the page reads, and the order is of a customer of this shop
    said = await page.texts()
    assert said[0] == "> quiero 2 harina pan"
    assert "Harina P.A.N." in said[1]
    assert await chat.rows("SELECT medium FROM contact_addresses WHERE medium = 'webchat'") == [("webchat",)]
    lines = "SELECT quantity FROM order_lines JOIN orders ON orders.id = order_id WHERE status = 'draft'"
    assert [int(quantity) for (quantity,) in await chat.rows(lines)] == [2]


async def test_a_message_that_is_sent_again_is_the_same_message(chat: Chat) -> None:
    page = await chat.page()
    id = str(uuid4())
    answers = await asyncio.gather(*(page.send({"kind": "text", "text": "hola"}, id) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert sorted(answer.json()["is_new"] for answer in answers) == [False] * 7 + [True]
    await chat.works()
    await page.say("otra vez", id)
    await chat.works()

    assert [words for words in await page.texts() if words.startswith("> ")] == ["> hola"]


async def test_two_visitors_may_choose_the_same_id(chat: Chat) -> None:
    one, other = await chat.page(), await chat.page()
    id = str(uuid4())
    await one.say("soy uno", id)
    await other.say("soy otra", id)
    await chat.works()

    assert (await one.texts())[0] == "> soy uno"
    assert (await other.texts())[0] == "> soy otra"


async def test_nobody_reads_presses_or_opens_what_is_anothers(chat: Chat) -> None:
    # Given a visitor with a file and a message with buttons
    one, other = await chat.page(), await chat.page()
    uploaded = (await one.ask("PUT", "/files", content=PNG)).json()
    stolen = await other.send({"kind": "file", "file": uploaded["file"]})
    assert (stolen.status_code, stolen.json()["code"]) == (415, "upload_refused")
    assert (await one.send({"kind": "file", "file": uploaded["file"]})).status_code == 202
    await other.say("hola")
    await chat.works()
    [mine, *_] = (await one.read())["messages"]

    # Then another sees nothing of it, by whatever id they know
    assert all(message["id"] != mine["id"] for message in (await other.read())["messages"])
    assert (await other.ask("GET", f"/files/{mine['id']}")).status_code == 404
    assert (await one.ask("GET", f"/files/{mine['id']}")).content == PNG
    assert mine["content"]["url"] == ""
    pressed = await other.send({"kind": "answer", "message": mine["id"], "option": "x"})
    assert (pressed.status_code, pressed.json()["code"]) == (422, "answer_unknown")


async def test_only_a_button_that_was_shown_can_be_pressed_and_says_what_stands_on_it(chat: Chat) -> None:
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    message_id = await queue(chat, Buttons(text="¿Cuál?", buttons=(Button(id="a", title="El primero"),)))

    # What still waits is not shown, so it cannot be pressed either
    early = await page.send({"kind": "answer", "message": str(message_id), "option": "a"})
    assert early.json()["code"] == "answer_unknown"
    await chat.works()
    forged = await page.send({"kind": "answer", "message": str(message_id), "option": "b"})
    assert (forged.status_code, forged.json()["code"]) == (422, "answer_unknown")
    assert (await page.send({"kind": "answer", "message": str(message_id), "option": "a"})).status_code == 202
    await chat.works()
    assert "> El primero" in await page.texts()


async def test_what_the_shop_said_is_delivered_when_shown_and_read_when_looked_at(chat: Chat) -> None:
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    sent = "SELECT status FROM messages WHERE connection_id = :line AND direction = 'out'"
    assert await chat.rows(sent, line=chat.line_id) == [("sent",)]
    last = (await page.read())["messages"][-1]["place"]

    assert (await page.ask("POST", "/seen", json={"shown": last, "read": 0})).status_code == 204
    assert await chat.rows(sent, line=chat.line_id) == [("delivered",)]
    assert (await page.ask("POST", "/seen", json={"shown": last, "read": last})).status_code == 204
    assert await chat.rows(sent, line=chat.line_id) == [("read",)]
    # And a report that comes late takes nothing back
    await page.ask("POST", "/seen", json={"shown": last, "read": 0})
    assert await chat.rows(sent, line=chat.line_id) == [("read",)]


async def test_what_a_dead_deliverer_had_begun_to_send_is_shown_once_and_settled_by_the_page(chat: Chat) -> None:
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    # Given a worker that took a message and died before it noted what became of it
    message_id = await queue(chat, Text(text="una vez"))
    [(conversation,)] = await chat.rows(
        "SELECT DISTINCT conversation_id FROM messages WHERE connection_id = :l", l=chat.line_id
    )
    async with open_work(chat.principal) as work:
        taken = await delivery.take_next(work, conversation, lambda content: [content], None)
    assert taken is not None
    await chat.rows("UPDATE messages SET lease_until = clock_timestamp() WHERE id = :id RETURNING id", id=message_id)

    last = (await page.read())["messages"][-1]
    assert last["content"]["text"] == "una vez"
    async with open_work(chat.principal) as work:
        await delivery.settle(work, message_id)
    await page.ask("POST", "/seen", json={"shown": last["place"], "read": 0})
    await chat.works()

    assert await chat.rows("SELECT status, attempts FROM messages WHERE id = :id", id=message_id) == [("delivered", 1)]
    assert (await page.texts()).count("una vez") == 1


async def test_a_page_that_asks_by_number_hears_every_change_once(chat: Chat) -> None:
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    first = await page.read()
    await page.say("gracias")
    await chat.works()

    new = await page.read(after=first["number"])
    known = {message["id"] for message in first["messages"]}
    fresh = [message["content"]["text"] for message in new["messages"] if message["id"] not in known]
    assert fresh[0] == "gracias"
    assert len(fresh) == 2
    assert (await page.read(after=new["number"]))["messages"] == []


async def test_what_waits_to_be_sent_is_not_shown_and_shows_when_it_leaves(chat: Chat) -> None:
    page = await chat.page()
    await page.say("hola")
    await chat.works()
    before = await page.read()
    await queue(chat, Text(text="más tarde"))
    await page.say("y otra cosa")

    assert "más tarde" not in str(await page.read(after=before["number"]))
    await chat.works()
    assert "más tarde" in str(await page.read(after=before["number"]))


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "text", "text": ""},
        {"kind": "text", "text": "x" * 4097},
        {"kind": "place", "latitude": 91, "longitude": 0},
        {"kind": "place", "latitude": "NaN", "longitude": 0},
        {"kind": "template", "name": "x"},
        {"kind": "text", "text": "hola", "price": 1},
    ],
)
async def test_what_is_no_message_is_refused_and_stored_nowhere(chat: Chat, said: dict[str, object]) -> None:
    page = await chat.page()

    assert (await page.send(said)).status_code in (400, 422)
    assert await chat.rows("SELECT count(*) FROM inbound_events WHERE connection_id = :line", line=chat.line_id) == [(0,)]


async def test_characters_that_no_text_holds_are_replaced_in_what_is_written(chat: Chat) -> None:
    page = await chat.page()
    body = json.dumps({"id": str(uuid4()), "said": {"kind": "text", "text": "ho\x00la \ud83d"}})
    answer = await page.ask("POST", "/messages", content=body.encode())
    assert answer.status_code in (202, 422)
    await page.say("después")
    await chat.works()

    texts = await page.texts()
    assert "> después" in texts
    assert "\x00" not in "".join(texts)


async def test_a_file_is_what_its_bytes_are(chat: Chat) -> None:
    page = await chat.page()

    for content in (b"<svg onload=alert(1)>", b"MZ\x90", b"", b"<html>"):
        refused = await page.ask("PUT", "/files", content=content)
        assert (refused.status_code, refused.json()["code"]) == (415, "upload_refused")
    large = await page.ask("PUT", "/files", content=b"\x89PNG\r\n\x1a\n" + b"0" * (10 * 1024 * 1024))
    assert large.status_code == 413


async def test_a_file_that_was_sent_reaches_the_operators_as_any_other(chat: Chat) -> None:
    page = await chat.page()
    uploaded = (await page.ask("PUT", "/files?name=recibo.png", content=PNG)).json()
    await page.send({"kind": "file", "file": uploaded["file"], "caption": "mi recibo"})
    await chat.works()

    assert await chat.rows("SELECT kind, status, content_type FROM attachments") == [("image", "stored", "image/png")]


async def test_a_picture_and_a_document_of_the_shop_reach_the_visitor_and_nobody_else(chat: Chat) -> None:
    # Given a visitor whom somebody of the shop attends, and another one
    page, other = await chat.page(), await chat.page()
    await page.say("quiero ver la harina")
    await chat.works()
    [(conversation,)] = await chat.rows("SELECT id FROM conversations WHERE connection_id = :l", l=chat.line_id)
    talk = f"/conversations/{conversation}"
    assert (await chat.desk.post(f"{talk}/take")).status_code == 200

    async def sends(content: bytes, **query: str) -> dict[str, Any]:
        last = (await chat.desk.get(f"{talk}/messages"))["data"][0]["id"]
        answer = await chat.desk.api.post(
            f"/api/v1{talk}/files",
            headers=chat.desk.owner.headers,
            params={"last_seen_message_id": last} | query,
            content=content,
        )
        found: dict[str, Any] = answer.json() | {"status_code": answer.status_code}
        return found

    # When they send a picture with words and a list of prices, and what only says that it is a picture
    picture = await sends(PNG, name="<img>.png", caption="Mira <b>esta</b>")
    prices = await sends(b"%PDF-1.7 precios", name="precios.pdf")
    page_of_ours = await sends(b"<html><script>alert(1)</script>", name="foto.png")
    await chat.works()

    # Then the visitor's page shows both, asks for their bytes by the message, and learns no key of them
    assert (page_of_ours["status_code"], page_of_ours["code"]) == (422, "file_kind_refused")
    shown = {each["id"]: each["content"] for each in (await page.read())["messages"] if each["content"]["kind"] == "file"}
    assert shown == {
        picture["id"]: {"kind": "file", "media": "image", "url": "", "caption": "Mira <b>esta</b>"},
        prices["id"]: {"kind": "file", "media": "document", "url": "", "filename": "precios.pdf"},
    }
    given = await page.ask("GET", f"/files/{picture['id']}")
    kept = await page.ask("GET", f"/files/{prices['id']}")
    assert (given.content, given.headers["content-type"]) == (PNG, "image/png")
    assert kept.content == b"%PDF-1.7 precios"
    assert kept.headers["content-disposition"].startswith("attachment")
    assert (await other.ask("GET", f"/files/{picture['id']}")).status_code == 404
    # And a row names each, so that the bytes are not forgotten
    assert await chat.rows("SELECT status, content_type FROM attachments ORDER BY created_at") == [
        ("stored", "image/png"),
        ("stored", "application/pdf"),
    ]
