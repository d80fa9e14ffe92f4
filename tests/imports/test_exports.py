"""Exports: what goes out can come in again and changes nothing, and no text is ever a formula."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access import Principal, PrincipalKind
from core.errors import NotPermitted
from core.tables import new_id
from core.work import open_work
from domain.catalog import editing
from domain.catalog.schemas import NewProduct
from domain.exports import lists
from domain.exports.lists import LISTS, ListName, pages
from domain.imports.sheets.headings import Field
from domain.imports.sheets.values import BadCell, Formats, read_cell
from domain.imports.sheets.writing import CsvFile, XlsxFile, guarded
from domain.stock import service as stock
from tests.factories.shop import Shop, fill
from tests.imports.conftest import Load
from tests.imports.test_imports import SALES, counts

ATTACKS = ("=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')


async def exported(shop: Shop, name: ListName) -> bytes:
    file = CsvFile(LISTS[name].columns)
    return file.head + b"".join([file.lines(rows) async for rows in pages(shop.principal, name)])


@pytest.mark.parametrize("name", [ListName.PRODUCTS, ListName.STOCK, ListName.SALES])
async def test_what_was_exported_comes_in_again_and_changes_nothing(shop: Shop, load: Load, name: ListName) -> None:
    await load(SALES)
    async with open_work(shop.principal) as work:
        odd = NewProduct(code="007", name='=Raro, "con" comas', price=Decimal("1.5"), brand="-5")
        await editing.create_product(work, odd)
        for sku in shop.variants:
            await fill(work, shop, sku, 7)

    result = await load(await exported(shop, name), f"{ {'stock': 'inventario'}.get(name.value, name.value) }.csv")

    assert (result.status, result.inserted, result.updated, result.failed) == ("completed", 0, 0, 0)
    assert result.rows == result.unchanged > 0


async def test_lists_are_read_in_pages_whatever_their_length(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)

    read = [rows async for rows in pages(shop.principal, ListName.PRODUCTS)]

    assert [len(rows) for rows in read] == [2, 1]
    assert [row[0] for rows in read for row in rows] == ["ACE-1", "HAR-1", "QUE-1"]


async def test_the_ledger_goes_out_in_its_order(shop: Shop) -> None:
    async with open_work(shop.principal) as work:
        await fill(work, shop, "HAR-1", 7)
        await stock.adjust(work, shop.store_id, shop.variants["HAR-1"], Decimal(-2), "rotura")

    read = list(csv.reader(io.StringIO((await exported(shop, ListName.MOVEMENTS)).decode("utf-8-sig"))))

    assert [row[read[0].index("delta")] for row in read[1:]] == ["7", "-2"]


async def test_whoever_may_not_see_a_list_gets_none_of_it(shop: Shop) -> None:
    nobody = Principal(PrincipalKind.USER, shop.workspace_id, frozenset({"imports:read"}), new_id())
    for name in ListName:
        with pytest.raises(NotPermitted):
            assert [rows async for rows in pages(nobody, name)]


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_is_a_formula_in_either_kind_of_file(text: str, tmp_path: Path) -> None:
    assert guarded(text) == f"'{text}"
    path = tmp_path / "x.xlsx"
    sheet = XlsxFile(path, "x", ["name"])
    sheet.write([text])
    sheet.close()
    cell = openpyxl.load_workbook(path).worksheets[0]["A2"]
    assert cell.data_type == "s"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40))
def test_a_guarded_text_comes_back_as_it_was(text: str) -> None:
    try:
        plain = read_cell(Field.NAME, f"x{text}", Formats())
    except BadCell:
        return
    if " ".join(text.split()) == text:
        assert read_cell(Field.NAME, guarded(text), Formats()) in (text, None) or text.startswith("#")
    assert plain == " ".join(f"x{text}".split())


@given(st.decimals(-(10**9), 10**9, places=3, allow_nan=False, allow_infinity=False))
def test_numbers_go_out_plain(value: Decimal) -> None:
    assert Decimal(guarded(value)) == value
    assert "E" not in guarded(value)


async def test_a_product_list_of_many_rows_is_counted_the_same(shop: Shop, load: Load) -> None:
    rows = "".join(f"M{n:04d},Cosa {n},{n + 1}.00\n" for n in range(2_500))

    assert counts(await load("code,name,price\n" + rows)) == (2_500, 2_500, 0, 0, 0)
    assert (await exported(shop, ListName.PRODUCTS)).count(b"\r\n") == 1 + 2_500 + 3
