"""The inbox over HTTP: who may do what in it, what a reply promises, and a stream that misses nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from core.work import open_work
from domain.accounts import roles
from domain.accounts import service as accounts
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.conversations import service as conversations
from domain.conversations.kinds import Author, HandoffReason, MessageStatus
from tests.console.serving import Serving, serving
from tests.factories.chat import asked, chat_of, send
from tests.factories.desk import Desk
from tests.factories.staff import employ
from tests.factories.visitors import Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@asynccontextmanager
async def operator(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> AsyncIterator[Visitor]:
    """An operator of the desk's shop, who has asked for nothing yet."""
    visitor, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    yield visitor


@pytest.fixture
async def person(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> AsyncIterator[Visitor]:
    async with operator(application, api, desk) as visitor:
        yield visitor


async def writes(desk: Desk, words: str) -> None:
    await send(desk.workspace.id, desk.chat.connection_id, desk.chat.phone, text_=words)


async def said(desk: Desk) -> list[str]:
    """What people of the shop have said and not taken back."""
    async with open_work(desk.chat.staff) as work:
        lines = await conversations.thread(work, desk.chat.conversation_id)
    return [line.text for line in lines if line.author is Author.OPERATOR and line.status != MessageStatus.CANCELLED]


def at(desk: Desk, verb: str = "") -> str:
    return f"inbox/{desk.chat.conversation_id}{verb}"


def seen(shown: str) -> str:
    found = re.search(r'data-seen="([^"]+)"', shown)
    assert found is not None
    return found[1]


async def test_an_operator_takes_replies_and_gives_back_with_a_note(person: Visitor, desk: Desk) -> None:
    # Given a customer who has asked for a person
    async with open_work(desk.chat.agent) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED, "Por un reclamo")
    shown = await person.open("inbox?queue=waiting")
    assert f"c-{desk.chat.conversation_id}" in shown
    assert "Por un reclamo" in await person.open(at(desk))

    # When an operator takes it, replies and gives it back
    assert (await person.send(at(desk, "/take"), x_fragment="1")).status_code == 200
    opened = await person.open(at(desk))
    assert 'data-mine="true"' in opened
    sent = await person.send(at(desk, "/reply"), {"text": "Ya lo veo", "seen": seen(opened), "key": "1"}, x_fragment="1")
    assert sent.status_code == 200, sent.text
    given = await person.send(at(desk, "/release"), {"note": "Cambio el martes", "key": "2"}, x_fragment="1")

    # Then all of it stands in the thread, and the voice is the agent's
    shown = await person.open(at(desk))
    assert given.status_code == 200
    assert all(words in shown for words in ("Ya lo veo", "Cambio el martes", 'class="voice agent"'))
    assert await said(desk) == ["Ya lo veo"]


async def test_a_form_that_is_sent_again_under_its_key_says_it_once(person: Visitor, desk: Desk) -> None:
    await person.send(at(desk, "/take"))
    fields = {"text": "Una vez", "seen": seen(await person.open(at(desk))), "key": uuid4().hex}

    for _ in range(3):
        assert (await person.send(at(desk, "/reply"), fields, x_fragment="1")).status_code == 200

    assert (await said(desk)).count("Una vez") == 1


async def test_a_reply_to_what_was_not_read_is_refused_and_shows_it(person: Visitor, desk: Desk) -> None:
    # Given an operator who has read a thread, in which the customer then writes
    await person.send(at(desk, "/take"))
    read = seen(await person.open(at(desk)))
    await writes(desk, "¡Espera, mejor dos!")

    # When the operator sends what they had in mind
    answer = await person.send(at(desk, "/reply"), {"text": "Anotado uno", "seen": read, "key": "k"}, x_fragment="1")

    # Then nothing was sent, the new message is in the answer, and no form in it could replace the draft
    assert answer.status_code == 409
    assert "¡Espera, mejor dos!" in answer.text
    assert 'id="composer"' not in answer.text
    assert await said(desk) == []
    again = await person.send(at(desk, "/reply"), {"text": "Anotadas dos", "seen": seen(answer.text), "key": "k2"})
    assert again.status_code == 303


async def test_a_reply_waits_and_can_be_taken_back_until_it_leaves(person: Visitor, desk: Desk) -> None:
    await person.send(at(desk, "/take"))
    sent = await person.send(
        at(desk, "/reply"), {"text": "Ups, no", "seen": seen(await person.open(at(desk))), "key": "k"}, x_fragment="1"
    )
    undo = re.search(r'action="[^"]+/undo/([0-9a-f-]+)"', sent.text)
    assert undo is not None

    taken_back = await person.send(at(desk, f"/undo/{undo[1]}"), x_fragment="1")

    assert taken_back.status_code == 200
    assert "Ups, no" in taken_back.text
    assert await said(desk) == []
    assert f'id="m-{undo[1]}"' not in await person.open(at(desk))
    assert (await person.send(at(desk, f"/undo/{undo[1]}"), x_fragment="1")).status_code == 409


async def test_a_colleague_is_called_by_name_and_it_is_told_until_when_one_may_write(
    application: FastAPI, api: httpx.AsyncClient, person: Visitor, desk: Desk
) -> None:
    # Given a conversation that an operator has taken
    await person.send(at(desk, "/take"))

    # When a colleague looks at it
    async with operator(application, api, desk) as other:
        shown = await other.open(at(desk))

    # Then they see who has it, in the row and above the thread, and how long it can be written in
    assert 'data-mine="false"' in shown
    assert "María Prueba atiende esta conversación" in shown
    row = shown[shown.index(f'id="c-{desk.chat.conversation_id}"') :]
    assert "María Prueba" in row[: row.index("</li>")]
    assert "Se puede escribir hasta" in row[: row.index("</li>")]


async def test_the_panel_says_until_when_goods_are_held(person: Visitor, desk: Desk) -> None:
    assert "Reservado hasta" not in await person.open(at(desk))

    await asked(desk.chat, {"HAR-1": 1})

    assert "Reservado hasta" in await person.open(at(desk))


async def test_nobody_takes_back_what_another_has_written(
    application: FastAPI, api: httpx.AsyncClient, person: Visitor, desk: Desk
) -> None:
    await person.send(at(desk, "/take"))
    fields = {"text": "Mía", "seen": seen(await person.open(at(desk))), "key": "k"}
    undo = re.search(r"/undo/([0-9a-f-]+)", (await person.send(at(desk, "/reply"), fields, x_fragment="1")).text)
    assert undo is not None

    async with operator(application, api, desk) as other:
        refused = await other.send(at(desk, f"/undo/{undo[1]}"), x_fragment="1")

    assert refused.status_code == 409
    assert await said(desk) == ["Mía"]


async def test_what_a_customer_writes_is_text_everywhere(person: Visitor, desk: Desk) -> None:
    await writes(desk, ATTACK)
    async with open_work(desk.chat.agent) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED, ATTACK)
    await person.send(at(desk, "/notes"), {"text": ATTACK, "key": "n"})
    for path in ("inbox", "home", at(desk), "inbox?search=%3Cimg"):
        shown = await person.open(path)
        assert "<img src=x" not in shown
        assert "<script>" not in shown
        assert "&lt;img src=x" in shown, path


async def test_a_reader_is_offered_nothing_to_do(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    reader, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    shown = await reader.open(at(desk))

    assert "/take" not in shown
    assert 'id="composer"' not in shown
    assert (await reader.send(at(desk, "/take"))).status_code == 403


async def events(served: Serving, address: str, after: str = "") -> AsyncIterator[tuple[str, str, str]]:
    """Name, id and data of what a stream says."""
    async with served.http.stream("GET", address, params={"after": after} if after else None, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        said: dict[str, list[str]] = {}
        async for line in answer.aiter_lines():
            if not line:
                yield said["event"][0], said.get("id", [""])[0], "\n".join(said["data"])
                said = {}
                continue
            name, _, value = line.partition(": ")
            said.setdefault(name.rstrip(":"), []).append(value)


async def until(stream: AsyncIterator[tuple[str, str, str]], words: str) -> str:
    """Read a stream until it has said something; the position then."""
    async with asyncio.timeout(20):
        async for _, position, data in stream:
            if words in data:
                return position
    raise AssertionError(words)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_stream_tells_of_a_message_and_misses_none_while_a_process_was_dead(
    desk: Desk, application: FastAPI, api: httpx.AsyncClient
) -> None:
    # Given an operator whose page follows a conversation
    employee = await employ(desk.api, desk.workspace, Role.OPERATOR)
    person = employee.email
    async with serving() as served:
        await served.sign_in(person)
        address = f"/console/@{desk.workspace.slug}/inbox/live?talk_id={desk.chat.conversation_id}"
        stream = events(served, address)
        await until(stream, "hola")
        # Whoever follows the inbox is at the desk, and nobody else is
        seats = (await desk.get("/seats"))["data"]
        assert {each["user_id"] for each in seats if each["is_online"]} == {str(employee.id)}
        # A colleague who comes to look at it is seen, and so is that they write
        colleague, other = await visit(application, api, desk.workspace, Role.OPERATOR)
        looks = roles.staff(desk.workspace.id, other.id, Role.OPERATOR)
        await application.state.company.look(looks, desk.chat.conversation_id)
        await until(stream, "María Prueba también mira esta conversación")
        assert (await colleague.send(at(desk, "/writing"))).status_code == 204
        await until(stream, "María Prueba está escribiendo")
        await colleague.http.aclose()
        await writes(desk, "primera")
        position = await until(stream, "primera")

        # When the process is killed, the customer writes, and another process answers the page that comes back
        await served.kill()
        await writes(desk, "mientras tanto")
    async with serving() as served:
        await served.sign_in(person)
        stream = events(served, address, position)

        # Then the page is told
        assert await until(stream, "mientras tanto") != position
        await writes(desk, "y ahora")
        assert await until(stream, "y ahora") != position


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_stream_ends_with_the_right_to_read_it(desk: Desk) -> None:
    employee = await employ(desk.api, desk.workspace, Role.OPERATOR)
    async with serving() as served:
        await served.sign_in(employee.email)
        stream = events(served, f"/console/@{desk.workspace.slug}/inbox/live?talk_id={desk.chat.conversation_id}")
        await until(stream, "hola")

        ended = await desk.api.post("/api/v1/auth/logout-everywhere", headers=employee.headers)
        await writes(desk, "secreto")

        assert ended.status_code == 204
        async with asyncio.timeout(20):
            async for name, _, data in stream:
                assert "secreto" not in data
                if name == "reload":
                    break
            else:
                raise AssertionError("the stream ended without a word")


async def test_a_conversation_is_put_off_passed_on_tagged_settled_and_opened_again(
    person: Visitor, application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    async with open_work(desk.chat.agent) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED)
    await person.send(at(desk, "/take"), x_fragment="1")
    # What rests leaves the queues and stands among those that rest, until it is woken
    rests = await person.send(at(desk, "/snooze"), {"for": "tomorrow", "key": "1"}, x_fragment="1")
    assert rests.status_code == 200, rests.text
    row = f'id="c-{desk.chat.conversation_id}"'
    assert row not in await person.open("inbox?queue=mine")
    assert row in await person.open("inbox?queue=snoozed")
    await person.send(at(desk, "/wake"), x_fragment="1")
    # Tags stand on it and narrow the list
    await person.send(at(desk, "/tags"), {"tags": "Reclamo, urgente", "key": "2"}, x_fragment="1")
    shown = await person.open("inbox?queue=mine&tag=urgente")
    assert row in shown
    assert row not in await person.open("inbox?queue=mine&tag=otra")
    # The filters that are set are kept under a name
    await person.send("inbox/views", {"queue": "mine", "tag": "urgente", "name": "Lo urgente", "key": "3"})
    assert "queue=mine&amp;tag=urgente" in await person.open("inbox")
    # The number is masked until it is asked for
    assert desk.chat.phone not in await person.open(at(desk))
    number = await person.send(at(desk, "/number"), {"key": "4"}, x_fragment="1")
    assert f"+{desk.chat.phone}" in number.text
    # Several are tagged and passed on at once, with what came of each beside it
    other_chat = await chat_of(desk.shop)
    many = {"id": [str(desk.chat.conversation_id), str(other_chat.conversation_id)]}
    chosen = await person.open(f"inbox/many?id={many['id'][0]}&id={many['id'][1]}")
    assert "2 conversaciones elegidas" in chosen
    tagged = await person.send("inbox/many", many | {"deed": "tag", "tags": "feria, urgente", "key": "m1"}, x_fragment="1")
    assert "Hecho en 2 conversaciones." in tagged.text
    assert row in await person.open("inbox?queue=mine&tag=feria")
    settled = await person.send("inbox/many", many | {"deed": "snooze", "for": "60", "key": "m2"}, x_fragment="1")
    assert "Hecho en 1 conversación. No se pudo en 1." in settled.text
    assert len(re.findall(r"badge bad[^>]*>No se pudo", settled.text)) == 1
    assert (await person.send("inbox/many", many | {"deed": "assign", "key": "m3"}, x_fragment="1")).status_code == 422
    await person.send(at(desk, "/wake"), {"key": "m4"}, x_fragment="1")
    # It is passed to a colleague with a note, waits for them, and is settled and opened again
    colleague, _ = await visit(application, api, desk.workspace, Role.OPERATOR)
    to = (await api.get("/api/v1/seats", headers=desk.owner.headers)).json()["data"]
    operators = [each["user_id"] for each in to if each["user_id"] != str(desk.owner.id)]
    async with open_work(desk.chat.staff) as work:
        mine = (await conversations.get(work, desk.chat.conversation_id)).operator_id
    other = next(each for each in operators if each != str(mine))
    given = await person.send(at(desk, "/transfer"), {"to": f"person:{other}", "note": "Es suyo", "key": "5"}, x_fragment="1")
    assert given.status_code == 200, given.text
    assert "Es suyo" in given.text
    assert row in await colleague.open("inbox?queue=mine")
    nobody = await person.send(at(desk, "/transfer"), {"to": "person:", "key": "6"}, x_fragment="1")
    assert nobody.status_code == 422
    await colleague.send(at(desk, "/take"), x_fragment="1")
    done = await colleague.send(at(desk, "/resolve"), {"note": "Listo", "go": "next", "key": "7"})
    assert (done.status_code, done.headers["location"]) == (303, f"/console/@{desk.workspace.slug}/inbox?queue=waiting")
    opened = await colleague.open(at(desk))
    assert "Listo" in opened
    await colleague.send(at(desk, "/reopen"), {"key": "8"}, x_fragment="1")
    assert 'data-mine="true"' in await colleague.open(at(desk))
    await colleague.http.aclose()


async def test_what_is_prepared_is_at_hand_with_its_variables_filled(
    person: Visitor, application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    # Given an owner who keeps a canned reply and a macro on the page of the desk
    owner, _ = await visit(application, api, desk.workspace, Role.OWNER)
    kept = await owner.send("desk/canned", {"shortcut": "hola", "text": f"Soy {{operator}} {ATTACK}", "key": "1"})
    assert kept.status_code == 303, kept.text
    wrong = await owner.send("desk/canned", {"shortcut": "x", "text": "{price}", "key": "2"}, x_fragment="1")
    assert (wrong.status_code, "{price}" in wrong.text) == (400, True)
    macro = {"name": "Cerrar", "tags": "listo", "text": "Gracias", "then": "resolve", "key": "3"}
    assert (await owner.send("desk/macros", macro)).status_code == 303
    assert (await person.send("desk/macros", macro | {"key": "4"})).status_code == 403
    page = await owner.open("desk")
    assert all(words in page for words in ("/hola", "Cerrar", "Etiquetar → Responder → Resolver"))
    assert "<script>alert(2)" not in page
    promises = {"first_response_minutes": "5", "next_response_minutes": "", "resolution_minutes": "", "unanswered_minutes": "7"}
    promises |= {"assignment": "load", "capacity": "3", "topics": "garantía: garantía, cambio\nfactura", "vip_tags": "VIP"}
    version = re.search(r'name="version" value="(\d+)"[^>]*>\s*<fieldset class="stack"', page)
    assert version is not None
    wrong = await owner.send("desk/promises", promises | {"open_days": "²", "version": version[1], "key": "8"})
    assert wrong.status_code == 422, wrong.text
    saved = await owner.send("desk/promises", promises | {"open_days": "0", "version": version[1], "key": "5"})
    assert saved.status_code == 303, saved.text
    async with open_work(desk.chat.staff) as work:
        settings = (await accounts.get_workspace(work)).settings
    assert (settings.desk.first_response_minutes, settings.desk.next_response_minutes) == (5, None)
    assert [(each.name, each.words) for each in settings.desk.topics] == [
        ("garantía", ("garantía", "cambio")),
        ("factura", ("factura",)),
    ]
    assert (settings.open_days, settings.desk.vip_tags) == ((0,), ("vip",))

    # Then whoever attends has them at hand, filled in, and what a stranger wrote does nothing
    await person.send(at(desk, "/take"), x_fragment="1")
    opened = await person.open(at(desk))
    assert 'data-shortcut="hola"' in opened
    assert "Soy María Prueba &lt;img" in opened
    planned = {"text": "Mañana te digo", "seen": seen(opened), "send_at": "2020-01-01T10:00", "key": "6"}
    assert (await person.send(at(desk, "/planned"), planned, x_fragment="1")).status_code == 400
    found = re.search(r"/macros/([0-9a-f-]{36})", opened)
    assert found is not None
    run = await person.send(at(desk, f"/macros/{found[1]}"), {"seen": seen(opened), "key": "7"}, x_fragment="1")
    assert run.status_code == 200, run.text
    assert await said(desk) == ["Gracias"]
    assert 'class="voice agent"' in await person.open(at(desk))
    await owner.http.aclose()
