"""Pictures of every page of the console, as the owner of a demo shop sees them in a running house.

    python -m tests.console.gallery FOLDER [--address http://127.0.0.1:8000] [--shop fluxion] [--only home inbox]
    python -m tests.console.gallery docs/tour --tour

Each page in Spanish and English, light and dark, on a desk and on a phone: they are to be looked at. The tour takes those of
the README.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from app.console import catalogue
from app.demo.people import DEMO_PASSWORD
from app.demo.schemas import demo_shops
from domain.accounts.roles import Role

CHROMIUM = "/usr/bin/chromium"
LANGUAGES = ("es", "en")
SCHEMES = ("light", "dark")
SIZES = {1280: 800, 390: 844}

DETAILS = {
    "inbox": "a.row-link, .row a",
    "orders": "main table a.strong",
    "payments": "main table a.strong",
    "customers": "main table a.strong",
    "products": "main table a.strong",
    "stock": "main table a.strong",
    "forecasts": "main table a.strong",
    "purchases": "main table a.strong",
    "suppliers": "main table a.strong",
    "machines": "main table td a",
}
"""Lists whose first entry is opened as well, by what leads to it."""


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this machine."""
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        )


async def signed_in(window: Browser, address: str, shop: str, language: str, scheme: str, width: int) -> Page:
    """A page of the shop's owner."""
    plan = next(each for each in demo_shops() if each.workspace.slug == shop)
    owner = next(each for each in plan.users if each.role is Role.OWNER)
    context = await window.new_context(
        viewport={"width": width, "height": SIZES[width]},
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    page = await context.new_page()
    await page.goto(f"{address}/console/login")
    await page.fill("input[name=email]", owner.email)
    await page.fill("input[name=password]", DEMO_PASSWORD)
    await page.press("input[name=password]", "Enter")
    await page.wait_for_url("**/console/**", wait_until="load")
    return page


async def shots(page: Page, folder: Path, address: str, shop: str, only: list[str]) -> None:
    """One picture of each page, and of the first entry of the lists that have them."""
    for each in (*catalogue.PAGES, catalogue.ACCOUNT):
        if only and each.key not in only:
            continue
        await page.goto(f"{address}/console/@{shop}/{each.path}")
        await page.screenshot(path=folder / f"{each.key}.png", full_page=True)
        entry = page.locator(DETAILS[each.key]).first if each.key in DETAILS else None
        if entry is not None and await entry.count():
            href = await entry.get_attribute("href")
            await page.goto(f"{address}{href}" if (href or "").startswith("/") else page.url)
            await page.screenshot(path=folder / f"{each.key}-one.png", full_page=True)
    if not only or "inbox" in only:
        await page.goto(f"{address}/console/@{shop}/inbox")
        chosen = await page.locator("#list .row-choice").evaluate_all(
            "boxes => boxes.slice(0, 3).map(box => `id=${box.value}`)"
        )
        if chosen:
            await page.goto(f"{address}/console/@{shop}/inbox/many?{'&'.join(chosen)}")
            await page.screenshot(path=folder / "inbox-many.png", full_page=True)


async def tour(folder: Path, address: str, shop: str) -> None:
    """The pictures of the README: the day, somebody who waits, a payment, a question to the assistant, and a trace."""
    folder.mkdir(parents=True, exist_ok=True)
    async with browser() as window:
        page = await signed_in(window, address, shop, "en", "light", 1280)
        base = f"{address}/console/@{shop}"

        async def shot(name: str) -> None:
            await page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=78)

        await page.goto(f"{base}/home")
        await shot("home")
        await page.goto(f"{base}/inbox?queue=waiting")
        await page.locator("#list a").first.click()
        await page.locator("#thread .bubble").first.wait_for()
        await shot("inbox")
        await page.goto(f"{base}/payments/next")
        await shot("payment")
        await page.goto(f"{base}/assistant")
        await page.fill("textarea[name=text]", "Sales by day over the last 30 days")
        await page.keyboard.press("Control+Enter")
        await page.locator(".drawn").last.wait_for(timeout=60_000)
        await shot("assistant")
        await page.goto(f"{base}/traces")
        await page.locator("main table a.strong").first.click()
        await page.locator(".step").first.wait_for()
        await shot("trace")


async def main(folder: Path, address: str, shop: str, only: list[str], quick: bool) -> None:
    """Take them all."""
    combinations = [("es", "light", 1280), ("en", "dark", 390)] if quick else list(product(LANGUAGES, SCHEMES, SIZES))
    async with browser() as window:
        for language, scheme, width in combinations:
            into = folder / f"{language}-{scheme}-{width}"
            into.mkdir(parents=True, exist_ok=True)
            page = await signed_in(window, address, shop, language, scheme, width)
            await shots(page, into, address, shop, only)
            await page.context.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--shop", default="fluxion")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--quick", action="store_true", help="Spanish, light and wide; English, dark and narrow.")
    parser.add_argument("--tour", action="store_true", help="The pictures of the README.")
    asked = parser.parse_args()
    if asked.tour:
        asyncio.run(tour(asked.folder, asked.address, asked.shop))
    else:
        asyncio.run(main(asked.folder, asked.address, asked.shop, asked.only, asked.quick))
