"""The console in a real browser, under its own policy: a whole hand-off, the keyboard, and what survives."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page, async_playwright, expect

from app.queue.actors import RUNNERS
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.conversations.kinds import HandoffReason
from domain.desk import canned, macros
from domain.desk.schemas import ReplyDeed, ResolveDeed, SetCannedReply, SetMacro, TagDeed
from tests.console.serving import Serving, serving
from tests.factories.chat import open_chat, send
from tests.factories.desk import Desk
from tests.factories.staff import PASSWORD, Employee, employ

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@asynccontextmanager
async def browsing(served: Serving, person: Employee, width: int = 1280) -> AsyncIterator[Page]:
    """A browser in which somebody has signed in, and in which nothing may be complained about."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        page = await browser.new_page(viewport={"width": width, "height": 800}, locale="es-VE")
        page.set_default_timeout(30_000)
        # A transition between two pages ends early when a third one is opened; that is no fault of a page.
        page.on(
            "pageerror", lambda error: complaints.append(str(error)) if "Transition was skipped" not in str(error) else None
        )
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        await page.goto(f"{served.http.base_url}/console/login")
        await page.get_by_label("Correo").fill(person.email)
        await page.get_by_label("Contraseña").fill(PASSWORD)
        await page.get_by_role("button", name="Entrar").click()
        await expect(page.get_by_role("heading", name="Inicio")).to_be_visible(timeout=30_000)
        yield page
        await browser.close()
    assert complaints == []


async def customer_says(desk: Desk, words: str) -> None:
    await send(desk.workspace.id, desk.chat.connection_id, desk.chat.phone, text_=words)


async def wants_a_person(desk: Desk) -> UUID:
    async with open_work(desk.chat.agent) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED, "Un reclamo")
    return desk.chat.conversation_id


async def test_a_hand_off_from_the_first_cry_to_the_note_for_the_agent(desk: Desk) -> None:
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)
    async with serving() as served, browsing(served, person) as page:
        # Given an operator who looks at those who wait, of whom there is nobody
        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox?queue=waiting")
        await expect(page.get_by_text("Nadie espera a una persona")).to_be_visible()

        # When a customer wants a person, the list tells of it by itself, and the keyboard opens and takes it
        await wants_a_person(desk)
        await expect(page.locator(".row")).to_contain_text("Espera")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator("#thread")).to_contain_text("hola")
        await page.keyboard.press("i")
        await expect(page.locator("#voice")).to_have_attribute("data-mine", "true")

        # And what the customer writes now stands there at once, and is answered
        await customer_says(desk, "llegó roto")
        await expect(page.locator("#thread")).to_contain_text("llegó roto")
        await page.keyboard.press("r")
        await page.keyboard.type("Te lo cambiamos")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator(".bubble.operator")).to_contain_text("Te lo cambiamos")
        await expect(page.locator("#composer textarea")).to_have_value("")

        # Then it goes back to the agent with a note
        await page.keyboard.press("Escape")
        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox/{desk.chat.conversation_id}")
        await page.keyboard.press("b")
        await page.get_by_label("¿Qué acordaron?").fill("Cambio el martes")
        await page.get_by_role("button", name="Devolver", exact=True).click()
        await expect(page.locator("#voice")).to_have_class("voice agent")
        await expect(page.locator("#thread")).to_contain_text("Cambio el martes")


async def test_what_is_being_written_survives_new_messages_a_killed_process_and_a_reload(desk: Desk) -> None:
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)
    await wants_a_person(desk)
    async with serving() as served, browsing(served, person) as page:
        address = f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox/{desk.chat.conversation_id}"
        await page.goto(address)
        await page.keyboard.press("i")
        await page.locator("#composer textarea").fill("Estoy escri")
        await customer_says(desk, "una cosa más")
        await expect(page.locator("#thread")).to_contain_text("una cosa más")

        # The message that came stands above the draft; sending asks once
        await expect(page.get_by_text("Hay mensajes nuevos arriba")).to_be_visible()
        await page.locator("#composer textarea").press("Control+Enter")
        await expect(page.locator("#composer textarea")).to_have_value("Estoy escri")

        # The process dies, and the draft and the focus stay
        await served.kill()
        await expect(page.locator("#connection")).to_be_visible()
        await page.keyboard.type("biendo")
        await expect(page.locator("#composer textarea")).to_have_value("Estoy escribiendo")

        # Another process answers on the same address
        async with serving(int(served.http.base_url.port or 0)):
            await expect(page.locator("#connection")).to_be_hidden(timeout=30_000)
            await page.reload()
            await expect(page.locator("#composer textarea")).to_have_value("Estoy escribiendo")
            await page.locator("#composer textarea").press("Control+Enter")
            await expect(page.locator(".bubble.operator")).to_have_count(1)

            # And an undo gives the words back, which are kept again as those that were typed
            await page.get_by_role("button", name="Deshacer").click()
            await expect(page.locator("#composer textarea")).to_have_value("Estoy escribiendo")
            await page.reload()
            await expect(page.locator("#composer textarea")).to_have_value("Estoy escribiendo")
            await expect(page.locator(".bubble.operator")).to_have_count(0)


async def test_the_palette_and_the_help_open_by_key_and_no_single_key_fires_while_writing(desk: Desk) -> None:
    person = await employ(desk.api, desk.workspace)
    async with serving() as served, browsing(served, person) as page:
        await page.keyboard.press("Control+k")
        await page.keyboard.type("audi")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Auditoría")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Atajos de teclado")).to_be_visible()
        await page.keyboard.press("Escape")

        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox/{desk.chat.conversation_id}")
        await page.keyboard.press("/")
        await page.keyboard.type("ij?")
        await expect(page.locator("#search")).to_have_value("ij?")
        await expect(page.locator("#voice")).to_have_attribute("data-mine", "false")


async def test_what_is_prepared_is_at_hand_by_the_keyboard_alone(desk: Desk) -> None:
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)
    async with open_work(desk.chat.staff) as work:
        for shortcut, text in (("gracias", "Gracias, te escribe {operator}."), ("horario", "Abrimos a las 9.")):
            await canned.create(work, SetCannedReply(shortcut=shortcut, text=text))
        deeds = (TagDeed(tags=("reclamo",)), ReplyDeed(text="Lo resolvimos"), ResolveDeed())
        await macros.create(work, SetMacro(name="Reclamo resuelto", deeds=deeds))
    await wants_a_person(desk)
    async with serving() as served, browsing(served, person) as page:
        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox/{desk.chat.conversation_id}")
        await page.keyboard.press("i")
        await expect(page.locator("#voice")).to_have_attribute("data-mine", "true")

        # `/` offers the texts, what is typed narrows them, Escape leaves the words alone, Enter takes one
        await page.keyboard.press("r")
        await page.keyboard.type("Hola /")
        await expect(page.locator("#canned li:visible")).to_have_count(2)
        await page.keyboard.press("Escape")
        await expect(page.locator("#canned")).to_be_hidden()
        await expect(page.locator("#composer textarea")).to_have_value("Hola /")
        await page.keyboard.type("gr")
        await expect(page.locator("#canned li:visible")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(page.locator("#composer textarea")).to_have_value("Hola Gracias, te escribe María Prueba.")
        await page.locator("#composer textarea").fill("")

        # It is put off by key and comes back when the customer writes
        await page.locator("#thread").focus()
        await page.keyboard.press("s")
        await page.get_by_role("button", name="Hasta que escriba").click()
        await expect(page.locator("#thread")).to_contain_text("la pospuso hasta que escriba")
        await customer_says(desk, "¿y bien?")
        await expect(page.locator("#thread")).to_contain_text("Terminó la pausa")

        # What the agent would answer comes by itself once it was thought of, and a key lays it into the empty composer
        await customer_says(desk, "¿tienes harina pan?")
        await expect(page.locator("#thread")).to_contain_text("harina pan")
        await page.locator("#thread").focus()
        await page.keyboard.press("p")
        await expect(page.locator("#suggestion")).to_contain_text("está pensando")
        ids = {"workspace_id": str(desk.workspace.id), "conversation_id": str(desk.chat.conversation_id)}
        await RUNNERS["conversation.suggest"](**ids)
        await expect(page.locator("#suggestion p")).to_contain_text("Harina P.A.N.")
        await page.keyboard.press("p")
        await expect(page.locator("#composer textarea")).to_have_value(re.compile("Harina P.A.N."))
        await expect(page.locator("#suggestion")).to_be_hidden()
        await expect(page.locator(".bubble.operator")).to_have_count(0)
        await page.locator("#composer textarea").fill("")
        await page.get_by_role("button", name="Descartar la sugerencia").click()
        await expect(page.locator("#suggestion")).to_be_empty()
        await page.locator("#thread").focus()

        # The palette runs the macro, all of it
        await page.keyboard.press("Control+k")
        await page.keyboard.type("reclamo resuelto")
        await page.keyboard.press("Enter")
        await expect(page.locator("#voice")).to_have_class("voice agent")
        await expect(page.locator(".bubble.operator")).to_contain_text("Lo resolvimos")
        await expect(page.locator("#side")).to_contain_text("reclamo")


async def test_no_row_moves_or_goes_under_the_pointer(desk: Desk) -> None:
    person = await employ(desk.api, desk.workspace, Role.OPERATOR)
    first = await wants_a_person(desk)
    second = await open_chat(desk.shop, desk.chat.connection_id)
    async with open_work(second.agent) as work:
        await handoffs.wait_for_person(work, second.conversation_id, HandoffReason.CUSTOMER_ASKED, "Otro")
    async with serving() as served, browsing(served, person) as page:
        # Given a pointer over the second of two who wait
        await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/inbox?queue=waiting")
        rows = page.locator("#list .row")
        await expect(rows).to_have_count(2)
        await page.locator(f"#c-{second.conversation_id}").hover()
        before = await page.locator(f"#c-{second.conversation_id}").bounding_box()

        # When a colleague takes the first one
        taken = await desk.post(f"/conversations/{first}/take")
        assert taken.status_code == 200

        # Then it pales, and the row under the pointer stays where it is
        await expect(page.locator(f"#c-{first}")).to_have_class("row gone")
        assert await page.locator(f"#c-{second.conversation_id}").bounding_box() == before

        # And the list comes up to date once the pointer has left
        await page.mouse.move(900, 400)
        await expect(rows).to_have_count(1)
        await expect(rows).to_have_attribute("id", f"c-{second.conversation_id}")


@pytest.mark.parametrize("width", [1280, 390])
async def test_no_page_is_wider_than_its_screen(desk: Desk, width: int) -> None:
    person = await employ(desk.api, desk.workspace)
    async with serving() as served, browsing(served, person, width) as page:
        for path in ("home", "inbox", f"inbox/{desk.chat.conversation_id}", "audit", "account"):
            await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/{path}")
            box = await page.locator("main > *:visible").first.bounding_box()
            assert box is not None
            assert box["x"] >= 0, path
            assert box["x"] + box["width"] <= width + 1, path
