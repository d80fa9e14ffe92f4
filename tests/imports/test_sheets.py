"""Reading spreadsheets: the collection of ugly ones, files that are refused, and files that attack."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from domain.imports.sheets.choices import Choices
from domain.imports.sheets.headings import Field, FileType, key_of
from domain.imports.sheets.numbers import DecimalMark
from domain.imports.sheets.opening import MOST_BYTES, open_book
from domain.imports.sheets.reading import Reading, Record, records, understand
from domain.imports.sheets.refusals import (
    FileBomb,
    FileEmpty,
    FileHasEntities,
    FileProtected,
    FileRefused,
    FileTooLarge,
    FileUnknown,
    FileUnreadable,
)
from tests.imports import making
from tests.imports.collection import COLLECTION
from tests.imports.damaged import CUT_IN_THE_MIDDLE
from tests.imports.ugly import TWO, P, Ugly


def read(content: bytes, filename: str, choices: Choices | None = None) -> tuple[Reading, list[Record]]:
    book = open_book(content, filename)
    reading = understand(book, filename, choices or Choices())
    return reading, list(records(book, reading)) if not reading.questions else []


def said(record: Record, fields: str) -> str:
    return "|".join(str(record.values.get(Field(name), "")) for name in fields.split())


def test_the_collection_is_large_and_its_names_differ() -> None:
    assert len({ugly.name for ugly in COLLECTION}) == len(COLLECTION) >= 60


@pytest.mark.parametrize("ugly", COLLECTION, ids=lambda ugly: ugly.name)
def test_an_ugly_sheet_is_read_as_it_is_meant(ugly: Ugly) -> None:
    reading, rows = read(ugly.make(), ugly.filename)

    assert [question.code for question in reading.questions] == list(ugly.questions)
    assert reading.file_type == ugly.kind
    assert [said(record, ugly.fields) for record in rows] == list(ugly.rows)
    assert [problem.code for record in rows for problem in record.problems] == list(ugly.problems)
    assert {note.code for note in reading.notes} - {"columns_not_used"} == set(ugly.notes) - {"columns_not_used"}


def test_a_workbook_cut_in_the_middle_gives_what_is_left_and_says_so() -> None:
    reading, rows = read(CUT_IN_THE_MIDDLE(), "x.xlsx")

    assert {note.code for note in reading.notes} == {"file_salvaged", "file_cut_short"}
    assert 500 < len(rows) < 2_000
    assert [said(record, "code price") for record in rows[:-1]] == [f"C{n:05d}|{n}.50" for n in range(len(rows) - 1)]


def test_a_workbook_without_its_texts_says_so() -> None:
    damaged = making.changed(making.xlsx([P, *TWO]), {"xl/sharedStrings.xml": None, "xl/workbook.xml": b"<"})

    reading, _ = read(damaged, "x.xlsx")

    assert "file_texts_missing" in {note.code for note in reading.notes}
    assert reading.questions


def test_a_cell_at_the_far_corner_costs_no_memory() -> None:
    # A dense grid up to XFD1048576 would be 17 billion cells
    sheet = making.part(making.xlsx([P, *TWO]), "xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')

    _, rows = read(making.changed(making.xlsx([P, *TWO]), {"xl/worksheets/sheet1.xml": far}), "x.xlsx")

    assert [said(record, "code") for record in rows[:2]] == ["00123", "A-7"]


def _bomb(size: int) -> bytes:
    return making.changed(making.xlsx([P]), {"xl/worksheets/sheet1.xml": b"<row>" + b" " * size + b"</row>"})


def _lying_bomb(size: int) -> bytes:
    """The same, with a directory that says that every member is small."""
    archive = bytearray(_bomb(size))
    with zipfile.ZipFile(io.BytesIO(bytes(archive))) as whole:
        for info in whole.infolist():
            struct.pack_into("<I", archive, info.header_offset + 22, 100)
    at = archive.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", archive, at + 24, 100)
        at = archive.find(b"PK\x01\x02", at + 4)
    return bytes(archive)


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    b"<Table><Row><Cell><Data>&b;</Data></Cell></Row></Table></Workbook>"
)
REPEATED = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" office:value="1" '
    'table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell></table:table-row>'
)


def _endless_ods() -> bytes:
    content = making.part(making.ods([P]), "content.xml").decode()
    return making.changed(
        making.ods([P]), {"content.xml": content.replace("</table:table>", REPEATED + "</table:table>").encode()}
    )


REFUSED = (
    ("too large", lambda: b"a;b\n" * (MOST_BYTES // 4 + 1), FileTooLarge),
    ("empty", lambda: b"", FileEmpty),
    ("only blanks", lambda: b"\xef\xbb\xbf \r\n\t", FileEmpty),
    ("ten megabytes of garbage", lambda: bytes(range(256)) * (MOST_BYTES // 256), FileUnknown),
    ("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, FileUnknown),
    ("a PDF", lambda: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", FileUnknown),
    ("an archive of something else", lambda: making.changed(making.ods([P]), {"content.xml": None}), FileUnknown),
    ("a zip bomb", lambda: _bomb(200 * 2**20), FileBomb),
    ("a zip bomb with a lying directory", lambda: _lying_bomb(200 * 2**20), FileBomb),
    ("entities in XML of 2003", lambda: ENTITIES, FileHasEntities),
    ("entities in a sheet", lambda: making.changed(making.xlsx([P]), {"xl/worksheets/sheet1.xml": ENTITIES}), FileHasEntities),
    ("a sheet repeated without end", lambda: _endless_ods(), FileBomb),
    ("a workbook with a password", lambda: making.xls([P]) + "EncryptedPackage".encode("utf-16-le"), FileProtected),
    ("a compound file cut off", lambda: making.xls([P, *TWO])[:700], FileUnreadable),
    ("a web page without a table", lambda: b"<html><body><p>404</p></body></html>", FileUnreadable),
)


@pytest.mark.parametrize(("make", "refusal"), [(m, r) for _, m, r in REFUSED], ids=[name for name, _, _ in REFUSED])
def test_what_is_no_spreadsheet_is_refused_with_its_reason(make: Callable[[], bytes], refusal: type[FileRefused]) -> None:
    with pytest.raises(FileRefused) as caught:
        open_book(make(), "x.xlsx")

    assert type(caught.value) is refusal


@pytest.mark.parametrize("cut", range(0, 7000, 211))
@pytest.mark.parametrize(
    "whole", [making.xlsx([P, *TWO]), making.ods([P, *TWO]), making.xls([P, *TWO])], ids=["xlsx", "ods", "xls"]
)
def test_a_file_cut_anywhere_is_read_or_refused_and_nothing_else(whole: bytes, cut: int) -> None:
    try:
        reading, rows = read(whole[:cut], "x.xlsx")
    except FileRefused:
        return
    assert reading.questions or all(said(record, "code") in {"", "00123", "A-7"} for record in rows)


def test_an_answer_settles_a_column_that_fits_two_readings() -> None:
    content = making.csv_text([P, ["A1", "Arroz", "1,800"]]).encode()

    prices = {mark: said(read(content, "x.csv", Choices(mark=mark))[1][0], "price") for mark in DecimalMark}

    assert prices == {DecimalMark.COMMA: "1.80", DecimalMark.POINT: "1800.00"}


def test_a_word_never_overrules_what_the_column_itself_says() -> None:
    content = making.csv_text([P, ["A1", "Arroz", "1,800"], ["A2", "Pan", "2.50"]]).encode()

    _, rows = read(content, "x.csv", Choices(mark=DecimalMark.COMMA))

    assert [said(record, "price") for record in rows] == ["1800.00", "2.50"]


def test_columns_without_headings_are_named_by_their_letters() -> None:
    chosen = {key_of("A"): Field.CODE, key_of("B"): Field.NAME, key_of("C"): Field.PRICE}

    _, rows = read(making.csv_text(TWO, ",").encode(), "x.csv", Choices(FileType.PRODUCTS, columns=chosen))

    assert [said(record, "code name price") for record in rows] == ["00123|Harina|2.50", "A-7|Arroz|3.00"]


def test_a_learnt_heading_is_read_like_a_known_one() -> None:
    content = making.csv_text([["Kodo", "Nombre", "Precio"], *TWO], ",").encode()

    assert read(content, "x.csv")[0].questions[0].code == "columns_missing"
    _, rows = read(content, "x.csv", Choices(learnt={key_of("Kodo"): Field.CODE}))
    assert [said(record, "code") for record in rows] == ["00123", "A-7"]


def test_a_misspelt_heading_is_proposed_and_never_taken() -> None:
    reading, _ = read(making.csv_text([["Codgio", "Nombre", "Precio"], *TWO]).encode(), "x.csv")

    assert reading.questions[0].told["alike"] == "Codgio"
