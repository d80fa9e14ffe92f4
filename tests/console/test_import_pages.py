"""The pages of imports over HTTP: a file goes up, is tried, mended, imported for good, and taken back."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.console import forms
from core.work import open_work
from domain.accounts.roles import Role
from domain.catalog import service as catalog
from domain.imports import looking
from tests.drain import drain
from tests.factories.desk import Desk
from tests.factories.visitors import OWN, Visitor, visit

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"
LIST = f"Código;Nombre;Precio\nA1;{ATTACK};2,50\nA2;;3,00\nHAR-1;Harina P.A.N. Blanca;26000,50\n"


@pytest.fixture
async def owner(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> Visitor:
    visitor, _ = await visit(application, api, desk.workspace, Role.OWNER)
    return visitor


async def upload(owner: Visitor, content: str, key: str = "", name: str = "lista.csv", **fields: str) -> str:
    """Send a file, and the path of its page."""
    said = {forms.FIELD: await owner.token(), "key": key or uuid4().hex, **fields}
    answer = await owner.http.post(owner.at("imports"), data=said, files={"file": (name, content.encode())}, headers=OWN)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/", 3)[3]


async def known(desk: Desk, sku: str) -> bool:
    async with open_work(desk.shop.principal) as work:
        return await catalog.find(work, sku) is not None


async def test_a_trial_shows_the_difference_and_changes_nothing_until_it_is_imported(owner: Visitor, desk: Desk) -> None:
    path = await upload(owner, LIST, dry_run="true")
    assert 'role="status"' in await owner.open(path)
    await drain()

    shown = await owner.open(path)

    assert "Completa" in shown
    assert "&lt;img src=x" in shown
    assert "<img src=x" not in shown
    assert "25000" in shown, "the price before"
    assert not await known(desk, "A1")

    applied = await owner.send(f"{path}/apply", {"key": "1"})
    await drain()
    real = applied.headers["location"].split("/", 3)[3]
    assert real != path
    assert await known(desk, "A1")

    sheet = await owner.open(f"{real}/failed")
    assert sheet.splitlines()[1].startswith("A2,")
    for _ in range(2):
        assert (await owner.send(f"{real}/undo", {"key": "2"})).status_code == 303
    await drain()
    assert "Deshechas 2" in await owner.open(real)
    assert not await known(desk, "A1")


async def test_a_file_that_is_sent_twice_under_one_key_is_one_import(owner: Visitor, desk: Desk) -> None:
    paths = {await upload(owner, LIST, key="same") for _ in range(3)}

    async with open_work(desk.shop.principal) as work:
        assert len((await looking.list_imports(work)).items) == len(paths) == 1


async def test_columns_are_shown_and_changed_and_the_file_tried_again(owner: Visitor) -> None:
    path = await upload(owner, "Código;Nombre;Precio;Otro\nB1;Pan;2,50;1,80\n", dry_run="true")
    await drain()
    shown = await owner.open(f"{path}/columns")
    assert all(heading in shown for heading in ("Código", "Nombre", "Precio", "Otro", "Encabezado en la fila 1"))

    fields = {"heading": ["Precio", "Otro"], "column": ["ignore", "price"]}
    said = {forms.FIELD: await owner.token(), "key": "1", **fields}
    changed = await owner.http.post(owner.at(f"{path}/columns"), data=said, headers=OWN)
    assert changed.status_code == 303, changed.text
    await drain()

    assert "1.8" in await owner.open(changed.headers["location"].split("/", 3)[3])


async def test_a_file_that_asks_goes_on_when_it_is_answered(owner: Visitor, desk: Desk) -> None:
    path = await upload(owner, "Código;Nombre;Precio\nA9;Pan;1,800\n")
    await drain()
    assert "Pregunta algo" in await owner.open(path)

    answer = await owner.send(f"{path}/columns", {"decimal": "comma", "key": "1"})
    await drain()

    assert answer.headers["location"].endswith(path)
    assert "Completa" in await owner.open(path)
    assert await known(desk, "A9")


async def test_a_form_without_a_file_or_with_an_unknown_column_is_refused(owner: Visitor) -> None:
    assert (await owner.send("imports", x_fragment="1")).status_code == 400
    path = await upload(owner, LIST, name=f"{ATTACK}.csv", dry_run="true")
    assert "<img src=x" not in await owner.open("imports")
    await drain()
    wrong = await owner.send(f"{path}/columns", {"heading": "Precio", "column": "nothing"}, x_fragment="1")
    assert (wrong.status_code, 'data-code="form_wrong"' in wrong.text) == (422, True)


async def test_who_may_only_read_is_shown_no_form(application: FastAPI, api: httpx.AsyncClient, desk: Desk) -> None:
    reader, _ = await visit(application, api, desk.workspace, Role.VIEWER)

    assert 'type="file"' not in await reader.open("imports")
