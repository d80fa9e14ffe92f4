"""Suppliers that sheets name: who sells a product, who brought a delivery; said once, and taken back."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.queue.actors import imports as job
from core.blobs import open_blobs
from core.settings import get_settings
from core.tables import new_id
from core.work import open_work
from domain.accounts import roles
from domain.imports import looking
from domain.imports import service as imports
from domain.imports.schemas import Answers
from domain.purchasing import returning
from domain.purchasing import service as purchasing
from domain.purchasing.schemas import GoodsReceiptView, NewSupplierReturn, SupplierReturnLineInput
from domain.stock import service as stock
from domain.suppliers import service as suppliers
from domain.suppliers.permissions import SuppliersPermission
from domain.suppliers.schemas import NewSupplier, SupplierProductInput
from tests.factories.shop import Shop
from tests.imports.conftest import Load
from tests.imports.test_imports import counts
from tests.imports.test_undo import sums, undo

LISTED = "Código;Nombre;Precio;Costo;Proveedor\nN-1;Pasta;5;3,50;Polar\nN-2;Salsa;6;4;POLAR\nHAR-1;;26000;;Mary\n"
DELIVERED = (
    "Fecha;Factura;Código;Cantidad;Costo;Proveedor\n"
    "2026-04-03;F-1;HAR-1;10;2,00;Polar\n2026-04-03;F-1;ACE-1;5;4,00;Polar\n"
    "2026-04-03;F-1;HAR-1;10;2,00;Polar\n2026-04-04;F-2;HAR-1;2;2,50;Mary\n"
)


async def names(shop: Shop) -> list[str]:
    async with open_work(shop.principal) as work:
        return [one.name for one in (await suppliers.list_suppliers(work)).items]


async def receipts(shop: Shop) -> list[GoodsReceiptView]:
    async with open_work(shop.principal) as work:
        return sorted((await purchasing.list_receipts(work)).items, key=lambda one: one.number)


async def sold(shop: Shop, name: str) -> list[tuple[int, str | None]]:
    async with open_work(shop.principal) as work:
        found = (await suppliers.find(work, [name]))[name]
        offers = await suppliers.products(work, found.id)
    return [(int(one.pack_size), None if one.pack_cost is None else f"{one.pack_cost:.2f}") for one in offers]


async def test_a_list_of_products_says_who_sells_them_and_is_taken_back(shop: Shop, load: Load) -> None:
    dry = await load(LISTED, dry=True)
    assert (counts(dry), await names(shop)) == ((3, 2, 1, 0, 0), [])

    result = await load(LISTED)

    assert counts(result) == (3, 2, 1, 0, 0)
    assert await names(shop) == ["Mary", "Polar"]
    assert await sold(shop, "Polar") == [(1, "3.50"), (1, "4.00")]
    assert await sold(shop, "Mary") == [(1, None)]
    assert counts(await load(LISTED)) == (3, 0, 0, 3, 0)
    assert sums(await undo(shop, result)) == ("undone", 3, 0, 0)
    assert (await sold(shop, "Polar"), await sold(shop, "Mary")) == ([], [])


async def test_a_cost_of_a_list_changes_what_is_sold_by_the_piece_and_no_pack(shop: Shop, load: Load) -> None:
    async with open_work(shop.principal) as work:
        for name, size in (("Polar", 1), ("Mary", 12)):
            supplier = await suppliers.create(work, NewSupplier(name=name))
            said = SupplierProductInput(variant_id=shop.variants["HAR-1"], pack_size=Decimal(size), pack_cost=Decimal(20))
            await suppliers.set_product(work, supplier.id, said)

    by_piece = await load("Código;Nombre;Costo;Proveedor\nHAR-1;Harina P.A.N. Blanca;3;Polar\n", file_type="products")
    by_pack = await load("Código;Nombre;Costo;Proveedor\nHAR-1;Harina P.A.N. Blanca;3;Mary\n", file_type="products")

    assert (by_piece.updated, by_pack.unchanged) == (1, 1)
    assert (await sold(shop, "Polar"), await sold(shop, "Mary")) == ([(1, "3.00")], [(12, "20.00")])
    assert sums(await undo(shop, by_piece)) == ("undone", 1, 0, 0)
    assert await sold(shop, "Polar") == [(1, "20.00")]


async def test_a_delivery_is_a_receipt_of_its_document_once_whichever_file_brings_it(shop: Shop, load: Load) -> None:
    first = await load(DELIVERED)
    assert counts(first) == (4, 4, 0, 0, 0)

    # The second flour of the first invoice cannot stand in the same receipt
    found = await receipts(shop)
    assert [(one.document, sorted(int(line.quantity) for line in one.lines)) for one in found] == [
        ("F-1", [5, 10]), ("F-1", [10]), ("F-2", [2]),
    ]  # fmt: skip
    assert [one.number for one in found] == [1, 2, 3]
    assert sum(line.value for one in found for line in one.lines) == 20 + 20 + 20 + 5
    overlapping = DELIVERED + "2026-04-05;F-3;HAR-1;1;2,00;Polar\n"
    assert counts(await load(overlapping)) == (5, 1, 0, 4, 0)
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
        assert (level.on_hand, level.last_cost) == (Decimal(23), Decimal(2))
        assert await stock.reconcile(work) == []


async def test_a_delivery_that_is_taken_back_may_come_again(shop: Shop, load: Load) -> None:
    result = await load(DELIVERED)

    assert sums(await undo(shop, result)) == ("undone", 4, 0, 0)
    async with open_work(shop.principal) as work:
        assert sum(level.on_hand for level in await stock.levels(work, shop.variants["HAR-1"])) == 0
        assert await stock.reconcile(work) == []
    assert counts(await load(DELIVERED)) == (4, 4, 0, 0, 0)
    assert len(await receipts(shop)) == 6


async def test_what_went_back_to_the_supplier_or_was_counted_is_kept_and_does_not_come_again(shop: Shop, load: Load) -> None:
    result = await load(DELIVERED)
    flour, oil = shop.variants["HAR-1"], shop.variants["ACE-1"]
    receipt = next(one for one in await receipts(shop) if oil in {line.variant_id for line in one.lines})
    async with open_work(shop.principal) as work:
        goes = SupplierReturnLineInput(variant_id=oil, quantity=Decimal(5))
        await returning.return_goods(work, receipt.id, NewSupplierReturn(key="r1", reason="rotas", lines=(goes,)))
        await stock.count(work, shop.store_id, flour, Decimal(20))

    assert sums(await undo(shop, result)) == ("undone", 0, 4, 0)
    assert counts(await load(DELIVERED)) == (4, 0, 0, 4, 0)


async def test_whoever_may_make_no_suppliers_is_told_which_one_is_missing(shop: Shop) -> None:
    manager = roles.staff(shop.workspace_id, new_id(), roles.Role.MANAGER)
    clerk = replace(manager, permissions=manager.permissions - {str(SuppliersPermission.WRITE), "suppliers:*", "*"})
    assert not clerk.may(SuppliersPermission.WRITE)
    async with open_work(shop.principal) as work:
        await suppliers.create(work, NewSupplier(name="Polar"))
    key = await open_blobs(get_settings()).put(DELIVERED.encode())
    async with open_work(clerk) as work:
        begun = await imports.start(work, "x.csv", key, len(DELIVERED), store=None, answers=Answers())
    await job.apply(str(shop.workspace_id), str(begun.id))

    async with open_work(shop.principal) as work:
        result = await looking.result(work, begun.id, language="en")
    assert (result.inserted, [(error.code, error.value) for error in result.errors]) == (3, [("supplier_unknown", "Mary")])
    assert await names(shop) == ["Polar"]


@pytest.mark.parametrize("supplier", ["x" * 300, '"; DROP TABLE suppliers', "   "])
async def test_odd_names_of_suppliers_stop_no_file(shop: Shop, load: Load, supplier: str) -> None:
    result = await load(
        f'Fecha,Factura,Código,Cantidad,Costo,Proveedor\n2026-04-03,F-1,HAR-1,10,2,"{supplier.replace(chr(34), chr(34) * 2)}"\n'
    )

    assert result.status == "completed"
    assert result.inserted + result.failed == 1
