"""A collection of ugly sheets: what shops really send, each with what must be read of it."""

import datetime
from collections.abc import Callable

from tests.imports import making
from tests.imports.crooked import CROOKED
from tests.imports.damaged import DAMAGED
from tests.imports.ugly import TWO, P, Ugly


def _text(text: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: text.encode(encoding)


def _csv(rows: making.Rows, separator: str = ";", encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: making.csv_text(rows, separator).encode(encoding)


def _numbers(*prices: str) -> Callable[[], bytes]:
    return _csv([P, *([f"N{place}", "Cosa", price] for place, price in enumerate(prices))])


def _read(*prices: str) -> list[str]:
    return [f"N{place}|Cosa|{price}" for place, price in enumerate(prices)]


def _forty() -> list[making.Rows]:
    return [[P, [f"C{n:02d}", "Cosa", n + 1]] for n in range(40)]


SALES = ["Fecha", "Ticket", "Código", "Cantidad", "Precio venta"]
COUNT = ["Código", "Descripción", "Existencia"]

KINDS = (
    Ugly("plain xlsx", "lista.xlsx", lambda: making.xlsx([P, *TWO])),
    Ugly("xls of Excel 97", "lista.xls", lambda: making.xls([P, *TWO])),
    Ugly("ods", "lista.ods", lambda: making.ods([P, *TWO])),
    Ugly("csv with semicolons", "lista.csv", _csv([P, ["00123", "Harina", "2,5"], ["A-7", "Arroz", "3"]])),
    Ugly("csv with commas", "lista.csv", _csv([P, *TWO], ",")),
    Ugly("csv with tabs", "lista.txt", _csv([P, *TWO], "\t"), notes=()),
    Ugly("csv with bars", "lista.csv", _csv([P, *TWO], "|")),
    Ugly("csv that declares its separator", "lista.csv", lambda: b"sep=;\r\n" + making.csv_text([P, *TWO]).encode()),
    Ugly("csv with a byte order mark", "lista.csv", _csv([P, *TWO], encoding="utf-8-sig")),
    Ugly("html named xls", "lista.xls", lambda: making.html([P, *TWO]).encode(), notes=["file_name_misleads"]),
    Ugly("xml of 2003 named xls", "lista.xls", lambda: making.xml_2003([P, *TWO]).encode(), notes=["file_name_misleads"]),
    Ugly("csv named xlsx", "lista.xlsx", _csv([P, *TWO]), notes=["file_name_misleads"]),
    Ugly("xlsx named csv", "lista.csv", lambda: making.xlsx([P, *TWO]), notes=["file_name_misleads"]),
    Ugly("xlsx named xls", "lista.xls", lambda: making.xlsx([P, *TWO]), notes=["file_name_misleads"]),
    Ugly("no ending", "lista", lambda: making.xlsx([P, *TWO])),
    Ugly(
        "html with scripts and spans",
        "lista.html",
        lambda: making.html(
            [["<b>Código</b>", "<span>Nombre</span>", "Precio<br>"], *TWO], "<script>var x='<td>'</script>"
        ).encode(),
    ),
    Ugly(
        "quoted cells with line breaks",
        "l.csv",
        _text('Código;Nombre;Precio\n"00123";"Harina\nPAN";"2,5"\n'),
        rows=["00123|Harina PAN|2.50"],
    ),
)

ENCODINGS = tuple(
    Ugly(
        f"csv in {encoding}",
        "lista.csv",
        _csv([P, ["Ñ1", "Piña añeja", "2,5"], ["A-7", "Maní", "3"]], encoding=encoding),
        rows=["Ñ1|Piña añeja|2.50", "A-7|Maní|3.00"],
    )
    for encoding in ("utf-8", "cp1252", "cp850", "mac_roman", "utf-16", "utf-16-le", "utf-16-be")
)

PLACES = (
    Ugly("titles above", "x.xlsx", lambda: making.xlsx([["ABASTO LA ESQUINA"], ["Lista al 3 de abril"], [], P, *TWO])),
    Ugly(
        "table far from the corner", "x.xlsx", lambda: making.xlsx([[], [], [None, None, *P], *[[None, None, *r] for r in TWO]])
    ),
    Ugly("blank lines between", "x.xlsx", lambda: making.xlsx([P, TWO[0], [], [], TWO[1], []])),
    Ugly(
        "totals and subtotals",
        "x.xlsx",
        lambda: making.xlsx([P, TWO[0], ["Subtotal", None, 2.5], TWO[1], ["TOTAL GENERAL:", None, 5.5]]),
        notes=["lines_skipped"],
    ),
    Ugly("a sum without a word", "x.xlsx", lambda: making.xlsx([P, *TWO, [None, None, 5.5]]), notes=["lines_skipped"]),
    Ugly("a product called Total", "x.csv", _csv([P, ["T1", "Total limpieza", "2"]]), rows=["T1|Total limpieza|2.00"]),
    Ugly(
        "headings of groups between",
        "x.xlsx",
        lambda: making.xlsx([P, ["BEBIDAS"], TWO[0], ["GRANOS Y MÁS"], TWO[1]]),
        notes=["lines_skipped"],
    ),
    Ugly("headings repeated on each page", "x.xlsx", lambda: making.xlsx([P, TWO[0], P, TWO[1]])),
    Ugly(
        "two tables with other orders",
        "x.xlsx",
        lambda: making.xlsx([P, TWO[0], [], ["Otra lista"], ["Precio", "Código", "Nombre"], [3, "A-7", "Arroz"]]),
        notes=["lines_skipped"],
    ),
    Ugly(
        "forty sheets",
        "x.xlsx",
        lambda: making.xlsx(*_forty()),
        rows=[f"C{n:02d}|Cosa|{n + 1}.00" for n in range(40)],
    ),
    Ugly("an empty sheet first", "x.xlsx", lambda: making.xlsx([], [P, *TWO])),
    Ugly("a sheet of notes beside", "x.xlsx", lambda: making.xlsx([P, *TWO], [["Notas"], ["Todo sube el lunes"]])),
    Ugly("merged title", "x.xlsx", lambda: making.xlsx_merged([[], P, *TWO], [(0, 0, 0, 2, "LISTA DE PRECIOS")])),
    Ugly(
        "category in merged cells",
        "x.xlsx",
        lambda: making.xlsx_merged([["Rubro", *P], ["", *TWO[0]], ["", *TWO[1]]], [(1, 0, 2, 0, "Víveres")]),
        fields="category code price",
        rows=["Víveres|00123|2.50", "Víveres|A-7|3.00"],
    ),
    Ugly(
        "an amount in merged cells is said once",
        "x.xlsx",
        lambda: making.xlsx_merged([["Código", "Stock"], ["A1", 5], ["A2", ""]], [(1, 1, 2, 1, 5)]),
        kind="inventory",
        fields="code counted",
        rows=["A1|5.000", "A2|"],
    ),
    Ugly(
        "rows of an html table that span",
        "x.xls",
        lambda: (
            b"<table><tr><th>Rubro<th>Codigo<th>Nombre<th>Precio</tr><tr><td rowspan=2>Granos<td>A1<td>Arroz<td>2</tr>"
            b"<tr><td>A2<td>Caraota<td>3</tr></table>"
        ),
        fields="category code name price",
        notes=["file_name_misleads"],
        rows=["Granos|A1|Arroz|2.00", "Granos|A2|Caraota|3.00"],
    ),
    Ugly("english headings", "x.csv", _csv([["SKU", "Product Name", "Retail Price (USD)"], *TWO])),
    Ugly("shouted headings with signs", "x.csv", _csv([["* CÓDIGO:", "DESCRIPCION DEL PRODUCTO", "P.V.P. (Bs.)"], *TWO])),
    Ugly("headings glued by underscores", "x.csv", _csv([["codigo_producto", "nombre_articulo", "precio_venta"], *TWO])),
    Ugly(
        "two prices",
        "x.csv",
        _csv([["Código", "Nombre", "Precio mayor", "Precio detal", "Costo"], ["A1", "Arroz", 2, 3, 1]]),
        fields="price wholesale_price cost",
        rows=["3.00|2.00|1.00"],
    ),
    Ugly(
        "name and long description",
        "x.csv",
        _csv([["Código", "Descripción", "Nombre", "Precio"], ["A1", "Del bueno", "Arroz", 1]]),
        fields="name description",
        rows=["Arroz|Del bueno"],
    ),
)

NUMBERS = (
    Ugly("decimal commas", "x.csv", _numbers("1.234,56", "2,5"), rows=_read("1234.56", "2.50")),
    Ugly("decimal points", "x.csv", _numbers("1,234.56", "2.5"), rows=_read("1234.56", "2.50")),
    Ugly("spaces for thousands", "x.csv", _numbers("1 234,56", "1\xa0800,00"), rows=_read("1234.56", "1800.00")),
    Ugly("apostrophes for thousands", "x.csv", _numbers("1'234,56", "2"), rows=_read("1234.56", "2.00")),
    Ugly("lakhs", "x.csv", _numbers("1,23,456.78"), rows=_read("123456.78")),
    Ugly("currencies", "x.csv", _numbers("Bs. 1.234,56", "$ 2,50", "Bs 3"), rows=_read("1234.56", "2.50", "3.00")),
    Ugly("one cell decides a column", "x.csv", _numbers("1,800", "2.50"), rows=_read("1800.00", "2.50")),
    Ugly("a column that fits both readings", "x.csv", _numbers("1,800", "2,500"), questions=["number_format_unclear"], rows=[]),
    Ugly(
        "a column of both kinds",
        "x.csv",
        _numbers("2,50", "3.50", "1.800"),
        rows=_read("2.50", "3.50", ""),
        problems=["number_unclear"],
    ),
    Ugly("a fraction is no thousand", "x.csv", _numbers("0,500", "0,250"), rows=_read("0.50", "0.25")),
    Ugly("words for a number", "x.csv", _numbers("gratis", "2"), rows=_read("", "2.00"), problems=["not_a_number"]),
    Ugly("a negative price", "x.csv", _numbers("-2", "(3)"), rows=_read("", ""), problems=["number_negative"] * 2),
    Ugly(
        "formulas never computed",
        "x.xlsx",
        lambda: making.openpyxl_book([P, ["A1", "Arroz", "=1+1"]]),
        rows=["A1|Arroz|"],
        problems=["formula_not_computed"],
    ),
    Ugly("error cells", "x.csv", _csv([P, ["A1", "Arroz", "#REF!"]]), rows=["A1|Arroz|"], problems=["cell_error"]),
    Ugly(
        "a float's last digits",
        "x.xlsx",
        lambda: making.xlsx([COUNT, ["A1", "Queso", 0.1 + 0.2]]),
        kind="inventory",
        fields="code counted",
        rows=["A1|0.300"],
    ),
)

CODES = (
    Ugly("a code that is a number", "x.xlsx", lambda: making.xlsx([P, [7, "Arroz", 2]]), rows=["7|Arroz|2.00"]),
    Ugly(
        "a code shown with zeros",
        "x.xlsx",
        lambda: making.xlsx([P, [123, "Arroz", 2]], formats={(1, 0): "00000"}),
        rows=["00123|Arroz|2.00"],
    ),
    Ugly("a text code keeps its zeros", "x.csv", _csv([P, ["007", "Arroz", 2]]), rows=["007|Arroz|2.00"]),
    Ugly(
        "a long code in a number cell",
        "x.xlsx",
        lambda: making.xlsx([P, [1234567890123456789, "Arroz", 2]]),
        rows=["|Arroz|2.00"],
        problems=["code_digits_lost"],
    ),
    Ugly(
        "a code in powers of ten",
        "x.csv",
        _csv([P, ["1,9E+18", "Arroz", 2]]),
        rows=["|Arroz|2.00"],
        problems=["code_digits_lost"],
    ),
    Ugly(
        "a code that became a day",
        "x.xlsx",
        lambda: making.xlsx([P, [datetime.date(2026, 4, 3), "Arroz", 2]]),
        rows=["|Arroz|2.00"],
        problems=["code_is_date"],
    ),
    Ugly("a guarded code", "x.csv", _csv([P, ["'00123", "'=Arroz", 2]]), rows=["00123|=Arroz|2.00"], problems=[]),
)

DAYS = (
    *(
        Ugly(
            f"days: {name}",
            "ventas.csv",
            _csv([SALES, *([day, n, "A1", 1, 2] for n, day in enumerate(days))]),
            kind="sales",
            fields="date",
            rows=rows,
        )
        for name, days, rows in (
            ("iso", ["2026-04-03", "2026-04-03 17:05:00"], ["2026-04-03 00:00:00", "2026-04-03 17:05:00"]),
            ("day first by one cell", ["03/04/2026", "13/04/2026"], ["2026-04-03 00:00:00", "2026-04-13 00:00:00"]),
            ("month first by one cell", ["03/04/2026", "04/13/26"], ["2026-03-04 00:00:00", "2026-04-13 00:00:00"]),
            ("months by name", ["3-abr-2026", "3 de septiembre de 2026"], ["2026-04-03 00:00:00", "2026-09-03 00:00:00"]),
            (
                "a. m. and p. m.",
                ["13/04/2026 5:30 p. m.", "13/04/2026 12:05 a.m."],
                ["2026-04-13 17:30:00", "2026-04-13 00:05:00"],
            ),
            ("serials as text", ["45000", "45000,5"], ["2023-03-15 00:00:00", "2023-03-15 12:00:00"]),
        )
    ),
    Ugly(
        "serials as numbers",
        "ventas.xlsx",
        lambda: making.xlsx([SALES, [45000, 1, "A1", 1, 2]]),
        kind="sales",
        fields="date",
        rows=["2023-03-15 00:00:00"],
    ),
    Ugly(
        "real days",
        "ventas.xlsx",
        lambda: making.xlsx([SALES, [datetime.date(2026, 4, 3), 1, "A1", 1, 2]]),
        kind="sales",
        fields="date document",
        rows=["2026-04-03 00:00:00|1"],
    ),
    Ugly(
        "days that fit both readings",
        "ventas.csv",
        _csv([SALES, ["03/04/2026", 1, "A1", 1, 2]]),
        kind="sales",
        rows=[],
        questions=["date_order_unclear"],
    ),
    Ugly(
        "a month is no day",
        "ventas.csv",
        _csv([SALES, ["abril 2026", 1, "A1", 1, 2]]),
        kind="sales",
        fields="code date",
        rows=["A1|"],
        problems=["not_a_date"],
    ),
    Ugly(
        "the 31st of February",
        "ventas.csv",
        _csv([SALES, ["31/02/2026", 1, "A1", 1, 2]]),
        kind="sales",
        fields="code date",
        rows=["A1|"],
        problems=["not_a_date"],
    ),
)

TYPES = (
    Ugly("a count", "x.csv", _csv([COUNT, ["A1", "Arroz", "5"]]), kind="inventory", fields="code counted", rows=["A1|5.000"]),
    Ugly(
        "prices beside a count, by the file's name",
        "inventario abril.csv",
        _csv([[*P, "Existencia"], ["A1", "Arroz", 2, 5]]),
        kind="inventory",
        fields="code counted",
        rows=["A1|5.000"],
        notes=["columns_not_used"],
    ),
    Ugly(
        "prices beside a count",
        "x.csv",
        _csv([[*P, "Existencia"], ["A1", "Arroz", 2, 5]]),
        kind=None,
        rows=[],
        questions=["file_type_unclear"],
    ),
    Ugly(
        "purchases by their supplier",
        "x.csv",
        _csv([["Fecha", "Código", "Cantidad", "Costo", "Proveedor"], ["2026-04-03", "A1", 5, "1,2", "Polar"]]),
        kind="purchases",
        fields="code quantity cost supplier",
        rows=["A1|5.000|1.20|Polar"],
    ),
    Ugly(
        "sales by the sheet's name",
        "x.xlsx",
        lambda: making.xlsx([["Fecha", "Código", "Cantidad"], ["2026-04-03", "A1", 5]], names=["Ventas"]),
        kind="sales",
        fields="code quantity",
        rows=["A1|5.000"],
    ),
    Ugly(
        "a trade of either kind",
        "x.csv",
        _csv([["Fecha", "Código", "Cantidad"], ["2026-04-03", "A1", 5]]),
        kind=None,
        rows=[],
        questions=["file_type_unclear"],
    ),
    Ugly(
        "a quantity without a word",
        "x.csv",
        _csv([["Código", "Cantidad"], ["A1", 5]]),
        kind=None,
        rows=[],
        questions=["file_type_unclear"],
    ),
    Ugly("no headings", "x.csv", _csv(TWO), kind=None, rows=[], questions=["columns_missing"]),
    Ugly(
        "a misspelt heading",
        "x.csv",
        _csv([["Codgio", "Nombre", "Precio"], *TWO]),
        kind=None,
        rows=[],
        questions=["columns_missing"],
    ),
    Ugly(
        "sheets of two kinds",
        "x.xlsx",
        lambda: making.xlsx([P, *TWO], [SALES, ["2026-04-03", 1, "A1", 1, 2]]),
        kind=None,
        rows=[],
        questions=["file_type_unclear"],
    ),
    Ugly(
        "only a letter",
        "x.csv",
        _text("Estimados señores:\nadjunto la lista\n"),
        kind=None,
        rows=[],
        questions=["table_missing"],
    ),
)


COLLECTION = (*KINDS, *ENCODINGS, *PLACES, *NUMBERS, *CODES, *DAYS, *TYPES, *CROOKED, *DAMAGED)
