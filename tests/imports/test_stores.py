"""Whoever works in some stores imports, takes back and exports what lies in those, and learns nothing of the others."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from app.queue.actors import imports as job
from core import db
from core.access import Principal
from core.blobs import open_blobs
from core.settings import get_settings
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.exports.lists import LISTS, ListName, pages
from domain.imports import looking, undoing
from domain.imports import service as imports
from domain.imports.schemas import Answers, ImportResult
from domain.stock import service as stock
from tests.factories.shop import Shop, fill
from tests.imports.conftest import Load

BOTH = "Código;Existencia;Tienda\nHAR-1;5;T-1\nHAR-1;7;T-2\n"
ONE = "Código;Existencia\nHAR-1;5\n"


@pytest.fixture
async def branch(shop: Shop) -> UUID:
    """A second store, with flour on its shelf."""
    async with open_work(shop.principal) as work:
        store_id = await shop.open_branch(work)
    await load_branch(shop, store_id)
    return store_id


async def load_branch(shop: Shop, store_id: UUID) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, replace(shop, store_id=store_id), "HAR-1", 3)


@pytest.fixture
def clerk(shop: Shop) -> Principal:
    """Somebody with every right of a manager, in the first store only."""
    return replace(roles.staff(shop.workspace_id, new_id(), roles.Role.MANAGER), stores=frozenset({shop.store_id}))


async def bring(person: Principal, content: str, *, filename: str = "x.csv", store: str | None = None) -> ImportResult:
    key = await open_blobs(get_settings()).put(content.encode())
    async with open_work(person) as work:
        begun = await imports.start(work, filename, key, len(content), store=store, answers=Answers())
    await job.apply(str(person.workspace_id), str(begun.id))
    async with open_work(person) as work:
        return await looking.result(work, begun.id, language="en")


async def lies_in(shop: Shop, store_id: UUID) -> int:
    async with open_work(shop.principal) as work:
        levels = await stock.levels(work, shop.variants["HAR-1"])
    return int(sum(level.on_hand for level in levels if level.store_id == store_id))


async def test_a_row_about_a_store_of_others_fails_as_if_there_was_none(shop: Shop, branch: UUID, clerk: Principal) -> None:
    result = await bring(clerk, BOTH)

    assert (result.updated, [error.code for error in result.errors]) == (1, ["store_unknown"])
    assert (await lies_in(shop, shop.store_id), await lies_in(shop, branch)) == (5, 3)


async def test_a_file_that_names_a_store_of_others_is_for_the_own_one(shop: Shop, branch: UUID, clerk: Principal) -> None:
    result = await bring(clerk, ONE, filename="T-2.csv")

    assert (result.status, result.store) == ("completed", "T-1")
    assert (await lies_in(shop, shop.store_id), await lies_in(shop, branch)) == (5, 3)


async def test_a_file_cannot_be_brought_for_a_store_of_others(shop: Shop, branch: UUID, clerk: Principal) -> None:
    with pytest.raises(DBAPIError) as refused:
        await bring(clerk, ONE, store="T-2")

    assert db.is_refused_by_policy(refused.value)
    assert await lies_in(shop, branch) == 3


async def test_whoever_takes_back_an_import_of_all_stores_takes_back_the_own_part(
    shop: Shop, branch: UUID, clerk: Principal, load: Load
) -> None:
    result = await load(BOTH)
    async with open_work(clerk) as work:
        await undoing.undo(work, result.id)
    await job.apply(str(shop.workspace_id), str(result.id))

    async with open_work(clerk) as work:
        undone = await looking.undo_result(work, result.id)
    assert (undone.reversed, undone.kept) == (1, 1)
    assert (await lies_in(shop, shop.store_id), await lies_in(shop, branch)) == (0, 7)


async def test_lists_hold_the_own_stores_only(shop: Shop, branch: UUID, clerk: Principal, load: Load) -> None:
    await load(BOTH)
    sold = "Fecha;Ticket;Código;Cantidad;Precio venta;Tienda\n2026-04-03;1;HAR-1;2;10,50;T-1\n2026-04-03;2;HAR-1;3;10,50;T-2\n"
    await load(sold)

    for name in (ListName.STOCK, ListName.MOVEMENTS, ListName.SALES):
        place = LISTS[name].columns.index("store")
        seen = {row[place] for rows in [rows async for rows in pages(clerk, name)] for row in rows}
        everything = {row[place] for rows in [rows async for rows in pages(shop.principal, name)] for row in rows}
        assert (seen, everything) == ({"T-1"}, {"T-1", "T-2"}), name
