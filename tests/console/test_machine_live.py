"""A machine's page in a real browser: its signals live without a reload, and everybody can use it."""

import pytest
from playwright.async_api import async_playwright, expect

from core.work import open_work
from domain.machines import judging
from domain.machines import service as machines
from domain.machines.schemas import ChangeSensor, Limits, NewSite
from tests.console.serving import serving
from tests.console.test_axe import faults, signed_in
from tests.console.test_browser import CHROMIUM, pytestmark
from tests.factories.desk import Desk
from tests.factories.plant import open_plant, run_hours
from tests.factories.staff import employ

__all__ = ["pytestmark"]


@pytest.mark.timeout(300)
async def test_a_signal_changes_on_the_page_and_nothing_else_does(desk: Desk) -> None:
    # Given a machine that is too hot, and a second site for the map
    plant = await open_plant(desk.workspace.id)
    async with open_work(plant.principal) as work:
        command = ChangeSensor(limits=Limits(warn_high=60, alarm_high=80))
        await machines.change_sensor(work, plant.machine_id, plant.sensors["temperature"], command, 1)
        await machines.create_site(work, NewSite(name="Sur", latitude=8.0, longitude=-62.0))
        now = work.system_time
    await run_hours(plant, 2, now, temperature=95.0, vibration=2.0, power=50.0)
    async with open_work(plant.principal) as work:
        await judging.judge(work, plant.machine_id)
    person = await employ(desk.api, desk.workspace)
    wrong = {}
    async with serving() as served, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = await signed_in(browser, served, person.email, scheme, width)
            home = f"{served.http.base_url}/console/@{desk.workspace.slug}/machines"
            for path in (home, f"{home}/{plant.machine_id}"):
                await page.goto(path)
                if found := await faults(page):
                    wrong[path, scheme] = found
            # When the machine says something while somebody looks
            value = 61.5 if scheme == "light" else 59.25
            vibration = page.locator(f"#signal-{plant.sensors['vibration']}")
            await vibration.evaluate("node => { node.seen = true; }")
            async with open_work(plant.principal) as work:
                at = work.system_time.isoformat()
            await plant.send({"machine": "MILL-3", "sensor": "temperature", "at": at, "value": value})
            # Then its own signal changes, and the others are the same nodes as before
            shown = page.locator(f"#signal-{plant.sensors['temperature']}")
            await expect(shown).to_contain_text(str(value).replace(".", ","), timeout=20_000)
            assert await vibration.evaluate("node => node.seen")
            await page.context.close()
        await browser.close()
    assert wrong == {}
