"""The page with the phones, in a real browser: a person writes, chooses and presses, and sees the answers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from channels import registry
from core.tables import new_id
from domain.conversations.content import Content, Text
from tests.factories.contents import buttons, choices
from tests.line.conftest import Web

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@pytest.fixture
async def page(web: Web) -> AsyncIterator[Page]:
    """The page of the web process, in which nothing may be complained about."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        opened = await browser.new_page(viewport={"width": 390, "height": 780})
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        await opened.goto(f"{web.http.base_url}/sandbox?connection={web.connection.slug}")
        yield opened
        await browser.close()
    assert complaints == []


async def shop_says(web: Web, said: str | Content) -> None:
    phones = (await web.http.get("/sandbox/phones", params={"connection": web.connection.slug})).json()["phones"]
    channel = registry.open_channel(web.connection)
    for part in channel.parts(Text(text=said) if isinstance(said, str) else said):
        outcome = await channel.send(new_id(), phones[0]["phone"], part)
        assert outcome.result == "sent"


async def test_a_conversation_from_the_first_word_to_a_pressed_button(web: Web, page: Page) -> None:
    # When a customer writes, with the words that the page suggests
    await page.get_by_role("button", name="Quiero hacer un pedido").click()
    await expect(page.locator(".mine .bubble")).to_contain_text("Quiero hacer un pedido")

    # And the shop answers with a list, of which they choose a row
    await shop_says(web, choices("¿Cuál *prefieres*?", ("ACE-1", "Aceite 1 L"), opener="Ver aceites"))
    await expect(page.locator(".theirs strong")).to_have_text("prefieres")
    await page.get_by_role("button", name="Ver aceites").click()
    await page.get_by_role("button", name="Aceite 1 L").click()
    await expect(page.locator(".mine").last).to_contain_text("Aceite 1 L")

    # And with buttons, of which they press one
    await shop_says(web, buttons("¿Confirmas?", ("confirm:1", "Sí, confirmar")))
    await page.get_by_role("button", name="Sí, confirmar").click()

    # Then their presses stand in the thread, and the shop's message has its blue ticks
    await expect(page.locator(".mine").last).to_contain_text("Sí, confirmar")
    await expect(page.locator(".theirs").last.locator("svg.read")).to_be_visible()
    bubbles = await web.screen(
        (await web.http.get("/sandbox/phones", params={"connection": web.connection.slug})).json()["phones"][0]["phone"]
    )
    assert [bubble["type"] for bubble in bubbles] == ["text", "list", "list_reply", "buttons", "button_reply"]


async def test_what_is_written_is_shown_and_never_run(web: Web, page: Page) -> None:
    attack = "<img src=x onerror=alert(1)> <b>no</b>"

    await page.locator("textarea").fill(attack)
    await page.keyboard.press("Enter")

    await expect(page.locator(".mine .bubble-text")).to_have_text(attack)
    assert await page.locator(".thread img, .thread b").count() == 0


async def test_a_photo_is_sent_and_shown(web: Web, page: Page, tmp_path: Path) -> None:
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
    file = tmp_path / "pago.png"
    file.write_bytes(pixel)

    await page.locator("input[type=file]").set_input_files(file)

    await expect(page.locator(".mine .picture img")).to_be_visible()
    await expect(page.locator(".mine svg.delivered")).to_be_visible()


async def test_a_customer_quotes_edits_and_deletes_from_a_bubble(web: Web, page: Page) -> None:
    # Given a message, and an answer that is quoted
    await page.locator("textarea").fill("cuánto cuesta la harina?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine .bubble")).to_contain_text("harina")
    await shop_says(web, "Harina a Bs. 25")
    await page.locator(".theirs .more").click()
    await page.get_by_role("button", name="Responder").click()
    await expect(page.locator(".pointed")).to_contain_text("Harina a Bs. 25")
    await page.locator("textarea").fill("quiero 2 de este")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine").last.locator(".quote")).to_have_text("Harina a Bs. 25")

    # When the order is edited
    await page.locator(".mine .more").last.click()
    await page.get_by_role("button", name="Editar").click()
    await expect(page.locator("textarea")).to_have_value("quiero 2 de este")
    await page.locator("textarea").fill("quiero 3 de este")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine").last).to_contain_text("quiero 3 de este")
    await expect(page.locator(".mine").last).to_contain_text("editado")
    await expect(page.locator(".pointed")).to_be_hidden()

    # And deleted
    await page.locator(".mine .more").last.click()
    await page.get_by_role("button", name="Eliminar").click()
    await expect(page.locator(".mine").last).to_contain_text("Mensaje eliminado")


async def test_a_customer_asks_from_a_product_and_from_an_advertisement(page: Page) -> None:
    await page.get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("button", name="Preguntar por un producto").click()
    await page.locator("input[name=sku]").fill("HAR-1")
    await page.get_by_role("button", name="Enviar", exact=True).last.click()
    await expect(page.locator(".mine").last).to_contain_text("HAR-1")

    await page.get_by_role("button", name="Adjuntar").click()
    await page.get_by_role("button", name="Llegar por un anuncio").click()
    await page.locator("input[name=headline]").fill("Harina en oferta")
    await page.get_by_role("button", name="Enviar", exact=True).last.click()
    await expect(page.locator(".mine").last).to_contain_text("Harina en oferta")
