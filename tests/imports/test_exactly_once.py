"""Imports under fire: workers killed between and inside chunks, two at once, equal files side by side."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from app.queue.actors import imports as job
from core.access import Principal, PrincipalKind
from core.blobs import open_blobs
from core.errors import Abandoned, NotPermitted
from core.settings import get_settings
from core.work import Work, open_work
from domain.accounts import roles
from domain.imports import looking
from domain.imports import service as imports
from domain.imports.schemas import Answers, ImportResult, ImportView
from domain.imports.sheets.reading import Record
from domain.stock import service as stock
from tests.drain import drain
from tests.factories.shop import Shop
from tests.imports.conftest import Load
from tests.imports.test_imports import counts

ROWS = 60
PRODUCTS = "Código;Nombre;Precio\n" + "".join(f"N{n:03d};Cosa {n};{n + 1},50\n" for n in range(ROWS))
BOUGHT = "Fecha;Factura;Código;Cantidad;Costo\n" + "".join(f"2026-04-03;F{n};HAR-1;1;5,00\n" for n in range(ROWS))


class Killed(BaseException):
    """The worker is gone: nothing catches this."""


async def begin(shop: Shop, content: str, principal: Principal | None = None) -> ImportView:
    key = await open_blobs(get_settings()).put(content.encode())
    async with open_work(principal or shop.principal) as work:
        return await imports.start(work, "x.csv", key, len(content), store=None, answers=Answers())


async def result_of(shop: Shop, id: UUID) -> ImportResult:
    async with open_work(shop.principal) as work:
        return await looking.result(work, id)


@pytest.mark.parametrize("is_late", [False, True], ids=["before its commit", "after its commit"])
@pytest.mark.parametrize("chunk", [0, 1, 3, 5])
async def test_a_worker_killed_at_any_chunk_is_followed_by_one_that_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, chunk: int, is_late: bool
) -> None:
    # Given a worker that dies in a chunk, with all its effects made, or just after the chunk's commit
    monkeypatch.setattr(job, "CHUNK", 10)
    begun = await begin(shop, BOUGHT)
    original, seen = imports.apply_rows, [0]

    async def dying(work: Work, id: UUID, records: Sequence[Record]) -> None:
        await original(work, id, records)
        seen[0] += 1
        if seen[0] == chunk + 1:
            if is_late:
                work.then(die)
            else:
                die()

    def die() -> None:
        raise Killed

    monkeypatch.setattr(imports, "apply_rows", dying)
    with pytest.raises(Killed):
        await job.apply(str(shop.workspace_id), str(begun.id))
    monkeypatch.setattr(imports, "apply_rows", original)
    # When another one goes on
    await job.apply(str(shop.workspace_id), str(begun.id))
    # Then it is as if nobody had died
    result = await result_of(shop, begun.id)
    assert (result.status, counts(result)) == ("completed", (ROWS, ROWS, 0, 0, 0))
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
        assert level.on_hand == ROWS
        assert await stock.reconcile(work) == []
        assert [row.number for row in (await looking.list_rows(work, begun.id, limit=500)).items] == list(range(1, ROWS + 1))


async def test_two_workers_on_one_import_change_nothing_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "CHUNK", 5)
    begun = await begin(shop, BOUGHT)

    ended = await asyncio.gather(*(job.apply(str(shop.workspace_id), str(begun.id)) for _ in range(4)), return_exceptions=True)
    if any(ended):  # the last of them may have given way to one that then ended
        assert all(error is None or isinstance(error, Abandoned) for error in ended)
    await drain()

    result = await result_of(shop, begun.id)
    assert (result.status, counts(result)) == ("completed", (ROWS, ROWS, 0, 0, 0))
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
    assert level.on_hand == ROWS


@pytest.mark.parametrize("content", [PRODUCTS, BOUGHT], ids=["products", "purchases"])
async def test_equal_files_at_once_are_one(shop: Shop, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(job, "CHUNK", 7)
    begun = [await begin(shop, content) for _ in range(4)]

    await asyncio.gather(*(job.apply(str(shop.workspace_id), str(one.id)) for one in begun))

    results = [await result_of(shop, one.id) for one in begun]
    assert {result.status for result in results} == {"completed"}
    assert sum(result.inserted for result in results) == ROWS
    assert sum(result.unchanged for result in results) == 3 * ROWS


async def test_no_more_rows_are_held_than_one_chunk(shop: Shop, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "CHUNK", 8)
    held: list[int] = []
    original = imports.apply_rows

    async def watched(work: Work, id: UUID, records: Sequence[Record]) -> None:
        held.append(len(records))
        await original(work, id, records)

    monkeypatch.setattr(imports, "apply_rows", watched)
    await load(PRODUCTS)

    assert max(held) == 8
    assert sum(held) == ROWS


async def test_the_bell_is_rung_by_the_start_and_a_lost_one_by_the_sweep(shop: Shop) -> None:
    begun = await begin(shop, PRODUCTS)

    await drain()

    assert (await result_of(shop, begun.id)).status == "completed"


async def test_an_import_has_the_rights_of_whoever_brought_it(shop: Shop) -> None:
    # A person who may import and adjust stock, and not change the catalogue
    person = Principal(
        PrincipalKind.USER, shop.workspace_id, frozenset({"*:read", "imports:write", "stock:adjust"}), UUID(int=7)
    )
    begun = await begin(shop, PRODUCTS, person)

    await job.apply(str(shop.workspace_id), str(begun.id))

    result = await result_of(shop, begun.id)
    assert (result.status, [error.code for error in result.errors]) == ("failed", ["not_permitted"])
    viewer = roles.staff(shop.workspace_id, UUID(int=8), roles.Role.VIEWER)
    with pytest.raises(NotPermitted):
        await begin(shop, PRODUCTS, viewer)


async def test_an_import_that_workers_die_of_ends_and_can_be_undone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = await begin(shop, PRODUCTS)

    async def broken(work: Work, id: UUID, records: Sequence[Record]) -> None:
        raise Killed

    monkeypatch.setattr(imports, "apply_rows", broken)
    for _ in range(imports.MOST_ATTEMPTS):
        with pytest.raises(Killed):
            await job.apply(str(shop.workspace_id), str(begun.id))
    await job.apply(str(shop.workspace_id), str(begun.id))

    result = await result_of(shop, begun.id)
    assert (result.status, result.errors[-1].code) == ("failed", "import_gave_up")
