"""Rows that cannot be taken keep no other: each answers alone, in a dry run as in earnest, and when it is taken back."""

import pytest
from sqlalchemy import text

from app.queue.actors import imports as job
from core import db
from core.work import open_work
from domain.catalog import categories, editing
from domain.catalog import service as catalog
from domain.catalog.schemas import ChangeVariant, NewCategory
from domain.imports.schemas import ImportResult
from tests.factories.shop import Shop
from tests.imports.conftest import Load
from tests.imports.test_imports import counts
from tests.imports.test_undo import sums, undo

PRODUCTS = f"""Código;Nombre;Precio;Categoría;Código de barras
G1;Arroz;1,50;Víveres;
B1;Queso;1,50;Cerrada;
B2;Pan;1,50;!!!;
B3;Sal;1,50;{"ß" * 255};
HAR-1;Harina;20;;750100
QUE-1;Queso;20;;750100
B4;Vela;1,50;;750100
G2;Té;1,50;饮料;
G3;Agua;1,50;水;
"""
BOUGHT = """Fecha;Factura;Código;Cantidad;Costo
2026-04-03;F1;HAR-1;1;5,00
2026-04-03;F2;HAR-1;1000000;9999999999,99
2026-04-03;F3;HAR-1;999999999;0,01
2026-04-03;F4;HAR-1;1000000000;0,01
2026-04-03;F5;HAR-1;2;5,00
"""
COUNTED = "Código;Existencia\nACE-1;1000000000\nHAR-1;999999999\nQUE-1;2\n"
SOLD = "fecha;ticket;código;cantidad;precio venta\n2026-04-03;1;HAR-1;1000000000;9\n2026-04-03;1;HAR-1;1;9\n"


def failed(result: ImportResult) -> list[tuple[int | None, str]]:
    return [(error.row, error.code) for error in result.errors]


async def test_a_product_that_cannot_be_taken_keeps_no_other(shop: Shop, load: Load) -> None:
    async with open_work(shop.principal) as work:
        put_away = await categories.create_category(work, NewCategory(name="Cerrada"))
        await categories.set_category_active(work, put_away.id, False, put_away.version)

    for dry in (True, False):
        result = await load(PRODUCTS, dry=dry)
        assert (result.status, counts(result)) == ("completed", (9, 3, 1, 0, 5))
        assert failed(result) == [
            (3, "category_put_away"), (4, "category_unnamed"), (5, "text_too_long"),
            (7, "barcode_taken"), (8, "barcode_taken"),
        ]  # fmt: skip
    # And categories in letters of another script are as many as they are
    async with open_work(shop.principal) as work:
        assert [(await catalog.get_variant(work, sku)).category for sku in ("G2", "G3")] == ["饮料", "水"]


async def test_amounts_that_no_ledger_holds_keep_no_other(shop: Shop, load: Load) -> None:
    for dry in (True, False):
        result = await load(BOUGHT, dry=dry)
        assert (result.status, counts(result)) == ("completed", (5, 2, 0, 0, 3))
        assert failed(result) == [(3, "stock_too_large"), (4, "stock_too_large"), (5, "number_too_large")]
        assert failed(await load(COUNTED, dry=dry)) == [(2, "number_too_large")]
        assert failed(await load(SOLD, dry=dry)) == [(2, "number_too_large")]


async def test_a_row_that_only_postgres_refuses_fails_alone_and_the_import_ends(
    shop: Shop, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a rule of the database of which the house knows nothing
    monkeypatch.setattr(job, "CHUNK", 10)
    async with db.session() as session, session.begin():
        await session.execute(text("ALTER TABLE products ADD CONSTRAINT no_stones CHECK (name <> 'Piedra')"))
    names = ["Piedra" if n in (0, 7, 23) else f"Cosa {n}" for n in range(25)]

    result = await load("code,name,price\n" + "".join(f"N{n},{name},1\n" for n, name in enumerate(names)))

    assert (result.status, counts(result)) == ("completed", (25, 22, 0, 0, 3))
    assert failed(result) == [(2, "row_refused"), (9, "row_refused"), (25, "row_refused")]


async def test_a_row_that_cannot_be_taken_back_keeps_no_other(shop: Shop, load: Load) -> None:
    async def bar(sku: str, barcode: str) -> None:
        async with open_work(shop.principal) as work:
            product = await catalog.get_product(work, sku)
            await editing.change_variant(work, sku, ChangeVariant(barcode=barcode), product.version)

    # Given a barcode that an import has taken from one product, and that another one has by now
    await bar("HAR-1", "750100")
    brought = await load("code,name,price,barcode\nN1,Uno,1,\nHAR-1,Harina,20,750200\nN2,Dos,1,\n")
    assert counts(brought) == (3, 2, 1, 0, 0)
    await bar("QUE-1", "750100")

    assert sums(await undo(shop, brought)) == ("undone", 2, 0, 1)
