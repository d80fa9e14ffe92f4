"""The assistant's page: a member's own thread, with the chart of what it tells, and changes that wait for two buttons."""

import re
from datetime import date
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from agent.audiences.staff.questions import read
from agent.turn import run_turn
from app.console.assistant import STARTERS
from core import messages
from core.access import Principal
from core.messages import LANGUAGES
from core.work import open_work
from domain.accounts.roles import Role
from domain.statistics.catalogue import METRICS
from tests.api.test_approvals import BROKEN, Obedient, obedient
from tests.factories.chat import level, placed
from tests.factories.desk import Desk
from tests.factories.visitors import Visitor, visit

__all__ = ["obedient"]


async def ask(desk: Desk, visitor: Visitor, words: str, key: str = "") -> str:
    """Ask on the page and have it answered; the page after that."""
    sent = await visitor.send("assistant", {"text": words, "key": key or str(uuid4())})
    assert sent.status_code == 303, sent.text
    async with open_work(Principal.system(desk.workspace.id)) as work:
        thread: UUID | None = await work.session.scalar(
            text("SELECT id FROM conversations WHERE member_id IS NOT NULL ORDER BY last_inbound_at DESC LIMIT 1")
        )
    assert thread is not None
    await run_turn(desk.workspace.id, thread)
    return await visitor.open("assistant")


async def test_a_figure_that_was_split_is_told_with_its_period_and_drawn_with_its_numbers(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    assert "¿Qué quieres saber?" in await owner.open("assistant")
    await placed(desk.chat, {"HAR-1": 2})

    shown = await ask(desk, owner, "ventas por día de los últimos 7 días")

    assert "ventas por día de los últimos 7 días" in shown
    assert re.search(r"<b>Ventas</b> \(.*\)", shown)
    assert shown.count('class="chart"') == 2  # for a wide screen, and for a phone
    assert re.search(r"datos hasta \d+ \w+", shown)
    numbers = re.findall(r'<td class="number">([^<]+)</td>', shown)
    assert sum(bool(re.search(r"50[.,]000", number)) for number in numbers) == 1


async def test_a_single_number_has_no_chart(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    await placed(desk.chat, {"HAR-1": 2})

    shown = await ask(desk, owner, "¿cuánto vendimos hoy?")

    assert re.search(r"50[.,]000", shown)
    assert 'class="chart"' not in shown


async def test_a_change_waits_for_one_of_two_buttons_and_is_done_by_yes_alone(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk, obedient: Obedient
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    before = await level(desk.chat, "HAR-1")
    obedient.turns.append([("adjust_stock", BROKEN)])

    waiting = await ask(desk, owner, "se rompieron tres harinas")

    assert await level(desk.chat, "HAR-1") == before
    keys = re.findall(r'name="key" value="((?:yes|no)-[0-9a-f-]+)"', waiting)
    assert [key.split("-")[0] for key in keys] == ["yes", "no"]

    after = await ask(desk, owner, "sí", keys[0])

    assert 'class="approval"' not in after
    assert (await level(desk.chat, "HAR-1"))[0] == before[0] - 3


async def test_a_colleagues_thread_is_seen_by_nobody_else(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    viewer, _ = await visit(application, api, desk.workspace, Role.VIEWER)
    await ask(desk, owner, "ventas de la xilografía secreta")

    assert "xilograf" not in await viewer.open("assistant")


async def test_what_strangers_have_named_is_text_in_answers_and_charts(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    shown = await ask(desk, owner, "<script>alert(1)</script> *<b>x</b>*")

    assert "<script>alert" not in shown
    assert "<b>&lt;b&gt;x&lt;/b&gt;</b>" in shown


async def test_the_catalogue_of_metrics_names_each_with_its_formula_and_moment(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    viewer, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    shown = await owner.open("metrics")

    assert re.findall(r'id="metric-(\w+)"', shown) == [metric.name for metric in METRICS]
    assert "Lo que costó la mercancía que hay." in shown
    assert 'id="metric-model_cost"' not in await viewer.open("metrics")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("starter", STARTERS)
def test_what_a_page_offers_to_ask_is_read_without_a_model(starter: str, language: str) -> None:
    assert read(messages.text(f"console.assistant.ask.{starter}", language), date(2026, 11, 30)).understood
