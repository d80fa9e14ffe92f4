"""Home over HTTP: each figure is that of the catalogue of metrics, and opens the list of what it counts."""

import re
from html import unescape

import httpx
from fastapi import FastAPI

from domain.accounts.roles import Role
from tests.factories.chat import placed
from tests.factories.desk import Desk
from tests.factories.visitors import visit


def figures(shown: str) -> dict[str, tuple[str, str]]:
    """What each figure says, and what it opens, by its name."""
    found = re.findall(r'<a class="figure[^"]*" href="([^"]+)">\s*<small>([^<]+)</small>\s*<b>([^<]+)</b>', shown)
    return {name: (value, unescape(address)) for address, name, value in found}


async def test_a_figure_opens_the_list_of_what_it_counts(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    owner, _ = await visit(application, api, desk.workspace)
    before = figures(await owner.open("home"))
    order = await placed(desk.chat, {"HAR-1": 1})

    shown = figures(await owner.open("home"))

    assert (before["Pedidos de hoy"][0], shown["Pedidos de hoy"][0]) == ("0", "1")
    for name, (_, address) in shown.items():
        answer = await owner.http.get(address)
        assert answer.status_code == 200, (name, address)
    listed = (await owner.http.get(shown["Pedidos de hoy"][1])).text
    assert re.findall(r"orders/([0-9a-f-]{36})", listed) == [str(order.id)]


async def test_a_figure_is_shown_to_whoever_may_see_what_it_is_made_of(
    application: FastAPI, api: httpx.AsyncClient, desk: Desk
) -> None:
    cost = "Costo del modelo por pedido"
    owner, _ = await visit(application, api, desk.workspace)
    viewer, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    assert cost in await owner.open("home")
    shown = await viewer.open("home")
    assert cost not in shown
    assert "Pedidos de hoy" in shown
