"""Imports end to end: what a file changes, what it leaves alone, what it asks, and that twice is once."""

from datetime import date
from decimal import Decimal

from core.work import open_work
from domain.catalog import service as catalog
from domain.sales import service as sales
from domain.stock import service as stock
from tests.factories.shop import Shop
from tests.imports import making
from tests.imports.conftest import Load

PRODUCTS = """Código;Nombre;Precio;Categoría;Código de barras
00123;Arroz;1.234,50;Víveres;750100
HAR-1;Harina P.A.N. Blanca;26.000,00;;
"""
COUNTS = "Código;Existencia\nHAR-1;12\nQUE-1;2,5\nACE-1;\n"
SALES = """Fecha;Ticket;Código;Cantidad;Precio venta
2026-04-03;1;HAR-1;2;10,50
2026-04-03;1;HAR-1;2;10,50
2026-04-04;2;QUE-1;0,5;90
"""
BOUGHT = """Fecha;Factura;Código;Cantidad;Costo;Proveedor
2026-04-03;F1;HAR-1;10;5,00;Polar
2026-04-04;F2;HAR-1;10;7,00;Polar
"""
WRONG = """Código;Nombre;Precio;Unidad
A1;Arroz;2;PZA
;Sin código;2;PZA
A2;;3;PZA
A3;Malo;gratis;PZA
A4;Cosa;2;barril
A1;Otro;9;PZA
A1;Arroz;2;PZA
HAR-1;Harina;0;PZA
QUE-1;Queso blanco duro;90000;PZA
"""


def counts(result: object) -> tuple[int, ...]:
    return tuple(getattr(result, name) for name in ("rows", "inserted", "updated", "unchanged", "failed"))


async def on_hand(shop: Shop, sku: str) -> Decimal:
    async with open_work(shop.principal) as work:
        return (await stock.available(work, [shop.variants[sku]]))[shop.variants[sku]].on_hand


async def test_products_are_made_and_changed_and_a_second_time_changes_nothing(shop: Shop, load: Load) -> None:
    first = await load(PRODUCTS)

    assert (first.status, first.file_type, counts(first)) == ("completed", "products", (2, 1, 1, 0, 0))
    async with open_work(shop.principal) as work:
        rice, flour = await catalog.get_variant(work, "00123"), await catalog.get_variant(work, "HAR-1")
        assert (rice.name, rice.price, rice.category, rice.barcode) == ("Arroz", Decimal("1234.50"), "Víveres", "750100")
        assert flour.price == Decimal(26000)
        assert [hit.sku for hit in await catalog.search(work, "arroz")] == ["00123"]
    assert counts(await load(PRODUCTS)) == (2, 0, 0, 2, 0)


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(shop: Shop, load: Load) -> None:
    for content in (PRODUCTS, COUNTS, SALES, BOUGHT):
        before = await _state(shop)
        dry = await load(content, dry=True)
        assert await _state(shop) == before
        real = await load(content)
        assert counts(dry) == counts(real)
        assert dry.inserted + dry.updated > 0


async def _state(shop: Shop) -> tuple[object, ...]:
    async with open_work(shop.principal) as work:
        page = await catalog.list_products(work)
        movements = await stock.movements(work, limit=100)
        return page, movements, await catalog.categories(work)


async def test_counts_set_levels_once_however_often_the_file_comes(shop: Shop, load: Load) -> None:
    first = await load(COUNTS)

    assert (first.file_type, first.store, counts(first)) == ("inventory", "T-1", (3, 0, 2, 1, 0))
    assert (await on_hand(shop, "HAR-1"), await on_hand(shop, "QUE-1")) == (Decimal(12), Decimal("2.5"))
    # Something is sold, and the same file comes again: it is no new count
    async with open_work(shop.principal) as work:
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-2), "vendido")
    assert counts(await load(COUNTS)) == (3, 0, 0, 3, 0)
    assert await on_hand(shop, "HAR-1") == 10


async def test_sales_become_history_and_overlapping_files_add_only_what_is_new(shop: Shop, load: Load) -> None:
    first = await load(SALES)
    # Two equal lines of one ticket are two sales
    assert (first.file_type, counts(first)) == ("sales", (3, 3, 0, 0, 0))
    more = SALES + "2026-04-05;3;HAR-1;1;10,50\n"
    assert counts(await load(more)) == (4, 1, 0, 3, 0)
    async with open_work(shop.principal) as work:
        days = await sales.daily(work, date(2026, 4, 1), date(2026, 4, 30))
    assert [(day.day.day, day.quantity) for day in days] == [(3, 4), (4, Decimal("0.5")), (5, 1)]
    assert await on_hand(shop, "HAR-1") == 0


async def test_purchases_are_received_once_and_enter_the_average_cost(shop: Shop, load: Load) -> None:
    assert counts(await load(BOUGHT)) == (2, 2, 0, 0, 0)
    assert counts(await load(BOUGHT.replace("Polar\n2026", "Polar\n\n2026"))) == (2, 0, 0, 2, 0)
    async with open_work(shop.principal) as work:
        (level,) = await stock.levels(work, shop.variants["HAR-1"])
        assert (level.on_hand, level.unit_cost) == (Decimal(20), Decimal("6.00"))
        assert await stock.reconcile(work) == []


async def test_rows_that_fail_say_why_and_the_others_go_in(shop: Shop, load: Load) -> None:
    result = await load(WRONG)

    assert counts(result) == (9, 1, 0, 1, 7)
    assert [(error.row, error.code) for error in result.errors] == [
        (3, "code_missing"), (4, "name_missing"), (5, "not_a_number"), (6, "unit_unknown"), (7, "code_repeated"),
        (9, "price_missing"), (10, "unit_differs"),
    ]  # fmt: skip
    assert result.errors[2].message == "“gratis” is no number."
    assert all(error.suggestion for error in result.errors)


async def test_a_code_whose_zeros_a_number_cell_lost_is_asked_and_not_made_anew(shop: Shop, load: Load) -> None:
    await load(PRODUCTS)

    result = await load(making.xlsx([["Código", "Nombre", "Precio"], [123, "Arroz", 5]]), "x.xlsx")

    assert [(error.code, error.message) for error in result.errors] == [
        ("code_zeros_lost", "The code 123 seems to be 00123: the cell for numbers has lost the zeros.")
    ]


async def test_questions_stop_the_file_and_their_answers_are_learnt(shop: Shop, load: Load) -> None:
    unclear = "Código;Nombre;Precio\nA1;Arroz;1,800\n"
    asked = await load(unclear)
    assert (asked.status, [error.code for error in asked.errors], counts(asked)) == (
        "needs_answers", ["number_format_unclear"], (1, 0, 0, 0, 0)
    )  # fmt: skip
    assert counts(await load(unclear, decimal="point")) == (1, 1, 0, 0, 0)
    async with open_work(shop.principal) as work:
        assert (await catalog.get_variant(work, "A1")).price == 1800


async def test_a_store_is_recognised_by_name_or_asked(shop: Shop, load: Load) -> None:
    async with open_work(shop.principal) as work:
        await shop.open_branch(work)
    asked = await load(COUNTS)
    assert (asked.status, [error.code for error in asked.errors]) == ("needs_answers", ["store_missing"])
    assert (await load(COUNTS, "Inventario Tienda Dos abril.csv")).store == "T-2"
    assert (await load(COUNTS, store="T-1")).store == "T-1"
    by_row = await load("Tienda;Código;Existencia\nTienda Uno;HAR-1;3\nT-2;HAR-1;4\nOtra;HAR-1;5\n")
    assert (counts(by_row), by_row.errors[0].code) == ((3, 0, 2, 0, 1), "store_unknown")


async def test_a_file_that_cannot_be_read_fails_with_its_reason(load: Load) -> None:
    result = await load(b"%PDF-1.4\n", "x.xlsx")

    assert (result.status, [error.code for error in result.errors]) == ("failed", ["file_unknown"])
    assert ".xlsx, .xls, .ods and .csv" in result.errors[0].message
