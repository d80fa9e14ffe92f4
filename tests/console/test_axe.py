"""Every page in a real browser, light and dark, wide and narrow: axe finds nothing serious, nothing is beyond the screen."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.async_api import Browser, Page, async_playwright

from app.console import catalogue
from core.work import open_work
from domain.conversations import handoffs
from domain.conversations.kinds import HandoffReason
from tests.console.serving import Serving, serving
from tests.console.test_browser import CHROMIUM, pytestmark
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.staff import PASSWORD, employ

__all__ = ["pytestmark"]

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
"""It comes with a package of the development environment, and is no part of the house."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
GRAVE = {"serious", "critical"}
SIZES = {1280: 800, 390: 844}


async def signed_in(browser: Browser, served: Serving, email: str, scheme: str, width: int) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        locale="es-VE",
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=True,  # axe is run by `evaluate`, which the policy of the console refuses
    )
    page = await context.new_page()
    page.set_default_timeout(60_000)
    await page.goto(f"{served.http.base_url}/console/login")
    await page.get_by_label("Correo").fill(email)
    await page.get_by_label("Contraseña").fill(PASSWORD)
    await page.get_by_role("button", name="Entrar").click()
    await page.wait_for_url("**/home")
    return page


async def faults(page: Page) -> list[str]:
    """What axe finds on a page that keeps somebody from using it, and what is wider than the screen."""
    await page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = await page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], runOnly: {RULES}}})")
    told = [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary'][:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"][:3]
    ]
    beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return told + ([f"{beyond} pixels wider than the screen"] if beyond > 1 else [])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault_on_any_page(desk: Desk, scheme: str, width: int) -> None:
    # Given a shop in which something goes on
    person = await employ(desk.api, desk.workspace)
    order = await placed(desk.chat, {"HAR-1": 2})
    async with open_work(desk.chat.agent) as work:
        await handoffs.wait_for_person(work, desk.chat.conversation_id, HandoffReason.CUSTOMER_ASKED, "Un reclamo")
    paths = [each.path for each in (*catalogue.PAGES, catalogue.ACCOUNT)]
    paths += [f"inbox/{desk.chat.conversation_id}", f"orders/{order.id}", f"customers/{desk.chat.customer_id}", "orders/new"]
    paths += [f"inbox/many?id={desk.chat.conversation_id}"]
    wrong: dict[str, list[str]] = {}

    # When each page is looked at
    async with serving() as served, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = await signed_in(browser, served, person.email, scheme, width)
        for path in paths:
            await page.goto(f"{served.http.base_url}/console/@{desk.workspace.slug}/{path}")
            if found := await faults(page):
                wrong[path] = found
        await browser.close()

    # Then nothing keeps anybody from using it
    assert wrong == {}
