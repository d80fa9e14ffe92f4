"""Reports as files. From the same paper come the same bytes: nothing in them tells when or where they were made."""

import io
import json
import tempfile
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import typst
import xlsxwriter
from babel.numbers import format_decimal

from core import pictures
from domain.emissions._papers import Cell, Paper, Table
from domain.emissions._papers import paper as compose
from domain.emissions.kinds import ReportFormat
from domain.emissions.reports import ToMake
from domain.imports.sheets.writing import guarded

_TEMPLATE: Final = Path(__file__).with_name("report.typ")
_WIDEST: Final = 40
_NARROWEST: Final = 5


def write(wanted: ToMake) -> bytes:
    """The file of a report: the same bytes each time. It takes a while, and runs beside the event loop."""
    told, language = compose(wanted.content, wanted.language), wanted.language.value
    return _pdf(told, language) if wanted.format is ReportFormat.PDF else _xlsx(told, wanted.at)


def _pdf(paper: Paper, language: str) -> bytes:
    told = {
        "title": paper.title,
        "facts": paper.facts,
        "tables": [_table(table, language) for table in paper.tables],
        "signatures": paper.signatures,
    }
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "chart.png").write_bytes(pictures.png(paper.chart))
        (place / "report.typ").write_bytes(_TEMPLATE.read_bytes())
        made = typst.compile(
            str(place / "report.typ"),
            root=folder,
            sys_inputs={"paper": json.dumps(told), "language": language},
            ignore_system_fonts=True,
            format="pdf",
        )
    assert isinstance(made, bytes), "a PDF is one file"
    return made


def _table(table: Table, language: str) -> dict[str, object]:
    rows = [[_text(cell, language) for cell in row] for row in table.rows]
    return {
        "heading": table.heading,
        "note": table.note,
        "columns": list(table.columns),
        "rows": rows,
        "numbers": [any(isinstance(row[place], int | Decimal) for row in table.rows) for place in range(len(table.columns))],
        "widths": [_width([name, *(row[place] for row in rows)]) for place, name in enumerate(table.columns)],
    }


def _width(cells: Sequence[str]) -> int:
    return min(_WIDEST, max(_NARROWEST, *(len(cell) for cell in cells)))


def _text(cell: Cell, language: str) -> str:
    if cell is None:
        return ""
    return format_decimal(cell, locale=language, decimal_quantization=False) if isinstance(cell, int | Decimal) else cell


def _xlsx(paper: Paper, at: datetime) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": paper.title, "created": at.replace(tzinfo=None, microsecond=0)})
    bold = book.add_format({"bold": True})
    first = book.add_worksheet(paper.title[:31])
    first.set_column(0, 1, _WIDEST)
    first.write_string(0, 0, paper.title, bold)
    for place, (name, value) in enumerate(paper.facts, 2):
        first.write_string(place, 0, name, bold)
        first.write_string(place, 1, guarded(value))
    below = len(paper.facts) + 4
    for place, name in enumerate(paper.signatures):
        first.write_string(below + place, 0, f"{name}: ______________________")
    first.insert_image(
        below + 5, 0, "chart.png", {"image_data": io.BytesIO(pictures.png(paper.chart)), "x_scale": 0.5, "y_scale": 0.5}
    )
    for table in paper.tables:
        sheet = book.add_worksheet(table.heading[:31])
        sheet.write_string(0, 0, table.note)
        for column, name in enumerate(table.columns):
            sheet.write_string(1, column, name, bold)
            sheet.set_column(column, column, _width([name, *(str(row[column]) for row in table.rows)]) + 2)
        for row, cells in enumerate(table.rows, 2):
            for column, cell in enumerate(cells):
                if isinstance(cell, int | Decimal):
                    sheet.write_number(row, column, float(cell))
                elif cell is not None:
                    sheet.write_string(row, column, guarded(cell))
        sheet.freeze_panes(2, 0)
    book.close()
    return out.getvalue()
