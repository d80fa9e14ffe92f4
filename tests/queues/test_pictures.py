"""Figures that were asked for from a telephone: drawn, kept, and given to whoever has the address that was made for them."""

from datetime import UTC, date, datetime, timedelta

import httpx
from fastapi import FastAPI

from app.queue import drawings
from core.access import Principal
from core.work import open_work
from domain.forecasts.kinds import Basis, Level
from domain.forecasts.schemas import DayAhead, Interval, Outlook
from domain.notifications.schemas import Answer
from domain.statistics import service as statistics
from domain.statistics.schemas import Filters, Grain, PeriodName
from tests.api.conftest import api, application, desk, redis_server, settings
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tools.drawing import Foretold

__all__ = ["api", "application", "desk", "redis_server", "settings"]


MONDAY = date(2026, 11, 30)
FORETOLD = Foretold(
    product="Harina",
    store="Centro",
    unit="PZA",
    outlook=Outlook(
        level=Level.VARIANT_STORE,
        first=MONDAY,
        last=MONDAY + timedelta(days=2),
        total=Interval(value=15, low=11, high=19),
        basis=Basis.MEASURED,
        days=[DayAhead(date=MONDAY + timedelta(days=at), value=5, low=3, high=7) for at in range(3)],
        data_until=MONDAY - timedelta(days=1),
        made_at=datetime(2026, 11, 30, 6, tzinfo=UTC),
        data_version=1,
        models=["average"],
        accuracy=None,
    ),
)


async def test_a_figure_that_was_split_is_a_picture_behind_an_address_that_nobody_can_make_up(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    await placed(desk.chat, {"HAR-1": 2})
    async with open_work(Principal.system(desk.workspace.id)) as work:
        week = await statistics.period_of(work, PeriodName.LAST_7_DAYS)
        split = await statistics.measure(work, "sales", week, Filters(grain=Grain.DAY))
        whole = await statistics.measure(work, "sales", week)
    figures = [figure.model_dump(mode="json") for figure in (split, whole, FORETOLD)]

    drawing, ahead = await drawings.of(desk.workspace.id, Answer(desk.chat.connection_id, figures, "es"))

    assert (drawing.title, ahead.title) == ("Ventas por día", "Pronóstico de ventas: Harina, Centro")
    assert (await api.get(httpx.URL(ahead.url).path)).content.startswith(b"\x89PNG")
    path = httpx.URL(drawing.url).path
    given = await api.get(path)
    assert (given.status_code, given.headers["content-type"]) == (200, "image/png")
    assert given.content.startswith(b"\x89PNG")
    for other in (path[:-2], f"{path}x", "/pictures/" + "0" * 64):
        assert (await api.get(other)).status_code == 404
