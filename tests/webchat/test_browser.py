"""The chat in a real browser, on a shop's page of another origin under a strict policy of its own."""

import asyncio
import functools
import http.server
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Request, async_playwright, expect

from core.work import open_work
from domain.connections import service as connections
from domain.connections.schemas import ChangeConnection, ConnectionSettings
from domain.conversations import service as conversations
from domain.conversations.content import Button, Buttons, Choices, File, Row, Section, Text
from tests.console.serving import Serving, serving
from tests.console.test_axe import faults
from tests.console.test_browser import CHROMIUM
from tests.drain import drain
from tests.factories.desk import Desk
from tests.factories.webchat import Chat, open_webchat, sign

expect.set_options(timeout=20_000)  # a page of a machine that has other work too

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]

PAGE = """<!doctype html><html lang="es"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Tienda</title><h1>Una tienda</h1>
<script src="{root}/chat/{slug}.js" async {wishes}></script></html>"""
POLICY = (
    "default-src 'none'; script-src {root}; connect-src {root}; img-src data: blob: {root}; style-src 'none'; "
    "require-trusted-types-for 'script'"
)


class _Shop(http.server.BaseHTTPRequestHandler):
    def __init__(self, said: dict[str, str], *given: Any) -> None:
        self.said = said
        super().__init__(*given)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-security-policy", POLICY.format(**self.said))
        self.end_headers()
        self.wfile.write(PAGE.format(**self.said).encode())

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@contextmanager
def shop_page(said: dict[str, str]) -> Iterator[str]:
    """The shop's own page, on a server of its own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Shop, said)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Visit:
    """A browser on the shop's page, and the chat in it."""

    def __init__(self, page: Page, chat: Chat, served: Serving, requests: list[Request]) -> None:
        self.page, self.chat, self.served, self.requests = page, chat, served, requests

    @property
    def launch(self) -> Locator:
        return self.page.locator("nexova-chat .launch")

    @property
    def panel(self) -> Locator:
        return self.page.locator("nexova-chat .panel")

    @property
    def text(self) -> Locator:
        return self.panel.get_by_label("Escribe un mensaje")

    async def open(self) -> None:
        await self.launch.click()
        await expect(self.panel).to_be_visible()

    async def write(self, words: str) -> None:
        await self.text.fill(words)
        await self.text.press("Enter")

    async def says(self, words: str) -> None:
        """Write, and let the workers answer."""
        await self.write(words)
        await expect(self.panel.locator(".mine", has_text=words).last.get_by_label("Enviado")).to_be_visible()
        await drain()

    async def shop_says(self, *contents: Any) -> None:
        [(conversation,)] = await self.chat.rows(
            "SELECT DISTINCT conversation_id FROM messages WHERE connection_id = :l", l=self.chat.line_id
        )
        async with open_work(self.chat.principal) as work:
            await conversations.queue(work, conversation, list(contents))
        await drain()


@asynccontextmanager
async def visiting(
    desk: Desk, wishes: str = "", width: int = 1000, *, bypass_csp: bool = False, **line: Any
) -> AsyncIterator[Visit]:
    """A visitor on a page of the shop; nothing may be complained about in the browser."""
    complaints: list[str] = []
    requests: list[Request] = []
    async with serving() as served, async_playwright() as playwright:
        said = {"root": str(served.http.base_url).rstrip("/"), "slug": "", "wishes": wishes}
        with shop_page(said) as origin:
            chat = await open_webchat(desk, served.http, **{"origins": (origin,)} | line)
            said["slug"] = chat.slug
            browser = await playwright.chromium.launch(
                executable_path=str(CHROMIUM),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
            )
            context = await browser.new_context(viewport={"width": width, "height": 800}, locale="es-VE", bypass_csp=bypass_csp)
            page = await context.new_page()
            page.set_default_timeout(30_000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None)
            page.on("request", lambda request: requests.append(request))
            await page.goto(origin)
            yield Visit(page, chat, served, requests)
            await browser.close()
    assert complaints == []


async def test_an_order_from_the_first_touch_to_the_confirmation(desk: Desk) -> None:
    async with visiting(desk) as visit:
        # Nothing is asked for before the first touch but the page and its one script
        await expect(visit.launch).to_have_attribute("aria-label", "Escribir a Abasto La Esquina")
        assert [request.url.rsplit("/", 1)[-1] for request in visit.requests] == ["", f"{visit.chat.slug}.js"]

        await visit.open()
        await expect(visit.text).to_be_focused()
        await visit.says("quiero 2 harina pan")
        await expect(visit.panel.locator(".theirs").last).to_contain_text("Harina P.A.N.")
        for words in ("es todo", "retiro en tienda", "soy Ana Pérez", "efectivo"):
            await visit.says(words)
            if await visit.panel.get_by_role("button", name="Confirmar").count():
                break
        await visit.panel.get_by_role("button", name="Confirmar").last.click()
        await expect(visit.panel.locator(".mine").last.get_by_label("Enviado")).to_be_visible()
        await drain()

        [(status,)] = await visit.chat.rows("SELECT status FROM orders")
        assert status == "confirmed"
        await expect(visit.panel.locator(".theirs").last).to_contain_text("1001")


async def test_a_killed_process_loses_and_doubles_nothing_while_somebody_writes(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("hola")
        await visit.text.fill("estoy escri")
        await visit.served.kill()
        await visit.text.press_sequentially("biendo")
        await visit.text.press("Enter")
        await visit.write("y otra más")
        await expect(visit.panel.get_by_label("Por enviar")).to_have_count(2)
        await expect(visit.panel.locator(".notice")).to_be_visible()

        # A page that is opened anew still has them, and they leave as soon as somebody answers
        async with serving(int(visit.served.http.base_url.port or 0)):
            await visit.page.reload()
            await visit.open()
            await expect(visit.panel.get_by_label("Por enviar")).to_have_count(0)
            await drain()
            await expect(visit.panel.locator(".mine", has_text="estoy escribiendo")).to_have_count(1)
            await expect(visit.panel.locator(".mine", has_text="y otra más")).to_have_count(1)
        said = "SELECT content ->> 'text' FROM messages WHERE connection_id = :l AND direction = 'in' ORDER BY position"
        assert await visit.chat.rows(said, l=visit.chat.line_id) == [("hola",), ("estoy escribiendo",), ("y otra más",)]


async def test_everything_that_can_be_said_is_shown_and_nothing_of_it_is_run(desk: Desk) -> None:
    payload = "<img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) *<b>x</b>*"
    async with visiting(desk) as visit:
        dialogs: list[str] = []
        visit.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await visit.open()
        await visit.says(payload)
        rows = (Row(id="ACE-1", title=payload, description=payload),)
        await visit.shop_says(
            Text(text=payload),
            Buttons(text=payload, buttons=(Button(id="b", title=payload[:40]),), footer=payload),
            Choices(text=payload, sections=(Section(title=payload, rows=rows),), opener=payload),
            File(media="document", url="https://files.example/a.pdf", filename=payload, caption=payload),
        )
        await expect(visit.panel.locator(".theirs")).to_have_count(6)

        assert await visit.panel.locator("script, .log b img, .text img").count() == 0
        assert all((href or "").startswith("https://") for href in await hrefs(visit))
        # And a chosen row says what stands on it
        await visit.panel.locator(".choice").click()
        await expect(visit.panel.locator(".mine")).to_have_count(2)
        assert dialogs == []


async def test_marks_of_chats_are_drawn_code_of_several_lines_too(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("hola")
        await visit.shop_says(Text(text="**Listo**\n```sh\nuno *dos*\ntres\n```\ny `cuatro`"))

        said = visit.panel.locator(".theirs").last
        await expect(said.locator("strong")).to_have_text(["Listo"])
        await expect(said.locator("code")).to_have_text(["uno *dos*\ntres", "cuatro"], use_inner_text=True)


async def hrefs(visit: Visit) -> list[str | None]:
    return [await link.get_attribute("href") for link in await visit.panel.locator("a").all()]


async def test_several_tabs_are_one_chat_over_one_line(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("hola")
        other = await visit.page.context.new_page()
        asked: list[str] = []
        other.on("request", lambda request: asked.append(request.url))
        await other.goto(visit.page.url)
        second = Visit(other, visit.chat, visit.served, [])
        await second.open()
        await expect(second.panel.locator(".mine")).to_contain_text("hola")

        # What the second tab writes, the first one sends, and both show
        await second.write("desde la otra pestaña")
        await expect(visit.panel.locator(".mine").last).to_contain_text("desde la otra pestaña")
        await expect(second.panel.locator(".mine").last.get_by_label("Enviado")).to_be_visible()
        await drain()
        await visit.shop_says(Text(text="para las dos"))
        for panel in (visit.panel, second.panel):
            await expect(panel.locator(".theirs", has_text="para las dos")).to_have_count(1)
        assert [url for url in asked if "/stream" in url] == []

        # And when the first one closes, the second goes on by itself
        await visit.page.close()
        await visit.shop_says(Text(text="sigo aquí"))
        await expect(second.panel.locator(".theirs", has_text="sigo aquí")).to_have_count(1)


async def test_what_comes_while_the_chat_is_closed_is_counted_and_then_read(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("hola")
        await expect(visit.panel.locator(".theirs:not([data-id=dots])")).to_have_count(2)
        await visit.page.keyboard.press("Escape")
        await expect(visit.panel).to_be_hidden()
        await expect(visit.launch).to_be_focused()
        await visit.shop_says(Text(text="aquí"), Text(text="dos"))
        await expect(visit.page.locator("nexova-chat .badge")).to_have_text("2")
        await expect(visit.launch).to_have_attribute("aria-label", "Escribir a Abasto La Esquina (2)")

        read = "SELECT count(*) FROM messages WHERE connection_id = :l AND status = 'read' AND content ->> 'text' < 'e'"
        assert await visit.chat.rows(read, l=visit.chat.line_id) == [(0,)]
        await visit.open()
        async with asyncio.timeout(30):
            while await visit.chat.rows(read, l=visit.chat.line_id) != [(2,)]:
                await visit.page.wait_for_timeout(50)
        await expect(visit.page.locator("nexova-chat .badge")).to_be_hidden()


async def test_pictures_and_places_are_sent_and_shown(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "recibo.png"
    async with visiting(desk) as visit:
        picture.write_bytes(await visit.page.screenshot(clip={"x": 0, "y": 0, "width": 40, "height": 40}))
        await visit.open()
        await visit.panel.locator("input[type=file]").set_input_files(picture)
        await expect(visit.panel.locator(".mine").last.get_by_label("Enviado")).to_be_visible()
        await drain()
        await visit.page.context.grant_permissions(["geolocation"])
        await visit.page.context.set_geolocation({"latitude": 10.5, "longitude": -66.9})
        await visit.panel.get_by_role("button", name="Enviar mi ubicación").click()
        await expect(visit.panel.locator(".mine").last.get_by_label("Enviado")).to_be_visible()
        await drain()
        await expect(visit.panel.locator(".mine").last).to_contain_text("10.50000")

        # After a reload the picture is had from the server again
        await visit.page.reload()
        await visit.open()
        image = visit.panel.locator(".mine img")
        await expect(image).to_be_visible()
        assert await image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 40


async def test_consent_comes_before_anything_is_written(desk: Desk) -> None:
    async with visiting(desk, consent="Guardamos lo que escribes.", consent_url="https://shop.example/privacidad") as visit:
        await visit.open()
        await expect(visit.panel.get_by_text("Guardamos lo que escribes.")).to_be_visible()
        await expect(visit.text).to_be_hidden()
        await visit.panel.get_by_role("button", name="Aceptar y escribir").click()
        await visit.says("hola")
        await expect(visit.panel.locator(".theirs")).to_have_count(2)


async def test_whoever_proves_their_number_goes_on_as_the_customer_of_whatsapp(desk: Desk) -> None:
    async with open_work(desk.shop.principal) as work:
        command = ChangeConnection(settings=ConnectionSettings(code_template="codigo"))
        await connections.change(work, desk.chat.connection_id, command, 1)
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("hola")
        await visit.panel.get_by_role("button", name="Usar mi historial de WhatsApp").click()
        await visit.panel.get_by_label("Tu número de WhatsApp").fill(f"+{desk.chat.phone}")
        await visit.panel.get_by_role("button", name="Mandar el código").click()
        await expect(visit.panel.get_by_label("Código de 6 cifras")).to_be_focused()
        [(sent,)] = await visit.chat.rows("SELECT content FROM messages WHERE content ->> 'kind' = 'template'")
        await visit.panel.get_by_label("Código de 6 cifras").fill("000000" if sent["placeholders"] != ["000000"] else "111111")
        await visit.panel.get_by_role("button", name="Comprobar").click()
        await expect(visit.panel.get_by_text("El código no es correcto")).to_be_visible()
        await visit.panel.get_by_label("Código de 6 cifras").fill(sent["placeholders"][0])
        await visit.panel.get_by_role("button", name="Comprobar").click()
        await expect(visit.panel.get_by_text("Listo: ya te reconocemos.")).to_be_visible()

        assert await visit.chat.rows("SELECT count(DISTINCT customer_id) FROM conversations") == [(1,)]


async def test_whom_the_shop_signs_in_and_out_sees_their_own(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.says("soy una desconocida")
        await visit.page.evaluate("(token) => NexovaChat.identify(token)", sign(visit.chat.secret))
        await expect(visit.panel.locator(".mine")).to_have_count(0)
        await visit.says("soy Ana")
        await visit.page.evaluate("() => NexovaChat.identify(null)")
        await expect(visit.panel.locator(".mine")).to_have_count(0)
        kept = await visit.page.evaluate("() => JSON.stringify({ ...localStorage })")
        assert "soy Ana" not in kept
        assert await visit.page.context.cookies() == []


async def test_whoever_signs_out_in_one_tab_is_gone_from_the_others(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        await visit.page.evaluate("(token) => NexovaChat.identify(token)", sign(visit.chat.secret))
        await visit.says("soy Ana")
        second = Visit(await visit.page.context.new_page(), visit.chat, visit.served, [])
        await second.page.goto(visit.page.url)
        await second.page.evaluate("(token) => NexovaChat.identify(token)", sign(visit.chat.secret))
        await second.open()
        await expect(second.panel.locator(".mine")).to_contain_text("soy Ana")
        await visit.text.fill("mi dirección es")

        await second.page.evaluate("() => NexovaChat.identify(null)")
        await expect(visit.panel.locator(".mine")).to_have_count(0)
        await expect(visit.text).to_have_value("")
        # And the first, which sends for both, writes and hears as whoever is there now
        await second.write("soy otra")
        await expect(visit.panel.locator(".mine", has_text="soy otra").get_by_label("Enviado")).to_be_visible()
        await expect(visit.panel.locator(".mine")).to_have_count(1)
        ((writers,),) = await visit.chat.rows("SELECT count(DISTINCT sender_key) FROM inbound_events")
        assert writers == 2


async def test_a_sign_out_that_comes_while_somebody_signs_in_is_the_last_word(desk: Desk) -> None:
    async with visiting(desk) as visit:
        await visit.open()
        signs_in_and_out = "(token) => Promise.all([NexovaChat.identify(token), NexovaChat.identify(null)])"
        await visit.page.evaluate(signs_in_and_out, sign(visit.chat.secret))
        kept = await visit.page.evaluate("() => Object.entries(localStorage).find(([name]) => name.endsWith(':who'))[1]")
        assert kept.startswith("stranger ")


async def test_on_a_telephone_the_chat_has_the_whole_screen_and_speaks_as_the_page_wishes(desk: Desk) -> None:
    async with visiting(desk, 'data-language="pt" data-theme="dark"', width=390) as visit:
        await visit.launch.click()
        await expect(visit.panel.get_by_label("Escreva uma mensagem")).to_be_visible()
        assert await visit.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 800}
        assert await visit.page.locator("nexova-chat").evaluate("(host) => getComputedStyle(host).colorScheme") == "dark"
        # And what is refused is told in that language too, whatever the browser's is
        [begun] = [each for each in visit.requests if each.url.endswith("/session") and each.method == "POST"]
        assert (await begun.all_headers())["accept-language"] == "pt"


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_no_serious_fault_in_the_chat(desk: Desk, theme: str) -> None:
    async with visiting(desk, f'data-theme="{theme}"', bypass_csp=True) as visit:
        assert await faults(visit.page) == []
        await visit.open()
        await visit.says("hola")
        row = Row(id="HAR-1", title="Harina", description="Bs. 25.000,00")
        await visit.shop_says(
            Buttons(text="¿Cuál?", buttons=(Button(id="a", title="La primera"),), footer="Letra chica"),
            Choices(text="Elige", sections=(Section(title="Despensa", rows=(row,)),)),
        )
        await expect(visit.panel.locator(".choice")).to_have_count(1)

        assert await faults(visit.page) == []
