"""Undoing an import: every row goes back, unless somebody has changed the same thing since, and each is told apart."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from app.queue.actors import imports as job
from core.tables import new_id
from core.work import open_work
from domain.catalog import editing, pricing
from domain.catalog import service as catalog
from domain.catalog.schemas import ChangeProduct
from domain.imports import looking, undoing
from domain.imports.errors import ImportNotFound, NothingToUndo
from domain.imports.schemas import ImportResult, UndoView
from domain.stock import holds
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.shop import Shop
from tests.imports.conftest import Load
from tests.imports.test_imports import BOUGHT, COUNTS, PRODUCTS, SALES, counts


async def undo(shop: Shop, result: ImportResult) -> UndoView:
    async with open_work(shop.principal) as work:
        await undoing.undo(work, result.id)
    await job.apply(str(shop.workspace_id), str(result.id))
    async with open_work(shop.principal) as work:
        return await looking.undo_result(work, result.id)


def sums(undone: UndoView) -> tuple[str, int, int, int]:
    return undone.status, undone.reversed, undone.kept, undone.failed


async def test_products_go_back_to_what_they_were(shop: Shop, load: Load) -> None:
    undone = await undo(shop, await load(PRODUCTS))

    assert sums(undone) == ("undone", 2, 0, 0)
    async with open_work(shop.principal) as work:
        assert await catalog.find(work, "00123") is None
        assert (await catalog.get_variant(work, "HAR-1")).price == 25000
    # And the same file may come again
    assert counts(await load(PRODUCTS)) == (2, 1, 1, 0, 0)


async def test_what_was_edited_since_is_kept(shop: Shop, load: Load) -> None:
    result = await load(PRODUCTS)
    async with open_work(shop.principal) as work:
        await pricing.set_price(work, "HAR-1", Decimal(27000))
        await editing.change_product(work, "00123", ChangeProduct(name="Arroz Mary"))

    assert sums(await undo(shop, result)) == ("undone", 0, 2, 0)
    async with open_work(shop.principal) as work:
        assert (await catalog.get_variant(work, "HAR-1")).price == 27000
        assert (await catalog.get_variant(work, "00123")).name == "Arroz Mary"


async def test_counts_are_taken_back_by_a_line_of_the_ledger_unless_counted_anew(shop: Shop, load: Load) -> None:
    result = await load(COUNTS)
    async with open_work(shop.principal) as work:
        await stock.count(work, shop.store_id, shop.variants["QUE-1"], Decimal(1))

    assert sums(await undo(shop, result)) == ("undone", 1, 1, 0)
    async with open_work(shop.principal) as work:
        found = await stock.available(work, shop.variants.values())
        assert found[shop.variants["HAR-1"]].on_hand == 0
        assert found[shop.variants["QUE-1"]].on_hand == 1
        assert await stock.reconcile(work) == []
    assert counts(await load(COUNTS)) == (3, 0, 1, 2, 0)


async def test_a_delivery_that_is_promised_to_an_order_cannot_go_back(shop: Shop, load: Load) -> None:
    result = await load(BOUGHT)
    async with open_work(shop.principal) as work:
        promised = HoldLine(variant_id=shop.variants["HAR-1"], quantity=Decimal(15))
        await holds.hold(work, new_id(), shop.store_id, [promised], work.now + timedelta(hours=1))

    assert sums(await undo(shop, result)) == ("undone", 0, 0, 2)
    async with open_work(shop.principal) as work:
        assert await stock.reconcile(work) == []


async def test_sales_leave_the_history_and_may_come_again(shop: Shop, load: Load) -> None:
    result = await load(SALES)

    assert sums(await undo(shop, result)) == ("undone", 3, 0, 0)
    assert counts(await load(SALES)) == (3, 3, 0, 0, 0)


async def test_an_import_is_undone_once_and_a_dry_run_not_at_all(shop: Shop, load: Load) -> None:
    result, dry = await load(PRODUCTS), await load(COUNTS, dry=True)
    await undo(shop, result)

    for id in (result.id, dry.id):
        async with open_work(shop.principal) as work:
            with pytest.raises(NothingToUndo):
                await undoing.undo(work, id)


async def test_an_import_of_another_workspace_is_not_there(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        with pytest.raises(ImportNotFound):
            await undoing.undo(work, UUID(int=1))
