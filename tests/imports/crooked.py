"""More ugly sheets: macros, headings over two lines, mixed marks, cells that are nearly what they should be, suppliers."""

from collections.abc import Sequence

from tests.imports import making
from tests.imports.ugly import READ, TWO, P, Ugly


def _csv(*rows: Sequence[object], separator: str = ";") -> bytes:
    return making.csv_text(list(rows), separator).encode()


COUNT = ["Código", "Existencia"]
SUPPLIED = ["Código", "Nombre", "Precio", "Proveedor"]

CROOKED = (
    Ugly(
        "a workbook with macros, which are never looked at",
        "lista.xlsm",
        lambda: making.changed(making.xlsx([P, *TWO]), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"\x00" * 600}),
    ),
    Ugly(
        "a heading with a line break",
        "x.csv",
        lambda: b'"C\xc3\xb3digo\nprincipal";Nombre;"Precio\nventa"\n00123;Harina;2,5\n',
        kind=None,
        rows=[],
        questions=["columns_missing"],
    ),
    Ugly(
        "a known heading with a line break",
        "x.csv",
        lambda: b'"C\xc3\xb3digo";Nombre;"Precio\nventa"\n00123;Harina;2,5\nA-7;Arroz;3\n',
    ),
    Ugly(
        "blanks around everything",
        "x.csv",
        lambda: _csv([" Código ", "Nombre  ", " Precio"], [" 00123 ", "  Harina ", " 2,5 "], ["A-7", "Arroz", "3"]),
    ),
    Ugly(
        "blanks that do not break",
        "x.csv",
        lambda: _csv(["Código\u00a0", "Nombre", "Precio"], ["00123\u00a0", "Harina", "2,5"], ["A-7", "Arroz\u00a0", "3"]),
    ),
    Ugly(
        "one column with commas, another with points",
        "x.csv",
        lambda: _csv([*P, "Costo"], ["00123", "Harina", "2,50", "1.75"], ["A-7", "Arroz", "1.250,00", "1,000.25"]),
        fields="price cost",
        rows=["2.50|1.75", "1250.00|1000.25"],
    ),
    Ugly(
        "soles, pesos and reais",
        "x.csv",
        lambda: _csv(P, ["A", "Uno", "S/. 2,50"], ["B", "Dos", "R$ 1.234,50"], ["C", "Tres", "COP 3"]),
        rows=["A|Uno|2.50", "B|Dos|1234.50", "C|Tres|3.00"],
    ),
    Ugly(
        "a price per kilo in words",
        "x.csv",
        lambda: _csv(P, ["A", "Uno", "2,50 x kg"], ["B", "Dos", "3,00"]),
        rows=["A|Uno|", "B|Dos|3.00"],
        problems=["not_a_number"],
    ),
    Ugly(
        "a percentage is no price",
        "x.csv",
        lambda: _csv(P, ["A", "Uno", "15%"], ["B", "Dos", "3,00"]),
        rows=["A|Uno|", "B|Dos|3.00"],
        problems=["not_a_number"],
    ),
    Ugly(
        "a price without end",
        "x.csv",
        lambda: _csv(P, ["A", "Uno", "9" * 15], ["B", "Dos", "3,00"]),
        rows=["A|Uno|", "B|Dos|3.00"],
        problems=["number_too_large"],
    ),
    Ugly(
        "truth for a price",
        "x.xlsx",
        lambda: making.xlsx([P, ["A", "Uno", True], ["B", "Dos", 3]]),
        rows=["A|Uno|", "B|Dos|3.00"],
        problems=["not_a_number"],
    ),
    Ugly(
        "half a piece of a thousandth",
        "x.csv",
        lambda: _csv(COUNT, ["A", "1,2345"], ["B", "2,5"]),
        kind="inventory",
        fields="code counted",
        rows=["A|", "B|2.500"],
        problems=["number_too_fine"],
    ),
    Ugly(
        "a count below nothing",
        "x.csv",
        lambda: _csv(COUNT, ["A", "-3"], ["B", "2"]),
        kind="inventory",
        fields="code counted",
        rows=["A|", "B|2.000"],
        problems=["number_negative"],
    ),
    Ugly(
        "digits of full width",
        "x.csv",
        lambda: _csv(P, ["00123", "Harina", "２,５"], ["A-7", "Arroz", "3"]),
        rows=["00123|Harina|", READ[1]],
        problems=["not_a_number"],
    ),
    Ugly(
        "a name longer than a name",
        "x.csv",
        lambda: _csv(P, ["A", "x" * 600, "2"], ["B", "Dos", "3"]),
        rows=["A||2.00", "B|Dos|3.00"],
        problems=["text_too_long"],
    ),
    Ugly(
        "lines of dashes between",
        "x.csv",
        lambda: _csv(P, TWO[0], ["-----", "-----", "-----"], TWO[1]),
        rows=[READ[0], "-----|-----|", READ[1]],
        problems=["not_a_number"],
    ),
    Ugly(
        "short lines", "x.csv", lambda: b"C\xc3\xb3digo;Nombre;Precio;Marca\n00123;Harina;2,5\nA-7;Arroz;3;Mary;de mas;y mas\n"
    ),
    Ugly(
        "who sells it",
        "x.csv",
        lambda: _csv(SUPPLIED, ["00123", "Harina", 2.5, "Polar"], ["A-7", "Arroz", 3, ""]),
        fields="code supplier",
        rows=["00123|Polar", "A-7|"],
    ),
    Ugly(
        "a supplier in merged cells",
        "x.xlsx",
        lambda: making.xlsx_merged([["Proveedor", *P], ["", *TWO[0]], ["", *TWO[1]]], [(1, 0, 2, 0, "Polar")]),
        fields="supplier code",
        rows=["Polar|00123", "Polar|A-7"],
    ),
    Ugly(
        "a sheet that is protected against changes",
        "x.xlsx",
        lambda: making.changed(
            making.xlsx([P, *TWO]),
            {
                "xl/worksheets/sheet1.xml": making.part(making.xlsx([P, *TWO]), "xl/worksheets/sheet1.xml").replace(
                    b"</sheetData>", b'</sheetData><sheetProtection sheet="1" objects="1" scenarios="1"/>'
                )
            },
        ),
    ),
    Ugly("old Mac line ends", "x.csv", lambda: _csv(P, *TWO).replace(b"\r\n", b"\r")),
    Ugly("a comment above in a csv", "x.csv", lambda: b"# exportado el 3 de abril;;\n" + _csv(P, *TWO)),
)
